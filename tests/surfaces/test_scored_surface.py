"""Surfaces: the scores of sites at cell centres, and the files."""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

import geopandas
import h3
import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import shapely
from study.small_studies import all_layers, points, shapes, study_of

import standort
from standort.errors import CRSError, FileError, LayerError, OptionError, StandortWarning
from standort.study import score
from standort.study.engine import Engine
from standort.surfaces import create_grid, grids, hexagons, surface
from standort.surfaces import hexagon_files as tables
from standort.surfaces.bounds import read_bounds
from standort.surfaces.checkpoint import checkpoint_path, open_checkpoint
from standort.surfaces.hexagon_files import read_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from standort.layers import Study
    from standort.layers.features import Sites
    from standort.study.evaluation import Evaluation

COLUMNS = ("score", "physical_conditions", "firm_proximity", "net_zero_assets", "coverage")
BOUNDS = (3.4, 51.2, 5.0, 52.2)
#: so small that few blocks cover it
CORNER = (3.4, 51.2, 4.2, 51.7)
LAND = geopandas.GeoDataFrame(geometry=[shapely.Point(4.2, 51.7).buffer(0.35)], crs=4326)


def scores_at(study: Study, lon: Any, lat: Any, columns: Any = COLUMNS) -> np.ndarray:  # noqa: ANN401
    """Score sites that are no emitters, shape (columns, sites)."""
    ids = [f"new{number}" for number in range(len(lon))]
    sites = points(lon, lat, id_name="site_id", site_id=ids)
    table = score(study.with_layer("sites", sites)).sites
    return np.stack([table[name].to_numpy() for name in columns])


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as raster:
        bands: np.ndarray = raster.read()
    return bands


@pytest.fixture(scope="module")
def plain_study() -> Study:
    """A study of few layers, where the number of blocks is the point."""
    layers = all_layers()
    return study_of({name: layers[name] for name in ("emitters", "ports", "pipelines")})


