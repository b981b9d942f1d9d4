"""Scores of draws: equal to the score table without spreads, and to a plain loop with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from standort.random_numbers import name_keys
from standort.scoring import Profile, load_profile, score_table
from standort.uncertainty.input_spreads import Spreads
from standort.uncertainty.score_draws import draw_parameters, score_columns, value_columns

PROFILE = load_profile("net-zero")
NAMES = [criterion.id for criterion in PROFILE.criteria]
N = 400


def metrics(*, unknown: float = 0.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    drawn = {name: rng.lognormal(2.0, 1.5, N) for name in NAMES}
    for column in drawn.values():
        column[rng.random(N) < 0.05] = 0.0
        column[rng.random(N) < 0.05] = np.inf
        column[rng.random(N) < unknown] = np.nan
    return drawn


def scores_of(profile: Profile, spreads: Spreads, draws: int, unknown: float = 0.0) -> np.ndarray:
    parameters = draw_parameters(profile, NAMES, draws, 5, spreads)
    numbers, keys = np.arange(draws), name_keys(range(N))
    given = metrics(unknown=unknown)
    columns = value_columns(given, profile.criteria, parameters, numbers, keys, seed=5)
    return score_columns(columns, parameters, numbers, profile=profile)


AGGREGATIONS: list[dict[str, object]] = [
    {"aggregation": "geometric"},
    {"aggregation": "arithmetic"},
    {"aggregation": "minimum"},
    {"aggregation": "power_mean", "exponent": -1.0},
    {"aggregation": "owa", "orness": 0.3},
    {"aggregation": "topsis"},
]


@pytest.mark.parametrize("options", AGGREGATIONS)
@pytest.mark.parametrize("name", ["net-zero", "frontrunner"])
def test_without_spreads_a_draw_equals_the_score_to_the_bit(
    options: dict[str, object], name: str
) -> None:
    profile = load_profile(name).model_copy(update=options)
    values = pd.DataFrame({c.id: c.value(metrics()[c.id]) for c in profile.criteria})
    expected = score_table(values, values, values, profile=profile)["score"].to_numpy()
    for scores in scores_of(profile, Spreads.none(), 3):
        assert scores.tolist() == expected.tolist()


def test_a_factor_scales_every_breakpoint() -> None:
    parameters = draw_parameters(PROFILE, NAMES, 4, 0, Spreads())
    given, keys = metrics(), name_keys(range(N))
    columns = value_columns(given, PROFILE.criteria, parameters, np.arange(4), keys, seed=0)
    for criterion in PROFILE.criteria:
        raw = criterion.value.model_dump()
        for draw, factor in enumerate(parameters.factors[criterion.id]):
            points = [{**point, "x": point["x"] * factor} for point in raw["points"]]
            moved = type(criterion.value).model_validate({**raw, "points": points})
            np.testing.assert_allclose(
                columns[criterion.id][draw], moved(given[criterion.id]), atol=1e-12
            )


def test_factors_are_lognormal_and_independent() -> None:
    parameters = draw_parameters(PROFILE, NAMES, 20_000, 1, Spreads(breakpoints=0.3))
    logs = np.log([parameters.factors[name] for name in NAMES])
    np.testing.assert_allclose(logs.std(axis=1), 0.3, rtol=0.03)
    np.testing.assert_allclose(logs.mean(axis=1), 0.0, atol=0.01)
    assert np.abs(np.corrcoef(logs) - np.eye(len(NAMES))).max() < 0.04


def test_unknown_values_are_uniform_and_independent() -> None:
    parameters = draw_parameters(PROFILE, NAMES, 3_000, 0, Spreads())
    keys = name_keys(["a", "b", "c"])
    given = {name: np.array([np.nan, 1.0, np.nan]) for name in NAMES}
    criterion = PROFILE.criterion("port_distance")
    drawn = value_columns(given, [criterion], parameters, np.arange(3_000), keys, seed=0)
    values = drawn["port_distance"]
    assert not np.isnan(values).any()
    np.testing.assert_allclose(values[:, 0].mean(), 0.5, atol=0.02)
    np.testing.assert_allclose(values[:, 0].var(), 1 / 12, atol=0.005)
    assert abs(np.corrcoef(values[:, 0], values[:, 2])[0, 1]) < 0.06


def test_scores_equal_a_plain_loop() -> None:
    """Loop over draws and sites with the drawn weights and factors, without arrays."""
    draws = 6
    parameters = draw_parameters(PROFILE, NAMES, draws, 5, Spreads())
    scores = scores_of(PROFILE, Spreads(), draws)
    given = metrics()
    for draw in range(draws):
        for site in range(0, N, 41):
            parts = {c.id: 0.0 for c in PROFILE.components}
            for c in PROFILE.criteria:
                metric = given[c.id][site] / parameters.factors[c.id][draw]
                value = float(c.value([metric])[0])
                parts[c.component] += parameters.criteria[c.id][draw] * value
            score = 1.0
            for component, value in parts.items():
                score *= (0.01 + 0.99 * value) ** parameters.components[component][draw]
            assert scores[draw, site] == pytest.approx((score - 0.01) / 0.99, abs=1e-12)


def test_a_draw_does_not_depend_on_other_draws() -> None:
    few = scores_of(PROFILE, Spreads(), 3, unknown=0.2)
    many = scores_of(PROFILE, Spreads(), 17, unknown=0.2)
    assert few.tolist() == many[:3].tolist()


def test_weights_without_spread_give_the_score_in_the_limit() -> None:
    close = scores_of(PROFILE, Spreads(concentration=1e14, breakpoints=1e-9), 2)
    exact = scores_of(PROFILE, Spreads.none(), 2)
    np.testing.assert_allclose(close, exact, atol=1e-5)
