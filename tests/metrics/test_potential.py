"""Technical potential: the power curve by brute force, the formula by hand, what is refused."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metrics.brute_force import layer
from raster_files import write_raster
from scipy.integrate import quad
from scipy.stats import weibull_min

from standort.errors import LayerError, OptionError
from standort.metrics import ONSHORE_WIND, PowerCurve, Technology, technical_potential

if TYPE_CHECKING:
    from pathlib import Path

SITE = layer([6.1], [50.6])
DISC_KM2 = 1_963.49


def integrated(curve: PowerCurve, mean: float) -> float:
    """Mean output by integrating the curve over the distribution of speeds."""
    speeds = weibull_min(curve.shape)
    scale = mean / speeds.mean()

    def output(v: float) -> float:
        if not curve.cut_in <= v <= curve.cut_out:
            return 0.0
        rise = (v**3 - curve.cut_in**3) / (curve.rated**3 - curve.cut_in**3)
        return min(rise, 1.0) * float(speeds.pdf(v / scale)) / scale

    limits = (curve.cut_in, curve.rated, curve.cut_out)
    return sum(quad(output, a, b)[0] for a, b in pairwise(limits))


@pytest.mark.parametrize("curve", [PowerCurve(), PowerCurve(2.5, 9.8, 30.0), PowerCurve(shape=3.1)])
@pytest.mark.parametrize("mean", [2.0, 4.0, 6.5, 9.0, 14.0])
def test_capacity_factor_is_the_integral_of_curve_and_distribution(
    curve: PowerCurve, mean: float
) -> None:
    result = curve.capacity_factor(np.array([mean]))
    np.testing.assert_allclose(result, integrated(curve, mean), rtol=1e-7, atol=1e-12)


def test_no_wind_no_output_and_unknown_stays_unknown() -> None:
    result = PowerCurve().capacity_factor(np.array([0.0, np.nan, 1e-9]))
    np.testing.assert_array_equal(result, [0.0, np.nan, 0.0])


@given(st.floats(0.0, 10.0), st.floats(0.0, 2.0))
def test_more_wind_gives_more_up_to_ten_metres_per_second(mean: float, more: float) -> None:
    factors = PowerCurve().capacity_factor(np.array([mean, min(mean + more, 10.0)]))
    assert factors[1] >= factors[0] - 1e-12


@given(st.floats(0.0, 200.0))
def test_capacity_factors_are_between_0_and_1(mean: float) -> None:
    assert 0.0 <= PowerCurve().capacity_factor(np.array([mean]))[0] <= 1.0


def test_potential_is_area_times_density_times_hours(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "cf.tif", np.array([[0.4]]), (5.0, 52.0), 2.0)
    solar = Technology(density_mw_per_km2=170.0, availability=0.01, source="by hand")
    result = technical_potential(SITE, path, solar, radius_km=25.0)
    # 1963.49 km2 * 0.01 * 170 MW/km2 * 0.4 * 8760 h = 11.7 TWh
    expected = DISC_KM2 * 0.01 * 170.0 * 0.4 * 8_760.0 / 1e6
    assert expected == pytest.approx(11.70, abs=0.01)
    assert result["potential_twh_per_yr"].tolist() == [pytest.approx(expected, rel=1e-5)]
    assert result["coverage"].tolist() == [pytest.approx(1.0, abs=1e-6)]


def test_wind_is_turned_into_output_before_it_is_averaged(tmp_path: Path) -> None:
    # half the disc 3 m/s, half 9 m/s: more than 6 m/s everywhere, for the curve is no line
    path = write_raster(tmp_path / "wind.tif", np.array([[3.0, 9.0]]), (4.1, 51.6), 2.0)
    result = technical_potential(SITE, path, ONSHORE_WIND, radius_km=25.0)
    slow, fast, between = PowerCurve().capacity_factor(np.array([3.0, 9.0, 6.0]))
    assert slow + fast > 2.1 * between
    expected = DISC_KM2 * 3.0 * (slow + fast) / 2.0 * 8_760.0 / 1e6
    assert result["potential_twh_per_yr"].tolist() == [pytest.approx(expected, rel=1e-5)]


def test_potential_of_half_a_disc_is_that_of_the_half(tmp_path: Path) -> None:
    values = np.array([[0.4, -999.0]])
    path = write_raster(tmp_path / "cf.tif", values, (4.1, 51.6), 2.0, nodata=-999.0)
    half = Technology(density_mw_per_km2=1.0, availability=1.0, source="by hand")
    result = technical_potential(SITE, path, half, radius_km=25.0, min_coverage=0.4)
    expected = DISC_KM2 / 2.0 * 0.4 * 8_760.0 / 1e6
    assert result["potential_twh_per_yr"].tolist() == [pytest.approx(expected, rel=1e-5)]
    wanted = technical_potential(SITE, path, half, radius_km=25.0, min_coverage=0.6)
    assert wanted["potential_twh_per_yr"].isna().all()


@pytest.mark.parametrize(
    ("value", "technology", "match"),
    [
        (34.0, Technology(1.0, 1.0, "by hand"), "capacity factors from 0 to 1, got 34 to 34"),
        (-0.1, Technology(1.0, 1.0, "by hand"), "capacity factors from 0 to 1"),
        (-5.0, ONSHORE_WIND, r"expected mean wind speeds .* got -5; .*nodata="),
    ],
)
def test_a_raster_of_something_else_raises(
    tmp_path: Path, value: float, technology: Technology, match: str
) -> None:
    path = write_raster(tmp_path / "a.tif", np.array([[value]]), (5.0, 52.0), 2.0)
    with pytest.raises(LayerError, match=match):
        technical_potential(SITE, path, technology, radius_km=25.0)


@pytest.mark.parametrize(
    ("density", "availability", "source", "match"),
    [
        (0.0, 0.3, "a book", "density_mw_per_km2 above 0"),
        (np.nan, 0.3, "a book", "density_mw_per_km2 to be a number of at least 0"),
        (10.0, 30.0, "a book", "availability to be a number of at least 0 and at most 1"),
        (10.0, 0.3, " ", "expected a source"),
    ],
)
def test_a_technology_out_of_range_or_without_source_raises(
    density: float, availability: float, source: str, match: str
) -> None:
    with pytest.raises(OptionError, match=match):
        Technology(density, availability, source)


@pytest.mark.parametrize("speeds", [(0.0, 12.0, 25.0), (12.0, 3.0, 25.0)])
def test_speeds_that_do_not_rise_raise(speeds: tuple[float, float, float]) -> None:
    with pytest.raises(OptionError, match="cut_in < rated < cut_out"):
        PowerCurve(*speeds)


@pytest.mark.parametrize("shape", [0.0, -2.0, np.nan])
def test_a_shape_that_is_not_positive_raises(shape: float) -> None:
    with pytest.raises(OptionError, match="shape to be a positive number"):
        PowerCurve(shape=shape)
