"""Factorial of method choices: each run equals scoring the changed profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from study.small_studies import all_layers, study_of

from standort.errors import OptionError
from standort.metrics import exponential
from standort.scoring import load_profile
from standort.study import score
from standort.study.metric_options import as_decay
from standort.uncertainty import Factorial, factorial
from standort.uncertainty.sensitivity_analysis.method_choices import _DECAYS

if TYPE_CHECKING:
    from standort.layers import Study


@pytest.fixture(scope="module")
def study() -> Study:
    return study_of(all_layers(n=40))


@pytest.fixture(scope="module")
def result(study: Study) -> Factorial:
    return factorial(
        study,
        aggregation=["geometric", "minimum", "topsis"],
        decay=["profile", "linear"],
        radius_factor=[1, 2],
        eps_km=[10, 20],
    )


def test_there_is_a_run_for_every_combination(result: Factorial) -> None:
    assert len(result.runs) == 3 * 2 * 2 * 2
    assert not result.runs.duplicated(["aggregation", "decay", "radius_factor", "eps_km"]).any()


def test_the_unchanged_profile_moves_no_rank(result: Factorial) -> None:
    own = result.runs.query(
        "aggregation == 'geometric' and decay == 'profile' and radius_factor == 1 and eps_km == 10"
    )
    assert own["rank_shift"].tolist() == [0.0]
    assert own["largest_shift"].tolist() == [0.0]
    assert own["top_tenth_kept"].tolist() == [1.0]


def test_a_run_is_what_scoring_the_changed_profile_gives(study: Study, result: Factorial) -> None:
    profile = load_profile("net-zero")
    criteria = []
    for criterion in profile.criteria:
        update = {} if criterion.radius_km is None else {"radius_km": 2 * criterion.radius_km}
        if criterion.decay is not None:
            # e^(-d / 100) is one half at 69.3 km, and so is 1 - d / 138.6
            half = _DECAYS["linear"](100 * np.log(2))
            criteria.append(criterion.model_copy(update={**update, "decay": half}))
        else:
            criteria.append(criterion.model_copy(update=update))
    other = profile.model_copy(
        update={
            "criteria": tuple(criteria),
            "clusters": profile.clusters.model_copy(update={"eps_km": 20.0}),
            "aggregation": "minimum",
        }
    )
    base = score(study).sites["score"].rank(method="min", ascending=False)
    rank = score(study, other).sites["score"].rank(method="min", ascending=False)
    row = result.runs.query(
        "aggregation == 'minimum' and decay == 'linear' and radius_factor == 2 and eps_km == 20"
    )
    assert row["rank_shift"].tolist() == [(rank - base).abs().mean()]
    assert row["largest_shift"].tolist() == [(rank - base).abs().max()]


def test_effects_are_means_over_runs_and_sum_to_zero(result: Factorial) -> None:
    mean = result.runs["rank_shift"].mean()
    for factor, rows in result.effects.groupby("factor"):
        assert rows["effect"].sum() == pytest.approx(0.0, abs=1e-9)  # as many runs of each level
        for level, effect in zip(rows["level"], rows["effect"], strict=True):
            of = result.runs[result.runs[str(factor)].astype(str) == level]["rank_shift"]
            assert effect == pytest.approx(of.mean() - mean)
    spread = result.effects.groupby("factor")["effect"].agg(lambda e: e.max() - e.min())
    pd.testing.assert_series_equal(
        result.spreads["spread"].sort_index(), spread.sort_index(), check_names=False
    )
    assert result.spreads["spread"].is_monotonic_decreasing


def test_the_range_of_ranks_includes_the_rank_of_the_profile(result: Factorial) -> None:
    sites = result.sites.dropna()
    assert (sites["rank_best"] <= sites["rank"]).all()
    assert (sites["rank"] <= sites["rank_worst"]).all()
    assert sites["top_tenth"].between(0, 1).all()


@pytest.mark.parametrize("kind", list(_DECAYS))
def test_decays_of_another_kind_keep_the_distance_of_one_half(kind: str) -> None:
    half = exponential(100).half_distance_km
    decay = as_decay(_DECAYS[kind](half))
    assert decay is not None
    assert decay.half_distance_km == pytest.approx(half)


def test_factors_lists_varied_and_not_varied_choices(study: Study) -> None:
    result = factorial(study, eps_km=[10], aggregation=["geometric", "minimum"])
    factors = result.factors.set_index("factor")
    assert factors.loc["aggregation", "varied"]
    assert factors.loc["radius_factor", "varied"]
    assert factors.loc["eps_km", "how"] == "only one level: 10.0"
    assert not factors.loc["weights", "varied"]


def test_a_choice_without_effect_is_not_a_factor() -> None:
    layers = {name: layer for name, layer in all_layers().items() if name in {"sites", "ports"}}
    layers["sites"] = all_layers()["emitters"][["site_id", "geometry"]]
    result = factorial(study_of(layers), eps_km=[10], radius_factor=[1, 2], decay=["profile"])
    factors = result.factors.set_index("factor")
    for name in ("aggregation", "decay", "radius_factor", "eps_km"):
        assert not factors.loc[name, "varied"]
    assert (result.runs["rank_shift"] == 0).all()


def test_invalid_options_are_rejected(study: Study) -> None:
    with pytest.raises(OptionError, match="a decay of one parameter, got 'steps'"):
        factorial(study, decay=["steps"])
    with pytest.raises(OptionError, match=r"needs no options .* got 'owa'"):
        factorial(study, aggregation=["owa"])
    with pytest.raises(OptionError, match="eps_km to be a sequence, each a positive number"):
        factorial(study, eps_km=[-1])
    with pytest.raises(OptionError, match="at least one level of decay"):
        factorial(study, decay=[])
