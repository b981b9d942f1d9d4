"""Explanations add up to the score, name its drivers and the missing data."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from standort.outputs.explanation.explanation import Explanation, explain_site
from standort.outputs.geopackage.stored_results import read_site
from standort.outputs.geopackage.writer import write_geopackage
from standort.results.manifest import flatten_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from outputs.result_tables import Tables


def _explain(tables: Tables, site_id: str) -> Explanation:
    return explain_site(tables.sites.loc[site_id], tables.contributions, tables.manifest)


def _write(path: Path, tables: Tables) -> Path:
    return write_geopackage(
        path,
        layers={"sites": tables.sites},
        tables={
            "contributions": tables.contributions,
            "manifest": flatten_manifest(tables.manifest),
        },
    )


def test_contributions_add_up_to_the_score(tables: Tables) -> None:
    for site_id in tables.sites.index[tables.sites["score"].notna()]:
        explanation = _explain(tables, site_id)
        assert explanation.rows["contribution"].sum() == pytest.approx(explanation.score, abs=1e-12)
        assert explanation.low <= explanation.score <= explanation.high


def test_the_sentence_names_the_largest_and_the_smallest_contribution(tables: Tables) -> None:
    assert _explain(tables, "immingham").sentence == (
        "Immingham works scores 0.83 (rank 1); 0.60-0.90 once missing data are allowed for. "
        "Highest contribution: neighbour emissions (9 Mt/yr); "
        "lowest: CO2 storage distance (60 km, Endurance)."
    )


def test_the_text_shows_value_driver_and_sum(tables: Tables) -> None:
    text = _explain(tables, "immingham").to_text(width=100)
    lines = [line.split() for line in text.splitlines()]
    assert ["0.415", "neighbour", "emissions", "9", "Mt/yr", "0.86"] in lines
    assert ["0.207", "port", "distance", "0.4", "km", "0.90", "Port", "of", "Immingham"] in lines
    assert ["0.830", "SCORE", "(sum)"] in lines
    assert "Core of cluster 0." in text


def test_the_text_names_missing_data(tables: Tables) -> None:
    text = _explain(tables, "immingham").to_text(width=200)
    assert "Neighbour emissions: the quantity of 1 feature within reach is unknown;" in text
    assert "Not available: heat demand, land (no layer in the study)." in text


def test_the_reason_for_a_missing_score_is_given(tables: Tables) -> None:
    explanation = _explain(tables, "north-field")
    assert math.isnan(explanation.score)
    assert explanation.sentence == (
        "north-field has no score: only 50% of the weight of net-zero assets is known, too little."
    )
    manifest = {**tables.manifest, "profile": {"coverage_limit": 0.6}}
    sentence = explain_site(
        tables.sites.loc["north-field"], tables.contributions, manifest
    ).sentence
    assert sentence.endswith("net-zero assets is known, the profile requires at least 60%.")
    assert "Unknown at this site: CO2 storage distance." in str(explanation)
    assert "12 km to the nearest cluster" in explanation.setting


def test_nothing_within_reach_is_not_unknown(tables: Tables) -> None:
    text = str(_explain(tables, "islet"))
    assert "nothing within reach" in text
    assert "Unknown at this site" not in text


def test_criteria_without_a_layer_share_one_reason(tables: Tables) -> None:
    missing = {
        name: {"status": "not available", "reason": {"kind": "no_layer", "layer": name}}
        for name in ("land", "heat_demand")
    }
    other = {
        "wind_potential": {
            "status": "not available",
            "reason": {"kind": "no_raster", "raster": "wind"},
        }
    }
    manifest = {"criteria": {**missing, **other}}
    explanation = explain_site(tables.sites.loc["drax"], tables.contributions, manifest)
    assert explanation.to_text(width=200).splitlines()[-1] == (
        "Not available: land, heat demand (no layer in the study); "
        "wind potential (the study has no raster 'wind': give one by --raster wind=FILE)."
    )


def test_features_that_a_filter_excludes_are_counted(tables: Tables) -> None:
    entry = {"status": "computed", "filter": {"capacity_mt": {"min": 100.0, "max": None}}}
    criteria = {
        "co2_storage_distance": {**entry, "features": 17, "features_in_layer": 31},
        "port_distance": {**entry, "features": 9, "features_in_layer": 9},
    }
    manifest = {"criteria": criteria}
    explanation = explain_site(tables.sites.loc["drax"], tables.contributions, manifest)
    text = explanation.to_text(width=200)
    counted = [line for line in text.splitlines() if "counted" in line]
    assert counted == [
        "CO2 storage distance: 17 of 31 features counted (capacity at least 100 Mt)."
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_exceeds_the_width(tables: Tables, width: int) -> None:
    tables.contributions["feature_name"] = "A feature with a name longer than most terminals have"
    text = _explain(tables, "immingham").to_text(width=width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert ("…" in text) is (width < 120)
    assert "0.415" in text


def test_repr_is_the_text(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    explanation = _explain(tables, "immingham")
    assert repr(explanation) == str(explanation) == explanation.to_text(width=80)


def test_a_site_at_a_member_is_not_zero_km_from_the_cluster(tables: Tables) -> None:
    site = tables.sites.loc["north-field"].copy()
    site["cluster_distance_km"] = 3e-13
    explanation = explain_site(site, tables.contributions, tables.manifest)
    assert explanation.setting == "Adjacent to a cluster; 12 km to the nearest major cluster."


def test_columns_line_up(tables: Tables) -> None:
    lines = _explain(tables, "immingham").to_text(width=100).splitlines()
    start = next(line for line in lines if "criterion" in line).index("value")
    rows = [line for line in lines if line.startswith(("0.", " "))]
    assert {line[start - 2 : start] for line in rows if len(line) > start} == {"  "}


def test_explanations_from_memory_and_file_are_equal(tables: Tables, tmp_path: Path) -> None:
    path = _write(tmp_path / "out.gpkg", tables)
    for site_id in tables.sites.index:
        from_file, from_memory = explain_site(*read_site(path, site_id)), _explain(tables, site_id)
        assert str(from_file) == str(from_memory)
        assert from_file.to_dict() == from_memory.to_dict()
        pd.testing.assert_frame_equal(from_file.rows, from_memory.rows)


def test_integer_ids_match_text(tables: Tables, tmp_path: Path) -> None:
    ids = {name: number for number, name in enumerate(tables.sites.index, start=10)}
    sites = tables.sites.rename(index=ids).rename_axis("site_id")
    contributions = tables.contributions.assign(
        site_id=tables.contributions["site_id"].map(ids), feature=range(len(tables.contributions))
    )
    path = write_geopackage(
        tmp_path / "out.gpkg",
        layers={"sites": sites},
        tables={"contributions": contributions, "manifest": flatten_manifest(tables.manifest)},
    )
    from_file = explain_site(*read_site(path, "11"))
    from_memory = explain_site(sites.loc[11], contributions, tables.manifest)
    assert from_file.site_id == from_memory.site_id == 11
    assert from_file.to_dict() == from_memory.to_dict()


def test_json_holds_unknown_as_null_and_infinite_as_text(tables: Tables) -> None:
    content = json.loads(json.dumps(_explain(tables, "islet").to_dict(), allow_nan=False))
    assert content["criteria"][1]["value"] == "inf"
    assert content["criteria"][1]["feature"] is None
    unknown = json.loads(json.dumps(_explain(tables, "north-field").to_dict(), allow_nan=False))
    assert unknown["score"] is None
    assert unknown["not_available"]["land"] == "the study has no layer 'land'"


def test_html_for_notebooks_escapes_names(tables: Tables) -> None:
    shown = _explain(tables, "saltend")._repr_html_()
    assert "Saltend &lt;park&gt;" in shown
    assert "<park>" not in shown
    assert "<th>driver</th>" in shown


def test_a_site_without_manifest_name_or_cluster_is_explained() -> None:
    site = pd.Series({"score": 0.5, "score_min": 0.5, "score_max": 0.5, "coverage": 1.0}, name="a")
    columns = [
        "site_id", "component", "criterion", "metric", "unit", "value", "partial_value", "weight",
        "contribution", "feature", "feature_name",
    ]  # fmt: skip
    explanation = explain_site(site, pd.DataFrame(columns=columns), {})
    assert explanation.name == "a"
    assert explanation.sentence == "a scores 0.50; 0.50-0.50 once missing data are allowed for."
    assert explanation.setting == ""


def test_a_page_escapes_every_name(tables: Tables) -> None:
    contributions = tables.contributions.assign(feature_name="<script>alert(1)</script>")
    page = explain_site(tables.sites.loc["saltend"], contributions, tables.manifest).to_html()
    assert "Saltend &lt;park&gt;" in page
    assert "<park>" not in page
    assert "<script" not in page
    assert page.count("<rect") == len(contributions.loc[contributions["site_id"] == "saltend"])


def test_a_page_of_a_site_without_a_score_draws_no_bars(tables: Tables) -> None:
    page = _explain(tables, "north-field").to_html()
    assert "<svg" not in page
    assert "has no score" in page


def test_a_result_without_its_profile_is_explained_without_raises(tables: Tables) -> None:
    explanation = _explain(tables, "immingham")
    assert explanation.raises.empty
    assert "What would raise" not in str(explanation)
    broken = {**tables.manifest, "profile": {"definition": {"id": "of another version"}}}
    row = tables.sites.loc["immingham"]
    assert explain_site(row, tables.contributions, broken).raises.empty


def test_a_result_of_an_earlier_version_is_explained(tables: Tables) -> None:
    reason = "the study has no layer 'heat_demand'"
    passing = {"features": 2, "filter": {"size": ["large"]}, "kept": "2 of 3"}
    criteria = {
        "heat_demand": {"status": "not available", "reason": reason},
        "port_distance": {"status": "computed", **passing},
    }
    manifest = {**tables.manifest, "criteria": criteria}
    explanation = explain_site(tables.sites.iloc[0], tables.contributions, manifest)
    assert f"heat demand ({reason})" in str(explanation)
    assert explanation.counted == {}


def test_an_input_named_excluded_is_no_gate(tables: Tables) -> None:
    site = tables.sites.iloc[0].copy()
    site["score"], site["excluded"] = float("nan"), "my own word"
    explanation = explain_site(site, tables.contributions, tables.manifest)
    assert "gate" not in explanation.sentence


def test_a_veto_appears_in_text_json_and_html(tables: Tables) -> None:
    criteria = [{"id": "port_distance", "veto": 0.95}]
    vetoing = {**tables.manifest, "profile": {"definition": {"criteria": criteria}}}
    site = tables.sites.assign(vetoed="port_distance", veto_unknown="").loc["immingham"]
    explanation = explain_site(site, tables.contributions, vetoing)
    sentence = (
        "Vetoed by port distance (partial value 0.90, the profile requires 0.95): whatever its "
        "score, the site does not count as well placed."
    )
    assert sentence in " ".join(explanation.to_text().split())
    assert sentence in explanation.to_html()
    content = explanation.to_dict()
    assert (content["vetoed"], content["veto_unknown"]) == (["port_distance"], [])
    # without vetoes in the profile, a column of that name is one of the input's
    plain = explain_site(site, tables.contributions, tables.manifest)
    assert "veto" not in json.dumps(plain.to_dict())
    unknown = site.copy()
    unknown["vetoed"], unknown["veto_unknown"] = "", "port_distance"
    notes = explain_site(unknown, tables.contributions, vetoing).to_dict()["notes"]
    assert isinstance(notes, list)
    assert str(notes[0]).startswith("Too little is known to decide whether a veto holds")


def test_control_characters_are_shown_not_obeyed(tables: Tables) -> None:
    name = "\x1b[31mred\u202e"
    sites = tables.sites.assign(name=name)
    contributions = tables.contributions.assign(feature_name=name)
    explanation = explain_site(sites.loc["saltend"], contributions, tables.manifest)
    for text in (explanation.to_text(width=200), str(explanation), repr(explanation)):
        assert text.count("\\u001b[31mred\\u202e") > 1
        assert not {"\x1b", "\u202e"} & {*text}
