"""Trajectories: stylised histories, hysteresis and additive attributions."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.errors import LayerError, OptionError, WeightError
from standort.scoring import aggregate
from standort.typology import TYPES, attribute_change, classify, trajectory

NAN = float("nan")
UNIT = st.floats(0, 1)
MAYBE = st.one_of(UNIT, st.just(NAN))


def history(
    advantage: list[float], linkage: list[float], *, place: str = "u", first: int = 2000
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": place,
            "year": range(first, first + len(advantage)),
            "advantage": advantage,
            "linkage": linkage,
        }
    )


def test_north_west_went_from_classic_cluster_to_forerunner() -> None:
    # stylised after section 5.3: advantage steady, networks built from 2016 to 2021
    result = trajectory(
        history([0.7] * 6, [0.30, 0.38, 0.47, 0.56, 0.62, 0.66], place="North West", first=2016)
    )
    assert result["settled_type"].tolist() == ["classic_cluster"] * 4 + ["forerunner"] * 2
    move = result.dropna(subset=["from_type"]).iloc[0]
    assert (move["from_type"], move["since"], move["year"]) == ("classic_cluster", 2019, 2020)


def test_black_country_went_from_forerunner_to_dispersed_cluster() -> None:
    # stylised after section 6: the large plants go, the networks stay
    result = trajectory(history([0.70, 0.60, 0.44, 0.40, 0.35], [0.7] * 5))
    assert result["settled_type"].tolist() == ["forerunner"] * 3 + ["dispersed_cluster"] * 2


def test_noise_around_a_border_is_no_transition() -> None:
    result = trajectory(history([0.7] * 6, [0.48, 0.53, 0.48, 0.54, 0.47, 0.52]))
    assert result["type"].nunique() == 2
    assert set(result["settled_type"]) == {"classic_cluster"}
    assert result["from_type"].isna().all()


@pytest.mark.parametrize(("linkage", "moved"), [(0.75, False), (0.7500001, True)])
def test_a_transition_needs_more_than_delta(linkage: float, moved: bool) -> None:  # noqa: FBT001
    result = trajectory(history([0.7] * 3, [0.2, linkage, linkage]), delta=0.25)
    assert result["from_type"].notna().any() == moved


def test_one_period_beyond_the_border_is_not_enough() -> None:
    result = trajectory(history([0.7] * 4, [0.2, 0.8, 0.2, 0.8]))
    assert result["from_type"].isna().all()


def test_two_different_types_in_a_row_support_neither() -> None:
    # classic, then clearly forerunner, then clearly dispersed cluster, then clearly forerunner
    result = trajectory(history([0.8, 0.8, 0.2, 0.8], [0.2, 0.8, 0.8, 0.8]))
    assert set(result["settled_type"]) == {"classic_cluster"}


def test_an_unknown_year_interrupts_the_periods_and_reverses_nothing() -> None:
    result = trajectory(history([0.7] * 6, [0.2, 0.8, NAN, 0.8, 0.8, NAN]))
    assert result["type"].isna().tolist() == [False, False, True, False, False, True]
    assert result["settled_type"].tolist() == ["classic_cluster"] * 4 + ["forerunner"] * 2


def test_a_place_begins_with_its_first_known_type() -> None:
    result = trajectory(history([NAN, 0.7, 0.7], [0.2, 0.2, 0.2]))
    assert result["settled_type"].isna().tolist() == [True, False, False]


def test_only_borders_that_are_crossed_must_be_clear() -> None:
    # advantage stays near its border all along, linkage crosses clearly
    result = trajectory(history([0.51] * 3, [0.2, 0.8, 0.8]))
    assert result["settled_type"].tolist()[-1] == "forerunner"


def test_both_borders_must_be_clear_where_both_are_crossed() -> None:
    result = trajectory(history([0.8, 0.48, 0.48], [0.2, 0.8, 0.8]))
    assert result["from_type"].isna().all()
    result = trajectory(history([0.8, 0.4, 0.4], [0.2, 0.8, 0.8]))
    assert result["settled_type"].tolist()[-1] == "dispersed_cluster"


@pytest.mark.parametrize(("probability", "moved"), [(0.5, True), (0.49, False), (NAN, False)])
def test_the_new_type_must_be_likely(probability: float, moved: bool) -> None:  # noqa: FBT001
    places = history([0.7] * 3, [0.2, 0.8, 0.8])
    places = places.assign(**{f"p_{name}": probability for name in TYPES})
    assert trajectory(places)["from_type"].notna().any() == moved


def test_one_period_without_delta_records_every_change() -> None:
    rng = np.random.default_rng(1)
    places = history(rng.random(50).tolist(), rng.random(50).tolist())
    result = trajectory(places, delta=0, periods=1)
    assert result["settled_type"].tolist() == result["type"].tolist()


@given(
    years=st.lists(st.tuples(MAYBE, MAYBE), min_size=1, max_size=12),
    delta=st.sampled_from([0.0, 0.05, 0.2]),
    periods=st.integers(1, 3),
)
def test_settled_types_agree_with_a_backward_search(
    years: list[tuple[float, float]], delta: float, periods: int
) -> None:
    result = trajectory(
        history([a for a, _ in years], [b for _, b in years]), delta=delta, periods=periods
    )
    kinds = result["type"].tolist()
    state, since = None, 0
    for row, settled in enumerate(result["settled_type"]):
        if state is None:
            state, since = kinds[row], row + 1
        window = range(row - periods + 1, row + 1)
        if (
            window.start >= since
            and state is not None
            and _proves(years, kinds, window, state, delta)
        ):
            state, since = kinds[row], row + 1
        assert settled == state


def _proves(
    years: list[tuple[float, float]],
    kinds: list[str | None],
    window: range,
    state: str,
    delta: float,
) -> bool:
    new = kinds[window.stop - 1]
    if new is None or new == state or any(kinds[row] != new for row in window):
        return False
    high = {name: (k in {0, 2}, k in {0, 1}) for k, name in enumerate(TYPES)}
    crossed = [axis for axis in (0, 1) if high[new][axis] != high[state][axis]]
    return all(abs(years[row][axis] - 0.5) > delta for row in window for axis in crossed)


def test_row_order_and_other_places_change_nothing() -> None:
    rng = np.random.default_rng(4)
    places = pd.concat(
        [history(rng.random(20).tolist(), rng.random(20).tolist(), place=u) for u in "cab"]
    )
    whole = trajectory(places)
    shuffled = trajectory(places.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(whole, shuffled)
    alone = trajectory(places.loc[places["place"] == "b"])
    part = whole.loc[whole["place"] == "b"].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, alone)
    assert part["linkage_change"].isna().tolist() == [True] + [False] * 19


def test_types_of_single_years_are_those_of_classify() -> None:
    places = history([0.2, 0.8], [0.6, 0.1])
    result = trajectory(places, threshold=(0.1, 0.6))
    expected = classify(places["advantage"], places["linkage"], threshold=(0.1, 0.6))
    assert result["type"].tolist() == expected.tolist()


def test_thresholds_from_the_sample_raise() -> None:
    with pytest.raises(OptionError, match=r"threshold to be a number.*got 'median'"):
        trajectory(history([0.2], [0.2]), threshold="median")  # type: ignore[arg-type]


def test_options_out_of_range_are_raised_together() -> None:
    with pytest.raises(OptionError, match=r"(?s)3 problems.*delta.*periods.*least_probability"):
        trajectory(history([0.2], [0.2]), delta=-1, periods=0, least_probability=2)


def test_invalid_rows_are_raised_together() -> None:
    places = pd.concat([history([0.2], [0.2]), history([0.3], [0.2])])
    places = places.assign(profile=["abc", "def"], year=2000.5)
    with pytest.raises(
        LayerError,
        match=r"(?s)3 problems.*whole years, got 2000\.5.*year of a place once.*one profile",
    ):
        trajectory(places)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(LayerError, match="'linkage'"):
        trajectory(history([0.2], [0.2]).drop(columns="linkage"))
    with pytest.raises(LayerError, match="'p_dispersed_cluster'"):
        trajectory(history([0.2], [0.2]).assign(p_forerunner=1.0))


# Attribution

NAMES = ["physical", "density", "assets"]
WEIGHTS = {"physical": 1.0, "density": 2.0, "assets": 0.5}
YEARS = st.lists(st.tuples(UNIT, UNIT, UNIT), min_size=2, max_size=6)


def component_years(years: list[tuple[float, ...]], place: str = "u") -> pd.DataFrame:
    table = pd.DataFrame(years, columns=NAMES, dtype=float)
    return table.assign(place=place, year=range(len(years)))


@given(years=YEARS)
@pytest.mark.parametrize("aggregation", ["geometric", "arithmetic"])
def test_parts_sum_to_the_change_of_the_score(
    aggregation: str, years: list[tuple[float, ...]]
) -> None:
    table = component_years(years)
    result = attribute_change(table, WEIGHTS, aggregation=aggregation)  # type: ignore[arg-type]
    scores = aggregate(table[NAMES], WEIGHTS, aggregation=aggregation).tolist()
    changes = [after - before for before, after in pairwise(scores)]
    np.testing.assert_allclose(result["change"], changes, atol=1e-12)
    parts = sum(result[f"{name}_added"] for name in NAMES)
    np.testing.assert_allclose(parts, changes, atol=1e-12)


@given(years=YEARS)
def test_logarithmic_parts_sum_to_the_logarithmic_change(
    years: list[tuple[float, ...]],
) -> None:
    table = component_years(years)
    result = attribute_change(table, WEIGHTS)
    floored = 0.01 + 0.99 * aggregate(table[NAMES], WEIGHTS).to_numpy()
    np.testing.assert_allclose(result["log_change"], np.diff(np.log(floored)), atol=1e-12)
    parts = sum(result[f"{name}_log_added"] for name in NAMES)
    np.testing.assert_allclose(parts, result["log_change"], atol=1e-12)


@given(years=YEARS)
def test_contributions_have_the_sign_of_their_change(
    years: list[tuple[float, ...]],
) -> None:
    table = component_years(years)
    result = attribute_change(table, WEIGHTS)
    for name in NAMES:
        own = np.diff(table[name].to_numpy())
        # a difference near the smallest double is lost beside the floor
        clear = np.abs(own) > 1e-12
        assert (np.sign(result[f"{name}_added"])[clear] == np.sign(own)[clear]).all()


def test_a_halving_with_a_negligible_floor() -> None:
    # A = sqrt(.8 .2) = .4 -> sqrt(.2 .2) = .2: all of it density's, ln .5 in logarithms
    table = pd.DataFrame(
        {"place": "u", "year": [1, 2], "density": [0.8, 0.2], "assets": [0.2, 0.2]}
    )
    result = attribute_change(table, {"density": 1, "assets": 1}, floor=1e-12).iloc[0]
    assert result["change"] == pytest.approx(-0.2)
    assert result["density_added"] == pytest.approx(-0.2)
    assert result["assets_added"] == 0
    assert result["log_change"] == pytest.approx(math.log(0.5))


def test_no_change_gives_zero_parts() -> None:
    result = attribute_change(component_years([(0.3, 0.4, 0.5)] * 2), WEIGHTS).iloc[0]
    assert result.drop(["place", "from_year", "year"]).tolist() == [0] * 8


def test_an_unknown_component_makes_the_parts_of_both_neighbouring_changes_unknown() -> None:
    years: list[tuple[float, ...]] = [(0.1, 0.2, 0.3), (0.1, NAN, 0.3), (0.1, 0.2, 0.3)] * 2
    result = attribute_change(component_years(years), WEIGHTS)
    assert result["change"].isna().tolist() == [True, True, False, True, True]
    assert result["density_added"].isna().tolist() == [True, True, False, True, True]


def test_a_component_of_weight_0_may_be_unknown() -> None:
    years: list[tuple[float, ...]] = [(0.1, NAN, 0.3), (0.2, NAN, 0.3)]
    result = attribute_change(component_years(years), WEIGHTS | {"density": 0})
    assert result["change"].notna().all()


def test_places_are_compared_only_with_themselves() -> None:
    table = pd.concat(
        [
            component_years([(0.9, 0.9, 0.9), (0.8, 0.8, 0.8)], "b"),
            component_years([(0.1, 0.1, 0.1)], "a"),
            component_years([(0.5, 0.5, 0.5), (0.6, 0.6, 0.6)], "c"),
        ]
    )
    result = attribute_change(table.sample(frac=1, random_state=3), WEIGHTS)
    assert result["place"].tolist() == ["b", "c"]
    assert result["change"].tolist() == pytest.approx([-0.1, 0.1])
    alone = attribute_change(table.loc[table["place"] == "c"], WEIGHTS)
    assert alone.iloc[0].tolist() == result.iloc[1].tolist()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"aggregation": "minimum"},
            OptionError,
            "'geometric' or 'arithmetic', got 'minimum'",
        ),
        ({"floor": 0.0}, OptionError, "floor to be a number above 0"),
        ({"weights": {"density": -1.0}}, WeightError, "a number of at least 0.*got"),
        ({"weights": {"density": 0.0}}, WeightError, "one of them > 0"),
        ({"weights": {"heat": 1.0}}, LayerError, "'heat'"),
    ],
)
def test_changes_that_cannot_be_split_raise(
    options: dict[str, object], error: type[Exception], message: str
) -> None:
    arguments = {"weights": WEIGHTS} | options
    with pytest.raises(error, match=message):
        attribute_change(component_years([(0.1, 0.2, 0.3)] * 2), **arguments)  # type: ignore[arg-type]


def test_invalid_components_are_raised_together() -> None:
    table = component_years([(0.1, 1.2, 0.3), (0.1, 0.2, -3)]).assign(year=1)
    with pytest.raises(LayerError, match=r"(?s)3 problems.*once.*density in.*1\.2.*assets in"):
        attribute_change(table, WEIGHTS)


def test_a_veto_ends_high_advantage() -> None:
    steady = history([0.9] * 4, [0.9] * 4)
    message = pd.Series(["", None, "port_distance", "port_distance"], index=steady.index)
    vetoed = trajectory(steady.assign(vetoed=message))
    assert vetoed["type"].tolist() == ["forerunner"] * 2 + ["dispersed_cluster"] * 2
    assert vetoed["settled_type"].iloc[-1] == "dispersed_cluster"
    lifted = trajectory(steady.assign(vetoed=["port_distance"] * 2 + [""] * 2))
    assert lifted["settled_type"].iloc[-1] == "forerunner"
