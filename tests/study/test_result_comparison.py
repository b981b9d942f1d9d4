"""Comparing finds exactly what was planted: sites, clusters, criteria and reasons."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from study.small_studies import WEST, all_layers, points, study_of

from standort.outputs.comparison.changes import cluster_changes, criterion_changes, site_changes
from standort.outputs.comparison.reasons import manifest_reasons
from standort.scoring import load_profile
from standort.study import Result, compare, score, what_if
from standort.uncertainty import Spreads, monte_carlo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def moved_port(full_result: Result) -> Result:
    """The same study, but that one port is gone."""
    layers = all_layers()
    layers["ports"] = layers["ports"].query("feature_id != 'x02'")
    return score(study_of(layers))


def test_a_result_compared_with_itself_shows_nothing(full_result: Result) -> None:
    actual = compare(full_result, full_result)
    assert actual.moved.empty
    assert actual.reasons == ()
    assert actual.comparable
    assert (actual.clusters["event"] == "continued").all()
    assert (actual.sites["input_changed"] == "").all()
    assert actual.details.empty
    assert "no score changed" in str(actual)
    assert "are the same" in str(actual)


def test_the_sites_of_a_port_that_is_gone_are_those_that_moved(
    full_result: Result, moved_port: Result
) -> None:
    actual = compare(full_result, moved_port)
    before, after = full_result.sites, moved_port.sites
    decided = before.index[before["port_distance_feature"] == "x02"]
    other = before["port_distance_value"] != after["port_distance_value"]
    scored = before["score"].notna()
    assert set(actual.moved.index) == set(before.index[other & scored])
    assert actual.gains.empty
    assert (actual.moved["mostly_by"] == "port_distance").all()
    row = actual.criteria.loc["port_distance"]
    assert row["sites_decided"] == row["sites_measured"] == len(decided)
    others = actual.criteria.drop(index="port_distance")
    assert (others[["sites_measured", "sites_decided", "sites_valued"]] == 0).all(axis=None)
    assert [(r.kind, r.what) for r in actual.reasons] == [("input", "ports")]
    assert actual.comparable


def test_changes_of_contributions_add_up_to_the_change_of_the_score(
    full_result: Result, moved_port: Result
) -> None:
    actual = compare(full_result, moved_port)
    added = actual.details.groupby("site_id")["change"].sum().to_dict()
    for id_, change in actual.moved["change"].items():
        assert added[id_] == pytest.approx(change, abs=1e-12)
    assert actual.counts["total_change"] == math.fsum(actual.sites["change"].dropna())


def test_files_and_results_give_the_same_comparison(
    full_result: Result, moved_port: Result, tmp_path: Path
) -> None:
    paths = [tmp_path / name for name in ("old.gpkg", "new.gpkg")]
    full_result.write(paths[0])
    moved_port.write(paths[1])
    read, held = compare(*paths), compare(full_result, moved_port)
    assert read.counts == held.counts
    assert read.reasons == held.reasons
    # Only the results in memory still have the layers they were computed from.
    assert (read.inputs_unread, held.inputs_unread) == (("ports",), ())
    lines = [str(actual).splitlines() for actual in (read, held)]
    differ = [pair for pair in zip(*lines, strict=True) if pair[0] != pair[1]]
    assert [pair[1].strip() for pair in differ] == ["1 row removed: x02"]
    texts = [json.dumps(actual.to_dict(), sort_keys=True) for actual in (read, held)]
    assert json.loads(texts[0])["sites"] == json.loads(texts[1])["sites"]


def test_planted_changes_of_emitters_are_detected() -> None:
    layers = all_layers()
    old = score(study_of(layers))
    changed = layers["emitters"].copy()
    changed.loc[changed["site_id"] == "e005", "co2_t_per_yr"] = 123_456.0
    at = changed["site_id"] == "e007"
    changed.loc[at, "geometry"] = points([WEST + 0.5], [51.4]).geometry.iloc[0]
    changed = changed.query("site_id != 'e011'")
    new = score(study_of({**layers, "emitters": changed}))
    sites = compare(old, new).sites
    assert sites.loc["e011", "status"] == "removed"
    assert sites.loc["e005", "input_changed"] == "co2_t_per_yr"
    assert sites.loc["e007", "input_changed"] == "position"
    assert (sites["input_changed"] != "").sum() == 2


def test_another_profile_is_described_field_by_field(full_result: Result) -> None:
    profile = load_profile("net-zero")
    port = profile.criterion("port_distance").model_copy(update={"weight": 2.5})
    criteria = tuple(port if c.id == port.id else c for c in profile.criteria)
    changed = profile.model_copy(update={"criteria": criteria, "version": "changed"})
    actual = compare(full_result, score(study_of(all_layers()), changed))
    assert [(r.what, r.before, r.after) for r in actual.reasons] == [
        ("version", profile.version, "changed"),
        ("criteria.port_distance.weight", 1.0, 2.5),
    ]
    assert not actual.comparable
    assert "are not comparable" in str(actual)


def test_a_layer_more_is_a_reason_and_a_change_of_the_basis(full_result: Result) -> None:
    less = score(study_of(all_layers(), salt_caverns=None))
    reasons = compare(less, full_result).reasons
    assert {(r.kind, r.what) for r in reasons} == {
        ("input", "salt_caverns"),
        ("basis", "salt_cavern_distance"),
    }
    assert next(r for r in reasons if r.kind == "basis").before is None


def test_versions_and_packages_are_reasons() -> None:
    old = {"standort": "1", "packages": {"numpy": "2.0", "standort": "1"}}
    new = {"standort": "2", "packages": {"numpy": "2.1", "standort": "2"}}
    texts = [str(reason) for reason in manifest_reasons(old, new)]
    assert texts == ["version standort: 1 -> 2", "package numpy: 2.0 -> 2.1"]


def test_other_draws_are_a_reason_and_scores_compare_nevertheless(full_result: Result) -> None:
    study = study_of(all_layers())
    few, others = (
        monte_carlo(study, draws=draws, replicates=4, seed=seed, spreads=spreads)
        for draws, seed, spreads in [(8, 0, None), (12, 1, Spreads(emissions=0.3))]
    )
    actual = compare(few.applied_to(full_result), others.applied_to(full_result))
    assert [str(reason) for reason in actual.reasons] == [
        "draws draws: 8 -> 12",
        "draws seed: 0 -> 1",
        "draws spreads.emissions: 0.1 -> 0.3",
    ]
    assert actual.comparable
    without = compare(full_result, few.applied_to(full_result)).reasons
    assert str(without[0]) == "draws draws: added (8)"


def test_other_thresholds_are_a_reason(full_result: Result) -> None:
    actual = compare(full_result, full_result.with_thresholds(0.7))
    assert [str(reason) for reason in actual.reasons] == [
        "option threshold: fixed: advantage 0.5, linkage 0.5 -> fixed: advantage 0.7, linkage 0.7"
    ]
    assert actual.comparable


def test_clusters_are_matched_by_members_not_by_number() -> None:
    def tables(labels: list[int], anchors: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        ids = pd.Index(list("abcdef"), name="site_id")
        sites = pd.DataFrame({"cluster": labels, "role": "core", "co2_t_per_yr": 1e6}, index=ids)
        sizes = [labels.count(number) for number in range(len(anchors))]
        clusters = pd.DataFrame({"anchor": anchors, "n_sites": sizes, "score": [0.5, 0.6]})
        return sites, clusters

    old = tables([0, 0, 0, 1, 1, 1], ["a", "d"])
    new = tables([1, 1, 1, 0, 0, 0], ["d", "a"])
    actual = cluster_changes(old, new)
    assert actual[["event", "before", "after"]].to_numpy().tolist() == [
        ["continued", 0, 1],
        ["continued", 1, 0],
    ]
    assert actual["change"].round(6).tolist() == [0.1, -0.1]


def test_clusters_without_members_among_the_sites_are_matched_by_anchor() -> None:
    sites = pd.DataFrame({"cluster": [-1], "role": [None]}, index=pd.Index(["x"], name="site_id"))
    old = pd.DataFrame({"anchor": ["a", "b"], "n_sites": [4, 5]})
    new = pd.DataFrame({"anchor": ["b", "c"], "n_sites": [5, 6]})
    actual = cluster_changes((sites, old), (sites, new))
    assert actual["event"].tolist() == ["continued", "died", "born"]


def test_ids_are_matched_whether_held_as_numbers_or_text() -> None:
    old = pd.DataFrame({"score": [0.1, 0.2], "rank": [2, 1]}, index=[1, 2])
    new = pd.DataFrame({"score": [0.1, 0.3], "rank": [2, 1]}, index=["1", "2"])
    table = site_changes(old, new)
    assert table["status"].tolist() == ["kept", "kept"]
    assert table["change"].round(6).tolist() == [0.0, 0.1]


def test_a_score_lost_is_no_change_but_is_counted(full_result: Result) -> None:
    row = {"site_id": "a", "criterion": "c", "value": 1.0, "partial_value": 0.5, "feature": "p"}
    old = pd.DataFrame([{**row, "contribution": 0.5}])
    new = pd.DataFrame([{**row, "contribution": math.nan, "partial_value": math.nan}])
    summary, details = criterion_changes(old, new)
    assert summary.loc["c", "sites_valued"] == 1
    assert summary.loc["c", "change"] == 0
    assert details["change"].isna().all()
    assert len(full_result.sites)


def test_writing_gives_a_file_of_each_kind(
    full_result: Result, moved_port: Result, tmp_path: Path
) -> None:
    import pyogrio

    actual = compare(full_result, moved_port)
    table = pd.read_csv(actual.write(tmp_path / "c.csv"), index_col="site_id")
    pd.testing.assert_series_equal(
        table["change"], actual.sites["change"], check_index_type=False, check_dtype=False
    )
    path = actual.write(tmp_path / "c.gpkg")
    assert {name for name, _ in pyogrio.list_layers(path)} >= {"sites", "clusters", "reasons"}
    assert len(pyogrio.read_dataframe(path, layer="sites")) == len(actual.sites)


def test_control_characters_are_shown_not_obeyed() -> None:
    layers = all_layers()
    layers["emitters"] = layers["emitters"].assign(name="\x1b[31mred")
    study = study_of(layers)
    changed = what_if(study, remove={"ports": ["x02"]})
    for text in (changed.to_text(), changed.comparison.to_text()):
        assert "\\u001b[31mred" in text
        assert "\x1b" not in text
