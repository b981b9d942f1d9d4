"""Types: the four cells of table 2 of the paper, ties, thresholds and sets of types."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.errors import AlignmentError, OptionError
from standort.scoring import aggregate, cap_classes
from standort.typology import (
    TYPES,
    Thresholds,
    classify,
    compare_aggregations,
    compare_thresholds,
    find_thresholds,
    possible_types,
)

NAN = float("nan")
UNIT = st.floats(0, 1)
MAYBE = st.one_of(UNIT, st.just(NAN))
TABLE_2 = {
    ("high", "high"): "forerunner",
    ("low", "high"): "dispersed_cluster",
    ("high", "low"): "classic_cluster",
    ("low", "low"): "dispersed_sites",
}


def series(*numbers: float) -> pd.Series[float]:
    return pd.Series(numbers, index=[f"p{k}" for k in range(len(numbers))], dtype=float)


def by_hand(advantage: float, linkage: float, limits: tuple[float, float]) -> str | None:
    """Look a place up in table 2 of Rattle and Taylor (2025)."""
    if math.isnan(advantage) or math.isnan(linkage):
        return None
    row = "high" if advantage >= limits[0] else "low"
    return TABLE_2[row, "high" if linkage >= limits[1] else "low"]


@pytest.mark.parametrize("cell", TABLE_2)
def test_the_cells_of_table_2(cell: tuple[str, str]) -> None:
    number = {"high": 0.8, "low": 0.2}
    result = classify(series(number[cell[0]]), series(number[cell[1]]))
    assert result.tolist() == [TABLE_2[cell]]


@given(places=st.lists(st.tuples(MAYBE, MAYBE), max_size=20), limits=st.tuples(UNIT, UNIT))
def test_types_agree_with_table_2(
    places: list[tuple[float, float]], limits: tuple[float, float]
) -> None:
    result = classify(
        series(*(a for a, _ in places)), series(*(b for _, b in places)), threshold=limits
    )
    assert result.tolist() == [by_hand(a, b, limits) for a, b in places]


@given(places=st.lists(st.tuples(UNIT, UNIT), min_size=1, max_size=20))
def test_swapping_the_axes_swaps_only_the_two_mixed_types(
    places: list[tuple[float, float]],
) -> None:
    swap = {"dispersed_cluster": "classic_cluster", "classic_cluster": "dispersed_cluster"}
    first, second = (series(*axis) for axis in zip(*places, strict=True))
    there, back = classify(first, second), classify(second, first)
    assert back.tolist() == [swap.get(name, name) for name in there]


def test_the_threshold_is_high() -> None:
    below = math.nextafter(0.5, 0)
    assert classify(series(0.5, below), series(0.5, 0.5)).tolist() == list(TYPES[:2])


def test_a_type_is_missing_if_an_axis_is_unknown() -> None:
    result = classify(series(0.8, NAN, NAN), series(NAN, 0.8, NAN))
    assert result.isna().tolist() == [True] * 3


# What is possible


def test_unknown_linkage_leaves_two_types() -> None:
    result = possible_types(series(0.8, 0.2, NAN, NAN), series(NAN, NAN, 0.9, NAN))
    assert result.tolist() == [
        "forerunner | classic_cluster",
        "dispersed_cluster | dispersed_sites",
        "forerunner | dispersed_cluster",
        "forerunner | dispersed_cluster | classic_cluster | dispersed_sites",
    ]


@given(a=MAYBE, b=MAYBE, steps=st.lists(UNIT, min_size=3, max_size=3), data=st.data())
def test_possible_types_contain_every_resolution_of_the_unknown(
    a: float, b: float, steps: list[float], data: st.DataObject
) -> None:
    low, inside, high = sorted(steps)
    actual_b = data.draw(UNIT) if math.isnan(b) else b
    result = possible_types(series(a), series(b), advantage_bounds=(series(low), series(high)))
    # the bounds of a known value count too: it is known on the known components only
    assert by_hand(inside, actual_b, (0.5, 0.5)) in result.tolist()[0].split(" | ")


def test_an_interval_on_one_side_of_the_threshold_settles_the_axis() -> None:
    bounds = (series(0.55, 0.4), series(0.8, 0.6))
    result = possible_types(series(0.9, 0.9), series(NAN, NAN), linkage_bounds=bounds)
    assert result.tolist() == ["forerunner", "forerunner | classic_cluster"]


def test_bounds_count_where_a_value_is_known_too() -> None:
    bounds = (series(0.0), series(1.0))
    result = possible_types(series(0.9), series(0.9), linkage_bounds=bounds)
    assert result.tolist() == ["forerunner | classic_cluster"]


def test_crossed_bounds_raise() -> None:
    with pytest.raises(OptionError, match="lowest linkage below the highest; not so at 'p0'"):
        possible_types(series(0.9), series(NAN), linkage_bounds=(series(0.8), series(0.2)))


# Side by side


def test_aggregations_disagree_on_one_weak_component() -> None:
    # (.9 .9 .1) is .44, .63 and .1
    table = pd.DataFrame({"a": [0.9, 0.9], "b": [0.9, 0.9], "c": [0.1, 0.9]}, index=["x", "y"])
    weights = {"a": 1, "b": 1, "c": 1}
    names = ("geometric", "arithmetic", "minimum")
    advantages = pd.DataFrame({n: aggregate(table, weights, aggregation=n) for n in names})
    result = compare_aggregations(advantages, pd.Series([0.2, 0.2], index=["x", "y"]))
    assert list(result.loc["x"]) == [
        "dispersed_sites",
        "classic_cluster",
        "dispersed_sites",
        False,
    ]
    assert result.loc["y", "agree"]


def test_without_linkage_the_sets_of_possible_types_are_compared() -> None:
    advantages = pd.DataFrame({"geometric": [0.8, 0.8], "minimum": [0.6, 0.4]})
    result = compare_aggregations(advantages, pd.Series([NAN, NAN]))
    assert result["type_geometric"].tolist() == ["forerunner | classic_cluster"] * 2
    assert result["type_minimum"].tolist()[1] == "dispersed_cluster | dispersed_sites"
    assert result["agree"].tolist() == [True, False]


def test_agreement_is_missing_if_a_type_is() -> None:
    advantages = pd.DataFrame({"geometric": [NAN], "arithmetic": [0.2]})
    result = compare_aggregations(advantages, pd.Series([0.2]))
    assert result["agree"].isna().tolist() == [True]


# Thresholds


def test_the_median_splits_any_sample() -> None:
    poor = series(0.01, 0.02, 0.03, 0.04)
    assert classify(poor, poor, threshold="median").tolist() == [
        "dispersed_sites",
        "dispersed_sites",
        "forerunner",
        "forerunner",
    ]
    assert set(classify(poor, poor)) == {"dispersed_sites"}


def test_jenks_splits_at_the_gap_and_reports_the_fit() -> None:
    axis = series(*np.linspace(0.1, 0.3, 12), *np.linspace(0.7, 0.8, 12))
    result = find_thresholds(axis, axis, threshold="jenks")
    assert result.advantage == pytest.approx(0.5)
    assert 0.9 < result.fit_advantage < 1
    assert result.label.startswith("jenks: advantage 0.5, linkage 0.5 (fit 0.9")
    assert result.label.endswith("this sample only")


@pytest.mark.parametrize("below", [0.3, math.nextafter(0.3, 1)])
def test_jenks_keeps_neighbouring_doubles_apart(below: float) -> None:
    above = math.nextafter(below, 1)  # the middle rounds up for one, down for the other
    axis = series(*[below] * 12, *[above] * 12)
    assert find_thresholds(axis, axis, threshold="jenks").advantage == above


def test_jenks_needs_twenty_known_places() -> None:
    axis = series(*np.linspace(0, 1, 19), NAN)
    with pytest.raises(OptionError, match="at least 20 known places on each axis, got 19"):
        classify(axis, axis, threshold="jenks")


@pytest.mark.parametrize(
    ("threshold", "label"),
    [
        (0.5, "fixed: advantage 0.5, linkage 0.5"),
        (1, "fixed: advantage 1, linkage 1"),
        ((0.4, 0.6), "expert: advantage 0.4, linkage 0.6"),
        (Thresholds(0.3, 0.3, "expert"), "expert: advantage 0.3, linkage 0.3"),
    ],
)
def test_labels_of_thresholds(threshold: Thresholds, label: str) -> None:
    assert find_thresholds(series(0.2), series(0.2), threshold=threshold).label == label


@pytest.mark.parametrize("threshold", [NAN, -0.1, (0.5, 1.2), "mean", None, True, (0.1, 0.2, 0.3)])
def test_invalid_thresholds_raise(threshold: float) -> None:
    with pytest.raises(OptionError, match="expected"):
        classify(series(0.2), series(0.2), threshold=threshold)


def test_a_median_without_known_places_raises() -> None:
    with pytest.raises(OptionError, match="at least one known place"):
        classify(series(NAN), series(0.2), threshold="median")


def test_thresholds_side_by_side() -> None:
    first, second = series(0.2, 0.4), series(0.1, 0.6)
    result = compare_thresholds(first, second, thresholds={"fixed": 0.5, "expert": (0.1, 0.5)})
    assert result.columns.tolist() == ["type_fixed", "type_expert", "agree"]
    assert result["agree"].tolist() == [False, False]


# Refusals


def test_all_values_out_of_range_are_raised_together() -> None:
    with pytest.raises(OptionError, match=r"(?s)advantage in \[0, 1\], got 1\.5 at 'p1'.*linkage"):
        classify(series(0.2, 1.5), series(-1, 0.3))


def test_differing_places_are_named() -> None:
    other = pd.Series([0.1], index=["x"])
    with pytest.raises(AlignmentError, match="differ in 'p0', 'x'"):
        classify(series(0.2), other)


def test_places_in_another_order_raise() -> None:
    axis = series(0.2, 0.3)
    with pytest.raises(AlignmentError, match="differ in order"):
        classify(axis, axis.iloc[::-1])


def test_inputs_are_not_changed() -> None:
    first, second = series(0.2, NAN), series(0.7, 0.1)
    copies = first.copy(), second.copy()
    classify(first, second, threshold="median")
    pd.testing.assert_series_equal(first, copies[0])
    pd.testing.assert_series_equal(second, copies[1])


FOUR = st.tuples(MAYBE, MAYBE, MAYBE, MAYBE)


@given(advantage=FOUR, linkage=FOUR)
def test_a_veto_caps_types_as_cap_classes_does(
    advantage: tuple[float, ...], linkage: tuple[float, ...]
) -> None:
    a, b = series(*advantage), series(*linkage)
    vetoed = pd.Series(["port_distance", "", None, "port_distance,heat_demand"], index=a.index)
    caps = {"forerunner": "dispersed_cluster", "classic_cluster": "dispersed_sites"}
    result = classify(a, b, vetoed=vetoed)
    expected = cap_classes(classify(a, b), vetoed, caps=caps)
    assert result.fillna("none").tolist() == expected.fillna("none").tolist()
    could = possible_types(a, b)
    for place, names in possible_types(a, b, vetoed=vetoed).items():
        plain = set(could[str(place)].split(" | "))
        capped = {caps.get(name, name) for name in plain}
        expected_set = capped if place in {"p0", "p3"} else plain
        assert set(names.split(" | ")) == expected_set


def test_vetoes_on_another_index_raise() -> None:
    vetoed = pd.Series(["port_distance"], index=["elsewhere"])
    with pytest.raises(AlignmentError, match="one index"):
        classify(series(0.8), series(0.8), vetoed=vetoed)


def test_a_veto_caps_the_type_under_every_aggregation() -> None:
    advantages = pd.DataFrame({"geometric": [0.4], "arithmetic": [0.8]}, index=["p0"])
    vetoed = pd.Series(["port_distance"], index=["p0"])
    assert not compare_aggregations(advantages, series(0.7))["agree"].iloc[0]
    result = compare_aggregations(advantages, series(0.7), vetoed=vetoed)
    assert result["type_arithmetic"].iloc[0] == "dispersed_cluster"
    assert result["agree"].iloc[0]
