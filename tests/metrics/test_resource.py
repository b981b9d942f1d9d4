"""Rasters at sites and round them: by hand, by little cells, on any map, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from clouds import dense_cloud, global_cloud, polar_cloud, seam_cloud
from hypothesis import given, settings
from hypothesis import strategies as st
from metrics.brute_force import assert_aligned, layer
from raster_files import brute_cells, mapped_raster, write_raster

from standort.earth.raster.discs import disc_around
from standort.errors import OptionError, StandortWarning
from standort.layers import open_raster
from standort.metrics import measure_raster, raster_value, raster_within
from standort.metrics import raster_windows as windows

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from standort.metrics.resource import Statistic

    Floats = NDArray[np.float64]

RADIUS_KM = 25.0
SITE = (6.1, 50.6)


def site(lon: float = SITE[0], lat: float = SITE[1]) -> gpd.GeoDataFrame:
    return layer([lon], [lat])


def rough(shape: tuple[int, int], seed: int = 0, unknown: float = 0.0) -> Floats:
    """Values without any pattern, some of them unknown."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(-3.0, 9.0, shape)
    values[rng.random(shape) < unknown] = np.nan
    return values


def world(path: Path, values: Floats, west: float = -180.0) -> Path:
    return write_raster(path, values, (west, 90.0), 360.0 / values.shape[1])


# --- values of cells


def test_value_is_that_of_the_cell(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", np.array([[1.0, 2], [3, np.nan]]), (6, 51), 1.0)
    sites = layer(
        [6.9, 7.1, 6.9, 7.5, 5.9, 7.0],
        [50.1, 50.1, 49.9, 49.5, 50.5, 50.5],
        index=pd.Index(list("cbadfe")),
    )
    value = raster_value(sites, path)
    assert_aligned(value, sites, "raster_value")
    np.testing.assert_array_equal(value, [1, 2, 3, np.nan, np.nan, 2])


@pytest.mark.parametrize("cloud", [global_cloud, seam_cloud, polar_cloud, dense_cloud])
@pytest.mark.parametrize("west", [-180.0, 0.0])
def test_values_all_over_the_world_are_those_of_one_lookup_each(
    tmp_path: Path, cloud: object, west: float
) -> None:
    lon, lat = cloud(np.random.default_rng(5), 300)  # type: ignore[operator]
    values = rough((720, 1440))
    result = raster_value(layer(lon, lat), world(tmp_path / "a.tif", values, west))
    col = np.floor(((lon - west) % 360.0) / 0.25).astype(int)
    row = np.minimum(np.floor((90.0 - lat) / 0.25), 719).astype(int)
    np.testing.assert_array_equal(result, values[row, col])


def test_value_on_a_map_of_its_own(tmp_path: Path) -> None:
    values = rough((30, 30))
    path = mapped_raster(tmp_path / "a.tif", "EPSG:27700", (-2.2, 53.0), 1_000.0, values)
    x, y = pyproj.Transformer.from_crs(4326, 27700, always_xy=True).transform(-2.2, 53.0)
    cell = layer([], []).iloc[:0]
    national = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([x + 3_500.0], [y - 7_500.0]), crs="EPSG:27700"
    )
    np.testing.assert_allclose(raster_value(national, path), [values[22, 18]])
    assert raster_value(cell, path).empty


# --- statistics within a radius


@pytest.mark.parametrize("statistic", ["mean", "min", "max"])
@pytest.mark.parametrize("size", [0.01, 0.1, 3.0])
def test_statistics_of_a_constant_are_the_constant(
    tmp_path: Path, statistic: Statistic, size: float
) -> None:
    n = max(int(1.2 / size), 2)
    corner = (SITE[0] - n * size / 2.0, SITE[1] + n * size / 2.0)
    path = write_raster(tmp_path / "a.tif", np.full((n, n), 6.7), corner, size)
    result = raster_within(site(), path, radius_km=RADIUS_KM, statistic=statistic)
    assert result["value"].tolist() == [6.7]
    assert result["coverage"].tolist() == [pytest.approx(1.0, abs=1e-6)]


