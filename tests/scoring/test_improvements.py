"""Improvements: exact under every aggregation, and none for unknown values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standort.scoring import (
    as_wholes,
    defined_profile,
    load_profile,
    possible_raises,
    profile_definition,
    profile_names,
    reference_points,
    score_table,
    unknown_spans,
)
from standort.scoring.profile.value_functions import Goalpost, Logistic

PROFILE = load_profile("net-zero")
NAMES = [c.id for c in PROFILE.criteria]
AGGREGATIONS: list[dict[str, Any]] = [
    {"aggregation": "geometric"},
    {"aggregation": "arithmetic"},
    {"aggregation": "minimum"},
]


def _score(values: dict[str, float], profile: Any = PROFILE) -> float:  # noqa: ANN401 - a profile
    table = pd.DataFrame([values])
    scored = score_table(table, table.fillna(0.0), table.fillna(1.0), profile=profile)
    return float(scored["score"].iloc[0])


partial = st.one_of(st.floats(0, 1), st.just(math.nan), st.sampled_from([0.0, 0.5, 1.0]))


@pytest.mark.parametrize("setting", AGGREGATIONS, ids=lambda s: s["aggregation"])
@settings(max_examples=10)
@given(given_values=st.lists(partial, min_size=len(NAMES), max_size=len(NAMES)))
def test_a_gain_is_that_of_scoring_again(
    given_values: list[float], setting: dict[str, Any]
) -> None:
    profile = PROFILE.model_copy(update=setting)
    values = dict(zip(NAMES, given_values, strict=True))
    raises = possible_raises(values, profile=profile)
    before = _score(values, profile)
    for row in raises.head(8).to_dict("records"):
        name = str(row["criterion"])
        worth = float(profile.criterion(name).value([row["reference"]])[0])
        assert row["partial_value"] == worth > values[name]
        after = _score({**values, name: worth}, profile)
        assert row["score"] == after
        assert row["gain"] == after - before > 0
    assert raises["gain"].is_monotonic_decreasing
    if math.isnan(before):
        assert raises.empty


def test_no_reference_point_that_would_help_is_left_out() -> None:
    values = dict.fromkeys(NAMES, 0.4)
    raises = possible_raises(values, profile=PROFILE)
    for criterion in PROFILE.criteria:
        worths = {float(w) for w in criterion.value(reference_points(criterion.value)) if w > 0.4}
        actual = raises.loc[raises["criterion"] == criterion.id, "partial_value"]
        assert set(actual) == worths


def test_at_its_best_nothing_raises_a_score() -> None:
    assert possible_raises(dict.fromkeys(NAMES, 1.0), profile=PROFILE).empty


def test_the_first_point_on_the_way_counts_among_equals() -> None:
    """Who is far need not come nearer than the plateau begins."""
    port = PROFILE.criterion("port_distance")
    points = [(5, 1.0), (20, 1.0), (100, 0.0)]
    value = type(port.value).model_validate(
        {
            "kind": "piecewise",
            "points": [{"x": x, "value": v, "source": "a test"} for x, v in points],
        }
    )
    changed = port.model_copy(update={"value": value})
    criteria = tuple(changed if c.id == port.id else c for c in PROFILE.criteria)
    profile = PROFILE.model_copy(update={"criteria": criteria})
    raises = possible_raises({"port_distance": 0.0}, profile=profile)
    assert raises["reference"].tolist() == [20.0]


def test_reference_points_of_goalposts_and_curves() -> None:
    def at(x: float) -> dict[str, object]:
        return {"x": x, "source": "a test"}

    posts = Goalpost.model_validate({"kind": "goalpost", "worst": at(100), "best": at(5)})
    assert reference_points(posts) == [100.0, 5.0]
    curve = Logistic.model_validate({"kind": "logistic", "midpoint": at(50), "scale": at(-10)})
    points = reference_points(curve)
    np.testing.assert_allclose(curve(points), [0.5, 0.9])


@settings(max_examples=10)
@given(given_values=st.lists(partial, min_size=len(NAMES), max_size=len(NAMES)))
def test_a_span_holds_the_score_whatever_the_unknown_turns_out_to_be(
    given_values: list[float],
) -> None:
    values = dict(zip(NAMES, given_values, strict=True))
    spans = unknown_spans(values, profile=PROFILE)
    assert spans["criterion"].tolist() == [n for n in NAMES if math.isnan(values[n])]
    for row in spans.to_dict("records"):
        score = _score({**values, str(row["criterion"]): 0.3})
        if not math.isnan(score):
            assert row["score_worst"] - 1e-12 <= score <= row["score_best"] + 1e-12


def test_an_absent_layer_spans_what_it_could_change() -> None:
    values = {"neighbour_count": 0.5, "port_distance": 0.5}
    spans = unknown_spans(values, profile=PROFILE).set_index("criterion")
    assert "port_distance" not in spans.index
    assert spans.loc["heat_demand", "score_worst"] == _score({**values, "heat_demand": 0.0})
    assert spans.loc["heat_demand", "score_best"] == _score({**values, "heat_demand": 1.0})


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_comes_back_from_its_definition(name: str) -> None:
    profile = load_profile(name)
    again = defined_profile(profile_definition(profile))
    assert again == profile
    assert again.content_hash == profile.content_hash


def test_a_definition_holds_no_place_of_a_file() -> None:
    document = profile_definition(PROFILE)
    port = {k: v for k, v in document["criteria"][0].items() if k not in {"metric", "layer"}}
    source = {"raster": "wind", "unit": "ratio", "path": "/a/secret/place.tif"}
    raster = {**port, "metric": "raster_value", "source": source, "unit": "ratio"}
    profile = defined_profile({**document, "criteria": [raster, *document["criteria"][1:]]})
    assert profile.criteria[0].source is not None
    assert profile.criteria[0].source.path is not None
    written = profile_definition(profile)
    assert "secret" not in str(written)
    assert defined_profile(written).content_hash == profile.content_hash


def test_wholes_are_scored_by_criteria_of_their_own() -> None:
    own = {c.id for c in PROFILE.cluster_criteria}
    ids = {c.id for c in as_wholes(PROFILE).criteria}
    assert own <= ids
    assert "anchor_emissions" not in ids
