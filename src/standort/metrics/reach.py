"""Pairs of sites and features within reach, their weighted shares, sums and maxima.

The metrics of density, accessibility and catchment consist of these steps. They process blocks of
pairs from `standort.earth`; ``row`` is the position of a site in its block.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from standort.earth import NO_FEATURE, add_columns, exact_columns
from standort.errors import LayerError, OptionError, name_ids
from standort.layers.features import own_features
from standort.metrics.measurement import Measurement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from standort.array_types import Floats, Ints
    from standort.earth import Pairs
    from standort.layers.features import Features, Sites


Weighing: TypeAlias = "Callable[[Floats], Floats]"

#: whether a site that is among the features counts
Own = Literal["exclude", "include"]

_KM = 1_000.0


def pairs_within_reach(
    sites: Sites, features: Features, radius_km: float, own: Own, *, but: Ints | None = None
) -> Iterator[Pairs]:
    """Find the pairs of a site and a feature within a radius, in blocks of sites.

    Parameters
    ----------
    sites, features
        Prepared by `as_sites` and `as_features`.
    radius_km
        Largest distance of a pair, inclusive [km].
    own
        Whether a site counts if it is among the features (by explicit ``site_id``).
    but
        Positions of sites to leave out.

    Returns
    -------
    Blocks of pairs, in any order; within a block the pairs of a site are sorted by feature, that
    is, by id.

    Raises
    ------
    OptionError
        If `radius_km` is not a positive number, or `own` is unknown.
    """
    radius, skip = radius_km * _KM, _skipped(sites, features, own)
    lon, lat, index = sites.lon, sites.lat, features.index
    if but is None or not but.size:
        return index.pairs_within(lon, lat, radius=radius, exclude=skip)
    left = np.delete(np.arange(len(sites)), but)
    exclude = None if skip is None else skip[left]
    of_left = index.pairs_within(lon[left], lat[left], radius=radius, exclude=exclude)
    return (replace(pairs, site=left[pairs.site]) for pairs in of_left)


def _skipped(sites: Sites, features: Features, own: Own) -> Ints | None:
    """Return the feature that does not count at each site, or `NO_FEATURE`; None if all count."""
    return own_features(sites, features) if own == "exclude" else None


class Crowds(NamedTuple):
    """The features within reach of the sites that have a crowd of them there.

    `site` holds the positions of these sites. For each, `total` and `largest` are the sum and the
    maximum of the known quantities (NaN where none is known), `feature` is the largest feature
    (`NO_FEATURE` where none is known), and `unknown` the number of features of unknown quantity.
    """

    site: Ints
    total: Floats
    largest: Floats
    feature: Ints
    unknown: Ints


def crowds_within_reach(
    sites: Sites, features: Features, quantity: Floats, radius_km: float, own: Own
) -> Crowds:
    """Summarise a quantity where more than `standort.earth.CROWD` features are within reach.

    Their pairs need no list, so that time and memory do not grow with their number. The sum is that
    of the exact numbers, rounded once. Whether a site has a crowd depends on the features alone.

    Parameters
    ----------
    sites, features, radius_km, own
        As for `pairs_within_reach`.
    quantity
        One number per feature, NaN where unknown.

    Returns
    -------
    Sums and maxima; no site where no site has a crowd, as in all layers but those of points.
    """
    index, is_unknown = features.index, np.isnan(quantity)
    radius, skip = radius_km * _KM, _skipped(sites, features, own)
    columns = np.vstack([is_unknown, exact_columns(np.where(is_unknown, 0.0, quantity))])
    ranked = np.lexsort([-quantity, is_unknown])  # the largest first, ties by id; unknown ones last
    rank = np.empty_like(ranked)
    rank[ranked] = np.arange(len(ranked))
    tally = index.tally_crowds(sites.lon, sites.lat, radius=radius, columns=columns, priority=rank)
    lon, lat = sites.lon[tally.query], sites.lat[tally.query]
    sums, feature = tally.sums, ranked[tally.least]
    if skip is not None:
        skip = skip[tally.query]
        # no sum is rounded, so that a part of it can be taken away
        within = index.reaches(lon, lat, skip, radius=radius)
        sums = sums - np.where(within, columns[:, skip], 0.0)
        first = np.flatnonzero(feature == skip)  # few: at most one site around any place
        for pairs in index.pairs_within(lon[first], lat[first], radius=radius, exclude=skip[first]):
            row, of, share = weigh_shares(pairs, quantity, None)
            feature[first[pairs.site]] = pick_largest(row, of, share, len(pairs.site))[1]
    feature[is_unknown[feature]] = NO_FEATURE
    total, largest = add_columns(sums[1:]), quantity[feature]
    total[feature == NO_FEATURE] = largest[feature == NO_FEATURE] = np.nan
    return Crowds(tally.query, total, largest, feature, sums[0].astype(np.int64))


def weigh_shares(
    pairs: Pairs, quantity: Floats, decay: Weighing | None
) -> tuple[Ints, Ints, Floats]:
    """Weight the quantity of each pair by its distance, dropping pairs of weight 0.

    Parameters
    ----------
    pairs
        One block of `pairs_within_reach`.
    quantity
        One number per feature, NaN where unknown.
    decay
        Weight by distance [km]; every pair counts in full if None.

    Returns
    -------
    Row in the block, feature and share of each pair that counts; shares are in the unit of the
    quantity.

    Raises
    ------
    OptionError
        If the decay does not return one finite weight >= 0 for each distance.
    """
    share = quantity[pairs.feature]
    if decay is None:
        return pairs.row, pairs.feature, share
    weight = _checked_weight(decay(pairs.distance / _KM), len(share))
    counts = weight > 0.0
    return pairs.row[counts], pairs.feature[counts], share[counts] * weight[counts]


def _checked_weight(weight: object, n_pairs: int) -> Floats:
    """Raise unless there is one finite weight >= 0 per pair."""
    checked = np.asarray(weight, dtype=np.float64)
    if checked.shape != (n_pairs,) or not ((checked >= 0.0) & (checked < np.inf)).all():
        got = f"shape {checked.shape}" if checked.shape != (n_pairs,) else "other values"
        msg = (
            f"expected decay to return one finite weight >= 0 for each distance, got {got}; "
            "it is called with an array of distances [km]"
        )
        raise OptionError(msg)
    return checked


def add_up(row: Ints, share: Floats, n_sites: int) -> Floats:
    """Sum shares by row; NaN where all shares are unknown, 0 where there are none.

    Parameters
    ----------
    row, share
        As returned by `weigh_shares`.
    n_sites
        Number of sites of the block.

    Returns
    -------
    One sum per site of the block, in the unit of the shares.

    Examples
    --------
    >>> add_up(np.array([0, 0, 1]), np.array([1.0, 2.0, np.nan]), 3).tolist()
    [3.0, nan, 0.0]
    """
    # a site's pairs are sorted by feature, so the order of summation never depends on other sites
    unknown = np.isnan(share)
    if not unknown.any():
        return np.asarray(np.bincount(row, weights=share, minlength=n_sites), dtype=np.float64)
    total = np.bincount(row, weights=np.where(unknown, 0.0, share), minlength=n_sites)
    n_unknown = np.bincount(row[unknown], minlength=n_sites)
    only_unknown = (n_unknown > 0) & (n_unknown == np.bincount(row, minlength=n_sites))
    return np.where(only_unknown, np.nan, total)


def pick_largest(
    row: Ints, feature: Ints, share: Floats, n_sites: int
) -> tuple[Floats, Ints, Ints]:
    """Return the largest known share of each row, its feature (ties: first id), and unknowns.

    Parameters
    ----------
    row, feature, share
        As returned by `weigh_shares`.
    n_sites
        Number of sites of the block.

    Returns
    -------
    For each site of the block: the largest share (NaN where none is known, 0 where there are
    none), its feature (`NO_FEATURE` where there is none), and the number of unknown shares.

    Examples
    --------
    >>> largest, winner, n_unknown = pick_largest(
    ...     np.array([0, 0, 1]), np.array([7, 8, 7]), np.array([2.0, 2.0, np.nan]), 2
    ... )
    >>> largest.tolist(), winner.tolist(), n_unknown.tolist()
    ([2.0, nan], [7, -1], [0, 1])
    """
    unknown = np.isnan(share)
    n_unknown = np.bincount(row[unknown], minlength=n_sites)
    row, feature, share = row[~unknown], feature[~unknown], share[~unknown]
    largest = np.full(n_sites, -np.inf)
    np.maximum.at(largest, row, share)
    # written in reverse order, so that the first id of equal shares remains
    holds = np.flatnonzero(share == largest[row])[::-1]
    winner = np.full(n_sites, NO_FEATURE, dtype=np.intp)
    winner[row[holds]] = feature[holds]
    none_known = np.where(n_unknown > 0, np.nan, 0.0)
    return np.where(winner == NO_FEATURE, none_known, largest), winner, n_unknown


def as_measurement(
    name: str, sites: Sites, features: Features, value: Floats, feature: Ints, unknown: Ints
) -> Measurement:
    """Return arrays of one entry per site as a measurement on the index of the sites."""
    return Measurement(
        value=pd.Series(value, index=sites.index, name=name),
        feature=pd.Series(features.named(feature), index=sites.index, dtype=object),
        unknown=pd.Series(unknown, index=sites.index),
    )


def known_at_least_zero(features: Features, column: str, option: str) -> Floats:
    """Return a quantity, NaN where unknown; raise if any value is negative."""
    quantity = features.quantity(column)
    negative = quantity < 0.0
    if negative.any():
        ids = name_ids(list(features.ids[negative]))
        msg = f"expected {option} {column!r} >= 0, {negative.sum()} are less: {ids}; fix or drop"
        raise LayerError(msg)
    return quantity
