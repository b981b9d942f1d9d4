"""Who is a neighbour of whom: sites of known quantity within a radius, by geodesics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.errors import LayerError, OptionError, name_ids
from standort.layers.inputs import as_emitters, check_positive

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers.inputs import Features

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["DistanceBand", "distance_band"]

_KM = 1_000.0


@dataclass(frozen=True)
class DistanceBand:
    """Sites of known quantity in the order of their ids, and their pairs within the radius.

    `known` holds their positions among all; `focal` and `neighbour` positions among the known,
    each pair both ways, sorted; `count` and `around` the number of neighbours of each and the sum
    of their deviations from the mean.
    """

    features: Features
    known: Ints
    deviation: Floats
    focal: Ints
    neighbour: Ints
    unknown: Ints

    @property
    def varies(self) -> bool:
        """Whether there is anything to associate: at least two different values."""
        return bool(len(self.deviation) and np.any(self.deviation != self.deviation[0]))

    @property
    def count(self) -> Ints:
        """Number of neighbours of each."""
        return np.bincount(self.focal, minlength=len(self.deviation))

    @property
    def around(self) -> Floats:
        """Sum of the neighbours' deviations from the mean, of each."""
        weights = self.deviation[self.neighbour]
        total = np.bincount(self.focal, weights=weights, minlength=len(self.deviation))
        return np.asarray(total, dtype=np.float64)

    def graph(self) -> Any:  # noqa: ANN401 - libpysal publishes no types
        """Hand the pairs to libpysal; a site without neighbours has itself, with weight 0."""
        alone = np.flatnonzero(self.count == 0)
        focal = np.concatenate([self.focal, alone])
        order = np.argsort(focal, kind="stable")
        neighbour = np.concatenate([self.neighbour, alone])[order]
        weight = np.concatenate([np.ones(len(self.focal)), np.zeros(len(alone))])[order]
        return _graph_class().from_arrays(focal[order], neighbour, weight)

    def table(self, columns: dict[str, Any]) -> pd.DataFrame:
        """Put columns of the known on the index of all sites, in their order; others are NaN."""
        row, index = self.features.order[self.known], self.features.input_index
        neighbours, unknown = np.zeros((2, len(index)), dtype=np.int64)
        neighbours[row] = self.count
        unknown[self.features.order] = self.unknown
        found = pd.DataFrame(columns, index=pd.Index(row)).reindex(range(len(index)))
        return found.assign(neighbours=neighbours, unknown=unknown).set_axis(index, axis=0)


def distance_band(
    sites: GeoDataFrame | Features,
    column: str,
    radius_km: float,
    logarithm: bool,  # noqa: FBT001
) -> DistanceBand:
    """Find who is a neighbour of whom."""
    check_positive("radius_km", radius_km)
    features = as_emitters(sites)
    quantity = features.quantity(column)
    if logarithm:
        negative = quantity < 0.0
        if negative.any():
            ids = name_ids(list(features.ids[negative]))
            msg = (
                f"column {column!r} has no logarithm where it is negative, as it is for "
                f"{negative.sum()} sites: {ids}; mend them or leave logarithm out"
            )
            raise LayerError(msg)
        quantity = np.log1p(quantity)
    is_known = ~np.isnan(quantity)
    known = np.flatnonzero(is_known)
    place = np.cumsum(is_known) - 1
    unknown = np.zeros(len(features), dtype=np.int64)
    found: list[Ints] = [np.empty((2, 0), dtype=np.int64)]
    if len(features):
        lon, lat = shapely.get_coordinates(features.geometries).T
        everyone = np.arange(len(features))
        for pairs in features.index.pairs_within(
            lon, lat, radius=radius_km * _KM, exclude=everyone
        ):
            focal, neighbour = pairs.site[pairs.row], pairs.feature
            unknown += np.bincount(focal[~is_known[neighbour]], minlength=len(features))
            both = is_known[focal] & is_known[neighbour]
            found.append(np.stack([place[focal[both]], place[neighbour[both]]]))
    focal, neighbour = np.concatenate(found, axis=1)
    order = np.lexsort((neighbour, focal))
    values = quantity[known]
    # of equal values the mean may miss them by a rounding, which is no deviation
    deviation = values - values.mean() if len(np.unique(values)) > 1 else np.zeros(len(values))
    return DistanceBand(features, known, deviation, focal[order], neighbour[order], unknown)


def _graph_class() -> Any:  # noqa: ANN401 - a class
    try:
        from libpysal.graph import Graph
    except ImportError as error:
        msg = "local association needs libpysal, which is not installed: "
        raise OptionError(msg + "pip install standort[diagnostics]") from error
    return Graph
