"""The tables and the manifest of a result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
from study.small_studies import all_layers, emitters, study_of

from standort.layers import read_study
from standort.results.manifest import package_versions
from standort.scoring import load_profile
from standort.study import Result, score

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from standort.layers import Study

PROFILE = load_profile("net-zero")


def test_sites_keep_input_order_and_columns(full_study: Study, full_result: Result) -> None:
    assert full_result.sites.index.equals(full_study.emitters.index)
    assert full_result.sites.index.name == "site_id"
    assert full_result.sites["co2_t_per_yr"].equals(full_study.emitters["co2_t_per_yr"])
    assert full_result.sites.crs == "EPSG:4326"
    assert not full_result.sites.columns.has_duplicates


def test_study_is_not_changed(full_study: Study) -> None:
    before = {name: layer.copy(deep=True) for name, layer in full_study.layers.items()}
    score(full_study)
    for name, layer in full_study.layers.items():
        pd.testing.assert_frame_equal(pd.DataFrame(layer), pd.DataFrame(before[name]))


def test_a_column_of_the_input_gives_way_to_ours() -> None:
    layer = all_layers()["emitters"].assign(score=7.0, tier="gold", note="x")
    sites = score(study_of({"emitters": layer})).sites
    assert (sites["input_score"] == 7.0).all()
    assert (sites["input_tier"] == "gold").all()
    assert (sites["note"] == "x").all()
    assert (sites["score"].dropna() <= 1.0).all()


def test_scoring_a_result_again_and_again_keeps_columns_apart() -> None:
    layer = all_layers()["emitters"].assign(score=0.5, input_score=0.25)
    sites = score(study_of({"emitters": layer})).sites
    assert not sites.columns.has_duplicates


def test_a_column_of_the_input_gives_way_whatever_its_case() -> None:
    layer = all_layers()["emitters"].assign(SCORE=7.0, Cluster="Humber")
    sites = score(study_of({"emitters": layer})).sites
    assert not sites.columns.str.casefold().has_duplicates


def test_cluster_tables_agree(full_result: Result) -> None:
    clusters, sites = full_result.clusters, full_result.sites
    assert clusters.index.equals(full_result.cluster_hulls.index)
    members = sites[sites["tier"] == "member"].groupby("cluster").size()
    assert members.tolist() == clusters["n_sites"].tolist()
    assert clusters["co2_mt_per_yr"].is_monotonic_decreasing
    assert ((sites["tier"] == "member") == (sites["cluster_distance_km"] == 0)).all()


def test_manifest_is_json(full_result: Result) -> None:
    text = json.dumps(dict(full_result.manifest), allow_nan=False)
    assert json.loads(text) == full_result.manifest


def test_manifest_says_what_with_and_what_from(full_study: Study, full_result: Result) -> None:
    manifest = full_result.manifest
    profile = dict(manifest["profile"])
    assert profile.pop("definition") == PROFILE.model_dump(mode="json", exclude_none=True)
    assert profile == {
        "id": "net-zero",
        "version": PROFILE.version,
        "hash": PROFILE.content_hash,
        "aggregation": "geometric",
        "coverage_limit": 0.6,
    }
    assert manifest["packages"] == package_versions()
    assert {"numpy", "scipy", "pyproj", "standort"} <= set(manifest["packages"])
    assert set(manifest["inputs"]) == set(full_study.layers)
    assert manifest["inputs"]["ports"]["rows_kept"] == 6
    assert manifest["options"]["eps_km"] == 10
    assert set(manifest["criteria"]) == {c.id for c in PROFILE.criteria}


def test_manifest_counts(full_result: Result) -> None:
    counts, sites = full_result.manifest["counts"], full_result.sites
    assert counts["sites"] == counts["emitters"] == 60
    assert counts["scored"] == sites["score"].notna().sum()
    assert counts["unknown_emissions"] == sites["co2_t_per_yr"].isna().sum() > 0
    assert counts["member"] + counts["adjacent"] + counts["dispersed"] == 60
    assert counts["member"] == full_result.clusters["n_sites"].sum()


def test_manifest_holds_the_hash_of_the_input_file(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "study.gpkg"
    layers = all_layers()
    layers["emitters"].to_file(path, layer="emitters")
    layers["ports"].to_crs(3035).to_file(path, layer="ports")
    manifest = score(read_study(path)).manifest
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for name in ("emitters", "ports"):
        source = manifest["inputs"][name]
        assert (source["path"], source["sha256"]) == ("study.gpkg", digest)
    assert manifest["inputs"]["ports"]["crs"] == "EPSG:3035"
    assert manifest["inputs"]["ports"]["operation"]
    assert str(tmp_path) not in json.dumps(dict(manifest))


def test_created_follows_source_date_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    manifest = score(study_of({"emitters": emitters([4], [52], [1.0])})).manifest
    assert manifest["created"] == "1970-01-02T00:00:00+00:00"
