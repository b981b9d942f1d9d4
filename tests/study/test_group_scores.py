"""Scores of clusters: assets averaged over members, density from the cluster itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from clusters.plant_layers import member_means
from study.small_studies import all_layers, emitters, points, study_of, without_criterion

from standort.clusters import cluster_table, dbscan
from standort.outputs.note_text import format_note
from standort.results.notes import Note, notes_of
from standort.scoring import Profile, load_profile
from standort.study import Result, score

PROFILE = load_profile("net-zero")


def test_density_comes_from_the_cluster_itself() -> None:
    """4 Mt in 4 plants on one spot: values .5714, .5 and 1, whose mean is .6905."""
    layer = emitters([4.0] * 4, [52.0] * 4, [1e6] * 4)
    profile = without_criterion(PROFILE, "nearby_clusters")
    row = score(study_of({"emitters": layer}), profile).clusters.iloc[0]
    emissions = 0.5 + 0.5 * (4 - 2.6) / (12.4 - 2.6)
    assert row["firm_proximity"] == pytest.approx((emissions + 0.5 + 1.0) / 3, abs=1e-12)
    assert row["score"] == pytest.approx(row["firm_proximity"], abs=1e-12)
    assert row["basis"] == "neighbour_emissions,neighbour_count,mean_pairwise_distance"


def test_assets_are_the_emission_weighted_means_of_members(full_result: Result) -> None:
    values = full_result._evaluation.partial_values
    study = study_of(all_layers())
    actual = dbscan(study.emitters, emissions="co2_t_per_yr")
    for component in ("physical_conditions", "net_zero_assets"):
        names = [c.id for c in PROFILE.criteria_of(component) if c.id in values]
        means = member_means(study.emitters, actual, values[names])
        assert (means.notna().mean(axis=1) >= 0.6).all()
        np.testing.assert_allclose(full_result.clusters[component], means.mean(axis=1), atol=1e-14)


def test_a_weighted_mean_by_hand() -> None:
    """Three plants of 3, 0 and 1 Mt/yr, ever farther from a port."""
    layer = emitters([0.0, 0.05, 0.1], [0.0] * 3, [3e6, 0.0, 1e6])
    study = study_of({"emitters": layer, "ports": points([-0.3], [0.0])})
    profile = without_criterion(PROFILE, "nearby_clusters").model_copy(
        update={"clusters": PROFILE.clusters.model_copy(update={"min_samples": 3})}
    )
    result = score(study, profile)
    value = result.sites["port_distance_value"]
    expected = (3 * value.iloc[0] + 1 * value.iloc[2]) / 4
    assert value.iloc[0] > value.iloc[2]
    assert result.clusters["net_zero_assets"].tolist() == pytest.approx([expected], abs=1e-14)


def test_table_is_that_of_cluster_table(full_result: Result) -> None:
    study = study_of(all_layers())
    expected = cluster_table(study.emitters, dbscan(study.emitters, emissions="co2_t_per_yr"))
    actual = full_result.clusters[expected.columns.drop("geometry")]
    pd.testing.assert_frame_equal(
        pd.DataFrame(actual), pd.DataFrame(expected.drop(columns="geometry")), check_exact=True
    )
    assert full_result.clusters.geometry.geom_equals(expected.geometry).all()
    assert full_result.clusters.crs == "EPSG:4326"


def test_bounds_hold_the_score(full_result: Result) -> None:
    clusters = full_result.clusters
    assert len(clusters) > 1
    assert (clusters["score_min"] <= clusters["score"]).all()
    assert (clusters["score"] <= clusters["score_max"]).all()
    partly = clusters["n_unknown"] > 0
    assert partly.any()
    assert (clusters["score_max"] > clusters["score"])[partly].all()


def test_no_cluster_is_an_empty_table_with_scores() -> None:
    layer = emitters([0.0, 5.0], [0.0, 0.0], [1e6, 1e6])
    result = score(study_of({"emitters": layer, "ports": points([0.0], [0.0])}))
    assert len(result.clusters) == 0
    assert {"score", "co2_mt_per_yr", "anchor", "net_zero_assets"} <= set(result.clusters.columns)


def test_bounds_of_a_cluster_hold_whatever_the_unknown_turns_out_to_be() -> None:
    def clusters(last: float) -> pd.Series[float]:
        # 25 km of plants, those of known emissions nearer to the port
        layer = emitters([0.0, 0.05, 0.1, 0.15, 0.225], [0.0] * 5, [1e6, 1e6, 1e6, 1e6, last])
        study = study_of({"emitters": layer, "ports": points([-0.5], [0.0])})
        profile = PROFILE.model_copy(
            update={"clusters": PROFILE.clusters.model_copy(update={"min_samples": 2})}
        )
        row: pd.Series[float] = score(study, profile).clusters.iloc[0]
        return row

    unknown, large = clusters(np.nan), clusters(50e6)
    assets = unknown["net_zero_assets"]
    assert large["net_zero_assets"] < assets  # the large plant lies far from the port
    # the lower bound on assets alone must fall below what is known now
    assert unknown["score_min"] <= large["score_min"]


def with_clusters(**settings: object) -> Profile:
    profile = without_criterion(PROFILE, "nearby_clusters")
    return profile.model_copy(update={"clusters": PROFILE.clusters.model_copy(update=settings)})


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"min_samples": 3}, [0, 0, 0, -1, -1]),
        ({"min_samples": 3, "dbscan_star": True}, [-1, 0, -1, -1, -1]),
        ({"mode": "emission", "min_emissions_mt_per_yr": 2.5}, [1, 1, 1, 0, 0]),
        (
            {"min_samples": 3, "mode": "count_and_emission", "min_emissions_mt_per_yr": 9.0},
            [-1] * 5,
        ),
    ],
)
def test_clusters_follow_the_settings_of_the_profile(
    settings: dict[str, Any], expected: list[int]
) -> None:
    # 8 km apart, then far from these a pair of which one is large
    layer = emitters([0.0, 0.072, 0.144, 1.0, 1.05], [0.0] * 5, [2e5, 1e6, 1.4e6, 4e6, 1e5])
    result = score(
        study_of({"emitters": layer, "ports": points([0.0], [0.0])}), with_clusters(**settings)
    )
    assert result.sites["cluster"].fillna(-1).astype(int).tolist() == expected
    plain = with_clusters()
    assert with_clusters(**settings).content_hash != plain.content_hash


def test_bounds_follow_the_direction_of_the_value_function() -> None:
    """Emissions that lower the value: unknown ones could take it down, never up."""
    raw = PROFILE.model_dump(mode="json")
    raw["components"] = [c for c in raw["components"] if c["id"] == "firm_proximity"]
    for key in ("criteria", "cluster_criteria"):
        raw[key] = [c for c in raw[key] if c["component"] == "firm_proximity"]
    falling = [
        {"x": x, "value": value, "source": "assumption"} for x, value in ((1, 0.8), (9, 0.2))
    ]
    raw["cluster_criteria"][0]["value"] = {"kind": "piecewise", "points": falling}
    layer = emitters([4.0] * 4, [52.0] * 4, [1e6, 1e6, 3e6, np.nan])
    row = score(study_of({"emitters": layer}), Profile.model_validate(raw)).clusters.iloc[0]
    assert row["score_min"] == pytest.approx((0.2 + 0.5 + 1.0) / 3)
    assert row["score"] == row["score_max"] == pytest.approx((0.5 + 0.5 + 1.0) / 3)


def test_a_component_without_a_layer_is_told_with_what_would_decide_it() -> None:
    layer = emitters([4.0] * 4, [52.0] * 4, [1e6] * 4)
    result = score(study_of({"emitters": layer, "ports": points([4.0], [52.0])}))
    (note,) = (n for n in notes_of(result.manifest) if n.kind == "component_unknown")
    assert note.component == "physical_conditions"
    assert note.layers == (
        "grid_nodes", "freight_routes", "employment", "feedstock", "land", "population",
    )  # fmt: skip
    assert Note.of(note.to_entry()) == note
    sentence = format_note(note)
    assert sentence.startswith("physical conditions: unknown, as none of its criteria")
    assert sentence.endswith("land and population")
