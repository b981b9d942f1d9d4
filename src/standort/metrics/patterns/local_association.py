"""Spatial association of quantities: Getis and Ord's Gi*, local and global Moran's I.

Neighbours are all sites within a geodesic radius, with equal weights. The statistics are computed
by esda; p-values come from our own draws, which handle ties correctly (docs/numerics.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.arguments import MOST_DRAWS, SEED, checked, positive, whole
from standort.errors import LayerError, OptionError, name_ids
from standort.layers.features import as_emitters
from standort.metrics.patterns.permutation import two_sided_share
from standort.random_numbers import generator

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Floats, Ints
    from standort.layers.features import Features


#: sums that differ by less than this share of the sum of absolute values are equal
_ROUNDING = 1e-12
_KM = 1_000.0


@checked(radius_km=positive("km"), permutations=whole(1, MOST_DRAWS), seed=SEED)
def getis_ord(
    sites: GeoDataFrame | Features,
    column: str,
    *,
    radius_km: float = 25.0,
    logarithm: bool = False,
    permutations: int = 9_999,
    seed: int = 0,
) -> pd.DataFrame:
    """Find hot and cold spots: sites whose neighbourhoods hold more or less than random ones.

    Gi* compares the sum over a site and all within the radius with that of as many randomly drawn
    sites. It shows where large values are neighbours, not where sites are many: a region of a
    hundred small plants is cold. One giant among a few small plants makes all of them hot; with
    `logarithm` it counts less. Neighbouring results share most of their sites.

    Parameters
    ----------
    sites
        Points in any CRS.
    column
        Quantity, numeric. Sites of unknown quantity are left out.
    radius_km
        Largest distance of a neighbour, inclusive [km].
    logarithm
        Use log(1 + x) of the quantity, which must then be at least 0.
    permutations
        Random draws of neighbours for each site. The smallest p-value is 2 / (permutations + 1):
        with too few draws, nothing among thousands of sites is significant after adjustment.
    seed
        Random seed of the draws.

    Returns
    -------
    Index of `sites`; ``z``, the standardised Gi* (above 0 hot, below cold); ``p_value``, two-sided,
    of each site separately; ``p_adjusted`` for all sites together: of the sites with 0.05 or less,
    at most 5 % are expected to be false positives (Benjamini and Hochberg); ``neighbours`` and
    ``unknown``, the numbers of sites of known and unknown quantity within the radius. NaN where the
    quantity is unknown, where no neighbour has a known quantity, and everywhere if all values are
    equal; z also where all sites are neighbours.

    Raises
    ------
    CRSError, GeometryError
        If the layer has no CRS, or holds anything but points.
    LayerError
        If the column is missing, not numeric, infinite, or negative with `logarithm`.
    OptionError
        If an option is outside its range, or esda is not installed.

    Notes
    -----
    z = (sum_j w_ij x_j - mean W_i) / (S sqrt((n W_i - W_i^2) / (n - 1))), with w_ij = 1 for the
    site itself and its neighbours (Ord and Getis 1995, eq. 14 for binary weights) and S the
    population standard deviation. Memory grows with the number of pairs.

    References
    ----------
    Ord, J. K., and Getis, A. (1995), Geographical Analysis 27, 286-306 (recalled).

    Examples
    --------
    Five sites 10 km apart in a line, the last of them large:

    >>> import geopandas
    >>> line = geopandas.GeoDataFrame(
    ...     {"mt": [1, 1, 1, 1, 6]},
    ...     geometry=geopandas.points_from_xy([0, 0.09, 0.18, 0.27, 0.36], [0] * 5),
    ...     crs=4326,
    ... )
    >>> getis_ord(line, "mt", radius_km=12, permutations=99)["z"].round(4).tolist()
    [-0.8165, -1.2247, -1.2247, 0.8165, 1.2247]
    """
    band = distance_band(sites, column, radius_km, logarithm)
    z = np.full(len(band.deviation), np.nan)
    if band.varies:
        # z is invariant to a x + c; esda takes its sign from the sum of x, and loses digits if the
        # mean of x is far above its spread
        shifted = (band.deviation - band.deviation.min()) / band.deviation.std()
        graph = band.graph()
        with np.errstate(divide="ignore", invalid="ignore"):
            z = _esda().G_Local(shifted, graph, transform="B", star=True, permutations=0).Zs
        z[(band.count == 0) | (band.count == len(z) - 1)] = np.nan
    return _with_p_values(band, {"z": z}, permutations, seed)


@checked(radius_km=positive("km"), permutations=whole(1, MOST_DRAWS), seed=SEED)
def local_moran(
    sites: GeoDataFrame | Features,
    column: str,
    *,
    radius_km: float = 25.0,
    logarithm: bool = False,
    permutations: int = 9_999,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare each site with its neighbours: large among large, small among large, and so on.

    Local Moran's I is above 0 where a site and its neighbours deviate from the mean in the same
    direction, below 0 in opposite directions. Unlike Gi* it does not count the site among its
    neighbours: a giant among small plants is "high-low". Few sites exceed the mean of skewed
    quantities such as emissions; with `logarithm` more do.

    Parameters
    ----------
    sites, column, radius_km, logarithm, permutations, seed
        As for `getis_ord`.

    Returns
    -------
    Index of `sites`; ``moran``; ``quadrant``, whether the site and its neighbours are above the
    mean ("high-high", "low-low", "high-low", "low-high"); ``p_value``, ``p_adjusted``,
    ``neighbours``, ``unknown`` and NaN (None for the quadrant) as for `getis_ord`.

    Raises
    ------
    CRSError, GeometryError, LayerError, OptionError
        As for `getis_ord`.

    Notes
    -----
    I_i = (z_i / m2) sum_j w_ij z_j, z the deviation from the mean, m2 = sum z^2 / n, w_ij = 1 for
    neighbours (Anselin 1995, eq. 12). The sum grows with the number of neighbours.

    References
    ----------
    Anselin, L. (1995), Geographical Analysis 27, 93-115 (recalled).

    Examples
    --------
    >>> import geopandas
    >>> line = geopandas.GeoDataFrame(
    ...     {"mt": [1, 1, 1, 1, 6]},
    ...     geometry=geopandas.points_from_xy([0, 0.09, 0.18, 0.27, 0.36], [0] * 5),
    ...     crs=4326,
    ... )
    >>> table = local_moran(line, "mt", radius_km=12, permutations=99)
    >>> table["moran"].round(4).tolist(), table["quadrant"].tolist()[-2:]
    ([0.25, 0.5, 0.5, -0.75, -1.0], ['low-high', 'high-low'])
    """
    band = distance_band(sites, column, radius_km, logarithm)
    n = len(band.deviation)
    moran, quadrant = np.full(n, np.nan), np.full(n, None, dtype=object)
    if band.varies:
        local = _esda().Moran_Local(
            band.deviation, band.graph(), transformation="B", permutations=0
        )
        # esda divides by sum z^2 / (n - 1), Anselin by sum z^2 / n
        moran = local.Is * (n / (n - 1.0))
        side, around = (np.where(x > 0.0, "high", "low") for x in (band.deviation, band.around))
        quadrant = np.array([f"{a}-{b}" for a, b in zip(side, around, strict=True)], dtype=object)
        quadrant[band.count == 0] = None
    moran[band.count == 0] = np.nan
    return _with_p_values(band, {"moran": moran, "quadrant": quadrant}, permutations, seed)


