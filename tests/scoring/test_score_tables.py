"""Score tables: every rule for missing data with a worked example, bits, and wrong input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from standort.errors import AlignmentError, OptionError
from standort.scoring.aggregation.means import geometric
from standort.scoring.aggregation.score_tables import score_table
from standort.scoring.profile.loading import load_profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.scoring.profile.profile_model import Profile

    MakeProfile = Callable[..., Profile]

NAN = float("nan")
IDS = ("p1", "p2", "p3", "p4", "p5", "f1", "f2", "s1", "s2")
AGGREGATIONS = ("geometric", "arithmetic", "minimum")
PARTIAL = arrays(
    np.float64,
    st.tuples(st.integers(1, 8), st.just(len(IDS))),
    elements=st.one_of(st.floats(0, 1), st.just(NAN)),
)


def table_of(sites: dict[str, dict[str, float]]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(sites, orient="index").astype(float)


def scored(values: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Score with the widest bounds where unknown."""
    return score_table(values, values.fillna(0.0), values.fillna(1.0), profile=profile)


def one_site(profile: Profile, **known: float) -> dict[str, Any]:
    (site,) = scored(table_of({"x": known}), profile).to_dict("records")
    return {str(name): actual for name, actual in site.items()}


def everywhere(value: float, *ids: str) -> dict[str, float]:
    return dict.fromkeys(ids or IDS, value)


# Everything known


def test_components_are_weighted_means_and_the_score_their_geometric_mean(
    make_profile: MakeProfile,
) -> None:
    # power (0 + .5 + 1 + 1 + 1) / 5 = .7; firms (.2 + .4) / 2 = .3; assets (1 + .8) / 2 = .9
    site = one_site(make_profile(), p1=0, p2=0.5, p3=1, p4=1, p5=1, f1=0.2, f2=0.4, s1=1, s2=0.8)
    components = [site["power"], site["firms"], site["assets"]]
    assert components == pytest.approx([0.7, 0.3, 0.9], abs=1e-15)
    assert site["score_arithmetic"] == pytest.approx(1.9 / 3, abs=1e-15)
    assert site["score_minimum"] == pytest.approx(0.3, abs=1e-15)
    product = (0.01 + 0.99 * 0.7) * (0.01 + 0.99 * 0.3) * (0.01 + 0.99 * 0.9)
    assert site["score_geometric"] == pytest.approx((product ** (1 / 3) - 0.01) / 0.99, abs=1e-12)
    assert site["score"] == site["score_geometric"] == site["score_min"] == site["score_max"]
    assert (site["coverage"], site["basis"]) == (1.0, ",".join(IDS))


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_the_score_is_that_of_the_profiles_aggregation(
    make_profile: MakeProfile, aggregation: str
) -> None:
    site = one_site(make_profile(aggregation=aggregation), **everywhere(0.3, "p1", "f1"), s1=0.9)
    assert site["score"] == site[f"score_{aggregation}"]


def test_weights_count_inside_components_and_between_them(make_profile: MakeProfile) -> None:
    # firms (3 * 1 + 1 * 0) / 4 = .75; score (2 * .75 + 1 * 0 + 1 * 0) / 4
    profile = make_profile(weights={"firms": 2, "f1": 3}, aggregation="arithmetic")
    site = one_site(profile, **{**everywhere(0), "f1": 1})
    assert site["firms"] == 0.75
    assert site["score"] == 0.375


def test_columns_come_in_a_fixed_order_without_a_rank(make_profile: MakeProfile) -> None:
    columns = scored(table_of({"x": everywhere(0.5)}), make_profile()).columns.tolist()
    assert columns == [
        *("power", "firms", "assets"),
        *("score", "score_geometric", "score_arithmetic", "score_minimum"),
        *("score_min", "score_max", "coverage", "basis"),
    ]


# Unknown at a site


def test_an_unknown_criterion_leaves_its_weight_to_the_known(make_profile: MakeProfile) -> None:
    # two of five unknown is a coverage of exactly .6: (0 + .5 + 1) / 3
    site = one_site(
        make_profile(), p1=0, p2=0.5, p3=1, p4=NAN, p5=NAN, **everywhere(1, "f1", "f2", "s1", "s2")
    )
    assert site["power"] == 0.5
    assert not np.isnan(site["score"])
    # a third of the weight is power's, and .6 of that is known
    assert site["coverage"] == pytest.approx(2 / 3 + 0.6 / 3, abs=1e-15)


def test_below_the_coverage_limit_component_and_score_are_unknown(
    make_profile: MakeProfile,
) -> None:
    site = one_site(make_profile(), **{**everywhere(0.5), "p3": NAN, "p4": NAN, "p5": NAN})
    unknown = ["power", "score", "score_geometric", "score_arithmetic", "score_minimum"]
    assert [np.isnan(site[name]) for name in unknown] == [True] * 5
    assert site["firms"] == 0.5