@pytest.fixture(scope="module")
def raster_path(full_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raster of 5 km, with a mask."""
    out = tmp_path_factory.mktemp("surface") / "surface.tif"
    return surface(full_study, cell_km=5, bounds=BOUNDS, mask=LAND, out=out)


@pytest.mark.parametrize("kind", ["equal-area", "geographic"])
def test_a_site_at_the_centre_of_a_cell_has_its_bits(
    kind: grids.GridKind, full_study: Study, tmp_path: Path
) -> None:
    path = surface(full_study, cell_km=9, bounds=BOUNDS, grid=kind, out=tmp_path / "a.tif")
    with rasterio.open(path) as raster:
        bands = raster.read()
        row, col = np.nonzero(np.isfinite(bands[-1]))
        x, y = raster.xy(row, col)
        to_earth = pyproj.Transformer.from_crs(raster.crs.to_wkt(), "EPSG:4326", always_xy=True)
    assert len(row) > 100
    lon, lat = to_earth.transform(x, y) if kind == "equal-area" else (x, y)
    expected = scores_at(full_study, lon, lat)
    assert np.isfinite(expected[0]).sum() > 100
    assert np.array_equal(bands[:, row, col], expected, equal_nan=True)


def test_a_site_in_the_system_of_the_raster_has_the_bits_of_the_cell(
    full_study: Study, raster_path: Path
) -> None:
    with rasterio.open(raster_path) as raster:
        bands = raster.read()
        row, col = np.nonzero(np.isfinite(bands[0]))
        x, y = raster.xy(row, col)
        epsg = raster.crs.to_epsg()
    sites = geopandas.GeoDataFrame(
        {"site_id": [f"new{i}" for i in range(len(x))]},
        geometry=geopandas.points_from_xy(x, y),
        crs=epsg,
    )
    result = score(full_study.with_layer("sites", sites)).sites
    for band, name in zip(bands, COLUMNS, strict=True):
        assert np.array_equal(band[row, col], result[name].to_numpy()), name


@pytest.mark.parametrize("ending", ["parquet", "gpkg"])
def test_a_site_at_the_centre_of_a_hexagon_has_its_bits(
    ending: str, full_study: Study, tmp_path: Path
) -> None:
    path = surface(full_study, h3=6, bounds=BOUNDS, out=tmp_path / f"a.{ending}")
    result = (
        geopandas.read_parquet(path)
        if ending == "parquet"
        else geopandas.read_file(path, layer="surface")
    )
    lat, lon = np.array([h3.cell_to_latlng(cell) for cell in result["h3"]]).T
    expected = scores_at(full_study, lon, lat)
    assert np.isfinite(expected[0]).sum() > 100
    assert np.array_equal(result[list(COLUMNS)].to_numpy().T, expected, equal_nan=True)


def test_an_emitter_at_the_centre_of_a_cell_counts_for_it(tmp_path: Path) -> None:
    """A cell is no emitter: what stands at its very centre is its neighbour."""
    grid = create_grid(read_bounds(BOUNDS), 10.0)
    lon, lat = grid.centres(grid.window(0))
    middle = len(lon) // 2
    here = points([lon[middle]], [lat[middle]], id_name="site_id", co2_t_per_yr=[1e6])
    study = study_of({"emitters": here})
    result = read(surface(study, cell_km=10, bounds=BOUNDS, out=tmp_path / "a.tif"))
    own = score(study).sites["firm_proximity"].iloc[0]
    assert result[1].ravel()[middle] > own
    assert result[1].ravel()[middle] == scores_at(
        study, lon[[middle]], lat[[middle]], ["firm_proximity"]
    )


@pytest.mark.parametrize("side", [5, 16, 1_000])
def test_the_size_of_blocks_changes_no_byte(
    side: int,
    full_study: Study,
    raster_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grids, "SIDE", side)
    out = tmp_path / "surface.tif"
    surface(full_study, cell_km=5, bounds=BOUNDS, mask=LAND, out=out)
    assert np.array_equal(read(out), read(raster_path), equal_nan=True)
    with rasterio.open(out) as one, rasterio.open(raster_path) as other:
        assert [one.tags(band) for band in one.indexes] == [
            other.tags(band) for band in other.indexes
        ]


def test_row_order_changes_no_bit(raster_path: Path, tmp_path: Path) -> None:
    layers = {name: layer.iloc[::-1] for name, layer in all_layers().items()}
    out = tmp_path / "surface.tif"
    surface(study_of(layers), cell_km=5, bounds=BOUNDS, mask=LAND, out=out)
    assert np.array_equal(read(out), read(raster_path), equal_nan=True)


def test_the_mask_selects_cells_by_centre(full_study: Study, raster_path: Path) -> None:
    with rasterio.open(raster_path) as raster:
        coverage = raster.read(5)
        row, col = np.mgrid[: raster.height, : raster.width]
        x, y = raster.xy(row.ravel(), col.ravel())
        to_earth = pyproj.Transformer.from_crs(raster.crs.to_wkt(), "EPSG:4326", always_xy=True)
    lon, lat = to_earth.transform(x, y)
    inside = shapely.contains_xy(LAND.geometry.iloc[0], lon, lat)
    assert 0 < inside.sum() < inside.size
    # coverage is known at every cell that was scored
    assert np.isfinite(coverage).ravel().tolist() == inside.tolist()


def test_the_file_is_cloud_optimised_and_describes_its_bands(raster_path: Path) -> None:
    with rasterio.open(raster_path) as raster:
        assert raster.descriptions == COLUMNS
        assert set(raster.dtypes) == {"float64"}
        assert np.isnan(raster.nodata)
        assert raster.profile["tiled"]
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.crs.to_epsg() == 3035
        assert raster.res == (5_000.0, 5_000.0)


def test_statistics_are_those_of_the_cells_with_a_value(raster_path: Path) -> None:
    with rasterio.open(raster_path) as raster:
        for number in raster.indexes:
            band, tags = raster.read(number), raster.tags(number)
            known = band[np.isfinite(band)]
            for name, value in (
                ("MINIMUM", known.min()),
                ("MAXIMUM", known.max()),
                ("MEAN", known.mean()),
                ("STDDEV", known.std()),
                ("VALID_PERCENT", 100.0 * known.size / band.size),
            ):
                assert float(tags[f"STATISTICS_{name}"]) == pytest.approx(value, rel=1e-12), name


def test_overviews_average_the_cells_with_a_value(full_study: Study, tmp_path: Path) -> None:
    path = surface(full_study, cell_km=0.32, bounds=(3.8, 51.5, 5.4, 51.7), out=tmp_path / "a.tif")
    with rasterio.open(path) as raster:
        assert raster.overviews(1) == [2]
        fine = raster.read(4)
    with rasterio.open(path, overview_level=0) as raster:
        coarse = raster.read(4)
    rows, cols = (2 * (size // 2) for size in fine.shape)
    quads = fine[:rows, :cols].reshape(rows // 2, 2, cols // 2, 2).transpose(0, 2, 1, 3)
    whole = np.isfinite(quads).all(axis=(2, 3))
    assert whole.sum() > 1_000
    expected = quads.mean(axis=(2, 3))
    np.testing.assert_allclose(coarse[: rows // 2, : cols // 2][whole], expected[whole])


@pytest.mark.parametrize("name", ["a.tif", "a.parquet", "a.gpkg"])
def test_the_file_keeps_the_manifest(name: str, full_study: Study, tmp_path: Path) -> None:
    cells = {"cell_km": 20} if name == "a.tif" else {"h3": 5}
    path = surface(full_study, bounds=BOUNDS, out=tmp_path / name, **cells)  # type: ignore[arg-type]  # one of two
    manifest = read_manifest(path)
    expected = score(full_study).manifest
    assert manifest is not None
    for key in ("profile", "basis", "criteria", "inputs", "packages"):
        assert manifest[key] == json.loads(json.dumps(expected[key])), key
    assert manifest["surface"]["bounds"] == list(BOUNDS)
    if name == "a.tif":
        scores = read(path)
        finite = np.isfinite(scores).sum(axis=(1, 2))
    else:
        table = (
            geopandas.read_parquet(path)
            if name == "a.parquet"
            else geopandas.read_file(path, layer="surface")
        )
        finite = table[list(COLUMNS)].notna().sum().to_numpy()
    assert (manifest["counts"]["scored"], manifest["counts"]["cells"]) == (finite[0], finite[4])


def test_a_raster_has_tags_for_profile_and_inputs(europe_study_path: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StandortWarning)  # of repairs, reported elsewhere
        study = standort.read_study(europe_study_path)
    path = surface(study, cell_km=10, bounds=(4, 51.5, 4.6, 52), out=tmp_path / "a.tif")
    with rasterio.open(path) as raster:
        tags = raster.tags()
    profile = standort.load_profile("net-zero")
    assert tags["STANDORT_PROFILE"] == f"net-zero {profile.version}"
    assert tags["STANDORT_PROFILE_HASH"] == profile.content_hash
    hashes = json.loads(tags["STANDORT_INPUT_HASHES"])
    assert hashes == {name: source.sha256 for name, source in study.sources.items()}


def test_a_component_without_a_layer_has_no_band(tmp_path: Path) -> None:
    layers = all_layers()
    study = study_of({name: layers[name] for name in ("emitters", "ports")})
    path = surface(study, cell_km=20, bounds=BOUNDS, out=tmp_path / "a.tif")
    with rasterio.open(path) as raster:
        assert raster.descriptions == ("score", "firm_proximity", "net_zero_assets", "coverage")


def test_the_default_margin_is_25_km_around_the_emitters(tmp_path: Path) -> None:
    study = study_of({"emitters": points([4.0], [52.0], id_name="site_id", co2_t_per_yr=[1e6])})
    manifest = read_manifest(surface(study, cell_km=5, out=tmp_path / "a.tif"))
    assert manifest is not None
    west, south, east, north = manifest["surface"]["bounds"]
    geod = pyproj.Geod(ellps="WGS84")
    assert geod.inv(4.0, 52.0, west, 52.0)[2] == pytest.approx(25_000, rel=0.02)
    assert geod.inv(4.0, 52.0, 4.0, north)[2] == pytest.approx(25_000, rel=0.02)
    assert (west + east, south + north) == (pytest.approx(8.0), pytest.approx(104.0))


def test_without_emitters_the_margin_is_25_km_around_all_layers(tmp_path: Path) -> None:
    study = study_of(
        {
            "sites": points([20.0], [40.0], id_name="site_id"),  # have no part in a surface
            "ports": points([4.0], [52.0]),
            "pipelines": shapes([shapely.LineString([(3.0, 51.0), (3.5, 52.0)])], carrier=["co2"]),
        }
    )
    manifest = read_manifest(surface(study, cell_km=10, out=tmp_path / "a.tif"))
    assert manifest is not None
    margin = np.array([-0.37, -0.225, 0.37, 0.225])
    expected = np.array([3.0, 51.0, 4.0, 52.0]) + margin
    np.testing.assert_allclose(manifest["surface"]["bounds"], expected, atol=0.01)
    assert manifest["counts"]["scored"] == manifest["counts"]["cells"] > 100


def test_the_default_bounds_are_those_of_the_mask(
    full_study: Study, raster_path: Path, tmp_path: Path
) -> None:
    """The box of the mask gives the same cells as wider bounds do."""
    result = read(surface(full_study, cell_km=5, mask=LAND, out=tmp_path / "a.tif"))
    wide = read(raster_path)
    for a, b in zip(result, wide, strict=True):
        assert np.array_equal(a[np.isfinite(a)], b[np.isfinite(b)])


@pytest.mark.parametrize(
    ("bounds", "cell_km"),
    [((176.0, -20.0, -178.0, -16.0), 40.0), ((-180.0, 86.0, 180.0, 90.0), 60.0)],
    ids=["antimeridian", "pole"],
)
@pytest.mark.parametrize("kind", ["equal-area", "geographic"])
def test_seams_of_the_map_do_not_show_in_the_surface(
    bounds: tuple[float, ...], cell_km: float, kind: grids.GridKind, tmp_path: Path
) -> None:
    lon = np.array([179.9, -179.9, 177.0, 0.0, 90.0])
    lat = np.array([-18.0, -18.1, -17.0, 88.0, 87.0])
    layers = {
        "emitters": points(lon, lat, id_name="site_id", co2_t_per_yr=[1e6] * 5),
        "ports": points([180.0, 10.0], [-17.0, 89.0]),
    }
    study = study_of(layers)
    path = surface(study, cell_km=cell_km, bounds=bounds, grid=kind, out=tmp_path / "a.tif")
    with rasterio.open(path) as raster:
        bands, columns = raster.read(), raster.descriptions
        row, col = np.nonzero(np.isfinite(bands[-1]))
        x, y = raster.xy(row, col)
        to_earth = pyproj.Transformer.from_crs(raster.crs.to_wkt(), "EPSG:4326", always_xy=True)
    at_lon, at_lat = to_earth.transform(x, y) if kind == "equal-area" else (x, np.asarray(y))
    at_lon = np.where(np.asarray(at_lon) > 180.0, np.asarray(at_lon) - 360.0, at_lon)
    if bounds[1] < 0:
        assert (at_lon > 178).any()
        assert (at_lon < -178).any()
        assert np.isfinite(bands[-1]).sum() > 0.8 * bands[-1].size  # in one piece
    expected = scores_at(study, at_lon, at_lat, columns)
    assert expected[0].max() > 0.02
    assert np.array_equal(bands[:, row, col], expected, equal_nan=True)


@pytest.mark.parametrize("ending", ["parquet", "gpkg"])
def test_hexagons_across_the_antimeridian_are_cut(ending: str, tmp_path: Path) -> None:
    study = study_of({"emitters": points([179.9], [-18.0], id_name="site_id", co2_t_per_yr=[1e6])})
    path = surface(study, h3=4, bounds=(176, -20, -178, -16), out=tmp_path / f"a.{ending}")
    result = (
        geopandas.read_parquet(path)
        if ending == "parquet"
        else geopandas.read_file(path, layer="surface")
    )
    assert result.crs.equals("EPSG:4326", ignore_axis_order=True)
    west, _, east, _ = shapely.bounds(shapely.get_parts(result.geometry.to_numpy())).T
    assert (east - west).max() < 2.0
    assert result["h3"].is_unique
    assert (result.geom_type == "MultiPolygon").any()


@pytest.mark.parametrize("at_a_time", [3, 100])
def test_hexagons_are_written_in_portions_without_loss(
    at_a_time: int,
    plain_study: Study,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = geopandas.read_parquet(
        surface(plain_study, h3=5, bounds=CORNER, out=tmp_path / "a.parquet")
    )
    assert len(whole) > 6
    monkeypatch.setattr(tables, "_AT_A_TIME", at_a_time)
    monkeypatch.setattr(hexagons, "LEVELS", 1)
    for name in ("b.parquet", "b.gpkg"):
        path = surface(plain_study, h3=5, bounds=CORNER, out=tmp_path / name)
        result = (
            geopandas.read_parquet(path)
            if name == "b.parquet"
            else geopandas.read_file(path, layer="surface")
        )
        pd.testing.assert_frame_equal(
            pd.DataFrame(result.drop(columns="geometry")),
            pd.DataFrame(whole.drop(columns="geometry")),
            check_exact=True,
        )
        assert shapely.equals(result.geometry.to_numpy(), whole.geometry.to_numpy()).all()


class Halt(Exception):  # noqa: N818 - no error
    """Stands for Ctrl-C."""


def record_evaluations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many places are scored at a time, from here on."""
    scored: list[int] = []
    original = Engine.evaluate

    def evaluate(engine: Engine, sites: Sites, **rest: Any) -> Evaluation:  # noqa: ANN401
        scored.append(len(sites))
        return original(engine, sites, **rest)

    monkeypatch.setattr(Engine, "evaluate", evaluate)
    return scored


def halt_at(block: int) -> Any:  # noqa: ANN401
    """Make a progress callback that stops the work when so many blocks are done."""

    def progress(_label: str, done: int, _total: int) -> None:
        if done == block:
            raise Halt

    return progress


@pytest.mark.parametrize("name", ["a.tif", "a.parquet", "a.gpkg"])
def test_a_resumed_surface_has_the_bytes_of_an_uninterrupted_one(
    name: str,
    plain_study: Study,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setattr(grids, "SIDE", 3)
    monkeypatch.setattr(hexagons, "LEVELS", 1)
    options: dict[str, Any] = {
        "bounds": CORNER,
        **({"cell_km": 8} if name == "a.tif" else {"h3": 5}),
    }
    (tmp_path / "at once").mkdir()
    at_once = surface(plain_study, out=tmp_path / "at once" / name, **options)
    out = tmp_path / name
    for stop in (1, 3):
        with pytest.raises(Halt):
            surface(plain_study, out=out, progress=halt_at(stop), **options)
        assert not out.exists()
        assert checkpoint_path(out).exists()
    scored = record_evaluations(monkeypatch)
    surface(plain_study, out=out, **options)
    manifest = read_manifest(out)
    assert manifest is not None
    assert 0 < sum(scored) < manifest["counts"]["cells"]  # some were kept
    assert out.read_bytes() == at_once.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, "at once"])


