"""Bounds of the degree of linkage that hold whatever was missed.

They assume that the records are true, that stated totals hold, and that a search that shows all
ties (``detect_lo`` = 1) has shown them; nothing else. They are bounds, not an interval: the degree
may lie anywhere between them, and where nobody looked they are far apart. The lower bound is not
always attained, because it takes each measure at its least.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from standort.linkages.layer_scores import Counts, combine, count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from standort.array_types import Floats, Ints
    from standort.linkages.evidence.examination import LayerEvidence, Pairs
    from standort.linkages.layer_scores import Settings

_Rounding: TypeAlias = "Callable[[float], float]"
_Limit: TypeAlias = "Callable[[int, int], int]"

#: Layers whose ties may run through bodies that nobody has named.
_WITH_BODIES = ("informal", "infrastructure")


def region(
    evidence: Mapping[str, LayerEvidence], pairs: Pairs, n: int, settings: Settings
) -> tuple[float, float]:
    """Return the lowest and the highest degree of linkage that the records allow.

    Parameters
    ----------
    evidence
        What is on record, by layer.
    pairs
        All pairs of firms.
    n
        Number of firms.
    settings
        Settings of the degree.

    Returns
    -------
    Two numbers in [0, 1].
    """
    low, high = (
        float(combine(find(evidence, pairs, n), settings).linkage[0]) for find in (lowest, highest)
    )
    return low, high


def lowest(evidence: Mapping[str, LayerEvidence], pairs: Pairs, n: int) -> Counts:
    """Return the least counts: what is on record, and what the stated totals add to it."""
    drawn = {
        name: of.drawn(of.linked[np.newaxis], of.members[np.newaxis], pairs)
        for name, of in evidence.items()
    }
    counts = count(drawn, n, 1)
    degree, included, in_bodies = {}, {}, counts.in_bodies
    for name, of in evidence.items():
        sizes = _sizes(of, of.members.sum(axis=1), np.floor, max)
        links = _limit(of.total_of(None), int(of.linked.sum()), np.floor, max)
        degree[name] = _one((2.0 * links + sizes[sizes > 1].sum()) / n)
        largest = sizes.max(initial=0)
        included[name] = np.maximum(counts.included[name], largest / n if largest > 1 else 0.0)
        if name == "informal":
            coordinating = sizes[(of.coordinates & (sizes > 1)) | of.counts]
            in_bodies = np.maximum(in_bodies, coordinating.max(initial=0) / n)
    return Counts(degree, included, in_bodies, counts.multiplex)


def highest(evidence: Mapping[str, LayerEvidence], pairs: Pairs, n: int) -> Counts:
    """Return the greatest counts: all that no complete search and no total rules out."""
    drawn, degree, unlimited = {}, {}, set()
    for name, of in evidence.items():
        more = name in _WITH_BODIES and bool((of.detection_of_members("", 0.0) < 1.0).any())
        linked = of.linked | (of.detection_of_pairs(pairs, 0.0) < 1.0) | more
        members = np.array(
            [
                of.members[row] | (of.detection_of_members(body, 0.0) < 1.0)
                for row, body in enumerate(of.bodies)
            ]
        ).reshape(of.members.shape)
        drawn[name] = of.drawn(linked[np.newaxis], members[np.newaxis], pairs)
        most = np.array([of.most_of(row) for row in range(len(of.bodies))], dtype=np.intp)
        sizes = _sizes(of, np.minimum(members.sum(axis=1), most), np.ceil, min)
        links = _limit(of.total_of(None), int(linked.sum()), np.ceil, min)
        degree[name] = _one(np.inf if more else (2.0 * links + sizes[sizes > 1].sum()) / n)
        unlimited |= {name} if more else set()
    counts = count(drawn, n, 1)
    in_bodies = _one(1.0) if "informal" in unlimited else counts.in_bodies
    return Counts(degree, counts.included, in_bodies, counts.multiplex)


def _sizes(of: LayerEvidence, members: Ints, end: _Rounding, limit: _Limit) -> Ints:
    """Return the members of each body, limited by its stated total."""
    totals = [of.total_of(body) for body in of.bodies]
    sizes = [_limit(total, int(m), end, limit) for total, m in zip(totals, members, strict=True)]
    return np.array(sizes, dtype=np.intp)


def _limit(total: float | None, number: int, end: _Rounding, limit: _Limit) -> int:
    return number if total is None else limit(number, int(end(total)))


def _one(number: float) -> Floats:
    return np.array([number], dtype=np.float64)
