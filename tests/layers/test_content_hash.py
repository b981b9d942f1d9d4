"""Hash of layers: it depends on contents alone, not on file or row order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from standort.layers import read_layer
from standort.layers.content_hash import content_hash

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.none() | st.text(alphabet="ab\x00", max_size=3)
ROWS = st.lists(
    st.tuples(TEXTS, st.none() | st.integers(-2, 2), st.integers(0, 3)), min_size=1, max_size=6
)


def ports(rows: list[tuple[str | None, float | None, int]]) -> gpd.GeoDataFrame:
    """Build ports with a size, a year and a longitude."""
    size, year, lon = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"size": pd.Series(size, dtype="str"), "year_from": np.array(year, dtype=float)},
        geometry=gpd.points_from_xy(lon, [52.0] * len(rows)),
        crs=4326,
    ).set_axis([f"p{i}" for i in range(len(rows))])


@settings(derandomize=True, max_examples=60, deadline=None)
@given(rows=ROWS, other=ROWS, seed=st.integers(0, 9))
def test_hashes_are_equal_only_for_equal_contents(
    rows: list[tuple[str | None, float | None, int]],
    other: list[tuple[str | None, float | None, int]],
    seed: int,
) -> None:
    layer = ports(rows)
    shuffled = layer.sample(frac=1, random_state=seed)[["geometry", "year_from", "size"]]
    assert content_hash(shuffled, "ports") == content_hash(layer, "ports")
    same = content_hash(ports(other), "ports") == content_hash(layer, "ports")
    assert same == (rows == other)


def test_unused_columns_change_no_hash_unless_requested() -> None:
    layer = ports([("large", None, 4)])
    remarked = layer.assign(remark="seen")
    assert content_hash(remarked, "ports") == content_hash(layer, "ports")
    asked = [content_hash(f, "ports", also=["remark"]) for f in (layer, remarked)]
    assert asked[0] != asked[1]


def test_empty_and_missing_columns_differ_but_number_types_do_not() -> None:
    layer = ports([("large", 2000, 4)])
    assert content_hash(layer.drop(columns="size"), "ports") != content_hash(
        layer.assign(size=pd.Series([None], index=layer.index, dtype="str")), "ports"
    )
    whole = layer.assign(year_from=layer["year_from"].astype("Int64"))
    assert content_hash(whole, "ports") == content_hash(layer, "ports")


@pytest.mark.parametrize(
    "moved",
    [shapely.LineString([(4, 52), (5, 52.1)]), shapely.LineString([(4, 52), (5, 53), (6, 53)])],
)
def test_a_moved_line_changes_the_hash(moved: shapely.Geometry) -> None:
    line = gpd.GeoDataFrame(
        {"carrier": ["co2"]}, geometry=[shapely.LineString([(4, 52), (5, 52)])], index=["a"]
    )
    assert content_hash(line, "pipelines") != content_hash(line.set_geometry([moved]), "pipelines")


def test_repeated_rows_of_tables_count() -> None:
    one = pd.DataFrame({"firm_u": ["a", "b"], "firm_v": ["b", "c"], "kind": ["formal", "formal"]})
    twice = pd.concat([one, one.iloc[:1]], ignore_index=True)
    assert content_hash(one[::-1], "linkages") == content_hash(one, "linkages")
    assert content_hash(twice, "linkages") != content_hash(one, "linkages")


def test_geopackage_and_parquet_give_the_same_hash(tmp_path: Path) -> None:
    layer = ports([("large", 2000, 4), (None, None, 5)]).rename_axis("feature_id").reset_index()
    layer.to_file(tmp_path / "study.gpkg", layer="ports")
    layer[::-1].to_parquet(tmp_path / "ports.parquet")
    hashes = {
        content_hash(read_layer(tmp_path / name, "ports")[0], "ports")
        for name in ("study.gpkg", "ports.parquet")
    }
    assert len(hashes) == 1
