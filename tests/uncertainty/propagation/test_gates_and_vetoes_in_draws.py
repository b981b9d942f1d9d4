"""Gates and vetoes in draws: the score without spreads, shares of draws, plain counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study.small_studies import all_layers, emitters, points, study_of

from standort.scoring import parse_profile
from standort.study import score
from standort.typology.probabilities import PROBABILITY_COLUMNS, as_range
from standort.uncertainty import Spreads, Uncertainty, monte_carlo
from standort.uncertainty.propagation import histograms, site_figures
from standort.uncertainty.propagation import monte_carlo as monte_carlo_module
from standort.uncertainty.propagation.place_figures import place_table

if TYPE_CHECKING:
    from threading import Lock

    from numpy.typing import NDArray

    from standort.layers import Study
    from standort.scoring import Profile
    from standort.uncertainty.propagation.histograms import Spread

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

QUICK: dict[str, Any] = {"draws": 240, "replicates": 6}


def gated(**limits: dict[str, float]) -> Profile:
    """Return the net-zero profile with gates, vetoes and weights by criterion."""
    return parse_profile({"extends": "net-zero", "id": "gated", "version": "1", **limits})


@pytest.fixture(scope="module")
def known() -> Study:
    """A small study in which nothing is unknown."""
    names = ("emitters", "ports", "pipelines", "salt_caverns")
    layers = {name: all_layers()[name].iloc[:25] for name in names}
    for layer in layers.values():
        for column in layer.columns:
            if layer[column].dtype == np.float64:
                layer[column] = layer[column].fillna(layer[column].median())
    return study_of(layers)


def middle(study: Study, criterion: str) -> float:
    """Return a limit that about half of the sites fail."""
    return float(score(study).sites[f"{criterion}_value"].median())


def assert_same_as_the_score(study: Study, profile: Profile) -> tuple[Any, Uncertainty]:
    result = score(study, profile)
    uncertainty = monte_carlo(study, profile, draws=6, replicates=2, spreads=Spreads.none())
    for name in ("score_p05", "score_p50", "score_p95"):
        assert np.array_equal(uncertainty.sites[name], result.sites["score"], equal_nan=True)
    ranks = result.sites["rank"].to_numpy(dtype=float, na_value=np.nan)
    for name in ("rank_p05", "rank_p95"):
        assert np.array_equal(uncertainty.sites[name], ranks, equal_nan=True)
    top = ranks <= np.ceil(np.isfinite(ranks).sum() / 10)
    assert uncertainty.sites["p_top10"].tolist() == top.astype(float).tolist()
    advantage = result.places["advantage"].to_numpy()[:, np.newaxis]
    drawn = uncertainty.advantage_draws.middle
    np.testing.assert_allclose(drawn, np.tile(advantage, (1, 6)), atol=1e-12)
    return result, uncertainty


@settings(max_examples=6, deadline=None)
@given(
    gate=st.floats(0.01, 1.0),
    veto=st.floats(0.01, 1.0),
    of=st.sampled_from(["port_distance", "pipeline_distance", "neighbour_count"]),
)
def test_without_spreads_gates_and_vetoes_equal_those_of_the_score(
    known: Study, gate: float, veto: float, of: str
) -> None:
    profile = gated(gates={of: gate}, vetoes={"salt_cavern_distance": veto})
    result, uncertainty = assert_same_as_the_score(known, profile)
    for table, drawn in ((result.sites, uncertainty.sites), (result.places, uncertainty.places)):
        assert drawn["p_excluded"].tolist() == (table["excluded"] != "").astype(float).tolist()
        assert drawn["p_vetoed"].tolist() == (table["vetoed"] != "").astype(float).tolist()


def test_a_gate_of_a_criterion_without_weight_applies(known: Study) -> None:
    limit = middle(known, "port_distance")
    profile = gated(gates={"port_distance": limit}, weights={"port_distance": 0})
    result, uncertainty = assert_same_as_the_score(known, profile)
    assert 5 < result.sites["score"].isna().sum() < 20
    assert uncertainty.sites["p_excluded"].mean() == result.sites["score"].isna().mean()


def test_a_gate_of_a_cluster_criterion_applies_to_places(known: Study) -> None:
    plain = gated()
    of_wholes = tuple(c.model_copy(update={"gate": 1.0}) for c in plain.cluster_criteria)
    profile = plain.model_copy(update={"cluster_criteria": of_wholes})
    result, uncertainty = assert_same_as_the_score(known, profile)
    excluded = result.places["advantage"].isna()
    assert 0 < excluded.sum() < len(excluded)
    assert uncertainty.places["p_excluded"].tolist() == excluded.astype(float).tolist()
    assert "p_excluded" not in uncertainty.sites


def test_a_gate_excludes_as_often_as_the_drawn_value_is_below_it() -> None:
    """A gate at the recorded value of a port 50 km away: half of the drawn values are below."""
    plants = emitters([4.0, 4.0], [52.0, 52.45], [1e6, 1e6])
    study = study_of({"emitters": plants, "ports": points([4.0], [52.0])})
    limit = float(score(study).sites["port_distance_value"].iloc[1])
    spreads = Spreads(position_km=0.0)
    options: dict[str, Any] = {"draws": 2_003, "replicates": 5, "spreads": spreads}
    uncertainty = monte_carlo(study, gated(gates={"port_distance": limit}), **options).sites
    share, error = uncertainty["p_excluded"].to_numpy(), uncertainty["p_excluded_error"].to_numpy()
    assert share[0] == 0.0
    assert share[1] == round(2_003 * share[1]) / 2_003  # replicates differ in their draws
    assert abs(share[1] - 0.5) < 3 * 0.5 / np.sqrt(2_000)
    assert 0.5 / np.sqrt(2_000) / 3 < error[1] < 3 * 0.5 / np.sqrt(2_000)
    # if it passes, it is second; if not, the other site is alone
    assert uncertainty[["rank_p05", "rank_p95"]].to_numpy().tolist() == [[1.0, 1.0], [2.0, 2.0]]
    free = monte_carlo(study, gated(), **options).sites
    # the draws that pass are those with the better values
    assert uncertainty["score_p05"].iloc[1] > free["score_p05"].iloc[1] + 0.01
    assert uncertainty["score_p95"].iloc[0] == free["score_p95"].iloc[0]


def test_figures_use_the_draws_in_which_a_site_passes(known: Study) -> None:
    """Compare with counts of the recorded scores, site by site."""
    profile = gated(
        gates={"port_distance": middle(known, "port_distance")},
        vetoes={"pipeline_distance": 0.5},
    )
    kept: list[tuple[Floats, Flags]] = []
    add = site_figures.SiteTally.add

    def keep(
        self: site_figures.SiteTally,
        scores: Floats,
        sums: tuple[Spread, ...],
        lock: Lock,
        vetoed: Flags,
    ) -> None:
        kept.append((scores.copy(), vetoed.copy()))
        add(self, scores, sums, lock, vetoed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site_figures.SiteTally, "add", keep)
        uncertainty = monte_carlo(known, profile, workers=1, **QUICK).sites
    scores, vetoes = (np.concatenate(part) for part in zip(*kept, strict=True))
    ranks = pd.DataFrame(scores).rank(axis=1, method="min", ascending=False)
    tops = np.ceil(0.1 * ranks.notna().sum(axis=1))
    drawn = uncertainty[uncertainty["p_excluded"].notna()]
    assert ((drawn["p_excluded"] > 0) & (drawn["p_excluded"] < 1)).sum() > 5
    for i in range(0, len(drawn), 3):
        some = scores[~np.isnan(scores[:, i]), i]
        row = drawn.iloc[i]
        assert row["p_excluded"] == pytest.approx(1 - len(some) / 240)
        assert row["p_vetoed"] == pytest.approx(vetoes[:, i].mean())
        assert row["p_top10"] == pytest.approx((ranks[i] <= tops).mean())
        if len(some) < 20:
            continue
        for share, name in ((0.05, "p05"), (0.95, "p95")):
            at = np.quantile(some, share, method="inverted_cdf")
            assert row[f"score_{name}"] == pytest.approx(at, abs=1 / 512)
            rank = np.quantile(ranks[i].dropna(), share, method="inverted_cdf")
            assert row[f"rank_{name}"] == rank


def test_types_use_the_draws_in_which_a_place_passes(known: Study) -> None:
    profile = gated(gates={"port_distance": middle(known, "port_distance")})
    uncertainty = monte_carlo(known, profile, **QUICK)
    places, passes = uncertainty.places, ~np.isnan(uncertainty.advantage_draws.middle)
    assert places["p_excluded"].tolist() == pytest.approx(1 - passes.mean(axis=1))
    some = (places["p_excluded"] > 0) & (places["p_excluded"] < 0.9)
    assert some.any()
    for i in np.flatnonzero(some):
        drawn = uncertainty.advantage_draws.middle[i, passes[i]]
        low = drawn < uncertainty.threshold_draws[0][passes[i]]
        assert places["advantage_p50"].iloc[i] == np.quantile(drawn, 0.5)
        # linkage is unknown: what never is high is neither type of high advantage
        if low.all():
            assert places["p_forerunner"].iloc[i] == 0.0
    applied = uncertainty.applied_to(score(known, profile)).places
    for name in (*PROBABILITY_COLUMNS, "advantage_p05", "advantage_p95", "p_excluded"):
        assert np.array_equal(applied[name].astype(float), places[name], equal_nan=True)
    assert applied["advantage_p05"].notna().all()
    columns = list(map(str, applied))
    assert columns[columns.index("p_excluded") + 1] == "p_excluded_error"


def test_a_place_that_passes_in_one_draw_has_no_error() -> None:
    """One draw, of one replicate, has a quantile, and no standard error."""
    advantage = np.full((2, 60), np.nan)
    advantage[0, 7], advantage[1] = 0.6, np.linspace(0.4, 0.8, 60)
    linkage, limits = np.full((2, 60), 0.7), (np.full(60, 0.5), np.full(60, 0.5))
    places = pd.DataFrame({"kind": ["cluster", "cluster"]}, index=["once", "always"])
    flags = {"p_excluded": np.isnan(advantage)}
    drawn = as_range(advantage), as_range(linkage)
    uncertainty = place_table(places, *drawn, limits, 6, flags)
    assert uncertainty["advantage_p05"].tolist() == pytest.approx(
        [0.6, np.quantile(advantage[1], 0.05)]
    )
    assert uncertainty["advantage_p05_error"].isna().tolist() == [True, False]
    assert uncertainty["p_forerunner"].tolist() == pytest.approx([1.0, 0.75])
    assert uncertainty["p_forerunner_error"].isna().tolist() == [True, False]
    assert uncertainty["p_excluded"].tolist() == pytest.approx([59 / 60, 0.0])


def test_blocks_workers_and_subsets_do_not_change_gated_figures(
    known: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = gated(gates={"port_distance": middle(known, "port_distance")})
    uncertainty = monte_carlo(known, profile, draws=48, replicates=2)
    some = known.emitters.iloc[[20, 3, 17, 11]].reset_index()[["site_id", "geometry"]]
    part = monte_carlo(known.with_layer("sites", some), profile, draws=48, replicates=2)
    among = uncertainty.sites.loc[part.sites.index]
    for name in ("score_p05", "score_p95", "p_excluded"):
        assert np.array_equal(part.sites[name], among[name], equal_nan=True)
    monkeypatch.setattr(monte_carlo_module, "_AT_ONCE", 7)
    in_blocks = monte_carlo(known, profile, workers=3, draws=48, replicates=2)
    figures = [c for c in map(str, uncertainty.sites) if not c.endswith("_error")]
    pd.testing.assert_frame_equal(in_blocks.sites[figures], uncertainty.sites[figures])


def test_many_sites_are_ranked_among_those_that_pass(
    known: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the coarse ranks of very many sites, shares of the top differ by ties alone."""
    profile = gated(gates={"port_distance": middle(known, "port_distance")})
    exact = monte_carlo(known, profile, draws=40, replicates=2).sites
    for module in (site_figures, histograms):
        monkeypatch.setattr(module, "EXACT_RANKS", 10)
    coarse = monte_carlo(known, profile, draws=40, replicates=2).sites
    np.testing.assert_allclose(coarse["p_top10"], exact["p_top10"], atol=0.03)
    np.testing.assert_allclose(coarse["rank_p95"], exact["rank_p95"], atol=1.0)