@checked(radius_km=positive("km"), permutations=whole(1, MOST_DRAWS), seed=SEED)
def morans_i(
    sites: GeoDataFrame | Features,
    column: str,
    *,
    radius_km: float = 25.0,
    logarithm: bool = False,
    permutations: int = 999,
    seed: int = 0,
) -> pd.Series[float]:
    """Measure whether neighbours are alike over the whole study: Moran's I.

    One number for all sites: it shows that large plants have large neighbours, but not where.

    Parameters
    ----------
    sites, column, radius_km, logarithm, seed
        As for `getis_ord`.
    permutations
        Random draws of the values over the sites.

    Returns
    -------
    ``moran``; ``expected`` for random values, -1 / (n - 1); ``p_value``, two-sided; ``points`` of
    known quantity; ``pairs`` of neighbours, named ``morans_i``. NaN if all values are equal or no
    two sites are neighbours.

    Raises
    ------
    CRSError, GeometryError, LayerError, OptionError
        As for `getis_ord`.

    References
    ----------
    Moran, P. A. P. (1950), Biometrika 37, 17-23 (recalled).

    Examples
    --------
    Small and large values alternate:

    >>> import geopandas
    >>> line = geopandas.GeoDataFrame(
    ...     {"mt": [1, 2, 1, 2]},
    ...     geometry=geopandas.points_from_xy([0, 0.09, 0.18, 0.27], [0] * 4),
    ...     crs=4326,
    ... )
    >>> morans_i(line, "mt", radius_km=12)["moran"].round(4)
    np.float64(-1.0)
    """
    band = distance_band(sites, column, radius_km, logarithm)
    n, moran, p_value = len(band.deviation), np.nan, np.nan
    if band.varies and len(band.focal):
        # an unused variance is 0 where all sites are neighbours, and overflows for many sites
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            whole = _esda().Moran(band.deviation, band.graph(), transformation="B", permutations=0)
        moran = float(whole.I)
        p_value = _shuffled_p_value(band, permutations, seed)
    return pd.Series(
        {
            "moran": moran,
            "expected": -1.0 / (n - 1.0) if n > 1 else np.nan,
            "p_value": p_value,
            "points": float(n),
            "pairs": len(band.focal) / 2.0,
        },
        name="morans_i",
    )