def test_bounds_hold_where_the_score_is_unknown(make_profile: MakeProfile) -> None:
    # power lies between (.5 + .5) / 5 and (.5 + .5 + 3) / 5
    profile = make_profile(aggregation="arithmetic")
    site = one_site(profile, **{**everywhere(0.5), "p3": NAN, "p4": NAN, "p5": NAN})
    assert np.isnan(site["score"])
    bounds = (site["score_min"], site["score_max"])
    assert bounds == pytest.approx(((0.2 + 1) / 3, (0.8 + 1) / 3), abs=1e-15)


def test_none_is_not_unknown(make_profile: MakeProfile) -> None:
    profile = make_profile()
    none = one_site(profile, **{**everywhere(0.5), "f1": 0.0})
    unknown = one_site(profile, **{**everywhere(0.5), "s1": 0.5, "p1": NAN})
    assert (none["firms"], none["coverage"]) == (0.25, 1.0)
    assert (unknown["power"], unknown["coverage"]) == (0.5, pytest.approx(14 / 15))


def test_unknown_emissions_within_reach_raise_only_the_upper_bound(
    make_profile: MakeProfile,
) -> None:
    profile = make_profile(aggregation="arithmetic")
    values = table_of({"x": everywhere(0.4)})
    actual = score_table(values, values, values.assign(f1=1.0), profile=profile).loc["x"]
    assert actual["score"] == pytest.approx(0.4, abs=1e-15)
    assert actual["score_min"] == actual["score"]
    assert actual["score_max"] == pytest.approx((0.4 + 0.7 + 0.4) / 3, abs=1e-15)


# Absent layers


def test_an_absent_criterion_is_shared_inside_its_component(make_profile: MakeProfile) -> None:
    present = [name for name in IDS if name not in {"p1", "p2", "p3", "p4"}]
    site = one_site(make_profile(aggregation="arithmetic"), **everywhere(0.5, *present))
    assert (site["power"], site["score"], site["coverage"]) == (0.5, 0.5, 1.0)
    assert site["basis"] == "p5,f1,f2,s1,s2"
    # power could be .5 / 5 or (.5 + 4) / 5
    bounds = (site["score_min"], site["score_max"])
    assert bounds == pytest.approx(((0.1 + 1) / 3, (0.9 + 1) / 3), abs=1e-15)


def test_an_absent_component_is_dropped_and_spanned_by_the_bounds(
    make_profile: MakeProfile,
) -> None:
    site = one_site(
        make_profile(aggregation="arithmetic"), **everywhere(0.6, "f1", "f2", "s1", "s2")
    )
    assert np.isnan(site["power"])
    assert (site["score"], site["coverage"]) == (pytest.approx(0.6), 1.0)
    bounds = (site["score_min"], site["score_max"])
    assert bounds == pytest.approx((1.2 / 3, 2.2 / 3), abs=1e-15)


def test_the_geometric_bounds_of_an_absent_component_are_its_limits(
    make_profile: MakeProfile,
) -> None:
    site = one_site(make_profile(), **everywhere(0.6, "f1", "f2", "s1", "s2"))
    least, most = (
        geometric([np.array([c]) for c in (end, 0.6, 0.6)], [1, 1, 1])[0] for end in (0.0, 1.0)
    )
    assert site["score"] == pytest.approx(0.6, abs=1e-15)
    assert (site["score_min"], site["score_max"]) == (least, most)


def test_without_any_criterion_nothing_is_known_but_the_bounds(make_profile: MakeProfile) -> None:
    actual = scored(pd.DataFrame(index=pd.Index(["x", "y"])), make_profile())
    assert actual[["score", "coverage", "power"]].isna().all().all()
    assert actual["score_min"].tolist() == [0.0, 0.0]
    assert actual["score_max"].tolist() == [1.0, 1.0]
    assert actual["basis"].tolist() == ["", ""]


@given(partial=PARTIAL, added=st.sampled_from(IDS), level=st.floats(0, 1))
def test_a_layer_known_everywhere_never_turns_a_score_unknown(
    make_profile: MakeProfile, partial: np.ndarray, added: str, level: float
) -> None:
    values = pd.DataFrame(partial, columns=list(IDS)).drop(columns=added)
    before = scored(values, make_profile())["score"]
    after = scored(values.assign(**{added: level}), make_profile())["score"]
    assert not (before.notna() & after.isna()).any()


# Properties