def test_integral_of_one_is_the_area_of_the_disc(tmp_path: Path) -> None:
    path = world(tmp_path / "a.tif", np.ones((180, 360)))
    result = raster_within(site(), path, radius_km=RADIUS_KM, statistic="integral")
    assert result["value"].tolist() == [pytest.approx(1963.49, abs=0.005)]


@pytest.mark.parametrize(
    ("crs", "position", "size"),
    [
        ("EPSG:4326", SITE, 0.05),
        ("EPSG:32632", SITE, 4_000.0),
        ("EPSG:27700", (-2.2, 53.0), 5_000.0),
    ],
)
def test_statistics_are_those_of_small_cells(
    tmp_path: Path, crs: str, position: tuple[float, float], size: float
) -> None:
    values = rough((18, 18), unknown=0.2)
    path = mapped_raster(tmp_path / "a.tif", crs, position, size, values)
    share, area = brute_cells(path, position, 25_000.0, k=60)
    known = (share > 0.0) & ~np.isnan(values)
    of_known = area[known]
    disc = disc_around(*position, 25_000.0).area
    expected: dict[Statistic, float] = {
        "mean": (values[known] * of_known).sum() / of_known.sum(),
        "sum": (values[known] * share[known]).sum(),
        "integral": (values[known] * of_known).sum() / 1e6,
        "min": values[known].min(),
        "max": values[known].max(),
    }
    for statistic, number in expected.items():
        result = raster_within(site(*position), path, radius_km=25.0, statistic=statistic)
        assert result["value"].tolist() == [pytest.approx(number, rel=1e-3)], statistic
        assert result["coverage"].tolist() == [pytest.approx(of_known.sum() / disc, abs=1e-3)]


def test_sum_takes_amounts_of_cells_by_their_covered_share(tmp_path: Path) -> None:
    # one cell of 100 people, far larger than the disc: as many as the disc has of its area
    path = write_raster(tmp_path / "a.tif", np.array([[100.0]]), (5.0, 52.0), 2.0)
    result = raster_within(site(), path, radius_km=10.0, statistic="sum")
    disc = disc_around(*SITE, 10_000.0).area
    grid = open_raster(path).grid
    (cover,) = grid.covers(disc_around(*SITE, 10_000.0), 10_000.0)
    cell = cover.shares(0, 1)[1][0, 0]
    assert result["value"].tolist() == [pytest.approx(100.0 * disc / cell, rel=1e-6)]


def test_sum_over_a_disc_that_holds_the_raster_is_the_sum_of_its_cells(tmp_path: Path) -> None:
    values = rough((10, 10))
    path = write_raster(tmp_path / "a.tif", values, (6.05, 50.65), 0.01)
    result = raster_within(site(), path, radius_km=RADIUS_KM, statistic="sum", min_coverage=0.0)
    assert result["value"].tolist() == [pytest.approx(values.sum(), rel=1e-12)]


def test_a_cell_that_only_touches_the_disc_decides_the_largest(tmp_path: Path) -> None:
    values = np.zeros((1, 2))
    values[0, 1] = 9.0
    east = SITE[0] + 0.35  # 25 km are 0.3529 degrees of longitude here
    path = write_raster(tmp_path / "a.tif", values, (east - 1.0, 51.0), 1.0)
    result = raster_within(site(), path, radius_km=RADIUS_KM, statistic="max")
    assert result["value"].tolist() == [9.0]
    nearer = raster_within(site(), path, radius_km=24.0, statistic="max")
    assert nearer["value"].tolist() == [0.0]


def test_share_counts_the_area_of_classes(tmp_path: Path) -> None:
    # west half 10, east half 20 and 30 one above the other
    west = SITE[0] - 1.0
    values = np.array([[10, 20], [10, 30]], dtype=np.uint8)
    path = write_raster(tmp_path / "a.tif", values, (west, SITE[1] + 1.0), 1.0)

    def share(*classes: float) -> float:
        result = raster_within(
            site(), path, radius_km=RADIUS_KM, statistic="share", classes=classes
        )
        return float(result["value"].iloc[0])

    assert share(10) == pytest.approx(0.5, abs=1e-6)
    assert share(20) + share(30) == pytest.approx(0.5, abs=1e-6)
    assert share(10, 20, 30) == pytest.approx(1.0)
    assert share(99) == 0.0


