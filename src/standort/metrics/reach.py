"""What lies within reach of each site: pairs, their weighted shares, sums and the largest.

The steps that the metrics of density, accessibility and catchment are made of. They work block by
block on the pairs that `standort.earth` finds; ``row`` counts the sites of one block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from standort.earth import NO_FEATURE
from standort.errors import OptionError
from standort.layers.features import check_positive, own_features
from standort.metrics.measurement import Measurement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from standort.earth import Pairs
    from standort.layers.features import Features, Sites

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]
    Weighing = Callable[[Floats], Floats]

__all__ = [
    "Own",
    "add_up",
    "as_measurement",
    "pairs_within_reach",
    "pick_largest",
    "weigh_shares",
]

#: Whether a site that is among the features counts.
Own = Literal["exclude", "include"]

_KM = 1_000.0


def pairs_within_reach(
    sites: Sites, features: Features, radius_km: float, own: Own
) -> Iterator[Pairs]:
    """Find the pairs of a site and a feature within a radius, block by block of sites.

    Parameters
    ----------
    sites, features
        Prepared by `as_sites` and `as_features`.
    radius_km
        Largest distance of a pair, inclusive [km].
    own
        Whether a site recognised among the features (by explicit ``site_id``) is one.

    Returns
    -------
    Blocks of pairs, blocks in any order; within a block the pairs of a site come in the order of
    features, which is that of their ids.

    Raises
    ------
    OptionError
        If `radius_km` is not a positive number, or `own` is neither word.
    """
    check_positive("radius_km", radius_km)
    if own not in get_args(Own):
        msg = f"expected own to be 'exclude' or 'include', got {own!r}"
        raise OptionError(msg)
    return features.index.pairs_within(
        sites.lon,
        sites.lat,
        radius=radius_km * _KM,
        exclude=own_features(sites, features) if own == "exclude" else None,
    )


def weigh_shares(
    pairs: Pairs, quantity: Floats, decay: Weighing | None
) -> tuple[Ints, Ints, Floats]:
    """Weigh the quantity of each pair by its distance; a pair of weight 0 is out of reach.

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
        If the decay gives other than one finite weight >= 0 for each distance.
    """
    share = quantity[pairs.feature]
    if decay is None:
        return pairs.row, pairs.feature, share
    weight = _checked_weight(decay(pairs.distance / _KM), len(share))
    counts = weight > 0.0
    return pairs.row[counts], pairs.feature[counts], share[counts] * weight[counts]


def _checked_weight(weight: object, n_pairs: int) -> Floats:
    """Refuse what a decay may not give: another shape, NaN, negative or infinite weights."""
    checked = np.asarray(weight, dtype=np.float64)
    if checked.shape != (n_pairs,) or not ((checked >= 0.0) & (checked < np.inf)).all():
        came = f"shape {checked.shape}" if checked.shape != (n_pairs,) else "others"
        msg = (
            f"expected decay to give one finite weight >= 0 for each distance, got {came}; "
            "it is called with an array of distances [km]"
        )
        raise OptionError(msg)
    return checked


def add_up(row: Ints, share: Floats, n_sites: int) -> Floats:
    """Sum shares by row; NaN where shares are there but none is known, 0 where there are none.

    Parameters
    ----------
    row, share
        As `weigh_shares` gives them.
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
    # a site's pairs come in the order of features: one order of adding, whoever else is measured
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
    """Find the largest known share of each row, whose it is (ties: first id), and the unknown.

    Parameters
    ----------
    row, feature, share
        As `weigh_shares` gives them.
    n_sites
        Number of sites of the block.

    Returns
    -------
    For each site of the block: the largest share (NaN where none is known, 0 where there are
    none), the feature that has it (`NO_FEATURE` where none has), and the number of unknown shares.

    Examples
    --------
    >>> largest, whose, n_unknown = pick_largest(
    ...     np.array([0, 0, 1]), np.array([7, 8, 7]), np.array([2.0, 2.0, np.nan]), 2
    ... )
    >>> largest.tolist(), whose.tolist(), n_unknown.tolist()
    ([2.0, nan], [7, -1], [0, 1])
    """
    unknown = np.isnan(share)
    n_unknown = np.bincount(row[unknown], minlength=n_sites)
    row, feature, share = row[~unknown], feature[~unknown], share[~unknown]
    largest = np.full(n_sites, -np.inf)
    np.maximum.at(largest, row, share)
    # written backwards, so that of equals the first id stays
    holds = np.flatnonzero(share == largest[row])[::-1]
    winner = np.full(n_sites, NO_FEATURE, dtype=np.intp)
    winner[row[holds]] = feature[holds]
    none_known = np.where(n_unknown > 0, np.nan, 0.0)
    return np.where(winner == NO_FEATURE, none_known, largest), winner, n_unknown


def as_measurement(
    name: str, sites: Sites, features: Features, value: Floats, feature: Ints, unknown: Ints
) -> Measurement:
    """Put arrays of one number per site onto the index of the sites, and name the features."""
    return Measurement(
        value=pd.Series(value, index=sites.index, name=name),
        feature=pd.Series(features.named(feature), index=sites.index, dtype=object),
        unknown=pd.Series(unknown, index=sites.index),
    )