def test_an_unfinished_surface_of_another_study_is_discarded(
    plain_study: Study,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grids, "SIDE", 3)
    out, options = tmp_path / "a.tif", {"cell_km": 8, "bounds": CORNER}
    with pytest.raises(Halt):
        surface(plain_study, out=out, progress=halt_at(2), **options)  # type: ignore[arg-type]
    layers = all_layers(seed=2)
    other = study_of({name: layers[name] for name in plain_study.layers})
    with pytest.warns(StandortWarning, match="unfinished 'a.tif' was discarded: study differ"):
        surface(other, out=out, **options)  # type: ignore[arg-type]
    expected = surface(other, out=tmp_path / "b.tif", **options)  # type: ignore[arg-type]
    assert np.array_equal(read(out), read(expected), equal_nan=True)


def test_a_file_is_complete_until_it_is_replaced(full_study: Study, tmp_path: Path) -> None:
    out = surface(full_study, cell_km=40, bounds=BOUNDS, out=tmp_path / "a.tif")
    before = out.read_bytes()
    (tmp_path / "a.tif.aux.xml").write_text("statistics of the old one")
    with pytest.raises(Halt):
        surface(full_study, cell_km=20, bounds=BOUNDS, out=out, progress=halt_at(1))
    assert out.read_bytes() == before
    surface(full_study, cell_km=20, bounds=BOUNDS, out=out)
    assert out.read_bytes() != before
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_no_more_cells_than_a_block_are_scored_at_a_time(
    plain_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "SIDE", 6)
    monkeypatch.setattr(hexagons, "LEVELS", 1)
    scored = record_evaluations(monkeypatch)
    surface(plain_study, cell_km=8, bounds=BOUNDS, out=tmp_path / "a.tif")
    assert max(scored) == 36
    scored.clear()
    surface(plain_study, h3=5, bounds=BOUNDS, out=tmp_path / "a.gpkg")
    assert max(scored) == 7


