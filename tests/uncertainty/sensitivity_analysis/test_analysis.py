"""Sensitivity of scores: points score as by the engine with the same inputs; factors are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
from study.small_studies import all_layers, study_of, without_criterion

from standort.errors import OptionError
from standort.layers import Study
from standort.scoring import load_profile, parse_profile
from standort.study import Result, score
from standort.study.engine import Engine
from standort.uncertainty import Spreads, sensitivity
from standort.uncertainty.layer_draws import drawn_layers
from standort.uncertainty.reweighting import reweighted
from standort.uncertainty.sensitivity_analysis.factors import Factors, Model
from standort.uncertainty.sensitivity_analysis.realisations import (
    measure_realisations,
    place_subject,
    site_subject,
)

if TYPE_CHECKING:
    from standort.scoring import Profile
    from standort.uncertainty.sensitivity_analysis.realisations import Subject

REALISATIONS = 3


@pytest.fixture(scope="module")
def study() -> Study:
    return study_of(all_layers())


@pytest.fixture(scope="module")
def result(study: Study) -> Result:
    return score(study)


def known_layers() -> dict[str, Any]:
    """Every layer, with a quantity wherever one is unknown."""
    layers = all_layers()
    for layer in layers.values():
        for column in layer.columns.drop("geometry"):
            if layer[column].dtype == float:
                layer[column] = layer[column].fillna(layer[column].median())
    return layers


def model_of(
    study: Study,
    profile: Profile,
    target: str = "score",
    weights: str = "group",
    **of: object,
) -> tuple[Engine, Subject, Model]:
    engine = Engine.of(study, profile)
    subject = (
        place_subject(engine, of["place"])
        if "place" in of
        else site_subject(engine, of["site"], among_all=target == "rank")
    )
    layers = drawn_layers(study, engine.measured, Spreads())
    realisations = measure_realisations(engine, subject, layers, realisations=REALISATIONS, seed=4)
    factors = Factors.of(subject, realisations, layers, Spreads(), target=target, weights=weights)
    return engine, subject, Model(subject, realisations, factors, REALISATIONS, target, Spreads())


def test_recorded_inputs_give_the_score(study: Study, result: Result) -> None:
    known = [c for c in result.sites if str(c).endswith("_value")]
    site = result.sites.index[result.sites[known].notna().all(axis=1)][0]
    analysis = sensitivity(study, site=site, samples=4, realisations=2)
    assert analysis.recorded == result.sites.loc[site, "score"]


def test_recorded_inputs_give_the_rank(study: Study, result: Result) -> None:
    best = result.sites["score"].idxmax()
    assert sensitivity(study, site=best, target="rank", samples=4, realisations=2).recorded == 1.0


def test_recorded_inputs_give_the_score_of_a_cluster() -> None:
    study = study_of(known_layers())
    result = score(study)
    analysis = sensitivity(
        study, place=0, target="margin", method="morris", trajectories=2, realisations=2
    )
    assert analysis.recorded + 0.5 == pytest.approx(result.clusters["score"].iloc[0], abs=1e-12)
    assert "threshold" in analysis.indices.index


@pytest.mark.parametrize("aggregation", ["geometric", "minimum"])
def test_point_scores_equal_the_engine_with_the_same_inputs(
    aggregation: str,
) -> None:
    """Write drawn layers, breakpoints and weights into study and profile, and score that."""
    profile = without_criterion(load_profile("net-zero"), "nearby_clusters")
    profile = profile.model_copy(update={"aggregation": aggregation})
    site = "e010"
    layers_known = known_layers()
    sites = layers_known["emitters"].query("site_id == @site")
    study = Study.from_layers(**layers_known, sites=sites)
    engine, _, model = model_of(study, profile, site=site)
    points = np.random.default_rng(0).random((4, len(model.factors.names)))
    expected = []
    layers = {layer.name: layer for layer in drawn_layers(study, engine.measured, Spreads())}
    for i in range(len(points)):
        point = points[[i]]
        changed = study
        for name, layer in layers.items():
            if name != "sites":
                realisation = int(model.factors.realisation(point, name, REALISATIONS)[0])
                changed = changed.with_layer(
                    name, layer.draw(4, realisation), source=study.sources[name]
                )
        shares = {}
        for criterion in profile.criteria:
            component = next(c for c in profile.components if c.id == criterion.component)
            members = list(profile.criteria_of(component.id))
            inside = model._weights(point, [c.id for c in members], [c.weight for c in members])
            across = model._weights(point, [c.id for c in profile.components], [1.0, 1.0, 1.0])
            k = [c.id for c in profile.components].index(component.id)
            share = inside[[c.id for c in members].index(criterion.id)][0] * across[k][0]
            shares[criterion.id] = float(share)
        other = reweighted(profile, shares)
        other = other.model_copy(
            update={"criteria": tuple(_scaled(c, model, point) for c in other.criteria)}
        )
        values = score(changed, other)
        expected.append(float(values.sites["score"].iloc[0]))
    np.testing.assert_allclose(model.run(points), expected, atol=1e-12)


def _scaled(criterion: Any, model: Model, point: Any) -> Any:  # noqa: ANN401 - a criterion
    """Write a factor on all breakpoints into a value function."""
    from scipy.stats import norm

    chance = model.factors.column(point, f"breakpoints of {criterion.id}")
    assert chance is not None
    factor = float(np.exp(0.2 * norm.ppf(chance[0])))
    points = tuple(p.model_copy(update={"x": p.x * factor}) for p in criterion.value.points)
    value = criterion.value.model_copy(update={"points": points})
    return criterion.model_copy(update={"value": value})


def test_separate_weights_are_one_factor_each(study: Study) -> None:
    _, _, together = model_of(study, load_profile("net-zero"), site="e010")
    _, _, apart = model_of(study, load_profile("net-zero"), weights="separate", site="e010")
    points = np.random.default_rng(1).random((5, len(together.factors.names)))
    assert together.factors.names == apart.factors.names
    np.testing.assert_array_equal(together.run(points), apart.run(points))
    assert together.factors.groups.count("weights") > 3
    assert apart.factors.groups == apart.factors.names


def test_aggregating_one_draw_at_a_time_gives_the_same_as_all_at_once(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, model = model_of(study, load_profile("net-zero"), target="rank", site="e010")
    points = np.random.default_rng(2).random((6, len(model.factors.names)))
    at_once = model.run(points)
    monkeypatch.setattr("standort.uncertainty.sensitivity_analysis.factors.VECTORISED", frozenset())
    np.testing.assert_array_equal(model.run(points), at_once)


def test_block_size_does_not_change_results(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, model = model_of(study, load_profile("net-zero"), place=0)
    points = np.random.default_rng(3).random((40, len(model.factors.names)))
    whole = model.run(points)
    monkeypatch.setattr("standort.uncertainty.sensitivity_analysis.factors._HELD", 60)
    np.testing.assert_array_equal(model.run(points), whole)


def test_factors_lists_varied_and_not_varied_inputs(study: Study) -> None:
    left_out = Study.from_layers(**{k: v for k, v in all_layers().items() if k != "heat_demand"})
    analysis = sensitivity(left_out, site="e010", method="morris", trajectories=2, realisations=2)
    factors = analysis.factors.set_index("factor")
    assert factors.loc["weights", "varied"]
    assert factors.loc["layer co2_storage", "varied"]
    assert "no layer 'heat_demand'" in str(factors.loc["criterion heat_demand", "how"])
    for name in (
        "aggregation",
        "radius",
        "eps of clusters",
        "position of the site or place itself",
    ):
        assert not factors.loc[name, "varied"]
    varied = set(analysis.factors.loc[analysis.factors["varied"], "factor"])
    assert varied == set(analysis.indices.index)


def test_an_input_of_zero_spread_is_not_a_factor(study: Study) -> None:
    spreads = Spreads(concentration=np.inf, breakpoints=0.0, position_km=0.0)
    analysis = sensitivity(
        study, site="e010", method="morris", trajectories=2, realisations=2, spreads=spreads
    )
    factors = analysis.factors.set_index("factor")
    assert not factors.loc["weights", "varied"]
    assert "weights" not in analysis.indices.index
    assert "layer ports" not in analysis.indices.index
    with pytest.raises(OptionError, match="all spreads are 0"):
        sensitivity(study_of(_one_port()), site="a", spreads=Spreads.none(), realisations=2)


def _one_port() -> dict[str, Any]:
    positions = gpd.points_from_xy([4.0, 4.5], [52, 52], crs=4326)
    plants = gpd.GeoDataFrame(
        {"site_id": ["a", "b"], "co2_t_per_yr": [1e6, 1e6]}, geometry=positions
    )
    return {
        "emitters": plants,
        "ports": gpd.GeoDataFrame({"feature_id": ["p"]}, geometry=positions[:1]),
    }


def test_an_input_without_effect_has_an_index_of_zero() -> None:
    # The site is at the port, which does not move: breakpoints of its distance have no effect.
    spreads = Spreads(concentration=np.inf, position_km=0.0)
    analysis = sensitivity(
        study_of(_one_port()), site="a", samples=64, spreads=spreads, realisations=2
    )
    assert analysis.indices.loc["breakpoints of port_distance", "ST"] == 0.0
    assert analysis.indices["ST"].max() > 0.0


def test_the_same_seed_gives_the_same_indices(study: Study) -> None:
    one, same = (
        sensitivity(study, site="e010", method="morris", trajectories=3, realisations=2, seed=7)
        for _ in range(2)
    )
    assert one.indices.equals(same.indices)


def test_invalid_options_are_rejected(study: Study) -> None:
    with pytest.raises(OptionError, match="a site or a place, got both"):
        sensitivity(study, site="e010", place=0)
    with pytest.raises(OptionError, match="places are not ranked"):
        sensitivity(study, place=0, target="rank")
    with pytest.raises(OptionError, match="the id of a site of the study, got 'nowhere'"):
        sensitivity(study, site="nowhere")
    with pytest.raises(OptionError, match="a place or the number of a cluster, got 99"):
        sensitivity(study, place=99)
    with pytest.raises(OptionError, match="realisations to be a whole number from 2"):
        sensitivity(study, realisations=1)


def gated_study() -> tuple[Study, Profile]:
    """Five sites in a row away from a port; those near it pass a gate."""
    positions = gpd.points_from_xy([4.0, 4.2, 4.4, 4.6, 7.0], [52.0] * 5, crs=4326)
    plants = gpd.GeoDataFrame(
        {"site_id": list("abcde"), "co2_t_per_yr": [1e6, 2e6, 3e6, 4e6, 5e6]}, geometry=positions
    )
    ports = gpd.GeoDataFrame({"feature_id": ["p"]}, geometry=positions[:1])
    own = {"extends": "net-zero", "id": "gated", "version": "1", "weights": {"port_distance": 0}}
    profile = parse_profile({**own, "gates": {"port_distance": 0.5}})
    return Study.from_layers(emitters=plants, ports=ports), profile


@pytest.mark.parametrize("site", ["a", "b", "c"])
def test_sites_excluded_by_a_gate_are_not_ranked(site: str) -> None:
    study, profile = gated_study()
    sites = score(study, profile).sites
    assert sites["score"].notna().tolist() == [True] * 3 + [False] * 2
    analysis = sensitivity(study, profile, site=site, target="rank", samples=2, realisations=2)
    assert analysis.recorded == sites.loc[site, "rank"]
    names = analysis.factors.set_index("factor")["how"]
    assert "that fail one in a run are left out" in names["gates on the site or place itself"]
    assert "gates and vetoes" not in names.index


def test_gates_apply_to_the_drawn_values() -> None:
    study, profile = gated_study()
    _, _, model = model_of(study, profile, target="rank", site="b")
    point = np.full((2, len(model.factors.names)), 0.5)
    at = model.factors.names.index("breakpoints of port_distance")
    point[0, at] = 0.0  # short breakpoints: all but a and the subject fail
    point[1, at] = 1.0
    strict, lenient = model.run(point)
    values = model._values(point, model.realisations)["port_distance"]
    passing = values >= 0.5
    assert passing[0].sum() < passing[1].sum()
    scores = model._scores(point, model._values(point, model.realisations))
    for i, rank in enumerate((strict, lenient)):
        rivals = scores[i][passing[i]]
        assert rank == 1 + np.count_nonzero(rivals > scores[i, 1])


def test_a_site_excluded_by_a_gate_is_rejected_with_the_reason() -> None:
    study, profile = gated_study()
    options: list[dict[str, Any]] = [{"site": "d"}, {"site": "d", "target": "rank"}]
    for chosen in options:
        with pytest.raises(OptionError, match="'d' has none: a gate of the profile excludes it"):
            sensitivity(study, profile, **chosen, samples=2, realisations=2)


def test_sites_of_insufficient_coverage_are_not_ranked(study: Study, result: Result) -> None:
    known = result.sites["score"].notna().to_numpy()
    assert not known.all()
    subject = site_subject(Engine.of(study, "net-zero"), "e010", among_all=True)
    assert subject.frame.index.tolist() == result.sites.index[known].tolist()
    assert str(subject.frame.index[subject.at]) == "e010"
