"""Tipping points of sites: every change reaches its target, no smaller one does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study.small_studies import all_layers, study_of

from standort.errors import OptionError
from standort.scoring import load_profile, parse_profile, score_table
from standort.study import Result, score
from standort.uncertainty import tipping_points, tipping_table
from standort.uncertainty.reweighting import as_columns, reweighted
from standort.uncertainty.tipping import metric_changes as tipping_metrics
from standort.uncertainty.tipping.metric_changes import metric_tip, tie_value
from standort.uncertainty.tipping.targets import Standing, find_targets
from standort.uncertainty.tipping.weight_changes import all_weights_tip, on_simplex, shortest_way

if TYPE_CHECKING:
    from standort.scoring import Profile

#: component -> criteria
PARTS = {"power": ("p1", "p2"), "assets": ("s1", "s2", "s3")}


def profile_of_distances(aggregation: str, **weights: float) -> Profile:
    """Return a profile whose partial values fall from 1 at 0 km to 0 at 100 km."""
    words = {"title": "a title", "rationale": "a reason"}
    ends = {
        "kind": "goalpost",
        "worst": {"x": 100, "source": "assumption"},
        "best": {"x": 0, "source": "assumption"},
    }
    criteria = [
        {
            "id": criterion,
            "component": component,
            "metric": "nearest_distance",
            "layer": "ports",
            "unit": "km",
            "weight": weights.get(criterion, 1.0),
            "value": ends,
            **words,
        }
        for component, names in PARTS.items()
        for criterion in names
    ]
    return parse_profile(
        {
            "id": "small",
            "version": "1",
            "title": "small",
            "description": "for tests",
            "aggregation": aggregation,
            "components": [{"id": c, "weight": weights.get(c, 1.0), **words} for c in PARTS],
            "criteria": criteria,
        }
    )


def sites_of(metrics: Any, profile: Profile) -> pd.DataFrame:  # noqa: ANN401 - rows of numbers
    """Return a table of sites with the columns of a result."""
    rows = np.asarray(metrics, dtype=float)
    table = pd.DataFrame(index=[f"s{i:02d}" for i in range(len(rows))])
    for j, criterion in enumerate(profile.criteria):
        table[criterion.metric_column] = rows[:, j]
        table[f"{criterion.id}_value"] = criterion.value(rows[:, j])
    return table


def random_sites(profile: Profile, seed: int, n: int = 25) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return sites_of(rng.uniform(0, 100, (n, 5)), profile)


def standing_of(sites: pd.DataFrame, profile: Profile, at: int) -> Standing:
    values = pd.DataFrame({c.id: sites[f"{c.id}_value"] for c in profile.criteria})
    return Standing(as_columns(values, profile=profile), sites.index, at, profile)


def rows_of(table: pd.DataFrame) -> list[Any]:
    """Return the rows as tuples, typed Any because pandas does not type their fields."""
    return list(cast("Any", table.itertuples()))


def rescored(sites: pd.DataFrame, profile: Profile) -> pd.Series:
    """Score a table of sites from its metrics, with `score_table`."""
    values = pd.DataFrame(
        {c.id: c.value(sites[c.metric_column].to_numpy()) for c in profile.criteria},
        index=sites.index,
    )
    return score_table(values, values.fillna(0), values.fillna(1), profile=profile)["score"]


#: few layers: each criterion makes the search over all weights slower
LAYERS = ("emitters", "ports", "pipelines", "co2_storage", "renewables")


@pytest.fixture(scope="module")
def result() -> Result:
    layers = all_layers()
    return score(study_of({name: layers[name] for name in LAYERS}))


@pytest.fixture(scope="module")
def twelfth(result: Result) -> str:
    """Return the site of rank 12."""
    return str(result.sites["score"].nlargest(12).index[-1])


@pytest.fixture(scope="module")
def of_twelfth(result: Result, twelfth: str) -> pd.DataFrame:
    """Return its tipping points."""
    return tipping_points(result, twelfth)


def test_two_sites_and_one_distance_by_hand() -> None:
    # Equal weights: power 1/2 (p1, p2: 1/4 each), assets 1/2 (1/6 each). The second site is
    # behind by 0.2 in p1 only, so by 0.05; a distance of 80 km must fall by 20 km to tie.
    profile = profile_of_distances("arithmetic")
    sites = sites_of([[60, 50, 50, 50, 50], [80, 50, 50, 50, 50]], profile)
    changes = tipping_table(sites, "s01", profile=profile).query("target == 'overtakes'")
    row = changes[(changes["kind"] == "metric") & (changes["changed"] == "p1")].iloc[0]
    assert row["rival"] == "s00"
    assert row["after"] == pytest.approx(60, abs=1e-9)
    assert row["after"] < 60
    assert row["change"] == pytest.approx(-20, abs=1e-9)
    assert row["method"] == "closed form"
    assert (row["rank_after"], bool(row["verified"])) == (1, True)
    # s1 has a sixth of the weight: 0.05 * 6 = 0.3 of the value, 30 km.
    assets = changes[(changes["kind"] == "metric") & (changes["changed"] == "s1")].iloc[0]
    assert assets["after"] == pytest.approx(20, abs=1e-9)
    # The first site is as good or better in every criterion: no weights put the second before it.
    assert not changes.loc[changes["kind"] != "metric", "possible"].any()


def test_two_criteria_tie_at_the_published_weights() -> None:
    # A(.8, .2) and B(.4, .8) tie where .4 w1 = .6 w2: w1 = .6 (closed form 35 of SMAA, too).
    profile = profile_of_distances("arithmetic", p2=0, s2=0, s3=0)
    sites = sites_of([[20, 0, 80, 0, 0], [60, 0, 20, 0, 0]], profile)
    changes = tipping_table(sites, "s00", profile=profile).query("target == 'overtakes'")
    p1 = changes[(changes["kind"] == "criterion") & (changes["changed"] == "p1")].iloc[0]
    assert (p1["before"], p1["method"]) == (0.5, "closed form")
    assert p1["after"] == pytest.approx(0.6)
    together = changes[changes["kind"] == "all weights"].iloc[0]
    assert together["after"] == pytest.approx(np.hypot(0.1, 0.1))
    assert json.loads(together["weights"])["p1"] == pytest.approx(0.6)


@pytest.mark.parametrize("aggregation", ["arithmetic", "geometric", "minimum"])
@pytest.mark.parametrize("at", [0, 12])
def test_every_change_reaches_its_target_when_scored_again(aggregation: str, at: int) -> None:
    profile = profile_of_distances(aggregation, p1=2)
    sites = random_sites(profile, 3)
    scores = rescored(sites, profile)
    site = scores.sort_values(ascending=False).index[at]
    changes = tipping_table(sites, site, profile=profile)
    assert changes["possible"].any()
    assert changes.loc[changes["possible"], "verified"].all()
    assert not changes.loc[~changes["possible"], "verified"].any()
    top = -(-len(sites) // 10)
    for row in rows_of(changes[changes["possible"]]):
        again, other = sites, profile
        if row.kind == "metric":
            again = sites.copy()
            again.loc[site, profile.criterion(row.changed).metric_column] = row.after
        else:
            other = reweighted(profile, json.loads(row.weights))
        new = rescored(again, other)
        rank = int(new.rank(method="min", ascending=False)[site])
        assert rank == row.rank_after
        assert new[site] == pytest.approx(row.score_after, abs=1e-12)
        assert {
            "overtakes": new[site] > new[row.rival],
            "is overtaken by": new[site] < new[row.rival],
            "enters the top tenth": rank <= top,
            "leaves the top tenth": rank > top,
        }[row.target]


@pytest.mark.parametrize("aggregation", ["arithmetic", "geometric", "minimum"])
def test_no_smaller_change_of_a_metric_reaches_the_target(aggregation: str) -> None:
    profile = profile_of_distances(aggregation)
    sites = random_sites(profile, 5)
    scores = rescored(sites, profile)
    site = scores.sort_values(ascending=False).index[10]
    changes = tipping_table(sites, site, profile=profile).query("kind == 'metric' and possible")
    for row in rows_of(changes):
        column = profile.criterion(row.changed).metric_column
        for share in (0.2, 0.9, 0.999, 1 - 1e-9):
            less = sites.copy()
            less.loc[site, column] = row.before + share * row.change
            new = rescored(less, profile)
            past = new[site] > new[row.rival] if "over" not in row.target else None
            if row.target == "overtakes":
                assert new[site] <= new[row.rival]
            elif row.target == "is overtaken by":
                assert new[site] >= new[row.rival]
            elif row.target == "enters the top tenth":
                assert not past


def test_no_smaller_change_of_weights_reaches_the_target_for_the_arithmetic_mean() -> None:
    """No random direction on the simplex of the same length reaches the target."""
    profile = profile_of_distances("arithmetic", p1=2)
    sites = random_sites(profile, 7)
    scores = rescored(sites, profile).sort_values(ascending=False)
    standing = standing_of(sites, profile, sites.index.tolist().index(scores.index[8]))
    rng = np.random.default_rng(0)
    for target in find_targets(standing)[:2]:
        tip = all_weights_tip(standing, target)
        assert tip is not None
        assert tip.method == "closed form"
        for _ in range(400):
            step = rng.normal(size=5)
            step -= step.mean()
            weights = standing.weights + step / np.linalg.norm(step) * tip.after * (1 - 1e-9)
            if (weights >= 0).all():
                assert not target.reached(standing.with_weights(weights), standing.at)


def test_the_geometric_mean_has_no_smaller_change_of_weights_nearby() -> None:
    """No random direction of the same length as the result of the search reaches the target."""
    profile = profile_of_distances("geometric")
    sites = random_sites(profile, 11)
    scores = rescored(sites, profile).sort_values(ascending=False)
    standing = standing_of(sites, profile, sites.index.tolist().index(scores.index[8]))
    rng = np.random.default_rng(0)
    target = find_targets(standing)[0]
    tip = all_weights_tip(standing, target)
    assert tip is not None
    for _ in range(1000):
        step = rng.normal(size=5)
        step -= step.mean()
        weights = standing.weights + step / np.linalg.norm(step) * tip.after * 0.98
        if (weights >= 0).all():
            assert not target.reached(standing.with_weights(weights), standing.at)


def test_all_weights_together_need_no_more_than_one_alone(
    result: Result, of_twelfth: pd.DataFrame
) -> None:
    changes = of_twelfth
    shares = result.sites["basis"].iloc[0].split(",")
    standing = None
    for _, rows in changes[changes["kind"].isin(["criterion", "component", "all weights"])].groupby(
        "target"
    ):
        lengths = rows.loc[rows["possible"], ["kind", "weights"]]
        values = pd.DataFrame({c: result.sites[f"{c}_value"] for c in shares})
        standing = Standing(
            as_columns(values, profile=result.profile), values.index, 0, result.profile
        )
        length = [
            np.linalg.norm(np.array(list(json.loads(w).values())) - standing.weights)
            for w in lengths["weights"]
        ]
        together = (lengths["kind"] == "all weights").to_numpy()
        if together.any():
            assert np.array(length)[together][0] <= min(length) * (1 + 1e-9)
    assert standing is not None


@given(seed=st.integers(0, 10_000), aggregation=st.sampled_from(["arithmetic", "geometric"]))
@settings(max_examples=25, derandomize=True, deadline=None)
def test_closed_form_and_search_give_the_same_metric(seed: int, aggregation: str) -> None:
    profile = profile_of_distances(aggregation, p1=3)
    sites = random_sites(profile, seed, n=6)
    standing = standing_of(sites, profile, 2)
    for target in find_targets(standing):
        for criterion in profile.criteria:
            metric = float(sites[criterion.metric_column].iloc[2])
            closed = metric_tip(standing, criterion, metric, target)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(tipping_metrics, "tie_value", lambda *_: None)
                searched = metric_tip(standing, criterion, metric, target)
            assert (closed is None) == (searched is None)
            if closed is not None and searched is not None:
                assert searched.method == "search"
                assert closed.after == pytest.approx(searched.after, abs=1e-9)


@pytest.mark.parametrize("aggregation", ["arithmetic", "geometric"])
def test_the_closed_form_gives_a_tie(aggregation: str) -> None:
    profile = profile_of_distances(aggregation, power=2, s1=3)
    sites = random_sites(profile, 2)
    standing = standing_of(sites, profile, 4)
    for name in standing.columns:
        for level in np.linspace(0.05, 0.95, 19):
            tie = tie_value(standing, name, level)
            if tie is not None:
                assert standing.with_value(name, np.array([tie]))[0] == pytest.approx(level)


def test_the_projection_on_the_simplex_is_the_nearest_point() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        point = rng.normal(size=4)
        near = on_simplex(point)
        assert near.sum() == pytest.approx(1)
        assert (near >= 0).all()
        others = rng.dirichlet(np.ones(4), 500)
        lengths = np.sqrt(((others - point) ** 2).sum(axis=1))
        assert np.linalg.norm(near - point) <= lengths.min() + 1e-12


def test_no_weights_reach_a_rival_that_is_better_in_every_criterion() -> None:
    assert shortest_way(np.array([0.5, 0.5]), np.array([-0.1, -0.2]), 0.0) is None


def test_equal_scores_are_passed_on_the_way_down_only() -> None:
    profile = profile_of_distances("arithmetic")
    sites = sites_of([[50] * 5, [50] * 5, [40] * 5], profile)
    changes = tipping_table(sites, "s00", profile=profile)
    assert changes.loc[changes["target"] == "overtakes", "rival"].unique().tolist() == ["s02"]
    assert changes.loc[changes["target"] == "is overtaken by", "rival"].unique().tolist() == ["s01"]
    down = changes[(changes["target"] == "is overtaken by") & (changes["kind"] == "metric")]
    assert (down["change"] > 0).all()  # farther, by a negligible amount
    assert (down["change"] < 1e-6).all()
    assert (down["rank_after"] == 3).all()


def test_the_best_site_cannot_overtake_and_the_worst_cannot_be_overtaken() -> None:
    profile = profile_of_distances("arithmetic")
    sites = sites_of([[20] * 5, [50] * 5], profile)
    best = tipping_table(sites, "s00", profile=profile)["target"].unique().tolist()
    worst = tipping_table(sites, "s01", profile=profile)["target"].unique().tolist()
    assert best == ["is overtaken by", "leaves the top tenth"]
    assert worst == ["overtakes", "enters the top tenth"]


def test_an_unknown_metric_gets_the_value_it_must_have() -> None:
    # Only p1 of power is known (60 km, .4); the rival has .5 throughout. With p1 alone power is
    # .4; p2 must raise the mean of power to .5: a value of at least .6, at most 40 km.
    profile = profile_of_distances("arithmetic").model_copy(update={"coverage_limit": 0.4})
    sites = sites_of([[60, np.nan, 50, 50, 50], [50] * 5], profile)
    changes = tipping_table(sites, "s00", profile=profile)
    row = changes[(changes["changed"] == "p2") & (changes["kind"] == "metric")].iloc[0]
    assert np.isnan(row["before"])
    assert np.isnan(row["change"])
    assert row["after"] == pytest.approx(40, abs=1e-9)
    assert bool(row["verified"])


def test_an_infinite_metric_changes_to_a_finite_one() -> None:
    profile = profile_of_distances("arithmetic")
    sites = sites_of([[np.inf, 50, 50, 50, 50], [90, 50, 50, 50, 50]], profile)
    changes = tipping_table(sites, "s00", profile=profile)
    row = changes[(changes["changed"] == "p1") & (changes["target"] == "overtakes")].iloc[-1]
    assert row["before"] == np.inf
    assert row["after"] == pytest.approx(90, abs=1e-9)


def test_counts_change_by_whole_numbers(of_twelfth: pd.DataFrame) -> None:
    changes = of_twelfth.query("kind == 'metric' and unit == 'count' and possible")
    assert len(changes)
    assert (changes["after"] == changes["after"].round()).all()
    assert changes["verified"].all()


def test_the_order_of_the_table_does_not_matter(
    result: Result, twelfth: str, of_twelfth: pd.DataFrame
) -> None:
    table = pd.DataFrame(result.sites.drop(columns="geometry"))
    back = tipping_table(table.iloc[::-1], twelfth, profile=result.profile)
    pd.testing.assert_frame_equal(of_twelfth, back)


@pytest.mark.parametrize("at", [0, 1, 3, 5])
def test_of_tied_rivals_the_lowest_id_counts_whatever_the_order(at: int) -> None:
    profile = profile_of_distances("arithmetic")
    half, other = [50, 50, 50, 50, 50], [50, 50, 40, 60, 50]
    sites = sites_of([half, other, half, [60] * 5, other, [70] * 5], profile)
    changes, turned = (
        tipping_table(table, sites.index[at], profile=profile)
        for table in (sites, sites.iloc[::-1])
    )
    pd.testing.assert_frame_equal(changes, turned)


def test_sites_excluded_by_a_gate_are_not_ranked() -> None:
    layers = all_layers()
    study = study_of({name: layers[name] for name in ("emitters", "ports", "pipelines")})
    own = {"extends": "net-zero", "id": "coastal", "version": "1", "gates": {"port_distance": 0.8}}
    result = score(study, parse_profile(own))
    without = result.sites.index[result.sites["score"].isna()]
    assert len(without) > 2
    changes = tipping_points(result, result.sites["score"].nlargest(3).index[-1])
    assert not changes["rival"].isin(without).any()
    assert changes.loc[changes["possible"], "verified"].all()


def test_invalid_sites_are_rejected_by_name(result: Result) -> None:
    with pytest.raises(OptionError, match="did you mean"):
        tipping_points(result, "e00")
    unscored = result.sites.index[result.sites["score"].isna()][0]
    with pytest.raises(OptionError, match=f"{unscored}.* has none because its coverage"):
        tipping_points(result, unscored)
    with pytest.raises(OptionError, match="give a result of that profile"):
        tipping_table(pd.DataFrame(index=["a"]), "a", profile=load_profile("net-zero"))