@pytest.mark.skipif(os.name != "posix", reason="needs locks of the system")
def test_a_surface_that_another_run_writes_raises(full_study: Study, tmp_path: Path) -> None:
    out = tmp_path / "a.tif"
    with (
        open_checkpoint(out, {}, resume=True),
        pytest.raises(FileError, match=r"^another run is using"),
    ):
        surface(full_study, cell_km=20, bounds=BOUNDS, out=out)


def test_without_h3_the_error_explains_how_to_install_it(
    full_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h3.api.numpy_int", None)
    with pytest.raises(OptionError, match=r"h3, which is not installed: pip install standort"):
        surface(full_study, h3=5, bounds=BOUNDS, out=tmp_path / "a.gpkg")


def test_progress_counts_blocks(
    full_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "SIDE", 6)
    steps: list[tuple[int, int]] = []
    surface(
        full_study,
        cell_km=20,
        bounds=BOUNDS,
        out=tmp_path / "a.tif",
        progress=lambda _label, done, total: steps.append((done, total)),
    )
    total = steps[-1][1]
    assert total > 1
    assert steps == [(done, total) for done in range(total + 1)]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({}, OptionError, "either cell_km .* got neither"),
        ({"cell_km": 1, "h3": 5}, OptionError, "either cell_km .* got both"),
        ({"h3": 5, "crs": "EPSG:3035"}, OptionError, "omit grid and crs"),
        ({"h3": 5, "grid": "geographic"}, OptionError, "omit grid and crs"),
        ({"cell_km": 0}, OptionError, "cell_km to be a number of at least 0.001"),
        ({"cell_km": -1}, OptionError, "cell_km to be a number of at least 0.001"),
        ({"cell_km": np.nan}, OptionError, "cell_km to be a number of at least 0.001"),
        ({"cell_km": np.inf}, OptionError, "cell_km to be a number of at least 0.001"),
        ({"cell_km": 0.001}, OptionError, r"at most 1,000,000,000 cells, bounds 3.4 51.2 5 52.2"),
        ({"cell_km": 5, "crs": "EPSG:4326"}, CRSError, "projected reference system in metres"),
        ({"cell_km": 5, "out": "a.png"}, FileError, "ends in .tif or .tiff, got 'a.png'"),
        ({"h3": 5, "out": "a.tif"}, FileError, "ends in .parquet or .geoparquet or .gpkg"),
        ({"h3": 15, "out": "a.gpkg"}, OptionError, "at most 1,000,000,000 cells"),
        ({"cell_km": 5, "mask": "none.gpkg"}, FileError, "mask, found nothing at"),
        ({"cell_km": 5, "mask": LAND.set_crs(None, allow_override=True)}, LayerError, "no coord"),
        ({"cell_km": 5, "bounds": (10, 40, 11, 41), "mask": LAND}, OptionError, "and the mask"),
        ({"cell_km": 900, "bounds": (4, 52, 4.01, 52.01)}, OptionError, "no cell has its centre"),
    ],
)
def test_invalid_input_raises_and_leaves_no_files(
    options: dict[str, Any],
    error: type[Exception],
    words: str,
    full_study: Study,
    tmp_path: Path,
) -> None:
    chosen = {"bounds": BOUNDS, **options, "out": tmp_path / options.get("out", "a.tif")}
    if "h3" in options and "out" not in options:
        chosen["out"] = tmp_path / "a.parquet"
    with pytest.raises(error, match=words):
        surface(full_study, **chosen)
    assert list(tmp_path.iterdir()) == []


def test_another_file_has_no_manifest(tmp_path: Path) -> None:
    for name in ("a.tif", "a.parquet", "a.gpkg"):
        path = tmp_path / name
        path.write_text("something else")
        assert read_manifest(path) is None
        assert read_manifest(tmp_path / f"no {name}") is None


def test_the_public_name_is_the_function() -> None:
    assert standort.surface is surface