# --- what is unknown


def test_nodata_takes_no_part_and_is_reported(tmp_path: Path) -> None:
    # the eastern half of the disc is unknown, and its nodata is larger than any value
    values = np.array([[7, 255]], dtype=np.uint8)
    path = write_raster(tmp_path / "a.tif", values, (SITE[0] - 1.0, 51.1), 1.0, nodata=255)
    statistics: list[Statistic] = ["mean", "max", "min"]
    for statistic in statistics:
        result = raster_within(
            site(),
            path,
            radius_km=RADIUS_KM,
            statistic=statistic,
            min_coverage=0.4,
        )
        assert result["value"].tolist() == [7.0]
        assert result["coverage"].tolist() == [pytest.approx(0.5, abs=1e-6)]


@pytest.mark.parametrize(
    ("limit", "known"), [(0.0, True), (0.49, True), (0.51, False), (1.0, False)]
)
def test_too_little_known_is_unknown(tmp_path: Path, limit: float, *, known: bool) -> None:
    path = write_raster(tmp_path / "a.tif", np.array([[7.0]]), (SITE[0], 51.1), 1.0)
    result = raster_within(site(), path, radius_km=RADIUS_KM, min_coverage=limit)
    assert result["value"].notna().tolist() == [known]
    assert result["coverage"].tolist() == [pytest.approx(0.5, abs=1e-6)]


def test_a_disc_wholly_known_meets_a_limit_of_one(tmp_path: Path) -> None:
    for crs, size in (("EPSG:4326", 0.05), ("EPSG:32632", 4_000.0)):
        path = mapped_raster(tmp_path / "a.tif", crs, SITE, size, np.ones((18, 18)))
        result = raster_within(site(), path, radius_km=RADIUS_KM, min_coverage=1.0)
        assert result["value"].tolist() == [1.0]


def test_zero_is_known(tmp_path: Path) -> None:
    path = world(tmp_path / "a.tif", np.zeros((18, 36)))
    result = raster_within(site(), path, radius_km=RADIUS_KM, statistic="sum")
    assert result["value"].tolist() == [0.0]


@pytest.mark.parametrize("statistic", ["mean", "min", "max", "sum", "integral"])
def test_off_the_raster_everything_is_unknown_and_it_warns(
    tmp_path: Path, statistic: Statistic
) -> None:
    path = write_raster(tmp_path / "wind.tif", np.ones((9, 9)), (100.0, 10.0), 0.1)
    with pytest.warns(StandortWarning, match=r"wind\.tif has no value .* any of the 1 sites"):
        result = raster_within(
            site(),
            path,
            radius_km=5.0,
            statistic=statistic,
            min_coverage=0.0,
        )
    assert result["value"].isna().all()
    assert result["coverage"].tolist() == [0.0]
    with pytest.warns(StandortWarning, match="no value"):
        assert raster_value(site(), path).isna().all()


