"""Probabilities of the types from given draws of advantage and linkage."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from standort.arguments import SHARE, between, checked
from standort.errors import AlignmentError, OptionError, gather
from standort.typology.four_types import TYPES, join_types
from standort.typology.thresholds import FIXED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints


DrawnThreshold: TypeAlias = "float | tuple[float | Floats, float | Floats]"

#: Least probability of a type to be assigned; an assumption.
LIMIT = 0.8
#: Label of a place whose type is open because something is unknown.
UNDECIDED = "undecided by the data"

PROBABILITY_COLUMNS = tuple(f"p_{name}" for name in TYPES)
#: Ends of the range of each probability.
RANGE_COLUMNS = tuple(f"{name}_{end}" for name in PROBABILITY_COLUMNS for end in ("low", "high"))

#: Types (0 to 3) that are possible for one draw: by linkage (high, low, unknown), and within it by
#: advantage (high, low, unknown).
_ALLOWED = (
    (frozenset({0}), frozenset({1}), frozenset({0, 1})),  # high linkage
    (frozenset({2}), frozenset({3}), frozenset({2, 3})),  # low linkage
    (frozenset({0, 2}), frozenset({1, 3}), frozenset({0, 1, 2, 3})),  # unknown linkage
)
_SETS = tuple(types for row in _ALLOWED for types in row)
#: Every set of types, the smallest first, then in the order of `TYPES`.
_CANDIDATES = tuple(
    frozenset(members) for size in (1, 2, 3, 4) for members in combinations(range(4), size)
)
#: For each type, the position of the set of all other types.
_WITHOUT = [_CANDIDATES.index(frozenset(range(4)) - {k}) for k in range(4)]
#: Places processed at a time, to limit memory.
_BLOCK = 256
#: Tolerance for rounding when shares are compared with the limit.
_SLACK = 1e-12


class DrawRange(NamedTuple):
    """Draws of an axis where something is unknown: at its lowest, in between and at its highest.

    Parameters
    ----------
    low, middle, high
        Shape (n_places, n_draws), in [0, 1], low <= high in each draw. NaN is unknown; the middle
        may be unknown where its ends are not.
    """

    low: Floats
    middle: Floats
    high: Floats


def as_range(drawn: Floats | DrawRange) -> DrawRange:
    """Return draws as a range; known ones are the same at both ends."""
    return drawn if isinstance(drawn, DrawRange) else DrawRange(drawn, drawn, drawn)


@checked(threshold=SHARE, limit=between(0.5, 1, closed="right"))
def type_probabilities(
    advantage: Floats | DrawRange,
    linkage: Floats | DrawRange,
    *,
    index: pd.Index | None = None,
    threshold: DrawnThreshold = FIXED,
    limit: float = LIMIT,
    vetoed: Flags | None = None,
) -> pd.DataFrame:
    """Return the probability of each type as its share of the draws.

    The probabilities reflect only the uncertainties that were drawn. They are neither a probability
    of success nor a forecast.

    Parameters
    ----------
    advantage, linkage
        Draws in [0, 1], shape (n_places, n_draws), or a range of draws where something is unknown.
        Draw k of both axes and of all places belongs together. NaN is unknown; if the linkage of a
        place is unknown, all its draws are NaN (shape (n_places, 1) is sufficient).
    index
        Ids of the places; positions if not given.
    threshold
        A number for both axes, or a pair for advantage and linkage; each is a number or an array
        of shape (n_draws,).
    limit
        Least probability of a type to be assigned, above 0.5.
    vetoed
        Whether a veto applies to each place in each draw, shape (n_places, n_draws): a known
        advantage then counts as low, whatever its value. By default there are no vetoes.

    Returns
    -------
    Index of the places, and the columns

    - ``p_<type>`` in [0, 1]: share of the draws, of a range those in its middle; NaN if it depends
      on unknown values.
    - ``p_<type>_low``, ``p_<type>_high``: least and greatest share at the corners of the ranges.
    - ``entropy`` in [0, 1]: 0 if one type is certain, 1 if all four are equally likely; NaN if a
      probability is.
    - ``type``: the type that reaches the limit at every corner. Else "ambiguous
      <likeliest>/<second>" (ties in the order of `TYPES`) if the values are known and lie near a
      threshold, and "undecided by the data" if it depends on what is unknown.
    - ``type_set``: the smallest set of types that certainly reaches the limit at every corner; of
      sets of equal size, the likeliest, then the first in the order of `TYPES`.

    Raises
    ------
    AlignmentError
        If the shapes do not match.
    OptionError
        If a draw is outside [0, 1], there are no draws, or the limit is not in (0.5, 1].

    Notes
    -----
    Unknown values are treated after Dempster and Shafer: a draw supports the set of types that it
    allows, and all sets that contain it. entropy = -sum P log2 P / 2.

    Examples
    --------
    >>> advantage = np.array([[0.8, 0.7, 0.6, 0.6, 0.4], [0.8, 0.7, 0.6, 0.6, 0.9]])
    >>> linkage = np.array([[0.9, 0.6, 0.7, 0.6, 0.8], [np.nan] * 5])
    >>> result = type_probabilities(advantage, linkage, index=pd.Index(["known", "unknown"]))
    >>> result[["p_forerunner", "type", "type_set"]]
             p_forerunner                   type                      type_set
    known             0.8             forerunner                    forerunner
    unknown           NaN  undecided by the data  forerunner | classic_cluster
    >>> result["p_dispersed_sites"].tolist()
    [0.0, 0.0]

    If the searches for links missed many, linkage may be high, and if they missed few, low:

    >>> low, middle, high = np.array([[0.3, 0.4], [0.4, 0.6], [0.8, 0.9]])[:, np.newaxis]
    >>> drawn = DrawRange(low, middle, high)
    >>> type_probabilities(np.array([[0.7, 0.8]]), drawn)[["p_forerunner_low", "type"]]
       p_forerunner_low                   type
    0               0.0  undecided by the data
    """
    middle, corners = _corners(advantage, linkage)
    a, b, n_draws = check_draws(*middle)
    limits = _as_limits(threshold, n_draws)
    places = pd.RangeIndex(len(a)) if index is None else index
    if len(places) != len(a):
        msg = f"expected an id for each of {len(a)} places, got {len(places)}; correct the index"
        raise AlignmentError(msg)
    held = _check_vetoed(vetoed, a.shape)
    support = _support(_count_allowed(a, b, limits, held))
    at_corners = [
        _support(_count_allowed(*check_draws(*corner)[:2], limits, held)) for corner in corners
    ] or [support]
    certain, possible = _shares_of(support, n_draws)
    shares = np.where(certain == possible, certain, np.nan)
    table = pd.DataFrame(dict(zip(PROBABILITY_COLUMNS, shares.T, strict=True)), index=places)
    low, high = zip(*(_shares_of(corner, n_draws) for corner in at_corners), strict=True)
    ends = np.stack([np.min(low, axis=0), np.max(high, axis=0)], axis=2)
    table[list(RANGE_COLUMNS)] = ends.reshape(len(places), len(RANGE_COLUMNS))
    table["entropy"] = _entropy(shares)
    least = np.min(at_corners, axis=0) / n_draws
    sets = [_smallest_set(row, limit) for row in least]
    agree = [
        len({_smallest_set(row / n_draws, limit) for row in rows}) == 1
        for rows in zip(*at_corners, strict=True)
    ]
    labels = [
        _label(*row, limit) for row in zip(least[:, : len(TYPES)], shares, agree, strict=True)
    ]
    return table.assign(
        type=pd.Series(labels, index=places, dtype=object),
        type_set=pd.Series(sets, index=places, dtype=object),
    )


def _corners(
    advantage: Floats | DrawRange, linkage: Floats | DrawRange
) -> tuple[tuple[Floats, Floats], list[tuple[Floats, Floats]]]:
    """Return the middle of both axes, and their corners; none if both are known."""
    ranges = as_range(advantage), as_range(linkage)
    middle = ranges[0].middle, ranges[1].middle
    if not any(isinstance(axis, DrawRange) for axis in (advantage, linkage)):
        return middle, []
    first, second = ((axis.low, axis.high) for axis in ranges)
    return middle, list(product(first, second))


def _shares_of(support: Ints, n_draws: int) -> tuple[Floats, Floats]:
    """Return the least and the greatest share of each type, from the support of all sets."""
    return support[:, : len(TYPES)] / n_draws, (n_draws - support[:, _WITHOUT]) / n_draws


def _check_vetoed(vetoed: Flags | None, shape: tuple[int, ...]) -> Flags | None:
    """Return the veto flags, checked against the shape of the draws; None for none."""
    if vetoed is None:
        return None
    flags = np.asarray(vetoed, dtype=bool)
    if flags.shape != shape:
        msg = (
            f"expected a veto flag for each place and draw, shape {shape}, got {flags.shape}; "
            "draw both together"
        )
        raise AlignmentError(msg)
    return flags


def check_draws(advantage: Floats, linkage: Floats) -> tuple[Floats, Floats, int]:
    """Return the draws as checked two-dimensional arrays, and their number."""
    a, b = np.asarray(advantage, dtype=np.float64), np.asarray(linkage, dtype=np.float64)
    sizes = {drawn.shape[1] for drawn in (a, b) if drawn.ndim == 2} - {1}  # noqa: PLR2004
    if a.ndim != 2 or b.ndim != 2 or len(a) != len(b) or len(sizes) > 1:  # noqa: PLR2004
        msg = (
            "expected draws of advantage and linkage of one shape (n_places, n_draws), got "
            f"{a.shape} and {b.shape}; draw both for the same places"
        )
        raise AlignmentError(msg)
    problems = [
        f"expected {name} in [0, 1], got {drawn[outside][0]:g} in {np.sum(outside)} draws"
        for name, drawn in (("advantage", a), ("linkage", b))
        if (outside := (drawn < 0.0) | (drawn > 1.0)).any()
    ]
    if 0 in (a.shape[1], b.shape[1]):
        problems.append("expected at least one draw, got none")
    if problems:
        raise OptionError(gather(problems, of="draws"))
    n_draws = sizes.pop() if sizes else 1
    shape = (len(a), n_draws)
    return np.broadcast_to(a, shape), np.broadcast_to(b, shape), n_draws


def _as_limits(threshold: DrawnThreshold, n_draws: int) -> tuple[Floats, Floats]:
    """Return the threshold of each axis in each draw."""
    pair = threshold if isinstance(threshold, tuple) else (threshold, threshold)
    limits = []
    for axis, given in zip(("advantage", "linkage"), pair, strict=True):
        numbers = np.asarray(given, dtype=np.float64)
        if numbers.shape not in {(), (1,), (n_draws,)}:
            msg = (
                f"expected one threshold of {axis}, or one for each of {n_draws} draws, got shape "
                f"{numbers.shape}; draw as many"
            )
            raise AlignmentError(msg)
        if not ((numbers >= 0.0) & (numbers <= 1.0)).all():
            msg = f"expected thresholds of {axis} in [0, 1], but one is not; correct it"
            raise OptionError(msg)
        limits.append(np.broadcast_to(numbers, (n_draws,)))
    return limits[0], limits[1]


def _count_allowed(
    a: Floats, b: Floats, limits: tuple[Floats, Floats], vetoed: Flags | None
) -> Ints:
    """Count the draws of each place that allow each of `_SETS`."""
    count = np.zeros((len(a), len(_SETS)), dtype=np.int64)
    for start in range(0, len(a), _BLOCK):
        rows = slice(start, start + _BLOCK)
        of_advantage = _side(a[rows], limits[0])
        if vetoed is not None:
            of_advantage[vetoed[rows] & (of_advantage == 0)] = 1
        code_of_draw = of_advantage + 3 * _side(b[rows], limits[1])
        for code in range(len(_SETS)):
            count[rows, code] = (code_of_draw == code).sum(axis=1)
    assert (count.sum(axis=1) == a.shape[1]).all()
    return count


def _side(drawn: Floats, limit: Floats) -> NDArray[np.int8]:
    """Return 0 for a high draw, 1 for a low one, 2 for an unknown one."""
    return np.where(np.isnan(drawn), 2, drawn < limit).astype(np.int8)


def _support(count: Ints) -> Ints:
    """Count the draws of each place that support each candidate set or a subset of it."""
    part = [[types <= candidate for candidate in _CANDIDATES] for types in _SETS]
    return np.asarray(count @ np.array(part, dtype=np.int64))  # integers: exact in any order


def _entropy(shares: Floats) -> Floats:
    total = np.zeros(len(shares))
    for column in shares.T:
        total -= column * np.log2(np.where(column > 0.0, column, 1.0))
    return np.maximum(total / 2.0, 0.0)


def _label(certain: Floats, shares: Floats, agree: bool, limit: float) -> str:  # noqa: FBT001
    """Return the type that certainly reaches the limit, else why there is none."""
    order = np.argsort(-certain, kind="stable")
    if certain[order[0]] >= limit - _SLACK:
        return TYPES[order[0]]
    if np.isnan(shares).any() or not agree:
        return UNDECIDED
    return f"ambiguous {TYPES[order[0]]}/{TYPES[order[1]]}"


def _smallest_set(support: Floats, limit: float) -> str:
    sizes = np.array([len(candidate) for candidate in _CANDIDATES])
    enough = support >= limit - _SLACK
    size = sizes[enough].min()
    best = int(np.argmax(np.where(enough & (sizes == size), support, -1.0)))
    return join_types(TYPES[k] for k in sorted(_CANDIDATES[best]))
