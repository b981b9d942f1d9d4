"""Layers of which no feature is near enough to any site to count, often by a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.earth import NO_FEATURE
from standort.results.notes import Note
from standort.units import convert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from standort.layers.features import Features, Sites
    from standort.scoring import Criterion
    from standort.study.context import Context

#: Distances at which values are compared with that of nothing within reach [km].
_DISTANCES_KM = np.geomspace(0.1, 20_038, 5_000)
#: Smallest difference in value that counts.
_DIFFERENCE = 0.001
#: Sites that are looked at first; nearly always one of them has the layer within reach.
_FIRST = 64


class FarLayers:
    """Layers that no site seen so far has within the reach of any criterion.

    Parameters
    ----------
    context
        The layers.
    criteria
        The criteria that are measured.
    """

    def __init__(self, context: Context, criteria: Iterable[Criterion]) -> None:
        self._context = context
        self._reach_km: dict[str, float] = {}
        self._nearest_km: dict[str, float] = {}
        for criterion in criteria:
            if criterion.layer is not None:
                known = self._reach_km.get(criterion.layer, 0.0)
                self._reach_km[criterion.layer] = max(known, _reach_km(criterion))

    def see(self, sites: Sites) -> None:
        """Drop the layers that one of the sites has within reach."""
        for name, reach_km in list(self._reach_km.items()):
            features = self._context.layer(name)
            if not len(sites) or not len(features):
                continue
            if any(_is_within(sites, some, features, reach_km) for some in _portions(len(sites))):
                del self._reach_km[name]
                self._nearest_km.pop(name, None)
            else:
                nearest = features.index.nearest(sites.lon, sites.lat).distance.min() / 1000
                self._nearest_km[name] = min(nearest, self._nearest_km.get(name, np.inf))

    def notes(self) -> list[Note]:
        """Return a note for each layer that is left."""
        return [
            Note(
                "out_of_reach",
                layer=name,
                counts={"nearest_km": round(float(nearest)), "reach_km": self._reach_km[name]},
            )
            for name, nearest in self._nearest_km.items()
        ]


def _reach_km(criterion: Criterion) -> float:
    """Return the distance beyond which a feature counts like none [km]."""
    if criterion.radius_km is not None:
        return criterion.radius_km
    if criterion.unit not in {"km", "m"}:
        return np.inf
    metric = np.append(convert(_DISTANCES_KM, "km", criterion.unit), np.inf)
    value = criterion.value(metric)
    counting = _DISTANCES_KM[np.abs(value[:-1] - value[-1]) > _DIFFERENCE]
    return float(min(counting.max(initial=0.0), criterion.max_distance_km or np.inf))


def _portions(count: int) -> list[slice]:
    """Return the first few sites, and the rest."""
    return [slice(0, _FIRST), *([slice(_FIRST, count)] if count > _FIRST else [])]


def _is_within(sites: Sites, some: slice, features: Features, reach_km: float) -> bool:
    near = features.index.nearest(sites.lon[some], sites.lat[some], max_distance=reach_km * 1000)
    return bool((near.feature != NO_FEATURE).any())
