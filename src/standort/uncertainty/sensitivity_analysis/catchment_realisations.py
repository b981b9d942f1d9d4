"""A floating catchment in all pairs of worlds of its two layers, without measuring each anew.

What demands a store, and how far it is from a site, does not depend on how much it holds. So
distances are measured once for each place a store has in any world, and demand once for each world
of the demand; only the division and the sum are made for each pair. To the bit this is what
`standort.study.evaluation.measure` gives in each pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.layers.features import Features
from standort.metrics.catchment import supply_ratio
from standort.metrics.reach import add_up, known_at_least_zero, pairs_within_reach, weigh_shares
from standort.study.metric_functions import as_decay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from standort.layers.features import Sites
    from standort.scoring import Criterion
    from standort.study.context import Context

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["measure_pairs"]


@dataclass(frozen=True, eq=False)
class _Reached:
    """A block of pairs: sites as positions, and row, feature and weight of each pair."""

    sites: Ints
    row: Ints
    feature: Ints
    weight: Floats


def measure_pairs(
    sites: Sites,
    criterion: Criterion,
    recorded: Context,
    offering: Sequence[Context],
    asking: Sequence[Context],
) -> Iterator[tuple[tuple[int, int], Floats]]:
    """Measure a floating catchment in each pair of worlds.

    Parameters
    ----------
    sites
        Where it is measured.
    criterion
        A criterion of the metric ``floating_catchment``.
    recorded
        The layers as recorded, of which worlds hold all features or some.
    offering
        By world of the supply, the layers with that supply.
    asking
        By world of the demand, the layers with that demand.

    Yields
    ------
    The numbers of both worlds, and the metric at each site in the unit of the criterion.
    """
    assert criterion.demand is not None
    columns = {"supply": str(criterion.column), "demand": criterion.demand.column}
    supplies = [context.passing(criterion) for context in offering]
    stores, place = _together(supplies, columns["supply"], recorded.layer(str(criterion.layer)).ids)
    blocks = list(_blocks(sites, criterion, stores))
    near = np.unique(np.concatenate([np.empty(0, dtype=np.intp), *(b.feature for b in blocks)]))
    offered, there = _supplies(supplies, place, len(stores), columns["supply"])
    for b, context in enumerate(asking):
        total, unknown = np.zeros(len(stores)), np.zeros(len(stores), dtype=np.int64)
        if len(near):
            shared = context.shared_supply(criterion, stores.subset(near)).table
            total[near], unknown[near] = shared["demand"], shared["unknown_demand"]
        for a in range(len(offering)):
            ratio = supply_ratio(offered[a], total, unknown, **columns)
            yield (a, b), _add_up(blocks, ratio, there[a], len(sites))


def _together(
    supplies: Sequence[Features], column: str, ids: pd.Index[Any]
) -> tuple[Features, list[Ints]]:
    """Put all places of all features into one layer, in the order of ids, and tell whose is where.

    A feature that stays where it is in all worlds is there once.
    """
    numbers: dict[tuple[object, bytes], int] = {}
    found, parts = [], []
    for features in supplies:
        keys = zip(features.ids, shapely.to_wkb(features.geometries), strict=True)
        before = len(numbers)
        numbered = np.array([numbers.setdefault(k, len(numbers)) for k in keys], dtype=np.intp)
        found.append(numbered)
        # within a world no place occurs twice, so what is new comes in the order of its numbers
        parts.append(features.subset(np.flatnonzero(numbered >= before)))
    every = pd.Index(np.concatenate([part.ids.to_numpy(dtype=object) for part in parts]))
    order = np.argsort(ids.get_indexer(every), kind="stable")
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    stores = Features(
        geometries=np.concatenate([part.geometries for part in parts])[order],
        ids=every[order],
        site_ids=None,
        table=pd.concat([part.table[[column]] for part in parts]).iloc[order],
        order=np.arange(len(order)),
        input_index=every[order],
    )
    return stores, [rank[numbered] for numbered in found]


def _supplies(
    supplies: Sequence[Features], place: list[Ints], n: int, column: str
) -> tuple[list[Floats], list[NDArray[np.bool_]]]:
    """Give by world what each place offers, and whether there is anything at it."""
    offered, there = [], []
    for features, at in zip(supplies, place, strict=True):
        quantity, is_there = np.full(n, np.nan), np.zeros(n, dtype=bool)
        quantity[at] = known_at_least_zero(features, column, "supply")
        is_there[at] = True
        offered.append(quantity)
        there.append(is_there)
    return offered, there


def _blocks(sites: Sites, criterion: Criterion, stores: Features) -> Iterator[_Reached]:
    """Find what each site reaches, and what it counts at that distance."""
    one, decay = np.ones(len(stores)), as_decay(criterion.decay)
    for pairs in pairs_within_reach(sites, stores, criterion.radius_km or np.nan, "include"):
        row, feature, weight = weigh_shares(pairs, one, decay)
        yield _Reached(pairs.site, row, feature, weight)


def _add_up(
    blocks: Sequence[_Reached], ratio: Floats, there: NDArray[np.bool_], n_sites: int
) -> Floats:
    """Add up the shares of one pair of worlds at each site."""
    total = np.zeros(n_sites)
    for block in blocks:
        counts = there[block.feature]
        share = ratio[block.feature[counts]] * block.weight[counts]
        total[block.sites] = add_up(block.row[counts], share, len(block.sites))
    return total