@given(partial=PARTIAL, aggregation=st.sampled_from(AGGREGATIONS))
def test_scores_are_ordered_in_range_and_inside_their_bounds(
    make_profile: MakeProfile, partial: np.ndarray, aggregation: str
) -> None:
    actual = scored(pd.DataFrame(partial, columns=list(IDS)), make_profile(aggregation=aggregation))
    known = actual[actual["score"].notna()]
    order = ["score_minimum", "score_geometric", "score_arithmetic"]
    assert (np.diff(known[order]) >= 0).all()
    assert actual["score_min"].between(0, 1).all()
    assert actual["score_max"].between(0, 1).all()
    assert (known["score_min"] <= known["score"]).all()
    assert (known["score"] <= known["score_max"]).all()
    complete = known[known["coverage"] == 1.0]
    assert (complete["score_min"] == complete["score_max"]).all()


@given(
    partial=PARTIAL, aggregation=st.sampled_from(AGGREGATIONS), absent=st.sets(st.sampled_from(IDS))
)
def test_no_truth_behind_the_unknown_leaves_the_bounds(
    make_profile: MakeProfile, partial: np.ndarray, aggregation: str, absent: set[str]
) -> None:
    profile = make_profile(aggregation=aggregation)
    values = pd.DataFrame(partial, columns=list(IDS)).drop(columns=list(absent))
    actual = scored(values, profile)
    rng = np.random.default_rng(len(absent))
    truth = values.reindex(columns=list(IDS))
    truth = truth.fillna(pd.DataFrame(rng.uniform(0, 1, truth.shape), columns=list(IDS)))
    score = scored(truth, profile)["score"]
    assert (actual["score_min"] <= score + 1e-12).all()
    assert (score - 1e-12 <= actual["score_max"]).all()


@given(end=st.sampled_from([0.0, 1.0]), aggregation=st.sampled_from(AGGREGATIONS))
def test_all_worst_scores_0_and_all_best_scores_1(
    make_profile: MakeProfile, end: float, aggregation: str
) -> None:
    weights = {"p1": 0.1, "p2": 0.2, "firms": 0.3, "s2": 7.0}
    site = one_site(make_profile(weights=weights, aggregation=aggregation), **everywhere(end))
    assert site["score"] == end


@given(partial=PARTIAL, factor=st.floats(0.01, 100))
def test_only_the_ratios_of_weights_matter(
    make_profile: MakeProfile, partial: np.ndarray, factor: float
) -> None:
    weights = {"p1": 2.0, "p2": 0.5, "p3": 1.0, "p4": 1.0, "p5": 1.0}
    scaled = {name: factor * weight for name, weight in weights.items()}
    values = pd.DataFrame(partial, columns=list(IDS))
    actual, same = (scored(values, make_profile(weights=w)) for w in (weights, scaled))
    pd.testing.assert_frame_equal(actual, same, rtol=0, atol=1e-12)


@given(partial=PARTIAL, dropped=st.sampled_from(["p2", "f1", "s2"]))
def test_a_weight_of_0_is_the_same_as_no_criterion(
    make_profile: MakeProfile, partial: np.ndarray, dropped: str
) -> None:
    values = pd.DataFrame(partial, columns=list(IDS))
    kept = ["power", "firms", "assets", "score", "score_arithmetic", "score_minimum", "basis"]
    profile = make_profile(weights={dropped: 0})
    without = scored(values.drop(columns=dropped), make_profile())
    pd.testing.assert_frame_equal(scored(values, profile)[kept], without[kept], check_exact=True)


def test_a_component_of_weight_0_is_shown_but_not_scored(make_profile: MakeProfile) -> None:
    profile = make_profile(weights={"power": 0}, aggregation="minimum")
    site = one_site(profile, **{**everywhere(0.5), **everywhere(0.1, "p1", "p2", "p3", "p4", "p5")})
    assert site["power"] == pytest.approx(0.1)
    assert (site["score"], site["score_min"], site["basis"]) == (0.5, 0.5, "f1,f2,s1,s2")


def test_a_better_criterion_never_lowers_a_score(make_profile: MakeProfile) -> None:
    levels = np.linspace(0, 1, 101)
    values = pd.DataFrame(0.4, index=range(101), columns=list(IDS)).assign(f1=levels)
    scores = scored(values, make_profile())["score"].to_numpy()
    assert (np.diff(scores) > 0).all()


# Nobody else's score


