"""Trade-off rates against finite differences, at kinks, and with unknown values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring.conftest import SMALL, small_document

from standort.errors import AlignmentError, OptionError
from standort.scoring import parse_profile, score_table, substitution_rates, trade_off_rates

if TYPE_CHECKING:
    from standort.scoring import Profile

NAN = float("nan")
IDS = [name for names in SMALL.values() for name in names]
AGGREGATIONS: list[dict[str, Any]] = [
    {"aggregation": "arithmetic"},
    {"aggregation": "geometric"},
    {"aggregation": "minimum"},
    {"aggregation": "power_mean", "exponent": -2},
    {"aggregation": "power_mean", "exponent": 3},
    {"aggregation": "owa", "orness": 0.2},
    {"aggregation": "owa", "quantifier": "all"},
    {"aggregation": "owa", "orness": 1},
    {"aggregation": "topsis"},
]
WEIGHTS = {"power": 2, "p1": 3, "p2": 0.5, "f1": 0, "assets": 0.7}
each = pytest.mark.parametrize("chosen", AGGREGATIONS, ids=str)


def profile_with(chosen: dict[str, Any]) -> Profile:
    return parse_profile(small_document(weights=WEIGHTS, **chosen))


def score(values: pd.DataFrame, profile: Profile) -> pd.Series:
    low, high = values.fillna(0.0), values.fillna(1.0)
    return score_table(values, low, high, profile=profile)["score"]


@each
@settings(max_examples=15)
@given(rows=st.lists(st.tuples(*[st.floats(0.05, 0.95)] * 9), min_size=1, max_size=4))
def test_rates_are_those_of_a_small_rise(
    chosen: dict[str, Any], rows: list[tuple[float, ...]]
) -> None:
    profile = profile_with(chosen)
    values = pd.DataFrame(rows, columns=IDS)
    means = score_table(values, values, values, profile=profile)[list(SMALL)].to_numpy()
    gaps = np.abs(means[:, [0, 0, 1]] - means[:, [1, 2, 2]]).min(axis=1)
    rates, step = trade_off_rates(values, profile), 1e-6
    # a rise that passes another component has two rates
    smooth = gaps > 2 * step
    risen = [values.assign(**{name: values[name] + step}) for name in IDS]
    scores = score(pd.concat([values, *risen], ignore_index=True), profile).to_numpy()
    before, *after = np.split(scores, len(IDS) + 1)
    for name, then in zip(IDS, after, strict=True):
        actual = (then - before) / step
        np.testing.assert_allclose(rates[name][smooth], actual[smooth], rtol=1e-3, atol=1e-4)


def test_under_the_arithmetic_mean_rates_are_the_weights() -> None:
    values = pd.DataFrame([[0.3] * 9, [0.9] * 9], columns=IDS)
    rates = trade_off_rates(values, profile_with({"aggregation": "arithmetic"}))
    total = 2 + 1 + 0.7
    assert rates["p1"].tolist() == pytest.approx([2 / total * 3 / 6.5] * 2)
    assert rates["f1"].tolist() == [0, 0]
    assert rates["f2"].tolist() == pytest.approx([1 / total] * 2)
    assert rates.sum(axis=1).tolist() == pytest.approx([1, 1])


def test_the_weight_of_what_is_unknown_goes_to_the_known() -> None:
    values = pd.DataFrame([[0.3] * 9], columns=IDS).assign(s1=NAN)
    profile = parse_profile(small_document(aggregation="arithmetic", coverage_limit=0.4))
    rates = trade_off_rates(values, profile)
    assert np.isnan(rates["s1"].iloc[0])
    assert rates["s2"].iloc[0] == pytest.approx(1 / 3)


def test_where_components_tie_the_rate_is_that_of_a_rise_of_one_alone() -> None:
    values = pd.DataFrame([[0.5] * 9], columns=IDS)
    least = trade_off_rates(values, parse_profile(small_document(aggregation="minimum")))
    assert (least.to_numpy() == 0).all()
    # one of three that tie comes first: Q(1/3) = 1/9
    owa = trade_off_rates(
        values, parse_profile(small_document(aggregation="owa", quantifier="most"))
    )
    assert owa["s1"].iloc[0] == pytest.approx(1 / 9 / 2)


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_topsis_has_a_rate_at_its_ends(end: float) -> None:
    values = pd.DataFrame([[end] * 9], columns=IDS)
    rates = trade_off_rates(values, parse_profile(small_document(aggregation="topsis")))
    # (1/3) / sqrt(3 (1/3)^2), shared by two criteria
    assert rates["s1"].iloc[0] == pytest.approx(1 / 3**0.5 / 2)


def test_a_site_without_a_score_has_no_rates() -> None:
    values = pd.DataFrame([[0.3] * 9, [0.3] * 9], columns=IDS).astype(float)
    values.loc[0, ["s1", "s2"]] = NAN
    rates = trade_off_rates(values, profile_with({"aggregation": "geometric"}))
    assert rates.loc[0].isna().all()
    assert rates.loc[1].notna().all()


def test_substitution_is_the_ratio_of_rates() -> None:
    values = pd.DataFrame([[0.9] * 5 + [0.1] * 2 + [0.5] * 2], columns=IDS)
    profile = profile_with({"aggregation": "geometric"})
    rates = trade_off_rates(values, profile)
    actual = substitution_rates(values, profile, of="p1")
    np.testing.assert_allclose(actual["s1"], rates["s1"] / rates["p1"])
    assert actual["p1"].tolist() == [1.0]
    # f1 weighs nothing, so nothing can be had for it
    assert substitution_rates(values, profile, of="f1").isna().all().all()
    with pytest.raises(AlignmentError, match="of a criterion 'p7'; expected one of p1"):
        substitution_rates(values, profile, of="p7")


def test_tables_that_are_not_partial_values_are_rejected() -> None:
    profile = profile_with({"aggregation": "geometric"})
    with pytest.raises(AlignmentError, match="column 'x' is not a criterion"):
        trade_off_rates(pd.DataFrame({"x": [0.5]}), profile)
    with pytest.raises(OptionError, match=r"p1 in \[0, 1\], got 3"):
        trade_off_rates(pd.DataFrame({"p1": [3.0]}), profile)