# ---------------------------------------------------------------------- p-values


def _with_p_values(
    band: DistanceBand, columns: dict[str, Any], permutations: int, seed: int
) -> pd.DataFrame:
    """Add p-values of each site separately, and adjusted for all sites, to columns."""
    from scipy.stats import false_discovery_control

    p_value = _drawn_p_values(band, permutations, seed)
    defined = ~np.isnan(p_value)
    adjusted = np.full(len(p_value), np.nan)
    if defined.any():
        adjusted[defined] = false_discovery_control(p_value[defined])
    return band.table(columns | {"p_value": p_value, "p_adjusted": adjusted})


def _drawn_p_values(band: DistanceBand, permutations: int, seed: int) -> Floats:
    """Return p-values from random draws of neighbours for each site.

    In a random order of all sites, the first k other sites are a random draw of k: running sums of
    one order serve every site, whatever its k.
    """
    n, count, around = len(band.deviation), band.count, band.around
    if not band.varies:
        return np.full(n, np.nan)
    slack = _ROUNDING * float(np.abs(band.deviation).sum())
    above, below = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    running = np.zeros(n + 1)
    position: Ints = np.empty(n, dtype=np.intp)
    for draw in range(permutations):
        order = generator(seed, draw).permutation(n)
        np.cumsum(band.deviation[order], out=running[1:])
        position[order] = np.arange(n)
        own_drawn = position < count
        drawn = running[count + own_drawn] - np.where(own_drawn, band.deviation, 0.0)
        above += drawn >= around - slack
        below += drawn <= around + slack
    p_value = two_sided_share(above, below, permutations)
    p_value[count == 0] = np.nan
    return p_value


def _shuffled_p_value(band: DistanceBand, permutations: int, seed: int) -> float:
    """Return the p-value from permutations of the values; only the sum over pairs of I changes."""
    z = band.deviation

    def over_pairs(values: Floats) -> float:
        around = np.bincount(band.focal, weights=values[band.neighbour], minlength=len(values))
        return float(np.sum(values * around))

    observed = over_pairs(z)
    drawn = np.array([over_pairs(generator(seed, d).permutation(z)) for d in range(permutations)])
    slack = _ROUNDING * float(np.sum(z * z)) * max(len(band.focal), 1)
    above = np.array([np.count_nonzero(drawn >= observed - slack)])
    below = np.array([np.count_nonzero(drawn <= observed + slack)])
    return float(two_sided_share(above, below, permutations)[0])


