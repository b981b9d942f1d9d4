"""From wind speeds or capacity factors to what could be generated round a site."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import LayerError, OptionError
from standort.layers.features import as_sites, check_positive
from standort.layers.raster_files import as_raster
from standort.metrics.measurement import MIN_COVERAGE
from standort.metrics.raster_windows import cover_discs
from standort.metrics.resource import known_enough, raster_measurement

if TYPE_CHECKING:
    from pathlib import Path

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers.features import Sites
    from standort.layers.raster_files import Raster
    from standort.metrics.measurement import RasterMeasurement

    Floats = NDArray[np.float64]

__all__ = [
    "ONSHORE_WIND",
    "PowerCurve",
    "Technology",
    "measure_potential",
    "technical_potential",
]

_KM = 1_000.0
_KM2 = 1_000_000.0
_HOURS = 8_760.0
_MWH_PER_TWH = 1_000_000.0
#: how far a capacity factor may lie outside 0 to 1
_ROUNDING = 1e-6


@dataclass(frozen=True)
class PowerCurve:
    """A turbine in three speeds, and how wind speeds scatter round their mean.

    Power rises with the cube of the speed from nothing at `cut_in` to full at `rated`, stays full
    up to `cut_out`, and is nothing beyond. Speeds follow a Weibull distribution; with shape 2 it
    is that of Rayleigh. The defaults are a generic turbine (our choice), no product.

    Parameters
    ----------
    cut_in, rated, cut_out
        Speeds at the hub [m/s], rising.
    shape
        Weibull shape; 2 where nothing is known, higher in trade winds.

    Raises
    ------
    OptionError
        If the speeds do not rise from above 0, or the shape is not positive.

    References
    ----------
    Manwell, J. F., McGowan, J. G. and Rogers, A. L. (2009), Wind energy explained, 2nd edition,
    chapter 2 (Weibull and Rayleigh statistics of wind; recalled, not re-read).
    """

    cut_in: float = 3.0
    rated: float = 12.0
    cut_out: float = 25.0
    shape: float = 2.0

    def __post_init__(self) -> None:
        if not 0.0 < self.cut_in < self.rated < self.cut_out < np.inf:
            msg = (
                "expected 0 < cut_in < rated < cut_out [m/s], got "
                f"{self.cut_in}, {self.rated}, {self.cut_out}"
            )
            raise OptionError(msg)
        if not 0.0 < self.shape < np.inf:
            msg = f"expected a positive Weibull shape, got {self.shape}"
            raise OptionError(msg)

    def capacity_factor(self, mean_speed: Floats) -> Floats:
        """Give the mean output as a share of full output, for mean wind speeds.

        It leaves out wakes, outages, icing and thin air: a real park reaches less.

        Parameters
        ----------
        mean_speed
            Mean over the years at hub height [m/s], >= 0; NaN stays NaN.

        Returns
        -------
        Capacity factors, from 0 to 1, same shape.

        Notes
        -----
        With speeds v of Weibull scale c and shape k, and x = (v / c)^k, the part between cut-in
        and rated speed is (c^3 Gamma(1 + 3/k) [P(1 + 3/k, x)] - v_in^3 [-exp(-x)]) /
        (v_rated^3 - v_in^3), both brackets from cut-in to rated, P the regularised incomplete
        gamma function; the part beyond is exp(-x_rated) - exp(-x_out).

        Examples
        --------
        >>> PowerCurve().capacity_factor(np.array([0.0, 5.0, 7.0, 9.0])).round(3)
        array([0.   , 0.123, 0.293, 0.453])
        """
        from scipy.special import gammainc

        speed = np.asarray(mean_speed, dtype=np.float64)
        k, order = self.shape, 1.0 + 3.0 / self.shape
        with np.errstate(divide="ignore", over="ignore"):  # hardly any wind: infinite
            scale = speed / math.gamma(1.0 + 1.0 / k)
            x_in, x_rated, x_out = (
                (limit / scale) ** k for limit in (self.cut_in, self.rated, self.cut_out)
            )
        cubes = scale**3 * math.gamma(order) * (gammainc(order, x_rated) - gammainc(order, x_in))
        below = self.cut_in**3 * (np.exp(-x_in) - np.exp(-x_rated))
        rising = (cubes - below) / (self.rated**3 - self.cut_in**3)
        return np.asarray(np.clip(rising + np.exp(-x_rated) - np.exp(-x_out), 0.0, 1.0))


@dataclass(frozen=True)
class Technology:
    """How densely a technology can be built, and where the figures are from.

    Parameters
    ----------
    density_mw_per_km2
        Capacity on each km2 that is built on, spacing included [MW/km2], above 0.
    availability
        Share of the area that can be built on, 0 to 1.
    source
        Where density and availability are from, in words.
    power_curve
        Turns a raster of mean wind speeds [m/s] into capacity factors; None where the raster
        holds capacity factors.

    Raises
    ------
    OptionError
        If a figure is out of range or there is no source.
    """

    density_mw_per_km2: float
    availability: float
    source: str
    power_curve: PowerCurve | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.density_mw_per_km2 < np.inf:
            msg = f"expected density_mw_per_km2 above 0, got {self.density_mw_per_km2!r}"
            raise OptionError(msg)
        if not 0.0 <= self.availability <= 1.0:
            msg = f"expected availability from 0 to 1, got {self.availability!r}"
            raise OptionError(msg)
        if not self.source.strip():
            msg = "expected a source that tells where density and availability are from"
            raise OptionError(msg)


#: wind on land from a raster of mean wind speeds; 3 MW on each km2 of any land
ONSHORE_WIND = Technology(
    density_mw_per_km2=10.0,
    availability=0.3,
    source=(
        "Scholz 2012, table 4.3.1, as cited by the documentation of PyPSA-Eur, whose 30 % are of "
        "land already free of towns, slopes and reserves: too much where those are not cut out of "
        "the raster"
    ),
    power_curve=PowerCurve(),
)


def technical_potential(
    sites: GeoDataFrame | Sites,
    raster: Raster | str | Path,
    technology: Technology,
    *,
    radius_km: float,
    min_coverage: float = MIN_COVERAGE,
) -> pd.DataFrame:
    """Estimate the energy a technology could generate within a radius of each site.

    Each cell's area within the radius, times availability, density, capacity factor and 8,760 h.
    Wind speeds become capacity factors cell by cell, before anything is averaged: output rises
    faster than the wind.

    It misleads in many ways, all of them upwards: it knows no towns, reserves, slopes, sea (unless
    the raster leaves them out), no grid, no neighbours who need the same energy, and none of the
    wakes of a region full of turbines. Twice the density is twice the potential: it is an
    assumption, not a measurement. Use it to compare sites, not to plan, and only sites of like
    coverage: where half the disc is unknown, so is half the potential.

    Parameters
    ----------
    sites
        Points in any CRS.
    raster
        Mean wind speeds at hub height [m/s] if the technology has a power curve, else capacity
        factors from 0 to 1; a path or a raster opened with `standort.layers.open_raster`.
    technology
        Density, availability and their source, such as `ONSHORE_WIND`.
    radius_km
        Largest distance that counts [km]; above 0, at most 5,000.
    min_coverage
        Below this known share of the disc there is no value; from 0 to 1.

    Returns
    -------
    Index of `sites`; column ``potential_twh_per_yr`` [TWh/yr], that of the known part of the disc
    (never scaled up to the whole), NaN where too little is known; column ``coverage``, the known
    share of the disc, 0 to 1.

    Raises
    ------
    LayerError
        If the raster holds negative speeds, or capacity factors outside 0 to 1; else as for
        `raster_within`.

    Examples
    --------
    1,963.5 km2 at 10 MW/km2, a tenth of it free, at a capacity factor of 0.5:

    >>> import geopandas, numpy, rasterio, tempfile
    >>> from affine import Affine
    >>> path = tempfile.mkdtemp() + "/capacity_factor.tif"
    >>> options = dict(width=1, height=1, count=1, dtype="float64", crs="EPSG:4326")
    >>> with rasterio.open(path, "w", transform=Affine(2, 0, 6, 0, -2, 51), **options) as file:
    ...     file.write(numpy.array([[[0.5]]]))
    >>> sites = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([7], [50]), crs=4326)
    >>> park = Technology(density_mw_per_km2=10, availability=0.1, source="an example")
    >>> technical_potential(sites, path, park, radius_km=25).round(2)
       potential_twh_per_yr  coverage
    0                   8.6       1.0
    """
    measured = measure_potential(
        sites, raster, technology, radius_km=radius_km, min_coverage=min_coverage
    )
    return pd.DataFrame({"potential_twh_per_yr": measured.value, "coverage": measured.coverage})


def measure_potential(
    sites: GeoDataFrame | Sites,
    raster: Raster | str | Path,
    technology: Technology,
    *,
    radius_km: float,
    min_coverage: float = MIN_COVERAGE,
) -> RasterMeasurement:
    """Measure `technical_potential` and tell where something is unknown."""
    found_sites, found_raster = as_sites(sites), as_raster(raster)
    radius = check_positive("radius_km", radius_km) * _KM

    def capacity_factors(values: Floats) -> Floats:
        return _capacity_factors(values, technology, found_raster)

    covered = cover_discs(found_sites, found_raster, radius, capacity_factors)
    full_load_km2 = covered.by_area / _KM2
    megawatts = full_load_km2 * technology.availability * technology.density_mw_per_km2
    potential, coverage = known_enough(megawatts * _HOURS / _MWH_PER_TWH, covered, min_coverage)
    return raster_measurement("technical_potential", potential, coverage, found_sites.index)


def _capacity_factors(values: Floats, technology: Technology, raster: Raster) -> Floats:
    """Check a window of a raster, and turn wind speeds into capacity factors."""
    known = values[~np.isnan(values)]
    low, high = known.min(initial=np.inf), known.max(initial=-np.inf)
    if technology.power_curve is None:
        if low < -_ROUNDING or high > 1.0 + _ROUNDING:
            msg = (
                f"raster {raster.name}: expected capacity factors from 0 to 1, got {low:g} to "
                f"{high:g}; divide percentages by 100, declare nodata, or give the technology a "
                "power curve if these are wind speeds [m/s]"
            )
            raise LayerError(msg)
        return values
    if low < 0.0:
        msg = (
            f"raster {raster.name}: expected mean wind speeds [m/s], got {low:g}; is that a "
            "nodata value the file does not declare? Then open_raster(path, nodata=...)"
        )
        raise LayerError(msg)
    return technology.power_curve.capacity_factor(values)
