"""Judgements: lists of what people said, from a file or a profile, turned into weights.

Every method takes the same rows: a criterion, what it is compared with (nothing, where points or
ranks are given), and a number.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

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

__all__ = [
    "METHODS",
    "SAMPLE_METHODS",
    "VARIANTS",
    "JudgementFile",
    "Method",
    "Said",
    "elicit",
    "read_judgements",
    "scan_judgements",
]

Method = Literal["equal", "direct", "swing", "rank_order_centroid", "ahp", "bwm"]
METHODS: tuple[Method, ...] = get_args(Method)
#: Methods that can be carried out in two ways, the usual one first.
VARIANTS: dict[str, tuple[str, str]] = {
    "ahp": ("eigenvector", "geometric_mean"),
    "bwm": ("nonlinear", "linear"),
}
#: Weights read off a batch of sites, which no profile can have.
SAMPLE_METHODS = ("entropy", "critic")

_COLUMNS = ("criterion", "compared_with", "judgement")
_GROUP = "group"


class Said(NamedTuple):
    """One row of judgements."""

    criterion: str
    compared_with: str
    """Empty where the number is one of points or a rank."""
    judgement: float


class JudgementFile(NamedTuple):
    """A file of judgements, faults and all."""

    name: str
    groups: dict[str, list[Said]]
    """Rows by group; a faulty one has 1 for its judgement."""
    lines: dict[str, list[int]]
    """The line of each row, counted from 1."""
    faults: list[str]
    """What is wrong, by line."""


def elicit(
    method: Method, judgements: Sequence[tuple[str, str, float]], *, variant: str | None = None
) -> Weights:
    """Turn a list of judgements into weights.

    Parameters
    ----------
    method
        ``ahp`` and ``bwm`` compare two criteria: how many times as much the first counts. For
        ``bwm`` one criterion, the best, is compared with all others, and all others with one, the
        worst. For ``direct`` and ``swing`` the number is points, for ``rank_order_centroid`` the
        rank, 1 first, equal where criteria tie; ``equal`` takes the criteria only.
    judgements
        Rows of criterion, what it is compared with (else empty), and a number.
    variant
        See `ahp` and `bwm`.

    Returns
    -------
    The weights.

    Raises
    ------
    WeightError
        If the judgements do not fit the method; all faults are told.
    OptionError
        If there is no such method or variant.

    Examples
    --------
    >>> said = [("cost", "load", 8), ("cost", "access", 2), ("access", "load", 5)]
    >>> elicit("bwm", said).weights.round(3).to_dict()
    {'cost': 0.59, 'load': 0.071, 'access': 0.339}
    """
    _check_method(method, variant)
    rows = [Said(*row) for row in judgements]
    if method in VARIANTS:
        _raise_faults(_pair_faults(rows))
        if method == "bwm":
            return _by_bwm(rows, variant or "nonlinear")
        pairs = {(row.criterion, row.compared_with): row.judgement for row in rows}
        return ahp(pairs, variant=variant or "eigenvector")  # type: ignore[arg-type]  # checked above
    _raise_faults(_single_faults(rows))
    points = {row.criterion: row.judgement for row in rows}
    if method == "equal":
        return equal_weights(points)
    if method == "rank_order_centroid":
        ranks = sorted(set(points.values()))
        return rank_order_centroid([[n for n in points if points[n] == rank] for rank in ranks])
    return direct_weights(points) if method == "direct" else swing_weights(points)


def read_judgements(path: str | Path) -> dict[str, list[Said]]:
    r"""Read judgements from a CSV file.

    Parameters
    ----------
    path
        A file with the columns ``criterion``, ``compared_with`` (may be missing or empty for
        points and ranks) and ``judgement`` (a number or a fraction such as 1/3), and ``group``
        where it holds more than one list: ``components``, or the id of a component.

    Returns
    -------
    The rows by group, in the order of the file; all under an empty name if there is no `group`.

    Raises
    ------
    FileError
        If the file cannot be read.
    WeightError
        If a column is missing, a row is faulty or one is there twice; all faults are told by line.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "judgements.csv")
    ...     _ = path.write_text("criterion,compared_with,judgement\nport,heat,3\n")
    ...     read_judgements(path)
    {'': [Said(criterion='port', compared_with='heat', judgement=3.0)]}
    """
    found = scan_judgements(path)
    if found.faults:
        raise WeightError(gather(found.faults, of=f"file {Path(path).name!r}"))
    return found.groups


def scan_judgements(path: str | Path) -> JudgementFile:
    """Read judgements from a CSV file, faults and all.

    Parameters
    ----------
    path
        As for `read_judgements`.

    Returns
    -------
    The rows by group, and what is wrong with some of them.

    Raises
    ------
    FileError
        If the file cannot be read.
    WeightError
        If a column is missing.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no UTF-8 text"
        msg = f"cannot read the judgements {str(path)!r}: {why}; check the file"
        raise FileError(msg) from error
    reader = csv.DictReader(io.StringIO(text), restval="")
    named = [name.strip() for name in reader.fieldnames or []]
    lacking = [name for name in ("criterion", "judgement") if name not in named]
    if lacking:
        came = name_ids(named) or "none"
        msg = f"file {file.name!r}: expected the columns {', '.join(_COLUMNS)}, got {came}; "
        raise WeightError(msg + f"add {name_ids(lacking)}")
    reader.fieldnames = named
    groups: dict[str, list[Said]] = defaultdict(list)
    lines: dict[str, list[int]] = defaultdict(list)
    first: dict[tuple[str, str, str], int] = {}
    faults = []
    for row in reader:
        said, fault = _row({k: (v or "").strip() for k, v in row.items() if isinstance(k, str)})
        group, line = (row.get(_GROUP) or "").strip(), reader.line_num
        groups[group].append(said)
        lines[group].append(line)
        faults += [f"line {line}: {fault}"] if fault else []
        key = (group, said.criterion, said.compared_with)
        if said.criterion and key in first:
            beside = f" beside {said.compared_with!r}" if said.compared_with else ""
            told = f"{said.criterion!r} is judged{beside} in line {first[key]} already; keep one"
            faults.append(f"line {line}: {told}")
        first.setdefault(key, line)
    if not groups:
        faults.append("expected rows of judgements, got none")
    return JudgementFile(file.name, dict(groups), dict(lines), faults)


