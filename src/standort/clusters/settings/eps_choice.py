"""The k-distance curve, and the eps at its knee if it has one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.arguments import checked, positive, whole
from standort.clusters.neighbour_graph import NeighbourGraph
from standort.layers.features import as_emitters

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Floats


#: distances below this [km] are within one plant, and their logarithms would stretch the curve
_LEAST_KM = 0.1
#: smallest bend of a curve with a knee: its sag below the chord, as a share of its height
_CLEAR = 0.2
#: fewest points of a knee
_FEWEST = 10


@dataclass(frozen=True)
class EpsSuggestion:
    """The eps that the k-distance curve suggests; not a decision."""

    eps_km: float
    """The knee [km]; NaN if too few sites have neighbours."""
    clear: bool
    """Whether the curve bends enough to have a knee."""
    bend: float
    """Sag of the curve below a straight line at the knee, as a share of its height, 0 to 1."""
    neighbour: int
    """The rank of the neighbour that distances are measured to: `min_samples` - 1."""
    reach_km: float
    """Distance up to which neighbours were searched [km]."""
    curve: pd.Series[float] = field(repr=False)
    """Distance to that neighbour [km], ascending, by rank of site; infinite beyond the reach."""

    def __str__(self) -> str:
        """Return the suggestion as a sentence."""
        n_far = int(np.isinf(self.curve).sum())
        about = (
            f"distance to neighbour no. {self.neighbour} of {len(self.curve):,} sites "
            f"({n_far:,} beyond {self.reach_km:g} km)"
        )
        if np.isnan(self.eps_km):
            return f"No knee: too few neighbours; {about}."
        if not self.clear:
            return (
                f"No clear knee (bend {self.bend:.2f}, {_CLEAR} needed): "
                f"the curve suggests no eps; {about}."
            )
        return f"Knee at {self.eps_km:.1f} km (bend {self.bend:.2f}); {about}."


@checked(min_samples=whole(2), reach_km=positive("km"))
def suggest_eps(
    sites: GeoDataFrame,
    *,
    min_samples: int = 4,
    reach_km: float = 50.0,
    graph: NeighbourGraph | None = None,
) -> EpsSuggestion:
    """Look for a knee in the distances to the (`min_samples` - 1)-th neighbour.

    Sites in dense areas are about equally near to that neighbour; if all others are much farther
    away, the sorted distances turn upwards, which suggests an eps. Where density falls off
    gradually there is no turn, and the largest sag of the curve is meaningless: read ``clear``
    before ``eps_km``. The knee depends on the reach, which ends the curve.

    Parameters
    ----------
    sites
        Points in any CRS.
    min_samples
        As for `dbscan`, including the site itself; at least 2.
    reach_km
        Distance up to which neighbours count [km]; the largest eps to consider.
    graph
        Distances instead of geodesics; its reach replaces `reach_km`.

    Returns
    -------
    The suggestion and the curve.

    Raises
    ------
    OptionError
        If `min_samples` is less than 2 or `reach_km` not positive.

    Notes
    -----
    The knee is the largest difference between the curve and its chord, both scaled to 0 to 1
    (Satopaa et al., section III, for a convex curve), with distances on a logarithmic axis
    from 0.1 km. Of all local maxima only the largest counts: in curves of thousands of sites, the
    first one, which the online method takes, is noise among the last few sites.

    References
    ----------
    Satopaa, V., Albrecht, J., Irwin, D. and Raghavan, B. (2011), Finding a "kneedle" in a haystack,
    ICDCS workshops, 166-171. Ester et al. (1996), section 4.2 (sorted k-dist graph).

    Examples
    --------
    Ten groups of five plants each, and as many plants that are alone:

    >>> import geopandas
    >>> import numpy as np
    >>> lon = np.concatenate([(np.arange(50) // 5) + (np.arange(50) % 5) * 0.02, np.arange(50) / 9])
    >>> points = geopandas.points_from_xy(lon, np.repeat([0.0, 9.0], 50), crs=4326)
    >>> suggestion = suggest_eps(geopandas.GeoDataFrame(geometry=points), min_samples=4)
    >>> suggestion.clear, round(suggestion.eps_km, 1)
    (True, 6.7)
    """
    layer = as_emitters(sites)
    if graph is None:
        graph = NeighbourGraph.of_sites(layer, reach_km=reach_km)
    graph.check_sites(layer)
    k = min_samples - 1
    distances = np.sort(graph.kth_nearest_km(k))
    eps, bend = _knee(distances[(distances >= _LEAST_KM) & np.isfinite(distances)])
    rank: pd.Index[Any] = pd.RangeIndex(1, len(distances) + 1, name="rank")
    curve = pd.Series(distances, index=rank, name="distance_km")
    return EpsSuggestion(eps, bend >= _CLEAR, bend, k, graph.reach_km, curve)


def _knee(ascending: Floats) -> tuple[float, float]:
    """Return the distance, on a logarithmic axis, of the largest sag below a line, and the sag."""
    if len(ascending) < _FEWEST or ascending[0] == ascending[-1]:
        return np.nan, 0.0
    height = np.log(ascending)
    height = (height - height[0]) / (height[-1] - height[0])
    sag = np.linspace(0.0, 1.0, len(height)) - height
    knee = int(np.argmax(sag))
    return float(ascending[knee]), float(sag[knee])
