"""The schema says what every column of every table of a result is, and a file keeps it."""

from __future__ import annotations

import sqlite3
import tomllib
from contextlib import closing
from typing import TYPE_CHECKING, get_args

import pytest
from rich.console import Console
from study.small_studies import all_layers, study_of
from study.test_evaluation import changed_profile

from standort import score
from standort.errors import OptionError, ProfileError
from standort.outputs.geopackage.column_descriptions import alias_of
from standort.outputs.geopackage.stored_results import read_manifest
from standort.outputs.note_text import SENTENCES
from standort.outputs.summary.result_summary import summarise
from standort.results import Schema
from standort.results.notes import NoteKind
from standort.results.schema import ColumnKind
from standort.scoring.profile.loading import parse_profile, profile_text
from standort.uncertainty import monte_carlo
from standort.units import UNITS

if TYPE_CHECKING:
    from pathlib import Path

    from standort import Result

TABLES = (
    "sites",
    "clusters",
    "cluster_hulls",
    "places",
    "place_members",
    "contributions",
    "place_contributions",
    "screening",
    "solution_families",
)


@pytest.fixture(scope="module")
def result() -> Result:
    study = study_of(all_layers())
    profile = changed_profile(port_distance={"gate": 0.1}, salt_cavern_distance={"veto": 0.2})
    return monte_carlo(study, profile, draws=20, seed=1).applied_to(score(study, profile))


def columns_of(result: Result, table: str) -> list[str]:
    frame = getattr(result, table)
    index = [] if frame.index.name is None else [frame.index.name]
    return [*index, *(name for name in frame.columns if name != "geometry")]


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_described_and_no_other(result: Result, table: str) -> None:
    assert result.schema.names(table) == columns_of(result, table)


def test_only_the_columns_of_the_layer_count_as_inputs(result: Result) -> None:
    given = all_layers()["emitters"].columns.drop("geometry")
    assert set(result.schema.names("sites", "input")) == set(given) - {"site_id"}
    others = [c for c in result.schema.columns if c.table != "sites"]
    assert [column.name for column in others if column.kind == "input"] == []


def test_kinds_and_units_are_declared_ones(result: Result) -> None:
    assert {column.kind for column in result.schema.columns} <= set(get_args(ColumnKind))
    assert {column.unit for column in result.schema.columns} <= {None, *UNITS}
    assert all(column.meaning for column in result.schema.columns)


def test_columns_of_a_criterion_name_it(result: Result) -> None:
    for criterion in result.manifest["basis"]:
        own = [c for c in result.schema.columns if c.criterion == criterion]
        assert own[0].name == result.profile.criterion(criterion).metric_column
        assert own[0].unit == result.profile.criterion(criterion).unit
        assert all(c.name.startswith(f"{criterion}_") for c in own)


def test_an_input_with_the_name_of_a_figure_is_an_input() -> None:
    layers = all_layers()
    layers["emitters"]["score_p05"] = 0.5
    layers["emitters"]["excluded"] = "my own word"
    schema = score(study_of(layers)).schema
    assert {"score_p05", "excluded"} <= set(schema.names("sites", "input"))
    assert not schema.has("sites", "excluded")


@pytest.mark.parametrize("taken", ["tier", "type", "name"])
def test_a_component_is_no_other_column(taken: str) -> None:
    text = profile_text("net-zero").replace("net_zero_assets", taken)
    profile = parse_profile(tomllib.loads(text))
    with pytest.raises(ProfileError, match=f"got {taken}; rename"):
        score(study_of(all_layers()), profile)


def test_inputs_named_like_results_are_not_read_as_results() -> None:
    """Without emitters or draws, these columns are attributes of the sites."""
    layers = {name: layer for name, layer in all_layers().items() if name != "emitters"}
    sites = all_layers()["emitters"][["site_id", "geometry"]]
    given = {"tier": "member", "cluster": 7, "lone_anchor": True, "score_p05": 0.1, "excluded": "x"}
    result = score(study_of({**layers, "sites": sites.assign(**given)}))
    text = str(result.explain(result.sites.index[0]))
    assert "cluster 7" not in text
    console = Console(width=200)
    with console.capture() as printed:
        console.print(summarise(result.sites, result.clusters, result.manifest, width=200))
    assert "5-95 %" not in printed.get()
    assert "lone anchor" not in printed.get()


def test_draws_are_applied_once(result: Result) -> None:
    study = study_of(all_layers())
    with pytest.raises(OptionError, match="expected a result without draws"):
        monte_carlo(study, draws=2).applied_to(result)


def test_a_file_keeps_the_schema(result: Result, tmp_path: Path) -> None:
    path = result.write(tmp_path / "scores.gpkg", screening=True)
    assert Schema.of(read_manifest(path)) == result.schema
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT table_name, column_name, name, description FROM gpkg_data_columns"
        ).fetchall()
        extended = connection.execute(
            "SELECT table_name FROM gpkg_extensions WHERE extension_name = 'gpkg_schema'"
        ).fetchall()
        constraints = connection.execute("SELECT * FROM gpkg_data_column_constraints").fetchall()
    assert {name for (name,) in extended} == {"gpkg_data_columns", "gpkg_data_column_constraints"}
    assert constraints == []
    stored = {(table, column): (alias, meaning) for table, column, alias, meaning in rows}
    described = [c for c in result.schema.columns if c.kind != "input"]
    assert stored == {(c.table, c.name): (alias_of(c), c.meaning) for c in described}
    assert stored["sites", "port_distance_km"][0] == "Port distance [km]"


def test_every_kind_of_note_has_a_sentence() -> None:
    assert set(SENTENCES) == set(get_args(NoteKind))