def _row(row: dict[str, str]) -> tuple[Said, str]:
    raw, name = row["judgement"], row["criterion"]
    number = 0.0 if raw in {"0", "0.0"} else as_ratio(raw)
    said = Said(name, row.get("compared_with", ""), 1.0 if number is None else number)
    if not name:
        return said, "expected a criterion, got nothing; name it"
    if number is None:
        return said, f"expected a number or a fraction as judgement of {name!r}, got {raw!r}"
    return said, ""


def _check_method(method: str, variant: str | None) -> None:
    if method in SAMPLE_METHODS:
        msg = (
            f"{method!r} reads weights off a batch of sites and takes no judgements; call "
            f"{method}_weights to look at them"
        )
        raise OptionError(msg)
    if method not in METHODS:
        msg = f"no method of weighting is called {method!r}; {suggest(method, METHODS)}"
        raise OptionError(msg)
    known = VARIANTS.get(method, ())
    if variant is not None and variant not in known:
        told = suggest(variant, known) if known else "it has none; leave it out"
        msg = f"no variant of {method!r} is called {variant!r}; {told}"
        raise OptionError(msg)


def _raise_faults(faults: Sequence[str]) -> None:
    if faults:
        raise WeightError(gather(faults, of="judgements"))


def _pair_faults(rows: Sequence[Said]) -> list[str]:
    seen: set[tuple[str, str]] = set()
    faults = [] if rows else ["expected comparisons of two criteria, got none"]
    for name, other, judgement in rows:
        if not other:
            faults.append(f"{name!r} is compared with nothing; say with which criterion")
        if as_ratio(judgement) is None:
            faults.append(
                f"expected a number above 0 for {name!r} against {other!r}, got {judgement!r}"
            )
        if (name, other) in seen:
            faults.append(f"{name!r} is compared with {other!r} twice; keep one")
        seen.add((name, other))
    return faults


def _single_faults(rows: Sequence[Said]) -> list[str]:
    return [
        f"{row.criterion!r} is compared with {row.compared_with!r}, but this method takes each "
        "criterion by itself; leave compared_with empty"
        for row in rows
        if row.compared_with
    ]


def _by_bwm(rows: Sequence[Said], variant: str) -> Weights:
    """Find out which criterion is compared with all others, and with which all others are."""
    said = {(row.criterion, row.compared_with): row.judgement for row in rows}
    names = list(dict.fromkeys(name for row in rows for name in row[:2]))
    best = [n for n in names if all((n, other) in said for other in names if other != n)]
    worst = [n for n in names if all((other, n) in said for other in names if other != n)]
    faults = []
    if len(best) != 1:
        faults.append(_one_expected("the best, with all others", best))
    if len(worst) != 1:
        faults.append(_one_expected("all others with one, the worst", worst))
    beside = [(a, b) for a, b in said if best and worst and a != best[0] and b != worst[0]]
    if not faults and beside:
        told = ", ".join(f"{a} over {b}" for a, b in beside)
        faults.append(f"the best-worst method has no use for {told}; leave it out, or use 'ahp'")
    _raise_faults(faults)
    return bwm(
        {n: said.get((best[0], n), 1.0) for n in names},
        {n: said.get((n, worst[0]), 1.0) for n in names},
        variant=variant,  # type: ignore[arg-type]  # checked by _check_method
        best=best[0],
        worst=worst[0],
    )


def _one_expected(what: str, found: Sequence[str]) -> str:
    came = f"{name_ids(found)} are" if found else "none is"
    return f"expected one criterion to compare {what}, {came}; the method takes 2n - 3 comparisons"