def test_measurement_flags_what_is_not_wholly_known(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", np.ones((20, 20)), (6.0, 51.0), 0.05)
    sites = layer([6.5, 6.0, 6.9], [50.5, 50.5, 50.9], site_id=["in", "edge", "corner"])
    measured = measure_raster(sites, path, radius_km=10.0)
    assert measured.unknown.tolist() == [0, 1, 1]
    assert measured.feature.isna().all()
    for series in (measured.value, measured.unknown, measured.feature, measured.coverage):
        pd.testing.assert_index_equal(series.index, sites.index)


# --- the same whatever the map, the order, the blocks


@pytest.mark.parametrize("crs", ["EPSG:32631", "EPSG:3035", "EPSG:3857", "EPSG:4326", "EPSG:4230"])
def test_one_landscape_on_different_maps_gives_one_mean(tmp_path: Path, crs: str) -> None:
    def height(lon: Floats, lat: Floats) -> Floats:
        return 50.0 + 300.0 * (lon - 6.1) - 200.0 * (lat - 50.6) + 40.0 * np.sin(60.0 * lon)

    unit = 1e-5 if crs in {"EPSG:4326", "EPSG:4230"} else 1.0
    n, size = 400, 250.0 * unit
    path = mapped_raster(tmp_path / "a.tif", crs, SITE, size, np.ones((n, n)))
    raster = open_raster(path)
    col, row = np.meshgrid(np.arange(n) + 0.5, np.arange(n) + 0.5)
    x, y = raster.placement.to_map(col, row)
    lon, lat = pyproj.Transformer.from_crs(crs, 4326, always_xy=True).transform(x, y)
    path = mapped_raster(tmp_path / "b.tif", crs, SITE, size, height(lon, lat))
    result = raster_within(site(), path, radius_km=RADIUS_KM)
    # the same landscape in steps of a metre's worth of degrees, by a plain mean over the disc
    rng = np.random.default_rng(0)
    away, azimuth = 25_000.0 * np.sqrt(rng.random(400_000)), rng.uniform(0, 360, 400_000)
    start = np.full(400_000, SITE[0]), np.full(400_000, SITE[1])
    at = pyproj.Geod(ellps="WGS84").fwd(*start, azimuth, away)
    expected = height(np.asarray(at[0]), np.asarray(at[1])).mean()
    assert result["value"].tolist() == [pytest.approx(expected, abs=0.4)]
    assert result["coverage"].tolist() == [pytest.approx(1.0, abs=1e-6)]


@pytest.mark.parametrize("cloud", [seam_cloud, polar_cloud, dense_cloud])
@pytest.mark.parametrize("west", [0.0, -25.0])
def test_a_world_cut_elsewhere_gives_the_same(tmp_path: Path, cloud: object, west: float) -> None:
    sites = layer(*cloud(np.random.default_rng(2), 40))  # type: ignore[operator]
    values = rough((180, 360), unknown=0.1)
    one = raster_within(sites, world(tmp_path / "a.tif", values), radius_km=150.0)
    moved = np.roll(values, -int(west + 180), axis=1)
    other = raster_within(sites, world(tmp_path / "b.tif", moved, west), radius_km=150.0)
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)


def test_upside_down_and_mirrored_rasters_give_the_same(tmp_path: Path) -> None:
    values = rough((20, 30), unknown=0.1)
    usual = write_raster(tmp_path / "a.tif", values, (5.0, 51.0), 0.07)
    transform = open_raster(usual).placement
    from affine import Affine

    upright = Affine(0.07, 0, 5.0, 0, -0.07, 51.0)
    down = Affine(0.07, 0, 5.0, 0, 0.07, 51.0 - 20 * 0.07)
    left = Affine(-0.07, 0, 5.0 + 30 * 0.07, 0, -0.07, 51.0)
    assert upright.f == transform.f
    one = raster_within(site(6.0, 50.3), usual, radius_km=RADIUS_KM)
    for turned, changed in ((values[::-1], down), (values[:, ::-1], left)):
        path = write_raster(
            tmp_path / "b.tif", np.ascontiguousarray(turned), (0, 0), 1, transform=changed
        )
        other = raster_within(site(6.0, 50.3), path, radius_km=RADIUS_KM)
        pd.testing.assert_frame_equal(one, other, rtol=1e-9)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32632"])
@pytest.mark.parametrize("statistic", ["mean", "sum", "max"])
@pytest.mark.parametrize("cells", [1, 900, 40_000])
def test_blocks_and_strips_change_no_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crs: str, statistic: Statistic, cells: int
) -> None:
    rng = np.random.default_rng(8)
    lon, lat = 6.1 + rng.normal(0, 0.2, 25), 50.6 + rng.normal(0, 0.2, 25)
    size = 0.01 if crs == "EPSG:4326" else 900.0
    values = rough((150, 150), unknown=0.1)
    path = mapped_raster(tmp_path / "a.tif", crs, SITE, size, values)
    sites = layer(lon, lat)
    whole = raster_within(sites, path, radius_km=30.0, statistic=statistic)
    monkeypatch.setattr(windows, "BLOCK_CELLS", cells)
    parts = raster_within(sites, path, radius_km=30.0, statistic=statistic)
    assert whole.to_numpy().tobytes() == parts.to_numpy().tobytes()


