"""The sample GeoPackage is what its tables say, and the tables keep their promises."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from geopandas.testing import assert_geodataframe_equal

if TYPE_CHECKING:
    from types import ModuleType

SAMPLE: Final = Path(__file__).resolve().parents[2] / "sample_layers"
LAYERS: Final = ("emitters", "co2_storage", "salt_caverns", "ports", "pipelines", "renewables")
TABLES: Final = ("assets", "linkages", "memberships", "initiatives", "collection")
MINIMUM: Final = {
    "emitters": 150,
    "co2_storage": 20,
    "salt_caverns": 25,
    "ports": 40,
    "pipelines": 20,
    "renewables": 60,
}
QUANTITY: Final = {
    "emitters": "co2_t_per_yr",
    "co2_storage": "capacity_mt",
    "salt_caverns": "capacity_gwh",
    "renewables": "capacity_mw",
}
VERIFIED: Final = {"recalled", "register-compared", "register-corrected", "register-filled"}
POINT_LAYERS: Final = tuple(layer for layer in LAYERS if layer != "pipelines")


def load_script(name: str) -> ModuleType:
    """Import a script of the sample folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"sample_{name}", SAMPLE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def table_of(layer: str) -> pd.DataFrame:
    return pd.read_csv(SAMPLE / f"{layer}.csv", dtype=str, keep_default_na=False)


def key_of(table: pd.DataFrame) -> pd.Series[Any]:
    return table["site_id" if "site_id" in table else "feature_id"]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    return load_script("build")


def test_the_package_holds_one_layer_per_role_in_wgs84() -> None:
    held = pyogrio.list_layers(SAMPLE / "north_sea.gpkg")[:, 0]
    assert sorted(held) == sorted((*LAYERS, *TABLES))
    for layer in LAYERS:
        assert pyogrio.read_info(SAMPLE / "north_sea.gpkg", layer)["crs"] == "EPSG:4326"


@pytest.mark.parametrize("layer", LAYERS)
def test_the_committed_layer_equals_its_table(build: ModuleType, layer: str) -> None:
    written = gpd.read_file(SAMPLE / "north_sea.gpkg", layer=layer)
    table = build.read_table(layer)
    text = [column for column in table.columns if not isinstance(written[column].dtype, np.dtype)]
    text.remove("geometry")
    for frame in (written, table):
        frame[text] = frame[text].astype(object).where(frame[text].notna(), "")
    assert_geodataframe_equal(written, table, check_dtype=False)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_has_at_least_the_promised_rows(layer: str) -> None:
    assert len(table_of(layer)) >= MINIMUM[layer]


@pytest.mark.parametrize("layer", LAYERS)
def test_every_row_says_whence_when_and_how_it_was_checked(layer: str) -> None:
    table = table_of(layer)
    assert table["source"].str.len().gt(3).all()
    assert table["year"].astype(int).between(2000, 2026).all()
    assert set(table["verified"]) <= VERIFIED
    assert table["precision_km"].astype(float).ge(1).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_ids_are_unique_slugs(layer: str) -> None:
    ids = key_of(table_of(layer))
    assert not ids[ids.duplicated()].to_list()
    assert ids.str.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*").all()


@pytest.mark.parametrize("layer", POINT_LAYERS)
def test_positions_are_rounded_to_a_hundredth_of_a_degree(layer: str) -> None:
    table = table_of(layer)
    for axis, low, high in (("lon", -13, 30), ("lat", 48, 72)):
        assert table[axis].str.fullmatch(r"-?\d+\.\d\d").all()
        assert table[axis].astype(float).between(low, high).all()


def test_pipelines_are_lines_of_rounded_vertices() -> None:
    table = table_of("pipelines")
    vertex = r"-?\d+\.\d\d \d+\.\d\d"
    assert table["wkt"].str.fullmatch(rf"LINESTRING \({vertex}(, {vertex})+\)").all()
    assert set(table["carrier"]) == {"co2", "hydrogen", "natural_gas"}
    assert set(table["status"]) <= {"operating", "planned", "retired"}
    assert gpd.GeoSeries.from_wkt(table["wkt"]).length.gt(0).all()


