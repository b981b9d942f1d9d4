"""Metrics and roles: what a new one takes, and what happens if a step is left out."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from study.small_studies import points, study_of

from standort import metrics
from standort.metric_table import CLUSTER_METRICS, METRICS, OPTIONS, Metric, UnitFrom
from standort.roles import ROLES, Column, Role
from standort.scoring.profile.criteria import Criterion
from standort.scoring.profile.loading import parse_profile, profile_text
from standort.study import score
from standort.study.metric_functions import FUNCTIONS, Inputs
from standort.units import UNITS

if TYPE_CHECKING:
    from standort.metrics import Measurement
    from standort.scoring import Profile

MEAN = replace(METRICS["sum_within"], name="mean_of_known", may_have=frozenset({"filter"}))
MEAN = replace(MEAN, combination="measured again", unknowns="either way")


def mean_of_known(given: Inputs) -> Measurement:
    """Divide a sum by the number of features with a known quantity."""
    total = metrics.measure_sum(
        given.sites, given.features, given.column, radius_km=given.radius_km
    )
    count = metrics.measure_count(given.sites, given.features, radius_km=given.radius_km).value
    return replace(total, value=total.value / (count - total.unknown))


def mean_profile(**changes: Any) -> Profile:  # noqa: ANN401
    document = tomllib.loads(profile_text("net-zero"))
    for criterion in document["criteria"]:
        if criterion["id"] == "renewable_capacity":
            criterion.update({"metric": "mean_of_known", "unit": "mw", **changes})
    return parse_profile(document)


def plants(*capacities: float) -> dict[str, Any]:
    sites = points([0.0], [0.0], id_name="site_id")
    lon = 0.1 * np.arange(1, len(capacities) + 1)
    return {"sites": sites, "renewables": points(lon, 0 * lon, capacity_mw=list(capacities))}


def test_a_new_criterion_is_a_block_of_the_profile() -> None:
    """It is measured, described and explained, although no code names it."""
    document = tomllib.loads(profile_text("net-zero"))
    block = next(c for c in document["criteria"] if c["id"] == "port_distance")
    document["criteria"].append({**block, "id": "quay_distance", "title": "Distance to a quay"})
    layers = {**plants(100.0), "ports": points([0.5], [0.0])}
    result = score(study_of(layers), parse_profile(document))
    column = result.schema.column("sites", "quay_distance_km")
    assert column is not None
    assert (column.meaning, column.unit) == ("distance to a quay", "km")
    assert result.manifest["criteria"]["quay_distance"]["status"] == "computed"
    assert "quay distance" in str(result.explain(result.sites.index[0]))


def test_every_metric_has_a_row_and_a_function() -> None:
    assert list(FUNCTIONS) == list(METRICS)


@pytest.mark.parametrize("row", METRICS.values(), ids=lambda row: str(row.name))
def test_rows_name_known_options_and_units(row: Metric) -> None:
    assert row.needs | row.may_have <= set(OPTIONS)
    assert not row.needs & row.may_have
    assert isinstance(row.unit, UnitFrom) or row.unit in UNITS
    assert set(row.raster_units or {}) <= set(UNITS)
    assert (row.combination is None) == row.on_raster
    assert all(CLUSTER_METRICS[name].unit in UNITS for name in CLUSTER_METRICS)


def test_a_new_metric_is_a_row_and_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean of 100 and 300 MW is 200, and an unknown third could move it either way."""
    monkeypatch.setitem(METRICS, MEAN.name, MEAN)
    monkeypatch.setitem(FUNCTIONS, MEAN.name, mean_of_known)
    sites = score(study_of(plants(100.0, 300.0)), mean_profile()).sites
    assert sites["renewable_capacity_mw"].tolist() == [200.0]
    result = score(study_of(plants(100.0, 300.0, np.nan)), mean_profile())
    assert result.sites["renewable_capacity_mw"].tolist() == [200.0]
    assert result._evaluation.low["renewable_capacity"].tolist() == [0.0]
    assert result._evaluation.high["renewable_capacity"].tolist() == [1.0]


def test_a_metric_without_a_row_is_not_accepted() -> None:
    with pytest.raises(ValueError, match="expected one of nearest_distance"):
        mean_profile()


def test_a_metric_without_a_function_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, MEAN.name, MEAN)
    with pytest.raises(KeyError, match="mean_of_known"):
        score(study_of(plants(100.0, 300.0)), mean_profile())


def test_a_new_layer_is_a_role(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once declared, it is read, checked and measured against."""
    columns = (Column("feature_id", "id", required=True), Column("docks", "quantity", "count"))
    role = Role("yards", frozenset({"point"}), "feature_id", columns)
    layers = {**plants(100.0), "yards": points([0.5], [0.0], docks=[3.0])}
    profile = {"layer": "yards", "column": "docks", "metric": "sum_within", "unit": "count"}
    with pytest.raises(ValueError, match="yards"):
        study_of(layers)
    monkeypatch.setitem(ROLES, role.name, role)
    sites = score(study_of(layers), mean_profile(**profile)).sites
    assert sites["renewable_capacity_count"].tolist() == [3.0]
    assert sites["renewable_capacity_feature"].tolist() == ["x00"]


def test_a_column_of_a_role_needs_no_unit_in_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        ROLES,
        "yards",
        Role("yards", frozenset({"point"}), None, (Column("docks", "quantity", "count"),)),
    )
    criterion = {
        "id": "docks",
        "component": "net_zero_assets",
        "title": "t",
        "rationale": "r",
        "metric": "sum_within",
        "layer": "yards",
        "column": "docks",
        "radius_km": 10.0,
        "unit": "count",
        "value": {
            "kind": "goalpost",
            "worst": {"x": 0, "source": "assumption"},
            "best": {"x": 1, "source": "assumption"},
        },
    }
    assert Criterion.model_validate(criterion).column_unit == "count"
