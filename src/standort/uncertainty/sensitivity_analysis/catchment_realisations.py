"""Floating catchments in all pairs of realisations of supply and demand.

Distances are measured once for each position a store has in any realisation, and the demand on
stores once for each realisation of the demand layer; only the ratio and the sum are computed for
each pair. Results equal those of `standort.study.evaluation.measure` to the bit.
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
from standort.study.metric_options import as_decay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from standort.array_types import Flags, Floats, Ints
    from standort.layers.features import Sites
    from standort.scoring import Criterion
    from standort.study.context import Context


@dataclass(frozen=True, eq=False)
class _Reached:
    """A block of pairs: site numbers, and row, feature and weight of each pair."""

    sites: Ints
    row: Ints
    feature: Ints
    weight: Floats


def measure_pairs(
    sites: Sites,
    criterion: Criterion,
    recorded: Context,
    supply: Sequence[Context],
    demand: Sequence[Context],
) -> Iterator[tuple[tuple[int, int], Floats]]:
    """Measure a floating catchment in each pair of realisations.

    Parameters
    ----------
    sites
        The sites to measure at.
    criterion
        A criterion of the metric ``floating_catchment``.
    recorded
        The layers as recorded; a realisation holds all or some of their features.
    supply
        Layers of each realisation of the supply.
    demand
        Layers of each realisation of the demand.

    Yields
    ------
    The numbers of both realisations, and the metric at each site in the unit of the criterion.
    """
    assert criterion.demand is not None
    columns = {"supply": str(criterion.column), "demand": criterion.demand.column}
    supplies = [context.passing(criterion) for context in supply]
    stores, at = _all_positions(
        supplies, columns["supply"], recorded.layer(str(criterion.layer)).ids
    )
    blocks = list(_blocks(sites, criterion, stores))
    near = np.unique(np.concatenate([np.empty(0, dtype=np.intp), *(b.feature for b in blocks)]))
    quantity, exists = _supplies(supplies, at, len(stores), columns["supply"])
    for b, context in enumerate(demand):
        total, unknown = np.zeros(len(stores)), np.zeros(len(stores), dtype=np.int64)
        if len(near):
            shared = context.shared_supply(criterion, stores.subset(near)).table
            total[near], unknown[near] = shared["demand"], shared["unknown_demand"]
        for a in range(len(supply)):
            ratio = supply_ratio(quantity[a], total, unknown, **columns)
            yield (a, b), _add_up(blocks, ratio, exists[a], len(sites))


def _all_positions(
    supplies: Sequence[Features], column: str, ids: pd.Index[Any]
) -> tuple[Features, list[Ints]]:
    """Return one layer of every position of every feature, and its row numbers by realisation.

    Rows are in the order of ids; a feature with one position in all realisations has one row.
    """
    numbers: dict[tuple[object, bytes], int] = {}
    rows, parts = [], []
    for features in supplies:
        keys = zip(features.ids, shapely.to_wkb(features.geometries), strict=True)
        before = len(numbers)
        numbered = np.array([numbers.setdefault(k, len(numbers)) for k in keys], dtype=np.intp)
        rows.append(numbered)
        # a position occurs once in a realisation, so new ones are in the order of their numbers
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
    return stores, [rank[numbered] for numbered in rows]


def _supplies(
    supplies: Sequence[Features], at: list[Ints], n: int, column: str
) -> tuple[list[Floats], list[Flags]]:
    """Return by realisation the supply at each position, and whether a feature is there."""
    quantities, flags = [], []
    for features, rows in zip(supplies, at, strict=True):
        quantity, exists = np.full(n, np.nan), np.zeros(n, dtype=bool)
        quantity[rows] = known_at_least_zero(features, column, "supply")
        exists[rows] = True
        quantities.append(quantity)
        flags.append(exists)
    return quantities, flags


def _blocks(sites: Sites, criterion: Criterion, stores: Features) -> Iterator[_Reached]:
    """Return the features within reach of each site, with their weight by distance."""
    one, decay = np.ones(len(stores)), as_decay(criterion.decay)
    for pairs in pairs_within_reach(sites, stores, criterion.radius_km or np.nan, "include"):
        row, feature, weight = weigh_shares(pairs, one, decay)
        yield _Reached(pairs.site, row, feature, weight)


def _add_up(blocks: Sequence[_Reached], ratio: Floats, exists: Flags, n_sites: int) -> Floats:
    """Add up the shares at each site in one pair of realisations."""
    total = np.zeros(n_sites)
    for block in blocks:
        counts = exists[block.feature]
        share = ratio[block.feature[counts]] * block.weight[counts]
        total[block.sites] = add_up(block.row[counts], share, len(block.sites))
    return total
