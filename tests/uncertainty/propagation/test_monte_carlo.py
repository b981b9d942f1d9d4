"""Monte Carlo: the score without spreads, subsets of sites, workers, and valid errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
import pytest
from study.small_studies import all_layers, study_of

from standort.errors import OptionError
from standort.layers import Study, read_study
from standort.linkages import LAYERS
from standort.scoring import load_profile
from standort.study import score
from standort.study.engine import Engine
from standort.study.places.places import draw_linkage, find_places
from standort.typology.probabilities import PROBABILITY_COLUMNS, as_range
from standort.uncertainty import Spreads, Uncertainty, monte_carlo
from standort.uncertainty.propagation import monte_carlo as monte_carlo_module
from standort.uncertainty.propagation.place_figures import place_table
from standort.uncertainty.propagation.site_figures import SiteTally

SAMPLE = Path(__file__).resolve().parents[3] / "sample_layers" / "north_sea.gpkg"
OF_SCORES = ["score_p05", "score_p50", "score_p95"]
#: rounds of the same study: errors are only as good as the number of their replicates
QUICK: dict[str, Any] = {"draws": 240, "replicates": 12}


@pytest.fixture(scope="module")
def study() -> Study:
    """Every layer, with unknown quantities in each."""
    return study_of(all_layers())


@pytest.fixture(scope="module")
def uncertainty(study: Study) -> Uncertainty:
    """A short run on the study."""
    return monte_carlo(study, **QUICK)


@pytest.fixture(scope="module")
def sample_places() -> pd.DataFrame:
    """Places of the sample study, some of known linkage."""
    return monte_carlo(read_study(SAMPLE), draws=200, replicates=10, seed=1).places


@pytest.fixture(scope="module")
def few_layers() -> Study:
    """Layers of each kind that is drawn, with few criteria."""
    names = ("emitters", "co2_storage", "ports", "pipelines", "renewables")
    return study_of({name: all_layers()[name] for name in names})


@pytest.fixture(scope="module")
def known() -> Study:
    """A study in which nothing is unknown."""
    layers = all_layers()
    for layer in layers.values():
        for column in layer.columns:
            if layer[column].dtype == np.float64:
                layer[column] = layer[column].fillna(layer[column].median())
    return study_of(layers)


@pytest.mark.parametrize("aggregation", ["geometric", "arithmetic", "minimum"])
def test_without_spreads_quantiles_equal_the_score_and_the_rank(
    known: Study, aggregation: str
) -> None:
    profile = load_profile("net-zero").model_copy(update={"aggregation": aggregation})
    result = score(known, profile)
    drawn = monte_carlo(known, profile, draws=6, replicates=2, spreads=Spreads.none())
    for name in OF_SCORES:
        assert drawn.sites[name].tolist() == result.sites["score"].tolist()
    for name in ("rank_p05", "rank_p95"):
        assert drawn.sites[name].tolist() == result.sites["rank"].tolist()
    top = result.sites["rank"] <= np.ceil(len(result.sites) / 10)
    assert drawn.sites["p_top10"].tolist() == top.astype(float).tolist()
    np.testing.assert_allclose(
        drawn.advantage_draws.middle,
        np.tile(result.places["advantage"].to_numpy()[:, np.newaxis], (1, 6)),
        atol=1e-12,
    )


def test_scores_of_a_site_do_not_depend_on_other_sites(
    study: Study, uncertainty: Uncertainty
) -> None:
    some = study.emitters.iloc[[40, 3, 17, 55, 21, 8]].reset_index()[["site_id", "geometry"]]
    part = monte_carlo(study.with_layer("sites", some), **QUICK)
    among = uncertainty.sites.loc[part.sites.index]
    for name in OF_SCORES:
        assert np.array_equal(part.sites[name], among[name], equal_nan=True)
    assert np.array_equal(part.advantage_draws, uncertainty.advantage_draws)


def test_row_order_blocks_and_workers_do_not_change_figures(
    study: Study, uncertainty: Uncertainty, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = {name: layer.iloc[::-1].reset_index() for name, layer in study.layers.items()}
    turned = monte_carlo(Study.from_layers(**layers), workers=1, **QUICK)
    monkeypatch.setattr(monte_carlo_module, "_AT_ONCE", 7)
    in_blocks = monte_carlo(study, workers=3, **QUICK)
    for other in (turned, in_blocks):
        again = other.sites.loc[uncertainty.sites.index]
        figures = [c for c in map(str, again) if not c.endswith("_error")]
        pd.testing.assert_frame_equal(again[figures], uncertainty.sites[figures], check_exact=True)
        rows = other.places.index.get_indexer(uncertainty.places.index)
        places = other.advantage_draws.middle[rows]
        np.testing.assert_allclose(places, uncertainty.advantage_draws.middle, atol=1e-13)


def test_the_same_seed_gives_the_same_tables_and_another_seed_others(
    study: Study, uncertainty: Uncertainty
) -> None:
    again = monte_carlo(study, **QUICK)
    pd.testing.assert_frame_equal(again.sites, uncertainty.sites, check_exact=True)
    pd.testing.assert_frame_equal(again.places, uncertainty.places, check_exact=True)
    other = monte_carlo(study, seed=1, **QUICK)
    assert (other.sites["score_p50"] != uncertainty.sites["score_p50"]).sum() > 50


def test_sites_without_a_score_have_no_interval(study: Study, uncertainty: Uncertainty) -> None:
    unscored = score(study).sites["score"].isna()
    assert unscored.sum() == 2
    assert uncertainty.sites.loc[unscored].isna().all(axis=None)
    assert (
        uncertainty.sites.loc[~unscored, [*OF_SCORES, "rank_p05", "rank_p95"]]
        .notna()
        .all(axis=None)
    )
    figures = uncertainty.sites.loc[~unscored]
    assert (figures["score_p05"] <= figures["score_p50"]).all()
    assert (figures["score_p50"] <= figures["score_p95"]).all()
    assert (figures["rank_p05"] <= figures["rank_p95"]).all()
    # of 58 sites six are the top tenth
    assert figures["p_top10"].sum() == pytest.approx(6.0, abs=0.05)


def test_errors_cover_another_seed_and_twice_the_draws(few_layers: Study) -> None:
    """Independent replicates differ by as much as the errors state."""
    first = monte_carlo(few_layers, draws=1_000, replicates=20, seed=1).sites.dropna()
    second = monte_carlo(few_layers, draws=2_000, replicates=40, seed=2).sites.dropna()
    for name in [*OF_SCORES, "rank_p05", "rank_p95"]:
        error = np.hypot(first[f"{name}_error"], second[f"{name}_error"])
        rounding = 0.5 if name.startswith("rank") else 0.5 / 512
        away = np.maximum(np.abs(first[name] - second[name]) - rounding, 0.0) / error
        # nine of ten, of 58 sites that share their replicates
        assert (away < 2.0).mean() > 0.87, name
        assert away.max() < 4.5, name
    error = np.hypot(first["p_top10_error"], second["p_top10_error"])
    assert (np.abs(first["p_top10"] - second["p_top10"]) < 4.5 * error + 0.003).all()


@pytest.mark.parametrize(("replicates", "seed"), [(10, 1), (20, 2)])
def test_errors_of_places_cover_twice_the_draws(
    sample_places: pd.DataFrame, replicates: int, seed: int
) -> None:
    """Both axes and shares of types, with the same replicates and with others, twice as many."""
    once = sample_places
    twice = monte_carlo(read_study(SAMPLE), draws=400, replicates=replicates, seed=seed).places
    stated = [str(name) for name in once if str(name).endswith("_error")]
    assert len(stated) == 7 + len(PROBABILITY_COLUMNS)
    for error in stated:
        name = error.removesuffix("_error")
        off = (once[name] - twice[name]).abs().to_numpy()
        away = off / np.hypot(once[error], twice[error])
        away = away[np.isfinite(away)]
        # linkage is drawn at the places that were searched, and types depend on it
        assert len(away) >= (6 if name.startswith("advantage") else 3), name
        assert (away >= 2.0).sum() <= max(1.0, 0.15 * len(away)), name
        assert away.max() < 4.0, name


def test_errors_summarise_sites_and_places(uncertainty: Uncertainty) -> None:
    errors = uncertainty.errors
    for table in (uncertainty.sites, uncertainty.places):
        for name in (str(c) for c in table if str(c).endswith("_error")):
            if table[name].notna().any():
                assert errors[name.removesuffix("_error")]["largest"] == table[name].max()
    assert "advantage_p05" in errors
    assert "p_forerunner" not in errors  # linkage is unknown, so there is no share and no error


@pytest.mark.parametrize(("draws", "replicates"), [(3, 32), (100, 4)])
def test_too_few_draws_or_replicates_have_no_error(
    few_layers: Study, draws: int, replicates: int
) -> None:
    """Three draws may agree by chance; an error of 0 must not be stated."""
    few = monte_carlo(few_layers, draws=draws, replicates=replicates)
    assert few.sites["score_p05"].notna().any()
    for table in (few.sites, few.places):
        stated = table[[c for c in table if str(c).endswith("_error")]]
        assert stated.isna().all(axis=None)
    assert not few.errors


def test_a_quantile_beyond_all_replicates_has_no_error() -> None:
    """Twelve replicates of constant scores cannot resolve the 5 % quantile."""
    rng = np.random.default_rng(3)
    centre = np.repeat(rng.uniform(0.3, 0.7, 12)[:, np.newaxis], 2, axis=1)
    tally = SiteTally(2, 240, 0.5)
    for replicate in range(12):
        scores = np.tile(centre[replicate], (20, 1))
        scores[:, 1] = rng.uniform(0.3, 0.7, 20)  # the other site: all between draws
        sums = tally.sums()
        tally.add(scores, sums, Lock())
        tally.close_replicate(sums)
    uncertainty = tally.table(pd.Index(["between replicates", "between draws"]))
    assert uncertainty["score_p05_error"].isna().tolist() == [True, False]
    assert uncertainty["score_p95_error"].isna().tolist() == [True, False]
    assert uncertainty["score_p50_error"].notna().all()


def test_errors_of_linkage_cover_many_draws() -> None:
    """Six seeds of the sample, as if all ties had been searched for in documents."""
    study = read_study(SAMPLE)
    search = pd.DataFrame({"layer": LAYERS, "source": "papers", "method": "document_search"})
    study = replace(study, tables={**study.tables, "collection": search})
    places = find_places(Engine.of(study, "net-zero"))
    assert places is not None

    def figures(draws: int, seed: int) -> pd.DataFrame:
        linkage = draw_linkage(study, places, draws=draws, seed=seed)
        advantage = as_range(np.full(linkage.low.shape, 0.6))
        thresholds = (np.full(draws, 0.5), np.full(draws, 0.5))
        return place_table(places.table, advantage, linkage, thresholds, 10)

    truth, drawn = figures(4_000, 99), [figures(400, seed) for seed in range(6)]
    for name in ("linkage_p05", "linkage_p95", "p_forerunner", "p_classic_cluster", "entropy"):
        off = np.concatenate(
            [(uncertainty[name] - truth[name]).abs().dropna() for uncertainty in drawn]
        )
        error = np.concatenate([uncertainty[f"{name}_error"].dropna() for uncertainty in drawn])
        assert len(error) == len(off) == 6 * places_known(truth)
        assert (off <= 2.0 * error + 1e-9).mean() > 0.9, name
        assert (off <= 4.0 * error + 1e-9).all(), name
        assert error.mean() < 4.0 * float((off**2).mean()) ** 0.5, name


def places_known(places: pd.DataFrame) -> int:
    """Count the places whose linkage is known."""
    return int(places["linkage_p05"].notna().sum())


def test_results_carry_the_errors_of_places(uncertainty: Uncertainty, study: Study) -> None:
    places = uncertainty.applied_to(score(study)).places
    columns = list(map(str, places))
    stated = [c.removesuffix("_error") for c in columns if c.endswith("_error")]
    quantiles = ("p05", "p50", "p95")
    ends = [f"{axis}_{name}" for axis in ("advantage", "linkage") for name in quantiles]
    assert stated == [*ends, *PROBABILITY_COLUMNS, "entropy"]
    for name in stated:
        assert columns[columns.index(name) + 1] == f"{name}_error"
        pd.testing.assert_series_equal(
            places[f"{name}_error"].astype(float),
            uncertainty.places[f"{name}_error"],
            check_names=False,
        )
        of_draws = places[name].astype(float)
        pd.testing.assert_series_equal(of_draws, uncertainty.places[name], check_names=False)


def test_places_are_typed_by_the_draws(uncertainty: Uncertainty, study: Study) -> None:
    assert uncertainty.advantage_draws.middle.shape == (len(uncertainty.places), 240)
    assert np.isnan(uncertainty.linkage_draws).all()  # this study has no table of linkages
    low = uncertainty.places["advantage_p95"] < 0.45
    assert (uncertainty.places.loc[low, "p_forerunner"] == 0.0).all()
    applied = uncertainty.applied_to(score(study))
    shares = [c for c in PROBABILITY_COLUMNS if c in applied.places]
    pd.testing.assert_frame_equal(
        applied.places[shares].astype(float), uncertainty.places[shares], check_names=False
    )


def test_results_carry_the_figures_after_score_and_rank(
    study: Study, uncertainty: Uncertainty
) -> None:
    layers = dict(study.layers)
    layers["emitters"] = layers["emitters"].assign(p_top10="mine").reset_index()
    own = score(study_of(layers))
    columns = list(uncertainty.applied_to(own).sites)
    at = columns.index("rank")
    five = ["score_p05", "score_p95", "rank_p05", "rank_p95", "p_top10"]
    with_errors = [column for name in five for column in (name, f"{name}_error")]
    assert columns[at + 1 : at + 11] == with_errors
    assert "input_p_top10" in columns
    manifest = uncertainty.applied_to(own).manifest["monte_carlo"]
    assert (manifest["draws"], manifest["replicates"], manifest["seed"]) == (240, 12, 0)
    assert manifest["standard_errors"]["score_p05"]["median"] > 0
    assert any(line.startswith("emitters.co2_t_per_yr") for line in manifest["drawn"])
    assert any(line.startswith("unknown emissions of") for line in manifest["drawn"])
    assert "monte_carlo" not in own.manifest


def test_a_layer_without_built_features_leaves_nothing_in_reach() -> None:
    layers = {name: all_layers()[name] for name in ("emitters", "ports")}
    layers["ports"] = layers["ports"].assign(status="planned")
    none = monte_carlo(study_of(layers), spreads=Spreads(p_build=0.0), **QUICK)
    every = monte_carlo(study_of(layers), spreads=Spreads(p_build=1.0), **QUICK)
    both = none.sites["score_p50"].dropna().index
    assert (none.sites.loc[both, "score_p95"] < every.sites.loc[both, "score_p95"]).mean() > 0.9


def test_progress_ends_with_all_draws(few_layers: Study) -> None:
    steps: list[tuple[str, int, int]] = []
    monte_carlo(few_layers, progress=lambda *step: steps.append(step), **QUICK)
    assert steps[0][1:] == (0, 240)
    assert steps[-1][1:] == (240, 240)
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)


@pytest.mark.parametrize(
    "options",
    [
        {"draws": 1},
        {"draws": 2.5},
        {"replicates": 1},
        {"top": 0.0},
        {"top": 1.0},
        {"workers": 0},
        {"workers": 1.5},
    ],
)
def test_options_out_of_range_are_rejected(study: Study, options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=r"expected"):
        monte_carlo(study, **{"draws": 10, **options})


def test_great_britain_keeps_its_best_sites(great_britain_study_path: Path) -> None:
    """The twenty best sites on the recorded inputs are in the top tenth of most draws."""
    real = read_study(great_britain_study_path)
    best = score(real).sites.nsmallest(10, "rank").index
    drawn = monte_carlo(real, draws=400, replicates=10)
    assert drawn.sites.loc[best, "p_top10"].mean() > 0.7