@dataclass(frozen=True)
class DistanceBand:
    """Sites of known quantity in the order of their ids, and their pairs within the radius.

    `known` holds their positions among all sites; `focal` and `neighbour` positions among the
    known, each pair in both directions, sorted; `count` the number of neighbours of each site,
    `around` the sum of their deviations from the mean.
    """

    features: Features
    known: Ints
    deviation: Floats
    focal: Ints
    neighbour: Ints
    unknown: Ints

    @property
    def varies(self) -> bool:
        """Whether there are at least two different values."""
        return bool(len(self.deviation) and np.any(self.deviation != self.deviation[0]))

    @property
    def count(self) -> Ints:
        """Number of neighbours of each site."""
        return np.bincount(self.focal, minlength=len(self.deviation))

    @property
    def around(self) -> Floats:
        """Sum of the neighbours' deviations from the mean, for each site."""
        weights = self.deviation[self.neighbour]
        total = np.bincount(self.focal, weights=weights, minlength=len(self.deviation))
        return np.asarray(total, dtype=np.float64)

    def graph(self) -> Any:  # noqa: ANN401 - libpysal publishes no types
        """Return a graph of libpysal; a site without neighbours has itself, with weight 0."""
        alone = np.flatnonzero(self.count == 0)
        focal = np.concatenate([self.focal, alone])
        order = np.argsort(focal, kind="stable")
        neighbour = np.concatenate([self.neighbour, alone])[order]
        weight = np.concatenate([np.ones(len(self.focal)), np.zeros(len(alone))])[order]
        return _graph_class().from_arrays(focal[order], neighbour, weight)

    def table(self, columns: dict[str, Any]) -> pd.DataFrame:
        """Return columns of known sites on the index of all sites; NaN for others."""
        row, index = self.features.order[self.known], self.features.input_index
        neighbours, unknown = np.zeros((2, len(index)), dtype=np.int64)
        neighbours[row] = self.count
        unknown[self.features.order] = self.unknown
        table = pd.DataFrame(columns, index=pd.Index(row)).reindex(range(len(index)))
        return table.assign(neighbours=neighbours, unknown=unknown).set_axis(index, axis=0)


def distance_band(
    sites: GeoDataFrame | Features,
    column: str,
    radius_km: float,
    logarithm: bool,  # noqa: FBT001
) -> DistanceBand:
    """Return the neighbours of each site of known quantity."""
    features = as_emitters(sites)
    quantity = features.quantity(column)
    if logarithm:
        negative = quantity < 0.0
        if negative.any():
            ids = name_ids(list(features.ids[negative]))
            msg = (
                f"column {column!r} has no logarithm where it is negative, as it is for "
                f"{negative.sum()} sites: {ids}; fix them or leave logarithm out"
            )
            raise LayerError(msg)
        quantity = np.log1p(quantity)
    is_known = ~np.isnan(quantity)
    known = np.flatnonzero(is_known)
    position = np.cumsum(is_known) - 1
    unknown = np.zeros(len(features), dtype=np.int64)
    parts: list[Ints] = [np.empty((2, 0), dtype=np.int64)]
    if len(features):
        lon, lat = shapely.get_coordinates(features.geometries).T
        itself = np.arange(len(features))
        for pairs in features.index.pairs_within(lon, lat, radius=radius_km * _KM, exclude=itself):
            focal, neighbour = pairs.site[pairs.row], pairs.feature
            unknown += np.bincount(focal[~is_known[neighbour]], minlength=len(features))
            both = is_known[focal] & is_known[neighbour]
            parts.append(np.stack([position[focal[both]], position[neighbour[both]]]))
    focal, neighbour = np.concatenate(parts, axis=1)
    order = np.lexsort((neighbour, focal))
    values = quantity[known]
    # the mean of equal values may differ from them by rounding, which is not a deviation
    deviation = values - values.mean() if len(np.unique(values)) > 1 else np.zeros(len(values))
    return DistanceBand(features, known, deviation, focal[order], neighbour[order], unknown)


def _esda() -> Any:  # noqa: ANN401 - a module
    try:
        import esda
    except ImportError as error:
        msg = "local association needs esda, which is not installed: "
        raise OptionError(msg + "pip install standort[diagnostics]") from error
    return esda


def _graph_class() -> Any:  # noqa: ANN401 - a class
    try:
        from libpysal.graph import Graph
    except ImportError as error:
        msg = "local association needs libpysal, which is not installed: "
        raise OptionError(msg + "pip install standort[diagnostics]") from error
    return Graph
