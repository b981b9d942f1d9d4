"""Technical potential around sites, from wind speeds or capacity factors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import SHARE, between, checked, positive
from standort.errors import LayerError, OptionError
from standort.layers.features import as_sites
from standort.layers.rasters.raster_files import as_raster
from standort.metrics.measurement import MIN_COVERAGE
from standort.metrics.raster_windows import cover_discs
from standort.metrics.resource import known_enough, raster_measurement

if TYPE_CHECKING:
    from pathlib import Path

    from geopandas import GeoDataFrame

    from standort.array_types import Floats
    from standort.layers.features import Sites
    from standort.layers.rasters.raster_files import Raster
    from standort.metrics.measurement import RasterMeasurement


_KM = 1_000.0
_KM2 = 1_000_000.0
_HOURS = 8_760.0
_MWH_PER_TWH = 1_000_000.0
#: how far a capacity factor may be outside 0 to 1
_ROUNDING = 1e-6


@checked(cut_in=between(0), rated=between(0), cut_out=between(0), shape=positive())
@dataclass(frozen=True)
class PowerCurve:
    """The power curve of a turbine, given by three speeds, and the distribution of wind speeds.

    Power rises with the cube of the speed from 0 at `cut_in` to full at `rated`, stays full up to
    `cut_out`, and is 0 beyond. Speeds follow a Weibull distribution; shape 2 is the Rayleigh
    distribution. The defaults are a generic turbine (our choice), not a product.

    Parameters
    ----------
    cut_in, rated, cut_out
        Wind speeds at hub height [m/s], rising.
    shape
        Weibull shape; 2 if unknown, higher in trade winds.

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

    @checked()
    def capacity_factor(self, mean_speed: Floats) -> Floats:
        """Return the mean output as a share of full output, for mean wind speeds.

        Wakes, outages, icing and air density are ignored: a real wind farm reaches less.

        Parameters
        ----------
        mean_speed
            Long-term mean at hub height [m/s], >= 0; NaN stays NaN.

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
        with np.errstate(divide="ignore", over="ignore"):  # infinite at almost no wind
            scale = speed / math.gamma(1.0 + 1.0 / k)
            x_in, x_rated, x_out = (
                (limit / scale) ** k for limit in (self.cut_in, self.rated, self.cut_out)
            )
        cubes = scale**3 * math.gamma(order) * (gammainc(order, x_rated) - gammainc(order, x_in))
        below = self.cut_in**3 * (np.exp(-x_in) - np.exp(-x_rated))
        rising = (cubes - below) / (self.rated**3 - self.cut_in**3)
        return np.asarray(np.clip(rising + np.exp(-x_rated) - np.exp(-x_out), 0.0, 1.0))


@checked(density_mw_per_km2=between(0), availability=SHARE)
@dataclass(frozen=True)
class Technology:
    """How densely a technology can be built, and the source of the figures.

    Parameters
    ----------
    density_mw_per_km2
        Capacity per km2 of built area, spacing included [MW/km2], above 0.
    availability
        Share of the area that can be built on, 0 to 1.
    source
        Source of density and availability, as text.
    power_curve
        Converts a raster of mean wind speeds [m/s] to capacity factors; None if the raster holds
        capacity factors.

    Raises
    ------
    OptionError
        If a figure is out of range or the source is empty.
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
            msg = "expected a source of density and availability, got an empty text"
            raise OptionError(msg)


#: onshore wind from a raster of mean wind speeds; 3 MW per km2 of all land
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


@checked(radius_km=positive("km"), min_coverage=SHARE)
def technical_potential(
    sites: GeoDataFrame | Sites,
    raster: Raster | str | Path,
    technology: Technology,
    *,
    radius_km: float,
    min_coverage: float = MIN_COVERAGE,
) -> pd.DataFrame:
    """Estimate the energy a technology could generate within a radius of each site.

    The area of each cell within the radius, times availability, density, capacity factor and
    8,760 h. Wind speeds are converted to capacity factors cell by cell, before averaging, because
    output rises faster than wind speed.

    The estimate is too high in several ways: it ignores towns, reserves, slopes and sea (unless the
    raster leaves them out), the grid, other users of the same energy, and wakes across a region.
    The potential is proportional to the density, which is an assumption. Use it to compare sites,
    not to plan, and only sites of similar coverage: where half the disc is unknown, so is half the
    potential.

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
        Smallest known share of the disc that gives a value, 0 to 1.

    Returns
    -------
    Index of `sites`; column ``potential_twh_per_yr`` [TWh/yr] of the known part of the disc (never
    scaled up to the whole disc), NaN where too little is known; column ``coverage``, the known
    share of the disc, 0 to 1.

    Raises
    ------
    LayerError
        If the raster holds negative speeds, or capacity factors outside 0 to 1; otherwise as for
        `raster_within`.

    Examples
    --------
    1,963.5 km2 at 10 MW/km2, a tenth of it available, with a capacity factor of 0.5:

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


@checked(radius_km=positive("km"), min_coverage=SHARE)
def measure_potential(
    sites: GeoDataFrame | Sites,
    raster: Raster | str | Path,
    technology: Technology,
    *,
    radius_km: float,
    min_coverage: float = MIN_COVERAGE,
) -> RasterMeasurement:
    """Measure `technical_potential` and flag sites where part of the disc is unknown."""
    site_layer, opened = as_sites(sites), as_raster(raster)
    radius = radius_km * _KM

    def capacity_factors(values: Floats) -> Floats:
        return _capacity_factors(values, technology, opened)

    covered = cover_discs(site_layer, opened, radius, capacity_factors)
    full_load_km2 = covered.by_area / _KM2
    megawatts = full_load_km2 * technology.availability * technology.density_mw_per_km2
    potential, coverage = known_enough(megawatts * _HOURS / _MWH_PER_TWH, covered, min_coverage)
    return raster_measurement("technical_potential", potential, coverage, site_layer.index)


def _capacity_factors(values: Floats, technology: Technology, raster: Raster) -> Floats:
    """Return the capacity factors of a window of a raster, checking its values."""
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