def test_gates_are_drawn(known: Study) -> None:
    uncertainty = monte_carlo(known, gated(gates={"port_distance": 0.3}), draws=40, replicates=2)
    assert not any("gate" in line for line in uncertainty.not_drawn)
    columns = list(map(str, uncertainty.applied_to(score(known, gated())).sites))
    assert columns.index("p_excluded") > columns.index("p_top10")


def test_vetoes_cap_the_types_of_places_with_and_without_draws(known: Study) -> None:
    without = score(known, gated())
    values = without.place_contributions.query("criterion == 'port_distance'")["partial_value"]
    limit, free = float(values.mean()), without.places
    result = score(known, gated(vetoes={"port_distance": limit}))
    held = (result.places["vetoed"] != "").to_numpy()
    assert 0 < held.sum() < len(held)
    sets = result.places["type_set"]
    low = {"dispersed_cluster", "dispersed_sites"}
    assert all(set(names.split(" | ")) <= low for names in sets[held])
    assert sets[~held].equals(free["type_set"][~held])
    assert any("forerunner" in names for names in free["type_set"][held])
    assert any("whatever its advantage" in note for note in result.place_notes)
    spreads = Spreads.none()
    drawn = monte_carlo(known, result.profile, draws=6, replicates=2, spreads=spreads)
    places = drawn.applied_to(result).places
    assert places["type_set"].equals(sets)
    assert drawn.places["p_forerunner"][held].tolist() == [0.0] * int(held.sum())


def test_vetoed_draws_count_as_low_advantage() -> None:
    places = pd.DataFrame({"kind": ["cluster"]}, index=["u"])
    half = np.arange(60) % 4 < 2
    table = place_table(
        places,
        as_range(np.full((1, 60), 0.8)),
        as_range(np.full((1, 60), 0.7)),
        (np.full(60, 0.5), np.full(60, 0.5)),
        6,
        {"p_vetoed": half[np.newaxis]},
    )
    assert table["p_forerunner"].tolist() == table["p_dispersed_cluster"].tolist() == [0.5]
    assert table["advantage_p50"].tolist() == [0.8]
