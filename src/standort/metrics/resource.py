"""Raster values at sites and statistics around them, by true area: wind, sun, land, people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from standort.arguments import SHARE, between, checked, positive
from standort.errors import OptionError, warn
from standort.layers.features import as_sites
from standort.layers.rasters.raster_files import as_raster
from standort.metrics.measurement import MIN_COVERAGE, WHOLLY, RasterMeasurement
from standort.metrics.raster_windows import cells_of_sites, cover_discs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame

    from standort.array_types import Floats
    from standort.layers.features import Sites
    from standort.layers.rasters.raster_files import Raster
    from standort.metrics.raster_windows import Covered


Statistic = Literal["mean", "min", "max", "sum", "integral", "share"]

_KM = 1_000.0
_KM2 = 1_000_000.0


@checked()
def raster_value(sites: GeoDataFrame | Sites, raster: Raster | str | Path) -> pd.Series[float]:
    """Read the value of the raster's cell at each site.

    It is misleading where cells are large: the wind speed of a 0.25 degree cell says little about a
    hill in it. Consider `raster_within` with a radius.

    Parameters
    ----------
    sites
        Points in any CRS.
    raster
        A path, or a raster opened with `standort.layers.open_raster`, in any CRS.

    Returns
    -------
    Value in the raster's unit, index of `sites`, named ``raster_value``; NaN outside the raster
    and where it has no value. A site on the line between two cells belongs to the one of higher
    row and column.

    Raises
    ------
    CRSError
        If the sites or the raster have no CRS.
    FileError
        If the raster cannot be read.
    GeometryError
        If the sites are not points, or off the Earth.

    Warns
    -----
    StandortWarning
        If no site has a value.

    Examples
    --------
    >>> import geopandas, numpy, rasterio, tempfile
    >>> from affine import Affine
    >>> path = tempfile.mkdtemp() + "/wind.tif"
    >>> options = dict(width=2, height=2, count=1, dtype="float64", crs="EPSG:4326")
    >>> with rasterio.open(path, "w", transform=Affine(1, 0, 6, 0, -1, 51), **options) as file:
    ...     file.write(numpy.array([[[1.0, 2.0], [3.0, 4.0]]]))
    >>> sites = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([6.2], [49.1]), crs=4326)
    >>> raster_value(sites, path).tolist()
    [3.0]
    """
    opened = as_raster(raster)
    measured = measure_raster_value(sites, opened)
    _warn_if_nothing(measured.coverage > 0.0, opened)
    return measured.value


@checked()
def measure_raster_value(
    sites: GeoDataFrame | Sites, raster: Raster | str | Path
) -> RasterMeasurement:
    """Measure `raster_value`; the coverage is 1 where there is a value, 0 elsewhere."""
    site_layer = as_sites(sites)
    value = cells_of_sites(site_layer, as_raster(raster))
    coverage = (~np.isnan(value)).astype(np.float64)
    return raster_measurement("raster_value", value, coverage, site_layer.index)


@checked(radius_km=positive("km"), min_coverage=SHARE, classes=between())
def raster_within(
    sites: GeoDataFrame | Sites,
    raster: Raster | str | Path,
    *,
    radius_km: float,
    statistic: Statistic = "mean",
    classes: Sequence[float] | None = None,
    min_coverage: float = MIN_COVERAGE,
) -> pd.DataFrame:
    """Measure a raster within a geodesic radius of each site, by true WGS84 area.

    Cells on the edge count with the exact share within the radius; the raster may have any CRS and
    resolution, and cells larger than the radius. Unknown cells are left out, and `coverage` is the
    known share.

    It is misleading at coasts and borders: a mean over the known half of a disc says nothing about
    the other half, and a sum is that of the known part, never scaled up. Compare only sums of
    similar coverage: set `min_coverage` near 1. A mean of classes or of a logarithm is meaningless:
    use ``"share"``, or convert the raster first.

    Parameters
    ----------
    sites
        Points in any CRS.
    raster
        A path, or a raster opened with `standort.layers.open_raster`, in any CRS.
    radius_km
        Largest distance that counts [km]; above 0, at most 5,000.
    statistic
        ``"mean"``: mean by area, in the raster's unit. ``"min"``, ``"max"``: of all cells that
        overlap the disc, however little. ``"sum"``: for amounts per cell (people in each
        cell), each times the covered share of the cell. ``"integral"``: for amounts per km2
        (people per km2), each times its covered area [km2]. ``"share"``: share of the known area
        whose value is one of `classes`.
    classes
        Values that count for ``"share"``; not used by other statistics.
    min_coverage
        Smallest known share of the disc that gives a value, 0 to 1.

    Returns
    -------
    Index of `sites`; column ``value``, NaN where too little is known; column ``coverage``, the
    known area divided by the area of the disc, 0 to 1, never NaN.

    Raises
    ------
    CRSError
        If the sites or the raster have no CRS.
    FileError
        If the raster cannot be read.
    GeometryError
        If the sites are not points, or the raster's projection tears a disc.
    OptionError
        If an option is out of range.

    Warns
    -----
    StandortWarning
        If no disc reaches a known cell.

    Notes
    -----
    A disc is a polygon of 720 vertices or more with the area of the disc. On rasters of longitude
    and latitude, areas are exact on WGS84; on others they are accurate to about a millionth. Memory
    is bounded for any raster.

    Examples
    --------
    25 km around a site where four cells of one degree meet:

    >>> import geopandas, numpy, rasterio, tempfile
    >>> from affine import Affine
    >>> path = tempfile.mkdtemp() + "/wind.tif"
    >>> options = dict(width=2, height=2, count=1, dtype="float64", crs="EPSG:4326")
    >>> with rasterio.open(path, "w", transform=Affine(1, 0, 6, 0, -1, 51), **options) as file:
    ...     file.write(numpy.array([[[1.0, 2.0], [1.0, 2.0]]]))
    >>> sites = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([7], [50]), crs=4326)
    >>> raster_within(sites, path, radius_km=25).round(3)
       value  coverage
    0    1.5       1.0

    Integrated, 1.5 over the 1963.5 km2 of the disc:

    >>> raster_within(sites, path, radius_km=25, statistic="integral").round(1)
        value  coverage
    0  2945.2       1.0
    """
    opened = as_raster(raster)
    measured = measure_raster(
        sites,
        opened,
        radius_km=radius_km,
        statistic=statistic,
        classes=classes,
        min_coverage=min_coverage,
    )
    _warn_if_nothing(measured.coverage > 0.0, opened)
    return pd.DataFrame({"value": measured.value, "coverage": measured.coverage})


@checked(radius_km=positive("km"), min_coverage=SHARE, classes=between())
def measure_raster(
    sites: GeoDataFrame | Sites,
    raster: Raster | str | Path,
    *,
    radius_km: float,
    statistic: Statistic = "mean",
    classes: Sequence[float] | None = None,
    min_coverage: float = MIN_COVERAGE,
) -> RasterMeasurement:
    """Measure `raster_within` and flag sites where part of the disc is unknown."""
    site_layer = as_sites(sites)
    radius = radius_km * _KM
    convert = _checked_classes(statistic, classes)
    covered = cover_discs(site_layer, as_raster(raster), radius, convert)
    value, coverage = known_enough(_statistic(covered, statistic), covered, min_coverage)
    return raster_measurement("raster_within", value, coverage, site_layer.index)


def raster_measurement(
    name: str, value: Floats, coverage: Floats, index: pd.Index[Any]
) -> RasterMeasurement:
    """Return values and the known share of each disc as a measurement."""
    return RasterMeasurement(
        value=pd.Series(value, index=index, name=name),
        feature=pd.Series(None, index=index, dtype=object),
        unknown=pd.Series((coverage < WHOLLY).astype(np.int64), index=index, dtype=np.int64),
        coverage=pd.Series(coverage, index=index, name="coverage"),
    )


def known_enough(value: Floats, covered: Covered, min_coverage: float) -> tuple[Floats, Floats]:
    """Return values, NaN where too little of the disc is known, and the known share."""
    if not 0.0 <= min_coverage <= 1.0:
        msg = f"expected min_coverage from 0 to 1, got {min_coverage!r}"
        raise OptionError(msg)
    coverage = np.minimum(covered.known / covered.disc, 1.0)
    enough = (covered.known > 0.0) & (coverage >= np.minimum(min_coverage, WHOLLY))
    return np.where(enough, value, np.nan), coverage


def _statistic(covered: Covered, statistic: Statistic) -> Floats:
    if statistic == "sum":
        return covered.by_share
    if statistic == "integral":
        return covered.by_area / _KM2
    if statistic == "min":
        return covered.low
    if statistic == "max":
        return covered.high
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = covered.by_area / covered.known
    # rounding must not move a mean beyond the values it averages
    return np.clip(mean, covered.low, covered.high)


def _checked_classes(
    statistic: str, classes: Sequence[float] | None
) -> Callable[[Floats], Floats] | None:
    """Check the statistic, and return the function that flags classes, if any."""
    if statistic not in get_args(Statistic):
        msg = f"expected statistic to be one of {', '.join(get_args(Statistic))}, got {statistic!r}"
        raise OptionError(msg)
    if (classes is not None) != (statistic == "share"):
        msg = f"expected classes= with statistic='share' only, got {classes!r} with {statistic!r}"
        raise OptionError(msg)
    if classes is None:
        return None
    counted = np.asarray(list(classes), dtype=np.float64)

    def in_classes(values: Floats) -> Floats:
        return np.where(np.isnan(values), np.nan, np.isin(values, counted))

    return in_classes


def _warn_if_nothing(known: pd.Series[bool], raster: Raster) -> None:
    if known.size and not known.any():
        warn(
            f"raster {raster.name} has no value at or around any of the {known.size} sites; check "
            "that it covers them and that its CRS is right"
        )
