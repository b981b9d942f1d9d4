"""Judgements from a file or a profile, and the weights they lead to.

Every method takes the same rows: a criterion, the criterion it is compared with (empty for points
and ranks), and a number.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from standort.arguments import ANY_NUMBER, TEXT, checked
from standort.errors import FileError, OptionError, WeightError, gather, name_ids
from standort.scoring.profile.problems import suggest
from standort.scoring.weights.best_worst import bwm
from standort.scoring.weights.elicitation import (
    Weights,
    direct_weights,
    equal_weights,
    rank_order_centroid,
    swing_weights,
)
from standort.scoring.weights.pairwise_comparison import ahp, as_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

Method = Literal["equal", "direct", "swing", "rank_order_centroid", "ahp", "bwm"]
METHODS: tuple[Method, ...] = get_args(Method)
#: Methods with two variants, the usual one first.
VARIANTS: dict[str, tuple[str, str]] = {
    "ahp": ("eigenvector", "geometric_mean"),
    "bwm": ("nonlinear", "linear"),
}
#: Methods that compute weights from a batch of sites; no profile can use them.
SAMPLE_METHODS = ("entropy", "critic")

_COLUMNS = ("criterion", "compared_with", "judgement")
#: The largest file of judgements; 20,000 comparisons fit.
_MOST_BYTES = 1_000_000
_GROUP = "group"


class JudgementRow(NamedTuple):
    """One row of judgements."""

    criterion: str
    compared_with: str
    """Empty if the number is points or a rank."""
    judgement: float


class JudgementFile(NamedTuple):
    """The content of a file of judgements, with its problems."""

    name: str
    groups: dict[str, list[JudgementRow]]
    """Rows by group; one with an invalid judgement has 1."""
    lines: dict[str, list[int]]
    """The line of each row, counted from 1."""
    problems: list[str]
    """Descriptions of what is wrong, in order of lines."""


@checked(method=TEXT, judgements=ANY_NUMBER)
def elicit(
    method: Method, judgements: Sequence[tuple[str, str, float]], *, variant: str | None = None
) -> Weights:
    """Turn a list of judgements into weights.

    Parameters
    ----------
    method
        ``ahp`` and ``bwm`` compare two criteria: the number is how many times as much the first
        counts. ``bwm`` compares one criterion, the best, with all others, and all others with one,
        the worst. For ``direct`` and ``swing`` the number is points, for ``rank_order_centroid``
        the rank, 1 first, equal for ties; ``equal`` ignores it.
    judgements
        Rows of criterion, the criterion it is compared with (or empty), and a number.
    variant
        See `ahp` and `bwm`.

    Returns
    -------
    The weights.

    Raises
    ------
    WeightError
        If the judgements do not fit the method; all problems are listed.
    OptionError
        If the method or variant is unknown.

    Examples
    --------
    >>> comparisons = [("cost", "load", 8), ("cost", "access", 2), ("access", "load", 5)]
    >>> elicit("bwm", comparisons).weights.round(3).to_dict()
    {'cost': 0.59, 'load': 0.071, 'access': 0.339}
    """
    _check_method(method, variant)
    rows = [JudgementRow(*row) for row in judgements]
    if method in VARIANTS:
        _raise_problems(_pair_problems(rows))
        if method == "bwm":
            return _by_bwm(rows, variant or "nonlinear")
        pairs = {(row.criterion, row.compared_with): row.judgement for row in rows}
        return ahp(pairs, variant=variant or "eigenvector")  # type: ignore[arg-type]  # checked above
    _raise_problems(_single_problems(rows))
    points = {row.criterion: row.judgement for row in rows}
    if method == "equal":
        return equal_weights(points)
    if method == "rank_order_centroid":
        ranks = sorted(set(points.values()))
        return rank_order_centroid([[n for n in points if points[n] == rank] for rank in ranks])
    return direct_weights(points) if method == "direct" else swing_weights(points)


@checked()
def read_judgements(path: str | Path) -> dict[str, list[JudgementRow]]:
    r"""Read judgements from a CSV file.

    Parameters
    ----------
    path
        A file with the columns ``criterion``, ``compared_with`` (may be missing or empty for
        points and ranks) and ``judgement`` (a number or a fraction such as 1/3), and ``group`` if
        it holds several groups: ``components`` or the id of a component.

    Returns
    -------
    The rows by group, in the order of the file; all under an empty name without a `group`.

    Raises
    ------
    FileError
        If the file cannot be read.
    WeightError
        If a column is missing, or a row is invalid or repeated; all problems are listed by line.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "judgements.csv")
    ...     _ = path.write_text("criterion,compared_with,judgement\nport,heat,3\n")
    ...     read_judgements(path)
    {'': [JudgementRow(criterion='port', compared_with='heat', judgement=3.0)]}
    """
    file = scan_judgements(path)
    if file.problems:
        raise WeightError(gather(file.problems, of=f"file {Path(path).name!r}"))
    return file.groups


def scan_judgements(path: str | Path) -> JudgementFile:
    """Read judgements from a CSV file, with its problems.

    Parameters
    ----------
    path
        As for `read_judgements`.

    Returns
    -------
    The rows by group, and descriptions of what is wrong with them.

    Raises
    ------
    FileError
        If the file cannot be read.
    WeightError
        If a column is missing.
    """
    file = Path(path)
    # Strict, so that a damaged file is not read in part.
    reader = csv.DictReader(io.StringIO(_read_text(file)), restval="", strict=True)
    try:
        return _scan(reader, file.name)
    except csv.Error as error:
        msg = f"file {file.name!r}, line {reader.line_num}: expected CSV ({error}); save it again"
        raise WeightError(msg) from error


def _read_text(file: Path) -> str:
    """Read a file of bounded size: a device or a pipe might never end."""
    why = ""
    try:
        if file.exists() and not file.is_file():
            why = "it is a folder, device or pipe"
        else:
            with file.open("rb") as opened:
                content = opened.read(_MOST_BYTES + 1)
            why = f"it has more than {_MOST_BYTES:,} bytes" * (len(content) > _MOST_BYTES)
            text = content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
    if why:
        msg = f"cannot read the judgements {str(file)!r}: {why}; check the file"
        raise FileError(msg)
    return text


def _scan(reader: csv.DictReader[str], name: str) -> JudgementFile:
    """Collect the rows by group, and what is wrong with them."""
    named = [column.strip() for column in reader.fieldnames or []]
    lacking = [column for column in ("criterion", "judgement") if column not in named]
    if lacking:  # it may be any file: a message must not quote it
        msg = f"file {name!r}: expected the columns {', '.join(_COLUMNS)} in its first line; "
        raise WeightError(msg + f"add {name_ids(lacking)}")
    reader.fieldnames = named
    groups: dict[str, list[JudgementRow]] = defaultdict(list)
    lines: dict[str, list[int]] = defaultdict(list)
    first: dict[tuple[str, str, str], int] = {}
    problems = []
    for row in reader:
        judged, problem = _row({k: (v or "").strip() for k, v in row.items() if isinstance(k, str)})
        group, line = (row.get(_GROUP) or "").strip(), reader.line_num
        groups[group].append(judged)
        lines[group].append(line)
        problems += [f"line {line}: {problem}"] if problem else []
        key = (group, judged.criterion, judged.compared_with)
        if judged.criterion and key in first:
            beside = f" beside {judged.compared_with!r}" if judged.compared_with else ""
            message = (
                f"{judged.criterion!r} is already judged{beside} in line {first[key]}; keep one"
            )
            problems.append(f"line {line}: {message}")
        first.setdefault(key, line)
    if not groups:
        problems.append("expected rows of judgements, got none")
    return JudgementFile(name, dict(groups), dict(lines), problems)


def _row(row: dict[str, str]) -> tuple[JudgementRow, str]:
    raw, name = row["judgement"], row["criterion"]
    number = 0.0 if raw in {"0", "0.0"} else as_ratio(raw)
    judged = JudgementRow(name, row.get("compared_with", ""), 1.0 if number is None else number)
    if not name:
        return judged, "expected a criterion, got nothing; add it"
    if number is None:
        return judged, f"expected a number or a fraction as judgement of {name!r}, got {raw!r}"
    return judged, ""


def _check_method(method: str, variant: str | None) -> None:
    if method in SAMPLE_METHODS:
        msg = (
            f"{method!r} computes weights from a batch of sites and takes no judgements; call "
            f"{method}_weights instead"
        )
        raise OptionError(msg)
    if method not in METHODS:
        msg = f"unknown weighting method {method!r}; {suggest(method, METHODS)}"
        raise OptionError(msg)
    known = VARIANTS.get(method, ())
    if variant is not None and variant not in known:
        remedy = suggest(variant, known) if known else "it has none; leave it out"
        msg = f"unknown variant {variant!r} of {method!r}; {remedy}"
        raise OptionError(msg)


def _raise_problems(problems: Sequence[str]) -> None:
    if problems:
        raise WeightError(gather(problems, of="judgements"))


def _pair_problems(rows: Sequence[JudgementRow]) -> list[str]:
    seen: set[tuple[str, str]] = set()
    problems = [] if rows else ["expected comparisons of two criteria, got none"]
    for name, other, judgement in rows:
        if not other:
            problems.append(f"{name!r} is compared with nothing; add a criterion")
        if as_ratio(judgement) is None:
            problems.append(
                f"expected a number above 0 for {name!r} against {other!r}, got {judgement!r}"
            )
        if (name, other) in seen:
            problems.append(f"{name!r} is compared with {other!r} twice; keep one")
        seen.add((name, other))
    return problems


def _single_problems(rows: Sequence[JudgementRow]) -> list[str]:
    return [
        f"{row.criterion!r} is compared with {row.compared_with!r}, but this method takes each "
        "criterion on its own; leave compared_with empty"
        for row in rows
        if row.compared_with
    ]


def _by_bwm(rows: Sequence[JudgementRow], variant: str) -> Weights:
    """Identify the best, compared with all others, and the worst, with which all are compared."""
    ratios = {(row.criterion, row.compared_with): row.judgement for row in rows}
    names = list(dict.fromkeys(name for row in rows for name in row[:2]))
    best = [n for n in names if all((n, other) in ratios for other in names if other != n)]
    worst = [n for n in names if all((other, n) in ratios for other in names if other != n)]
    problems = []
    if len(best) != 1:
        problems.append(_one_expected("the best, with all others", best))
    if len(worst) != 1:
        problems.append(_one_expected("all others with one, the worst", worst))
    beside = [(a, b) for a, b in ratios if best and worst and a != best[0] and b != worst[0]]
    if not problems and beside:
        unused = ", ".join(f"{a} over {b}" for a, b in beside)
        problems.append(f"the best-worst method does not use {unused}; leave it out, or use 'ahp'")
    _raise_problems(problems)
    return bwm(
        {n: ratios.get((best[0], n), 1.0) for n in names},
        {n: ratios.get((n, worst[0]), 1.0) for n in names},
        variant=variant,  # type: ignore[arg-type]  # checked by _check_method
        best=best[0],
        worst=worst[0],
    )


def _one_expected(what: str, names: Sequence[str]) -> str:
    came = name_ids(names) if names else "none"
    return (
        f"expected one criterion to compare {what}, got {came}; the method takes 2n - 3 comparisons"
    )
