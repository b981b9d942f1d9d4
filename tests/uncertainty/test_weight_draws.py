"""Weight draws: moments, the two levels of a profile, absent layers, invalid options."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from standort.errors import OptionError, WeightError
from standort.scoring import load_profile
from standort.scoring.weights.effective_weights import criterion_weights
from standort.uncertainty import draw_shares, draw_weights

PROFILE = load_profile("net-zero")
SOME = ["neighbour_count", "neighbour_emissions", "port_distance", "heat_demand"]


def test_plain_weights_vary_about_the_given_ones() -> None:
    drawn = draw_weights({"a": 3, "b": 2, "c": 0, "d": 5}, 20_000, 1)
    assert list(drawn) == ["a", "b", "d"]
    np.testing.assert_allclose(drawn.mean(), [0.3, 0.2, 0.5], atol=0.003)
    np.testing.assert_allclose(drawn.var(), [0.21 / 31, 0.16 / 31, 0.25 / 31], rtol=0.04)


def test_without_concentration_weights_are_uniform_on_the_simplex() -> None:
    drawn = draw_weights({"a": 8, "b": 1}, 20_000, 2, concentration=None)
    # with two criteria the first share is uniform on [0, 1]
    np.testing.assert_allclose(drawn["a"].quantile([0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.01)


def test_the_mean_weights_of_a_profile_are_its_own() -> None:
    drawn = draw_weights(PROFILE, 20_000, 3, available=SOME)
    expected = criterion_weights(SOME, profile=PROFILE)
    pd.testing.assert_index_equal(drawn.columns, expected.index)
    np.testing.assert_allclose(drawn.mean(), expected, atol=0.003)
    np.testing.assert_allclose(drawn.sum(axis=1), 1.0, rtol=1e-14)


def test_a_larger_concentration_keeps_closer_to_the_weights() -> None:
    drawn = draw_weights(PROFILE, 50, 3, concentration=1e12)
    expected = criterion_weights([c.id for c in PROFILE.criteria], profile=PROFILE)
    np.testing.assert_allclose(drawn, np.tile(expected, (50, 1)), rtol=1e-4)


def test_a_draw_does_not_depend_on_the_number_of_draws() -> None:
    few, many = (draw_weights(PROFILE, n, 4) for n in (3, 30))
    pd.testing.assert_frame_equal(few, many.iloc[:3])
    alone = draw_shares(PROFILE, SOME, [2], 4)
    among = draw_shares(PROFILE, SOME, range(5), 4)
    pd.testing.assert_frame_equal(alone.within, among.within.iloc[[2]])


def test_an_absent_layer_leaves_its_weight_to_its_component() -> None:
    shares = draw_shares(PROFILE, SOME, range(20), 5)
    assert list(shares.components) == ["firm_proximity", "net_zero_assets"]
    firm = shares.within["neighbour_emissions"] + shares.within["neighbour_count"]
    np.testing.assert_allclose(firm, 1.0, rtol=1e-14)


@pytest.mark.parametrize("concentration", [0.0, -1.0, float("nan"), float("inf")])
def test_a_concentration_out_of_range_is_rejected(concentration: float) -> None:
    with pytest.raises(OptionError, match="concentration"):
        draw_weights(PROFILE, 5, 0, concentration=concentration)


def test_draws_and_weights_out_of_range_are_rejected() -> None:
    with pytest.raises(OptionError, match="draws"):
        draw_weights(PROFILE, 0, 0)
    with pytest.raises(WeightError, match="'a'"):
        draw_weights({"a": -1.0, "b": 1.0}, 5, 0)
    with pytest.raises(WeightError, match="none above 0"):
        draw_weights({"a": 0.0}, 5, 0)
    with pytest.raises(WeightError, match="none above 0"):
        draw_shares(PROFILE, [], [0], 0)
