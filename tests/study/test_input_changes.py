"""Comparing names the inputs that changed, and no others; and of those the rows."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import shapely
from study.small_studies import all_layers, study_of

from standort.layers import read_study
from standort.scoring import load_profile
from standort.study import Result, compare, score

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

LINKS = pd.DataFrame(
    {"firm_u": ["A", "B"], "firm_v": ["B", "C"], "kind": ["formal", "formal"], "weight": [1.0, 2.0]}
)


def few_layers() -> dict[str, gpd.GeoDataFrame]:
    """Two layers of the full study: what is compared needs no more."""
    layers = all_layers()
    return {name: layers[name] for name in ("emitters", "ports")}


def scored(path: Path, layers: dict[str, gpd.GeoDataFrame], out: Path) -> Path:
    """Write a study, score it, and write the result."""
    for name, layer in layers.items():
        layer.to_file(path, layer=name)
    score(read_study(path)).write(out)
    return out


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return scored(tmp_path / "old.gpkg", few_layers(), tmp_path / "scores_old.gpkg")


def changed_inputs(actual: object) -> list[str]:
    return [reason.what for reason in actual.reasons]  # type: ignore[attr-defined]  # Comparison


def test_a_copy_of_the_file_and_another_order_of_rows_are_no_reason(
    old: Path, tmp_path: Path
) -> None:
    shutil.copy(tmp_path / "old.gpkg", tmp_path / "copy.gpkg")
    score(read_study(tmp_path / "copy.gpkg")).write(tmp_path / "scores_copy.gpkg")
    shuffled = {name: layer[::-1] for name, layer in few_layers().items()}
    new = scored(tmp_path / "shuffled.gpkg", shuffled, tmp_path / "scores_shuffled.gpkg")
    for other in (tmp_path / "scores_copy.gpkg", new):
        actual = compare(old, other)
        assert actual.reasons == ()
        assert actual.inputs.empty
        assert "are the same" in str(actual)


def test_one_emission_is_named_with_its_layer_row_and_column(old: Path, tmp_path: Path) -> None:
    layers = few_layers()
    emitters = layers["emitters"]
    at = emitters["site_id"] == "e005"
    emitters.loc[at, "co2_t_per_yr"] = 123_456.0
    actual = compare(old, scored(tmp_path / "new.gpkg", layers, tmp_path / "scores_new.gpkg"))
    assert changed_inputs(actual) == ["emitters"]
    (row,) = actual.inputs.to_dict("records")
    assert (row["layer"], row["id"], row["change"]) == ("emitters", "e005", "changed")
    assert (row["column"], row["after"]) == ("co2_t_per_yr", "123456")
    assert "1 row changed: e005 (co2_t_per_yr)" in str(actual)
    assert "Sites whose attributes or position changed (1 of 1):" in str(actual)
    assert json.loads(json.dumps(actual.to_dict()))["inputs"][0]["id"] == "e005"
    assert "inputs" in _layers_of(actual.write(tmp_path / "changes.gpkg"))


def test_rows_that_came_went_and_moved_are_named(old: Path, tmp_path: Path) -> None:
    layers = few_layers()
    ports = layers["ports"]
    ports.loc[1, "geometry"] = shapely.Point(4.0, 51.5)
    more = ports.iloc[:1].assign(feature_id="new")
    layers["ports"] = pd.concat([ports.iloc[1:], more], ignore_index=True)
    actual = compare(old, scored(tmp_path / "new.gpkg", layers, tmp_path / "scores_new.gpkg"))
    assert changed_inputs(actual) == ["ports"]
    rows = actual.inputs[["id", "change", "column"]].to_numpy().tolist()
    assert rows == [["new", "added", ""], ["x00", "removed", ""], ["x01", "changed", "position"]]
    assert actual.inputs["after"].iloc[2] == "POINT (4 51.5)"


def test_rows_are_not_listed_if_an_input_file_is_missing_or_changed(
    old: Path, tmp_path: Path
) -> None:
    layers = few_layers()
    layers["ports"] = layers["ports"].iloc[1:]
    new = scored(tmp_path / "new.gpkg", layers, tmp_path / "scores_new.gpkg")
    # Another file by the same name must not be taken for the one that was read.
    layers["emitters"].to_file(tmp_path / "old.gpkg", layer="ports")
    actual = compare(old, new)
    assert (changed_inputs(actual), actual.inputs_unread) == (["ports"], ("ports",))
    assert actual.inputs.empty
    assert "the rows that changed are unknown" in str(actual)


def test_the_year_of_a_study_is_a_reason_and_its_rows_are_those_of_the_year(tmp_path: Path) -> None:
    layers = few_layers()
    layers["ports"] = layers["ports"].assign(year_from=[2020, 2035] * 3)
    for name, layer in layers.items():
        layer.to_file(tmp_path / "study.gpkg", layer=name)
    files = []
    for year in (2030, 2040):
        files.append(tmp_path / f"{year}.gpkg")
        score(read_study(tmp_path / "study.gpkg", year=year)).write(files[-1])
    actual = compare(*files)
    assert changed_inputs(actual) == ["ports", "year"]
    assert actual.inputs["id"].tolist() == ["x01", "x03", "x05"]
    assert set(actual.inputs["change"]) == {"added"}


def test_results_in_memory_list_rows_of_tables_too() -> None:
    layers = few_layers()
    layers["emitters"] = layers["emitters"].assign(firm="A")
    pair = [score(study_of(layers, linkages=links)) for links in (LINKS, LINKS.iloc[1:])]
    actual = compare(*pair)
    assert changed_inputs(actual)[0] == "linkages"
    assert actual.inputs["id"].tolist() == ["firm_u=A, firm_v=B, kind=formal, weight=1"]
    assert actual.inputs["change"].tolist() == ["removed"]


def test_a_column_only_the_profile_knows_counts_where_it_is_asked_for(full_result: Result) -> None:
    layers = few_layers()
    study = study_of(layers)
    remarked = study_of({**layers, "ports": layers["ports"].assign(berth_depth_m=12.0)})
    deeper = study_of({**layers, "ports": layers["ports"].assign(berth_depth_m=[5.0] + [12.0] * 5)})
    assert compare(score(study), score(remarked)).reasons == ()
    profile = load_profile("net-zero")
    criterion = profile.criterion("port_distance")
    filtered = type(criterion).model_validate(
        {**criterion.model_dump(), "filter": {"berth_depth_m": {"min": 10}}}
    )
    criteria = tuple(filtered if c.id == criterion.id else c for c in profile.criteria)
    asking = profile.model_copy(update={"criteria": criteria})
    actual = compare(score(remarked, asking), score(deeper, asking))
    assert changed_inputs(actual) == ["ports"]
    assert actual.inputs["id"].tolist() == ["x00"]


def test_results_without_hashes_of_their_layers_are_compared_by_file(full_result: Result) -> None:
    def older(digest: str) -> Result:
        inputs = {
            name: {**{k: v for k, v in source.items() if k != "content"}, "sha256": digest}
            for name, source in full_result.manifest["inputs"].items()
        }
        return replace(full_result, manifest={**full_result.manifest, "inputs": inputs})

    actual = compare(older("a" * 64), older("b" * 64))
    assert set(changed_inputs(actual)) == set(full_result.manifest["inputs"])
    assert "file aaaaaaaaaaaa -> file bbbbbbbbbbbb" in str(actual)


def _layers_of(path: Path) -> set[str]:
    import pyogrio

    return {str(name) for name, _ in pyogrio.list_layers(path)}


def test_an_unknown_flag_is_compared(tmp_path: Path) -> None:
    """An empty yes/no cell is neither equal to yes nor an error."""
    layers = few_layers()
    known = [True, False] + [None] * (len(layers["ports"]) - 2)
    flags = pd.array(known, dtype="boolean")
    layers["ports"] = layers["ports"].assign(liquid_bulk=flags)
    first = scored(tmp_path / "a.gpkg", layers, tmp_path / "scores_a.gpkg")
    changed = flags.copy()
    changed[0], changed[2] = pd.NA, True
    layers["ports"] = layers["ports"].assign(liquid_bulk=changed)
    second = scored(tmp_path / "b.gpkg", layers, tmp_path / "scores_b.gpkg")
    rows = compare(first, second).inputs
    ids = layers["ports"]["feature_id"].tolist()
    assert sorted(rows["id"]) == sorted([ids[0], ids[2]])
    assert set(rows["column"]) == {"liquid_bulk"}