def test_a_site_gets_the_same_alone_and_among_others_in_any_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    lon, lat = seam_cloud(rng, 30)
    lon[20:], lat[20:] = lon[:10], lat[:10]  # coincident sites
    sites = layer(lon, lat, index=pd.Index(rng.permutation(30)))
    path = world(tmp_path / "a.tif", rough((360, 720), unknown=0.1))
    together = raster_within(sites, path, radius_km=200.0)
    shuffled = sites.sample(frac=1.0, random_state=1)
    again = raster_within(shuffled, path, radius_km=200.0).reindex(sites.index)
    assert together.to_numpy().tobytes() == again.to_numpy().tobytes()
    for position in range(0, 30, 7):
        alone = raster_within(sites.iloc[[position]], path, radius_km=200.0)
        assert alone.to_numpy().tobytes() == together.iloc[[position]].to_numpy().tobytes()


@settings(max_examples=25, deadline=None)  # each writes two files
@given(
    shift=st.floats(-100.0, 100.0),
    factor=st.floats(-50.0, 50.0),
    lon=st.floats(5.6, 6.9),
    lat=st.floats(50.1, 51.4),
)
def test_mean_follows_shift_and_factor_of_the_values(
    tmp_path_factory: pytest.TempPathFactory, shift: float, factor: float, lon: float, lat: float
) -> None:
    folder = tmp_path_factory.mktemp("linear")
    values = rough((30, 30), unknown=0.1)
    one = write_raster(folder / "a.tif", values, (5.5, 51.5), 0.05)
    other = write_raster(folder / "b.tif", values * factor + shift, (5.5, 51.5), 0.05)
    options = {"radius_km": 20.0, "min_coverage": 0.0}
    mean = raster_within(site(lon, lat), one, **options)["value"].iloc[0]  # type: ignore[arg-type]
    result = raster_within(site(lon, lat), other, **options)["value"].iloc[0]  # type: ignore[arg-type]
    assert result == pytest.approx(mean * factor + shift, rel=1e-9, abs=1e-7)


def test_input_is_left_as_it_was(tmp_path: Path) -> None:
    sites = layer([6.1], [50.6], site_id=["a"])
    before = sites.copy()
    raster_within(sites, world(tmp_path / "a.tif", np.ones((18, 36))), radius_km=5.0)
    pd.testing.assert_frame_equal(sites, before)


def test_no_sites_give_an_empty_table(tmp_path: Path) -> None:
    path = world(tmp_path / "a.tif", np.ones((18, 36)))
    result = raster_within(layer([], []), path, radius_km=5.0)
    assert result.empty
    assert list(result.columns) == ["value", "coverage"]


# --- options out of range


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"radius_km": 0.0}, "radius_km"),
        ({"radius_km": 5_001.0}, "5,000 km"),
        ({"radius_km": 5.0, "statistic": "median"}, "statistic to be 'mean', 'min', 'max'"),
        ({"radius_km": 5.0, "statistic": "share"}, "classes="),
        ({"radius_km": 5.0, "classes": [1]}, "statistic='share'"),
        (
            {"radius_km": 5.0, "min_coverage": 1.1},
            "min_coverage to be a number of at least 0",
        ),
        (
            {"radius_km": 5.0, "min_coverage": np.nan},
            "min_coverage to be a number of at least 0",
        ),
    ],
)
def test_options_out_of_range_raise(tmp_path: Path, options: dict[str, object], match: str) -> None:
    path = world(tmp_path / "a.tif", np.ones((18, 36)))
    with pytest.raises(OptionError, match=match):
        raster_within(site(), path, **options)  # type: ignore[arg-type]
