"""Metrics of a result are those of the metric functions, values those of the profile."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from study.small_studies import all_layers, emitters, points, study_of

from standort import metrics
from standort.scoring import apply_filter, load_profile
from standort.scoring.profile.loading import parse_profile, profile_text
from standort.study import Result, availability, score
from standort.units import convert

if TYPE_CHECKING:
    import pandas as pd

    from standort.layers import Study
    from standort.scoring.profile.criteria import Criterion
    from standort.scoring.profile.profile_model import Profile

PROFILE = load_profile("net-zero")
CRITERIA = PROFILE.criteria
#: nearby_clusters is measured against what the chain finds on its way
DIRECT = [c for c in CRITERIA if c.layer is not None]


def direct(study: Study, criterion: Criterion) -> pd.Series[float]:
    """Call the metric function a criterion names, in the place of the column."""
    sites, layer = study.sites, study.layers[str(criterion.layer)]
    features = layer[apply_filter(layer, criterion.filter).passes]
    options: dict[str, Any] = {}
    if criterion.radius_km is not None:
        options["radius_km"] = criterion.radius_km
    if criterion.k is not None:
        options["k"] = criterion.k
    if criterion.max_distance_km is not None:
        options["max_distance_km"] = criterion.max_distance_km
    if criterion.decay is not None:
        options["decay"] = metrics.exponential(100.0)
    column = [] if criterion.column is None else [criterion.column]
    if criterion.metric == "floating_catchment":
        column = [study.emitters.drop(columns="feature_id", errors="ignore")]
        options = {"supply": "capacity_mt", "demand": "co2_t_per_yr", "catchment_km": 300.0}
        options["capture_rate"] = 0.9
    function: Any = getattr(metrics, criterion.metric)
    measured: pd.Series[float] = function(sites, features, *column, **options)
    return measured


def changed_profile(**changes: dict[str, Any]) -> Profile:
    """Change criteria of the default profile; a value of None removes a key."""
    document = tomllib.loads(profile_text("net-zero"))
    for criterion in document["criteria"]:
        for key, value in changes.get(criterion["id"], {}).items():
            criterion[key] = value
    return parse_profile(document)


def test_every_layer_of_the_test_study_is_measured(full_result: Result) -> None:
    basis = full_result.sites["basis"].iloc[0].split(",")
    assert basis == [c.id for c in CRITERIA]
    assert basis == full_result.manifest["basis"]


@pytest.mark.parametrize("criterion", DIRECT, ids=lambda c: c.id)
def test_metric_is_the_direct_call_in_the_place_of_the_criterion(
    full_study: Study, full_result: Result, criterion: Criterion
) -> None:
    expected = direct(full_study, criterion)
    if criterion.column_unit is not None and criterion.unit != "yr":
        expected = convert(expected, criterion.column_unit, criterion.unit)
    actual = full_result.sites[f"{criterion.id}_{criterion.unit}"]
    assert actual.index.equals(expected.index)
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.id)
def test_partial_value_is_that_of_the_value_function(
    full_result: Result, criterion: Criterion
) -> None:
    metric = full_result.sites[f"{criterion.id}_{criterion.unit}"].to_numpy()
    value = full_result.sites[f"{criterion.id}_value"].to_numpy()
    np.testing.assert_array_equal(value, criterion.value(metric))
    assert (np.isnan(value) == np.isnan(metric)).all()
    assert ((value >= 0) & (value <= 1) | np.isnan(value)).all()


def test_places_by_hand() -> None:
    """4.3 and 8.2 Mt/yr next door: GP1 and GP4 of method F.1 no. 44, through the whole chain."""
    study = study_of({"emitters": emitters([0, 0.1, 5, 5.1], [0] * 4, [1e5, 4.3e6, 1e5, 8.2e6])})
    sites = score(study).sites
    assert sites["neighbour_emissions_mt_per_yr"].tolist() == pytest.approx([4.3, 0.1, 8.2, 0.1])
    value = sites["neighbour_emissions_value"].tolist()
    assert value == pytest.approx([0.5867, 0, 0.7857, 0], abs=5e-5)
    assert sites["anchor_emissions_mt_per_yr"].tolist() == pytest.approx([4.3, 4.3, 8.2, 8.2])


def test_storage_distance_values() -> None:
    """NZ1 at 20, 60, 100, 200 and 300 km is worth 1, .75, .5, .25 and 0 (F.1 no. 44)."""
    from oracles import GEOD

    lon = [GEOD.fwd(0, 0, 90, km * 1e3)[0] for km in (20, 60, 100, 200, 300)]
    layers = {
        "sites": points(lon, [0] * 5, id_name="site_id"),
        "co2_storage": points([0], [0], capacity_mt=[100.0]),
    }
    value = score(study_of(layers)).sites["co2_storage_distance_value"]
    assert value.tolist() == pytest.approx([1, 0.75, 0.5, 0.25, 0], abs=1e-6)


# ------------------------------------------------------------------ layers that are not there


def test_availability_gives_reasons() -> None:
    layers = all_layers()
    unknown = layers["renewables"].assign(capacity_mw=np.nan)
    jobs = layers["employment"].assign(jobs=np.nan)
    table = availability(study_of(layers, ports=None, renewables=unknown, employment=jobs), PROFILE)
    reason = table.set_index("criterion")["reason"]
    assert table["criterion"].tolist() == [c.id for c in PROFILE.criteria]
    assert (table["available"] == (table["reason"] == "")).all()
    assert reason["port_distance"] == "the study has no layer 'ports'"
    assert reason["renewable_capacity"] == (
        "layer 'renewables': 'capacity_mw' is unknown in every row"
    )
    assert reason["labour_pool"] == "layer 'employment': 'jobs' is unknown in every row"
    assert set(table["criterion"][~table["available"]]) == {
        "port_distance",
        "renewable_capacity",
        "labour_pool",
    }


def test_an_absent_layer_is_left_out_and_never_0() -> None:
    layers = all_layers()
    result = score(study_of({"emitters": layers["emitters"], "ports": layers["ports"]}))
    basis = (
        "neighbour_emissions,neighbour_count,neighbour_distance,anchor_emissions,port_distance,"
        "nearby_clusters"
    )
    assert (result.sites["basis"] == basis).all()
    absent = {c.id for c in PROFILE.criteria} - set(basis.split(","))
    assert not [c for c in result.sites if any(str(c).startswith(f"{name}_") for name in absent)]
    # the two assets there are speak for their component in full
    there = result.sites[["port_distance_value", "nearby_clusters_value"]]
    np.testing.assert_allclose(result.sites["net_zero_assets"], there.mean(axis=1), atol=1e-15)
    assert {
        k for k, v in result.manifest["criteria"].items() if v["status"] != "computed"
    } == absent


def test_an_empty_layer_is_known_none() -> None:
    """Decision 6: the layer is there, nothing is within reach: infinite, worth 0."""
    layers = all_layers()
    result = score(
        study_of(
            {"emitters": layers["emitters"]},
            ports=layers["ports"].iloc[:0],
            renewables=layers["renewables"].iloc[:0],
        )
    )
    assert np.isinf(result.sites["port_distance_km"]).all()
    assert (result.sites["renewable_capacity_gw"] == 0.0).all()
    assert (result.sites[["port_distance_value", "renewable_capacity_value"]] == 0.0).all(axis=None)
    third = result.sites["nearby_clusters_value"] / 3
    np.testing.assert_allclose(result.sites["net_zero_assets"], third, atol=1e-15)


# ------------------------------------------------------------------ columns of no account


@pytest.mark.parametrize("numbers", [[0, 1, 2, 3, 4, 5], [7, 7, 7, 7, 7, 7]])
def test_an_unknown_column_site_id_of_a_feature_layer_hides_nothing(numbers: list[int]) -> None:
    layers = all_layers()
    layers["emitters"] = layers["emitters"].assign(site_id=range(60))
    expected = score(study_of(layers)).sites["port_distance_km"]
    # the register of ports numbers its own places
    nearest = score(study_of(layers)).sites["port_distance_feature"].str[-1].astype(int)
    ports = layers["ports"].assign(site_id=numbers)
    ports.loc[nearest.iloc[0], "site_id"] = numbers[0]
    ports.loc[0, "site_id"] = numbers[nearest.iloc[0]]
    actual = score(study_of(layers, ports=ports)).sites["port_distance_km"]
    np.testing.assert_array_equal(actual, expected)


# ------------------------------------------------------------------ unknown quantities


def unknown_study() -> Result:
    """`a` sees 2 known and 1 unknown, `b` and `c` the other two; `u` and `v` only each other."""
    layer = emitters(
        [0, 0.01, 0.02, 5.0, 5.01],
        [0] * 5,
        [1e6, 2e6, np.nan, np.nan, np.nan],
        site_id=list("abcuv"),
    )
    return score(study_of({"emitters": layer}))


def test_unknown_neighbours_are_counted() -> None:
    sites = unknown_study().sites
    assert sites["neighbour_emissions_unknown"].tolist() == [1, 1, 0, 1, 1]
    # the anchor counts the site itself
    assert sites["anchor_emissions_unknown"].tolist() == [1, 1, 1, 2, 2]


def test_sums_add_the_known_and_are_unknown_where_nothing_is_known() -> None:
    sites = unknown_study().sites
    np.testing.assert_allclose(
        sites["neighbour_emissions_mt_per_yr"], [2, 1, 3, np.nan, np.nan], rtol=1e-12
    )
    np.testing.assert_allclose(
        sites["anchor_emissions_mt_per_yr"], [2, 2, 2, np.nan, np.nan], rtol=1e-12
    )
    assert sites["neighbour_emissions_value"].isna().tolist() == [False] * 3 + [True] * 2


def test_upper_bound_is_1_where_an_unknown_is_within_reach() -> None:
    result = unknown_study()
    high, low = result._evaluation.high, result._evaluation.low
    value = result._evaluation.partial_values
    assert high["neighbour_emissions"].tolist()[:2] == [1.0, 1.0]
    assert high["neighbour_emissions"].iloc[2] == value["neighbour_emissions"].iloc[2] < 1.0
    assert low["neighbour_emissions"].tolist() == [*value["neighbour_emissions"][:3], 0.0, 0.0]
    assert high["neighbour_count"].equals(value["neighbour_count"])
    bounds = result.sites[["score_min", "score", "score_max"]].dropna()
    assert (bounds["score_min"] <= bounds["score"]).all()
    assert (bounds["score"] <= bounds["score_max"]).all()


def test_coverage_limit() -> None:
    """Two of four criteria of a component are unknown at `u`: half is below the limit of 0.6."""
    sites = unknown_study().sites
    # the other component, of clusters nearby, is known
    assert sites["coverage"].tolist() == [1.0, 1.0, 1.0, 0.75, 0.75]
    assert sites["score"].isna().tolist() == [False] * 3 + [True] * 2
    assert sites["firm_proximity"].isna().tolist() == [False] * 3 + [True] * 2
    assert sites[["score_min", "score_max"]].notna().all(axis=None)
    assert (sites["score_min"] < sites["score_max"]).all()


def test_upper_bound_holds_whatever_the_unknown_turns_out_to_be() -> None:
    layers = all_layers(seed=4)
    before = score(study_of(layers)).sites
    rng = np.random.default_rng(0)
    for fill in (0.0, 1e4, 1e8):
        known = layers["emitters"].copy()
        gaps = known["co2_t_per_yr"].isna()
        known.loc[gaps, "co2_t_per_yr"] = fill * rng.random(gaps.sum())
        after = score(study_of(layers, emitters=known)).sites
        assert (after["score"] <= before["score_max"] + 1e-12).all()
        assert (after["score"] >= before["score_min"] - 1e-12).all()


# ------------------------------------------------------------------ filters


def test_filters_exclude_unknown_features_with_a_note(
    full_study: Study, full_result: Result
) -> None:
    storage = full_result.manifest["criteria"]["co2_storage_distance"]
    assert storage["features_in_layer"] == 8
    assert storage["features"] == 4
    assert storage["filter"]["capacity_mt"]["min"] == 100.0
    notes = " | ".join(full_result.notes)
    assert "CO2 storage distance: 2 of 8 features of layer 'co2_storage' excluded" in notes
    assert "pipeline distance: 1 of 5 features of layer 'pipelines' excluded" in notes
    pipelines = full_result.manifest["criteria"]["pipeline_distance"]
    assert (pipelines["features"], pipelines["features_in_layer"]) == (3, 5)
    used = set(full_result.sites["co2_storage_distance_feature"])
    assert used <= set(full_study.layers["co2_storage"].query("capacity_mt >= 100").index)


def test_a_filter_on_a_missing_column_is_skipped_with_a_note() -> None:
    profile = changed_profile(port_distance={"filter": {"size": ["large"]}})
    layers = all_layers()
    result = score(study_of(layers), profile)
    ports = result.manifest["criteria"]["port_distance"]
    assert (ports["features"], ports["features_in_layer"]) == (6, 6)
    assert [note for note in result.notes if note.startswith("port distance")] == [
        "port distance: the filter on 'size' was skipped: layer 'ports' has no such column"
    ]
    plain = score(study_of(layers)).sites["port_distance_km"]
    np.testing.assert_array_equal(result.sites["port_distance_km"], plain)


def test_a_filter_nothing_passes_leaves_nothing_within_reach() -> None:
    profile = changed_profile(port_distance={"filter": {"name": ["Nowhere"]}})
    sites = score(study_of(all_layers()), profile).sites
    assert np.isinf(sites["port_distance_km"]).all()
    assert (sites["port_distance_value"] == 0.0).all()


def test_max_distance_is_the_end_of_reach() -> None:
    profile = changed_profile(port_distance={"max_distance_km": 20})
    layers = all_layers()
    near = score(study_of(layers), profile).sites
    far = score(study_of(layers)).sites["port_distance_km"]
    expected = far.where(far <= 20, np.inf)
    np.testing.assert_array_equal(near["port_distance_km"], expected)
    assert near["port_distance_feature"].isna().equals(far > 20)
    assert 0 < (far > 20).sum() < len(far)


@pytest.mark.parametrize(
    ("decay", "function"),
    [
        ({"kind": "linear", "reach_km": 40}, metrics.linear(40.0)),
        ({"kind": "gaussian", "bandwidth_km": 12}, metrics.gaussian(12.0)),
        ({"kind": "exponential", "scale_km": 7}, metrics.exponential(7.0)),
    ],
)
def test_decays_are_those_of_the_metrics(decay: dict[str, Any], function: Any) -> None:  # noqa: ANN401
    profile = changed_profile(renewable_capacity={"decay": decay})
    study = study_of(all_layers())
    expected = metrics.sum_within(
        study.sites, study.layers["renewables"], "capacity_mw", radius_km=100, decay=function
    )
    actual = score(study, profile).sites["renewable_capacity_gw"]
    np.testing.assert_array_equal(actual, convert(expected, "mw", "gw"))
