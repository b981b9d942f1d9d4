"""The next best feature: what a site would turn to if the nearest one were not to be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.layers.inputs import own_features
from standort.scoring import reference_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.layers.inputs import Sites
    from standort.scoring import Criterion
    from standort.study.context import Context

__all__ = ["next_nearest"]

_KM = 1_000.0


def next_nearest(
    context: Context, criterion: Criterion, sites: Sites
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Find the second nearest feature of a criterion at some sites.

    Only a distance to the nearest feature has a next best one: sums, counts and means take in all
    features within reach already. One so far off that it is worth as little as none is not named.

    Parameters
    ----------
    context
        The layers, prepared.
    criterion
        What was measured.
    sites
        Some of the sites of the study.

    Returns
    -------
    Ids, None where there is none, and distances [km], infinite where nothing is within reach and
    NaN where the criterion knows no next best.
    """
    if criterion.metric != "nearest_distance":
        return np.full(len(sites), None), np.full(len(sites), np.nan)
    features = context.passing(criterion)
    reach = min(_worth_something_up_to(criterion), criterion.max_distance_km or np.inf)
    near = features.index.nearest(
        sites.lon,
        sites.lat,
        k=2,
        max_distance=reach * _KM,
        exclude=own_features(sites, features),
    )
    return features.named(near.feature[:, 1]), near.distance[:, 1] / _KM


def _worth_something_up_to(criterion: Criterion) -> float:
    """Give the distance [km] from which on a feature is worth what a missing one is."""
    last = max(reference_points(criterion.value))
    there, nowhere = criterion.value(np.array([last, np.inf]))
    return last if there == nowhere else np.inf