@pytest.mark.parametrize("layer", sorted(QUANTITY))
def test_quantities_are_positive_or_unknown(build: ModuleType, layer: str) -> None:
    quantity = build.read_table(layer)[QUANTITY[layer]]
    assert quantity.dropna().gt(0).all()
    assert quantity.notna().any()


def test_emissions_carry_two_significant_figures() -> None:
    emissions = table_of("emitters")["co2_t_per_yr"]
    assert emissions[emissions != ""].str.fullmatch(r"[1-9]\d?0*").all()


def test_the_published_range_of_a_store_holds_its_capacity(build: ModuleType) -> None:
    stores = build.read_table("co2_storage")
    ranged = stores.dropna(subset=["capacity_low_mt", "capacity_high_mt"])
    assert len(ranged) > 0
    assert (
        ranged["capacity_mt"].between(ranged["capacity_low_mt"], ranged["capacity_high_mt"]).all()
    )
    assert stores["capacity_mt"].notna().sum() >= 20


def test_flags_are_words_and_statuses_are_of_the_contract() -> None:
    assert set(table_of("ports")["liquid_bulk"]) == {"true", "false"}
    assert set(table_of("renewables")["offshore"]) == {"true", "false"}
    for layer in ("renewables", "salt_caverns"):
        assert set(table_of(layer)["status"]) <= {"operating", "planned", "retired"}


@pytest.mark.parametrize(
    ("place", "west", "south", "east", "north", "known_mt"),
    [
        ("Humber", -1.2, 53.5, 0.2, 53.8, 8),
        ("South Wales", -5.2, 51.3, -2.8, 51.8, 6),
        ("Grangemouth", -3.9, 55.9, -3.2, 56.2, 3),
        ("Teesside", -1.3, 54.5, -1.0, 54.7, 1.5),
        ("Merseyside and the North West", -3.2, 53.0, -2.3, 53.6, 2),
        ("Southampton", -1.6, 50.7, -1.2, 51.0, 1.5),
        ("Rotterdam", 3.9, 51.8, 4.5, 52.0, 10),
        ("Antwerp", 4.2, 51.2, 4.5, 51.4, 8),
    ],
)
def test_the_large_clusters_are_there(  # noqa: PLR0917 - a box and a sum
    build: ModuleType,
    place: str,
    west: float,
    south: float,
    east: float,
    north: float,
    known_mt: float,
) -> None:
    inside = build.read_table("emitters").cx[west:east, south:north]
    assert len(inside) >= 3, place
    assert inside["co2_t_per_yr"].sum() / 1e6 > known_mt, place


def test_the_black_country_is_there_with_what_is_not_known() -> None:
    table = table_of("emitters")
    box = table["lon"].astype(float).between(-2.2, -1.9) & table["lat"].astype(float).between(
        52.4, 52.7
    )
    small = table[box & table["sector"].eq("metal processing")]
    assert len(small) >= 8
    assert small["co2_t_per_yr"].eq("").all()


def test_a_rebuild_gives_the_same_bytes(build: ModuleType, tmp_path: Path) -> None:
    first, second = tmp_path / "first.gpkg", tmp_path / "second.gpkg"
    build.build(first)
    build.build(second)
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["first.gpkg", "second.gpkg"]


def test_the_build_leaves_the_clock_of_gdal_as_it_was(build: ModuleType, tmp_path: Path) -> None:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    build.build(tmp_path / "sample.gpkg")
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before


def test_the_readme_counts_the_rows_as_they_are() -> None:
    text = (SAMPLE / "README.md").read_text("utf-8")
    counted = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", text, flags=re.MULTILINE))
    assert counted == {layer: str(len(table_of(layer))) for layer in (*LAYERS, *TABLES)}