def test_adding_a_site_moves_no_other_score_where_min_max_turns_the_order_round(
    make_profile: MakeProfile,
) -> None:
    # Two benefits of equal weight. Over the batch, min-max gives .5, .667, .5 (B first); adding
    # D, which is untouched ground to A and B, gives .5, .324, .088 (A first).
    metrics = pd.DataFrame(
        {"f1": [70, 40, 10, 10], "f2": [30, 55, 60, 200]}, index=list("ABCD"), dtype=float
    )

    def min_max(table: pd.DataFrame) -> pd.Series:
        return ((table - table.min()) / (table.max() - table.min())).mean(axis=1).round(3)

    assert min_max(metrics[:3]).tolist() == [0.5, 0.667, 0.5]
    assert min_max(metrics)[:3].tolist() == [0.5, 0.324, 0.088]

    profile = make_profile(aggregation="arithmetic")
    values = (metrics / 100).clip(upper=1)
    three, four = scored(values[:3], profile), scored(values, profile)
    pd.testing.assert_frame_equal(three, four[:3], check_exact=True)
    assert four["score"][:3].tolist() == pytest.approx([0.5, 0.475, 0.35])


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_a_site_has_the_same_bits_alone_and_among_many(aggregation: str, size: int) -> None:
    profile = load_profile("net-zero").model_copy(update={"aggregation": aggregation})
    rng = np.random.default_rng(4)
    known = rng.uniform(0, 1, (4000, 16))
    known[rng.uniform(size=known.shape) < 0.1] = NAN
    values = pd.DataFrame(known, columns=[c.id for c in profile.criteria][:16])
    whole = scored(values, profile)
    for start in range(0, len(values), max(size, 401)):
        part = scored(values[start : start + size], profile)
        pd.testing.assert_frame_equal(part, whole[start : start + size], check_exact=True)


def test_the_order_of_sites_and_columns_does_not_matter(make_profile: MakeProfile) -> None:
    rng = np.random.default_rng(5)
    values = pd.DataFrame(rng.uniform(0, 1, (50, len(IDS))), columns=list(IDS))
    shuffled = values.sample(frac=1, random_state=1)[list(reversed(IDS))]
    actual = scored(shuffled, make_profile()).loc[values.index]
    pd.testing.assert_frame_equal(actual, scored(values, make_profile()), check_exact=True)


@pytest.mark.parametrize("index", [["b", "a"], [7, 3], []])
def test_the_index_is_that_of_the_sites(make_profile: MakeProfile, index: list[object]) -> None:
    sites = pd.Index(index, name="site_id")
    values = pd.DataFrame(0.5, index=sites, columns=list(IDS))
    pd.testing.assert_index_equal(scored(values, make_profile()).index, sites)


def test_the_tables_are_left_as_they_were(make_profile: MakeProfile) -> None:
    tables = [table_of({"x": {**everywhere(level), "p1": level}}) for level in (0.5, 0.2, 0.9)]
    before = [table.copy() for table in tables]
    score_table(*tables, profile=make_profile())
    for table, same in zip(tables, before, strict=True):
        pd.testing.assert_frame_equal(table, same)


# Wrong input


def test_columns_and_indexes_that_do_not_fit_are_named_together(
    make_profile: MakeProfile,
) -> None:
    values = table_of({"x": {"p1": 0.5, "port": 0.5}, "y": {"p1": 0.5, "port": 0.5}})
    low = values[["p1"]].rename(index={"y": "z"})
    with pytest.raises(AlignmentError) as caught:
        score_table(values, low, values, profile=make_profile())
    for message in (
        "has 3 problems",
        "column 'port' is not a criterion of profile 'small'; expected one of p1",
        "low and values differ in index",
        "low and values differ in columns 'port'",
    ):
        assert message in str(caught.value)


def test_a_site_that_occurs_twice_is_named(make_profile: MakeProfile) -> None:
    values = pd.DataFrame({"p1": [0.5, 0.6, 0.7]}, index=["x", "y", "x"])
    with pytest.raises(AlignmentError, match="expected each site once, got 'x' more often"):
        scored(values, make_profile())


def test_a_criterion_that_occurs_twice_is_named(make_profile: MakeProfile) -> None:
    values = pd.DataFrame([[0.5, 0.6]], columns=["p1", "p1"])
    with pytest.raises(AlignmentError, match="columns 'p1' occur more than once"):
        scored(values, make_profile())


def test_a_metric_taken_for_a_value_is_rejected_with_its_site(make_profile: MakeProfile) -> None:
    values = table_of({"x": {"p1": 0.5}, "y": {"p1": 37.0}})
    with pytest.raises(OptionError, match=r"expected p1 in \[0, 1\], got 37 at 'y'"):
        score_table(values, values, values, profile=make_profile())


def test_bounds_that_do_not_hold_are_rejected_with_their_site(make_profile: MakeProfile) -> None:
    values = table_of({"x": {"p1": 0.5, "p2": NAN}, "y": {"p1": 0.5, "p2": 0.5}})
    low = table_of({"x": {"p1": 0.6, "p2": 0.0}, "y": {"p1": 0.5, "p2": 0.5}})
    with pytest.raises(OptionError) as caught:
        score_table(values, low, values, profile=make_profile())
    assert "expected p1 between its low and high, not so at 'x'" in str(caught.value)
    assert "expected bounds of p2 everywhere, got NaN at 'x'; use 0 and 1" in str(caught.value)
