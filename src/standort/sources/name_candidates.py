"""Names that may mean one firm: candidates for a person to decide on, and the decisions.

Nothing is merged before a person has written ``yes`` beside a pair.
"""

from __future__ import annotations

from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.arguments import between, checked
from standort.errors import FileError, LayerError, OptionError, gather, name_ids
from standort.firm_names import bare_name, clean_name
from standort.sources.linkage_tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Names compared at once [rows of the matrix of scores].
_ROWS = 1000
_COLUMNS = ("firm", "alias_of", "score", "same", "note")


@checked(least_score=between(0, 100))
def name_candidates(names: Iterable[str], *, least_score: float = 90.0) -> pd.DataFrame:
    """Pair names that may mean one firm.

    The score compares the names without case, accents, legal forms and brackets, in any order of
    words, and an abbreviation in brackets with the other name. A name that holds all words of
    another scores 100, which is a reason to look, not to merge: Chevron and Chevron Phillips are
    two firms.

    Parameters
    ----------
    names
        Names of firms; one that occurs more than once counts once. Every pair is compared: a
        thousand names take seconds, ten thousand minutes.
    least_score
        Lowest score of a pair, 0 to 100.

    Returns
    -------
    Columns ``firm``, ``alias_of`` (the shorter name), ``score``, ``same`` (empty: the decision) and
    ``note``, with the highest scores first.

    Raises
    ------
    OptionError
        If rapidfuzz is not installed, or the score is outside 0 to 100.

    Examples
    --------
    >>> found = name_candidates(["Chevron Corp", "CHEVRON USA INC", "Targa Resources Corp"])
    >>> found[["firm", "alias_of", "score"]].to_dict("records")
    [{'firm': 'CHEVRON USA INC', 'alias_of': 'Chevron Corp', 'score': 100.0}]
    """
    known = sorted(set(names), key=lambda name: (len(name), name))
    pairs = [
        (known[row], known[column], score)
        for start in range(0, len(known), _ROWS)
        for row, column, score in _block(known, start, least_score)
    ]
    pairs.sort(key=lambda pair: (-pair[2], pair[0], pair[1]))
    rows = [{"firm": u, "alias_of": v, "score": round(s, 1)} for u, v, s in pairs]
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"same": object, "note": object})


@checked()
def write_candidates(candidates: pd.DataFrame, path: str | Path) -> None:
    """Write candidates to a CSV file, in which a person fills the column ``same``.

    Parameters
    ----------
    candidates
        As `name_candidates` returns them.
    path
        A file that does not exist yet, so that no decision is overwritten.

    Raises
    ------
    FileError
        If the file exists.
    """
    if Path(path).exists():
        msg = f"'{path}' exists and may hold decisions: write candidates to another file"
        raise FileError(msg)
    # with its mark, so that spreadsheets know the encoding
    candidates.to_csv(path, index=False, encoding="utf-8-sig")


@checked()
def read_aliases(path: str | Path) -> pd.DataFrame:
    """Read the decisions of a person on names that may mean one firm.

    Parameters
    ----------
    path
        A CSV file, divided by commas or semicolons, with the columns ``firm``, ``alias_of`` and
        ``same``. Rows with ``yes`` count, also those added by hand; ``no`` and empty are not the
        same firm.

    Returns
    -------
    Rows of the table `firms`: ``firm`` is another name of ``alias_of``, which is an alias of none.
    Put them below the others of a study's table, or give them to
    `standort.linkages.contract_firms`.

    Raises
    ------
    FileError
        If there is no such file, or it is not CSV in UTF-8.
    LayerError
        If columns are missing, a decision is neither yes, no nor empty, a name is empty or a
        placeholder, a firm is the alias of two, or names are aliases of each other.
    """
    path = Path(path)
    if not path.is_file():
        msg = f"expected a CSV file of decisions on names, found none at '{path}': check the path"
        raise FileError(msg)
    given = _read_decisions(path)
    lacking = [name for name in ("firm", "alias_of", "same") if name not in given.columns]
    if lacking:
        msg = f"'{path.name}': expected columns firm, alias_of, same; add {', '.join(lacking)}"
        raise LayerError(msg)
    same = given["same"].str.strip().str.casefold()
    yes = given[same == "yes"]
    problems = _problems(given, same, yes)
    if problems:
        raise LayerError(gather(problems, of=f"'{path.name}'"))
    chosen = {str(f).strip(): str(a).strip() for f, a in zip(yes["firm"], yes["alias_of"])}  # noqa: B905 - columns of one table
    source = f"decided by hand in {path.name}"
    records = [{"firm": firm, "alias_of": _last(firm, chosen), "source": source} for firm in chosen]
    return table("firms", records)


def _block(known: list[str], start: int, least: float) -> Iterator[tuple[int, int, float]]:
    """Compare some names with all that are as short or shorter."""
    if find_spec("rapidfuzz") is None:
        msg = "comparing names needs the package rapidfuzz: pip install 'standort[sources]'"
        raise OptionError(msg)
    from rapidfuzz import fuzz, process

    others = known[: start + _ROWS]
    bare = [bare_name(name) for name in others]
    options: dict[str, Any] = {"score_cutoff": least, "workers": -1}
    scores = process.cdist(bare[start:], bare, scorer=fuzz.token_set_ratio, **options)
    # an abbreviation is compared as a whole: (US) is in many names
    for row, name in enumerate(others[start:]):
        if short := _in_brackets(name):
            alike = process.cdist([short], bare, scorer=fuzz.ratio, **options)
            scores[row] = np.maximum(scores[row], alike[0])
    for row, column in zip(*np.nonzero(scores), strict=True):
        if start + row > column:
            yield start + int(row), int(column), float(scores[row, column])


def _in_brackets(name: str) -> str:
    """Return the text in brackets, bared; empty if there is none."""
    return bare_name(name.partition("(")[2].partition(")")[0])


def _read_decisions(path: Path) -> pd.DataFrame:
    """Read a CSV file, divided as its header is."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        separator = ";" if ";" in text.partition("\n")[0] else ","
        return pd.read_csv(StringIO(text), sep=separator, dtype=str, keep_default_na=False)
    except (ValueError, OSError) as error:
        msg = f"'{path}' cannot be read ({error}): save it as CSV (UTF-8) again"
        raise FileError(msg) from error


def _problems(given: pd.DataFrame, same: pd.Series[str], yes: pd.DataFrame) -> list[str]:
    """List what is wrong with the decisions."""
    problems = []
    odd = ~same.isin(["yes", "no", ""])
    if odd.any():
        rows = name_ids(list(given.index[odd] + 2))
        problems.append(f"expected same to be yes, no or empty; not so in lines {rows}")
    for column in ("firm", "alias_of"):
        empty = [i + 2 for i, name in yes[column].items() if clean_name(name) is None]  # type: ignore[operator]
        if empty:
            problems.append(f"expected a firm in {column}; none in lines {name_ids(empty)}")
    twice = yes.loc[yes["firm"].duplicated(), "firm"].unique()
    if len(twice):
        problems.append(f"a firm is an alias of one other; not so for {name_ids(list(twice))}")
    chosen = dict(zip(yes["firm"], yes["alias_of"], strict=True))
    round_trip = [firm for firm in chosen if _last(firm, chosen) in chosen]
    if round_trip:
        problems.append(
            f"aliases lead back to themselves: {name_ids(round_trip)}; drop one of them"
        )
    return problems


def _last(firm: str, chosen: dict[str, str]) -> str:
    """Follow aliases of aliases to their end, or once round if they have none."""
    name = chosen[firm]
    for _ in chosen:
        name = chosen.get(name, name)
    return name
