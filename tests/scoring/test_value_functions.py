"""Value functions: closed forms, limits, unknown values, bits, and the rules of their models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from standort.scoring.profile.loading import load_profile
from standort.scoring.profile.value_functions import (
    Goalpost,
    Logistic,
    LogPiecewise,
    Piecewise,
    ValueFunction,
    goalpost,
    log_piecewise,
    logistic,
    out_of_range_share,
    piecewise,
    value_function_problems,
)
from standort.units import convert

NAN, INF = float("nan"), float("inf")


def points(*pairs: tuple[float, float]) -> list[dict[str, object]]:
    return [{"x": x, "value": value, "source": "assumption"} for x, value in pairs]


def at(x: float) -> dict[str, object]:
    return {"x": x, "source": "assumption"}


FALLING = Piecewise.model_validate(
    {"kind": "piecewise", "points": points((5, 1), (30, 0.5), (100, 0))}
)
RISING = LogPiecewise.model_validate(
    {"kind": "log_piecewise", "points": points((0.1, 0), (1, 0.5), (10, 1))}
)
COST = Goalpost.model_validate({"kind": "goalpost", "worst": at(100), "best": at(20)})
CURVE = Logistic.model_validate({"kind": "logistic", "midpoint": at(50), "scale": at(-10)})
EACH = [FALLING, RISING, COST, CURVE]


def kind_of(case: object) -> str:
    return str(getattr(case, "kind", case))


def validate(raw: dict[str, object]) -> ValueFunction:
    return TypeAdapter[ValueFunction](ValueFunction).validate_python(raw)


# Closed forms


def test_co2_storage_distance_of_net_zero_matches_the_hand_worked_values() -> None:
    value = load_profile("net-zero").criterion("co2_storage_distance").value
    np.testing.assert_allclose(value([20, 60, 100, 200, 300]), [1, 0.75, 0.5, 0.25, 0], atol=1e-15)


def test_neighbour_emissions_of_net_zero_matches_the_uk_clusters() -> None:
    # 3.1: .5 + .5 * 0.5 / 9.8; 4.3: .5 + .5 * 1.7 / 9.8; 8.2: .5 + .5 * 5.6 / 9.8
    value = load_profile("net-zero").criterion("neighbour_emissions").value
    np.testing.assert_allclose(value([3.1, 4.3, 8.2]), [0.5255, 0.5867, 0.7857], atol=5e-5)


def test_piecewise_hits_its_breakpoints_exactly() -> None:
    assert FALLING([5, 30, 100]).tolist() == [1.0, 0.5, 0.0]


def test_log_piecewise_is_half_way_at_the_geometric_mean() -> None:
    # sqrt(1 * 10) lies half way between 1 and 10 in the logarithm
    assert RISING([np.sqrt(10.0)])[0] == pytest.approx(0.75, abs=1e-15)


def test_goalpost_is_linear_and_clamped() -> None:
    assert COST([120, 100, 60, 20, 0]).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_goalpost_never_gives_a_negative_zero() -> None:
    assert not np.signbit(COST([100.0, INF])).any()


def test_logistic_moves_by_e_over_one_plus_e_within_one_scale() -> None:
    # 1 / (1 + e) = 0.2689...
    np.testing.assert_allclose(CURVE([40, 50, 60]), [0.7310586, 0.5, 0.2689414], atol=5e-8)


# Limits and unknowns


@pytest.mark.parametrize(
    ("value_function", "far", "none"),
    [(FALLING, 0.0, 1.0), (RISING, 1.0, 0.0), (COST, 0.0, 1.0)],
    ids=kind_of,
)
def test_infinity_and_zero_take_the_clamped_ends(
    value_function: ValueFunction, far: float, none: float
) -> None:
    assert value_function([INF, 0.0]).tolist() == [far, none]


def test_logistic_reaches_its_limits_at_infinity_without_a_warning() -> None:
    assert CURVE([INF, -INF, 1e6]).tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("value_function", EACH, ids=kind_of)
def test_unknown_stays_unknown_and_none_stays_known(value_function: ValueFunction) -> None:
    assert np.isnan(value_function([NAN, 0.0])).tolist() == [True, False]


def test_log_piecewise_clamps_what_has_no_logarithm() -> None:
    assert RISING([0.0, -1.0]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("value_function", EACH, ids=kind_of)
def test_no_sites_give_no_values(value_function: ValueFunction) -> None:
    assert value_function([]).tolist() == []


@given(x=st.lists(st.floats(0, 1e9), min_size=2, max_size=30))
@pytest.mark.parametrize("value_function", EACH, ids=kind_of)
def test_values_stay_in_range_and_are_monotone(
    value_function: ValueFunction, x: list[float]
) -> None:
    worths = value_function(sorted(x))
    steps = np.diff(worths) * (1 if value_function.direction == "benefit" else -1)
    assert ((worths >= 0) & (worths <= 1)).all()
    assert (steps >= 0).all()


# Bits


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("value_function", EACH, ids=kind_of)
def test_a_site_has_the_same_bits_alone_and_among_many(
    value_function: ValueFunction, size: int
) -> None:
    metric = np.random.default_rng(1).uniform(0.05, 150, 5000)
    whole = value_function(metric)
    for start in range(0, len(metric), max(size, 97)):
        part = value_function(metric[start : start + size])
        assert part.tobytes() == whole[start : start + size].tobytes()


@pytest.mark.parametrize("value_function", EACH, ids=kind_of)
def test_strided_input_has_the_same_bits(value_function: ValueFunction) -> None:
    table = np.random.default_rng(2).uniform(0.05, 150, (5000, 3))
    backwards = table[::-1, 1]
    assert value_function(table[:, 1]).tobytes() == value_function(table[:, 1].copy()).tobytes()
    assert value_function(backwards).tobytes() == value_function(backwards.copy()).tobytes()


@pytest.mark.parametrize("value_function", EACH, ids=kind_of)
def test_the_metric_is_left_as_it_was(value_function: ValueFunction) -> None:
    metric = pd.Series([NAN, 0.0, 50.0, INF], index=["a", "b", "c", "d"])
    before = metric.copy()
    value_function(metric)
    pd.testing.assert_series_equal(metric, before)


# Units


@given(x=st.floats(0, 1e3), scale=st.sampled_from([("km", "m"), ("mt_per_yr", "t_per_yr")]))
def test_a_change_of_unit_leaves_the_value(x: float, scale: tuple[str, str]) -> None:
    factor = convert(1.0, *scale)
    xs, worths = [0.5, 20.0, 300.0], [1.0, 0.25, 0.0]
    finer = [factor * point for point in xs]
    for function in (piecewise, log_piecewise):
        coarse = function([x], xs=xs, partial_values=worths)
        np.testing.assert_allclose(
            function([factor * x], xs=finer, partial_values=worths), coarse, atol=1e-12
        )
    np.testing.assert_allclose(
        goalpost([factor * x], worst=factor * 300, best=0), goalpost([x], worst=300, best=0)
    )
    np.testing.assert_allclose(
        logistic([factor * x], midpoint=factor * 50, scale=factor * -10),
        logistic([x], midpoint=50, scale=-10),
        atol=1e-12,
    )


# Out of range


def test_out_of_range_counts_the_clamped_among_the_known() -> None:
    # of the four known, 2 and INF lie outside 5 to 100
    assert out_of_range_share([2, 5, 100, INF, NAN], FALLING) == 0.5


def test_out_of_range_of_a_cost_goalpost_looks_at_both_ends() -> None:
    assert COST.out_of_range([19, 20, 100, 101, NAN]).tolist() == [True, False, False, True, False]


def test_out_of_range_share_is_unknown_when_nothing_is_known() -> None:
    assert np.isnan(out_of_range_share([NAN, NAN], RISING))


def test_a_logistic_curve_has_no_range_to_leave() -> None:
    assert out_of_range_share([0, 1e9], CURVE) == 0.0


# Models


@pytest.mark.parametrize(
    ("value_function", "direction"),
    [(FALLING, "cost"), (RISING, "benefit"), (COST, "cost"), (CURVE, "cost")],
    ids=kind_of,
)
def test_direction_follows_from_the_reference_points(
    value_function: ValueFunction, direction: str
) -> None:
    assert value_function.direction == direction


@pytest.mark.parametrize("value_function", EACH, ids=kind_of)
def test_value_functions_never_change(value_function: ValueFunction) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        value_function.kind = "other"  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("raw", "loc", "message"),
    [
        (
            {"kind": "piecewise", "points": points((5, 1), (5, 0))},
            ("points", 1, "x"),
            "expected more than the 5 of the point before, got 5; sort the points by x",
        ),
        (
            {"kind": "piecewise", "points": points((5, 1), (9, 0.2), (12, 0.4))},
            ("points", 2, "value"),
            "expected values that only rise or only fall, got [1.0, 0.2, 0.4]; make them monotone",
        ),
        (
            {"kind": "piecewise", "points": points((5, 0.5), (9, 1), (12, 0.5))},
            ("points", 2, "value"),
            "expected values that only rise or only fall, got [0.5, 1.0, 0.5]; make them monotone",
        ),
        (
            {"kind": "piecewise", "points": points((5, 0.5), (9, 0.5))},
            ("points",),
            (
                "expected values that differ, got 0.5 at every point; "
                "a constant cannot distinguish sites"
            ),
        ),
        (
            {"kind": "log_piecewise", "points": points((0, 0), (9, 1))},
            ("points", 0, "x"),
            "expected a number above 0 on a logarithmic scale, got 0; use kind 'piecewise' for 0",
        ),
        (
            {"kind": "goalpost", "worst": at(3), "best": at(3)},
            ("best", "x"),
            "expected a point other than worst.x, got 3 twice; change one",
        ),
        (
            {"kind": "logistic", "midpoint": at(3), "scale": at(0)},
            ("scale", "x"),
            "expected a scale other than 0, got 0; use a negative one if less is better",
        ),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_reference_points_out_of_order_are_problems(
    raw: dict[str, object], loc: tuple[Any, ...], message: str
) -> None:
    assert value_function_problems(raw) == [(loc, message)]
    with pytest.raises(ValidationError, match=r"points|best|scale"):
        validate(raw)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {"kind": "piecewise"},
        {"kind": "piecewise", "points": [1, 2]},
        {"kind": "piecewise", "points": [{"x": "5"}, {"x": True}]},
        {"kind": "goalpost", "worst": 3, "best": 3},
    ],
)
def test_rules_skip_what_has_the_wrong_shape(raw: object) -> None:
    assert value_function_problems(raw) == []
