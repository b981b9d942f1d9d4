"""Sensitivity of scores: what varies is what the chain would make of it, and is listed."""

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
from standort.study.chain import Engine
from standort.uncertainty import Spreads, sensitivity
from standort.uncertainty.layer_draws import drawn_layers
from standort.uncertainty.reweighting import reweighted
from standort.uncertainty.sensitivity_analysis.factors import Factors, Model
from standort.uncertainty.sensitivity_analysis.realisations import (
    ask_place,
    ask_site,
    measure_worlds,
)

if TYPE_CHECKING:
    from standort.scoring import Profile
    from standort.uncertainty.sensitivity_analysis.realisations import Asked

WORLDS = 3


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
    **asked_of: object,
) -> tuple[Engine, Asked, Model]:
    engine = Engine.of(study, profile)
    asked = (
        ask_place(engine, asked_of["place"])
        if "place" in asked_of
        else ask_site(engine, asked_of["site"], among_all=target == "rank")
    )
    layers = drawn_layers(study, engine.measured, Spreads())
    worlds = measure_worlds(engine, asked, layers, worlds=WORLDS, seed=4)
    factors = Factors.of(asked, worlds, layers, Spreads(), target=target, weights=weights)
    return engine, asked, Model(asked, worlds, factors, WORLDS, target, Spreads())


def test_recorded_inputs_give_the_score(study: Study, result: Result) -> None:
    known = [c for c in result.sites if str(c).endswith("_value")]
    site = result.sites.index[result.sites[known].notna().all(axis=1)][0]
    found = sensitivity(study, site=site, samples=4, worlds=2)
    assert found.recorded == result.sites.loc[site, "score"]


def test_recorded_inputs_give_the_rank(study: Study, result: Result) -> None:
    best = result.sites["score"].idxmax()
    assert sensitivity(study, site=best, target="rank", samples=4, worlds=2).recorded == 1.0


def test_recorded_inputs_give_the_score_of_a_cluster() -> None:
    study = study_of(known_layers())
    result = score(study)
    found = sensitivity(study, place=0, target="margin", method="morris", trajectories=2, worlds=2)
    assert found.recorded + 0.5 == pytest.approx(result.clusters["score"].iloc[0], abs=1e-12)
    assert "threshold" in found.indices.index


@pytest.mark.parametrize("aggregation", ["geometric", "minimum"])
def test_a_point_scores_as_the_chain_does_with_the_same_inputs(
    aggregation: str,
) -> None:
    """Layers of a world, breakpoints times a factor and weights, written into study and profile."""
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
                world = int(model.factors.world(point, name, WORLDS)[0])
                changed = changed.with_layer(name, layer.draw(4, world), source=study.sources[name])
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


def test_weights_apart_are_factors_of_their_own(study: Study) -> None:
    _, _, together = model_of(study, load_profile("net-zero"), site="e010")
    _, _, apart = model_of(study, load_profile("net-zero"), weights="separate", site="e010")
    points = np.random.default_rng(1).random((5, len(together.factors.names)))
    assert together.factors.names == apart.factors.names
    np.testing.assert_array_equal(together.run(points), apart.run(points))
    assert together.factors.groups.count("weights") > 3
    assert apart.factors.groups == apart.factors.names


def test_aggregations_that_go_one_by_one_give_what_goes_at_once(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, model = model_of(study, load_profile("net-zero"), target="rank", site="e010")
    points = np.random.default_rng(2).random((6, len(model.factors.names)))
    at_once = model.run(points)
    monkeypatch.setattr("standort.uncertainty.sensitivity_analysis.factors.VECTORISED", frozenset())
    np.testing.assert_array_equal(model.run(points), at_once)


def test_blocks_do_not_matter(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, model = model_of(study, load_profile("net-zero"), place=0)
    points = np.random.default_rng(3).random((40, len(model.factors.names)))
    whole = model.run(points)
    monkeypatch.setattr("standort.uncertainty.sensitivity_analysis.factors._HELD", 60)
    np.testing.assert_array_equal(model.run(points), whole)


def test_the_list_names_what_varied_and_what_could_not(study: Study) -> None:
    left_out = Study.from_layers(**{k: v for k, v in all_layers().items() if k != "heat_demand"})
    found = sensitivity(left_out, site="e010", method="morris", trajectories=2, worlds=2)
    told = found.factors.set_index("factor")
    assert told.loc["weights", "varied"]
    assert told.loc["layer co2_storage", "varied"]
    assert "no layer 'heat_demand'" in str(told.loc["criterion heat_demand", "how"])
    for name in ("aggregation", "radius", "eps of clusters", "place of what is asked about"):
        assert not told.loc[name, "varied"]
    varied = set(found.factors.loc[found.factors["varied"], "factor"])
    assert varied == set(found.indices.index)


def test_without_spread_of_a_kind_it_is_no_factor(study: Study) -> None:
    spreads = Spreads(concentration=np.inf, breakpoints=0.0, position_km=0.0)
    found = sensitivity(
        study, site="e010", method="morris", trajectories=2, worlds=2, spreads=spreads
    )
    told = found.factors.set_index("factor")
    assert not told.loc["weights", "varied"]
    assert "weights" not in found.indices.index
    assert "layer ports" not in found.indices.index
    with pytest.raises(OptionError, match="all spreads are 0"):
        sensitivity(study_of(_one_port()), site="a", spreads=Spreads.none(), worlds=2)


def _one_port() -> dict[str, Any]:
    places = gpd.points_from_xy([4.0, 4.5], [52, 52], crs=4326)
    plants = gpd.GeoDataFrame({"site_id": ["a", "b"], "co2_t_per_yr": [1e6, 1e6]}, geometry=places)
    return {
        "emitters": plants,
        "ports": gpd.GeoDataFrame({"feature_id": ["p"]}, geometry=places[:1]),
    }


def test_only_what_is_uncertain_has_a_share() -> None:
    # The site is at the port and the port does not move: breakpoints of its distance do nothing.
    spreads = Spreads(concentration=np.inf, position_km=0.0)
    found = sensitivity(study_of(_one_port()), site="a", samples=64, spreads=spreads, worlds=2)
    assert found.indices.loc["breakpoints of port_distance", "ST"] == 0.0
    assert found.indices["ST"].max() > 0.0


def test_the_seed_decides(study: Study) -> None:
    one, same = (
        sensitivity(study, site="e010", method="morris", trajectories=3, worlds=2, seed=7)
        for _ in range(2)
    )
    assert one.indices.equals(same.indices)


def test_refusals(study: Study) -> None:
    with pytest.raises(OptionError, match="a site or a place, got both"):
        sensitivity(study, site="e010", place=0)
    with pytest.raises(OptionError, match="places are not ranked"):
        sensitivity(study, place=0, target="rank")
    with pytest.raises(OptionError, match="the id of a site of the study, got 'nowhere'"):
        sensitivity(study, site="nowhere")
    with pytest.raises(OptionError, match="a place or the number of a cluster, got 99"):
        sensitivity(study, place=99)
    with pytest.raises(OptionError, match="at least 2 worlds"):
        sensitivity(study, worlds=1)


def gated_study() -> tuple[Study, Profile]:
    """Five sites in a row away from a port; a gate takes in those near it."""
    places = gpd.points_from_xy([4.0, 4.2, 4.4, 4.6, 7.0], [52.0] * 5, crs=4326)
    plants = gpd.GeoDataFrame(
        {"site_id": list("abcde"), "co2_t_per_yr": [1e6, 2e6, 3e6, 4e6, 5e6]}, geometry=places
    )
    ports = gpd.GeoDataFrame({"feature_id": ["p"]}, geometry=places[:1])
    own = {"extends": "net-zero", "id": "gated", "version": "1", "weights": {"port_distance": 0}}
    profile = parse_profile({**own, "gates": {"port_distance": 0.5}})
    return Study.from_layers(emitters=plants, ports=ports), profile


@pytest.mark.parametrize("site", ["a", "b", "c"])
def test_who_fails_a_gate_is_no_rival(site: str) -> None:
    study, profile = gated_study()
    told = score(study, profile).sites
    assert told["score"].notna().tolist() == [True] * 3 + [False] * 2
    found = sensitivity(study, profile, site=site, target="rank", samples=2, worlds=2)
    assert found.recorded == told.loc[site, "rank"]
    names = found.factors.set_index("factor")["how"]
    assert "those that fail one in a run are left out" in names["gates on what is asked about"]
    assert "gates and vetoes" not in names.index


def test_in_runs_gates_hold_by_what_is_drawn() -> None:
    study, profile = gated_study()
    _, _, model = model_of(study, profile, target="rank", site="b")
    point = np.full((2, len(model.factors.names)), 0.5)
    at = model.factors.names.index("breakpoints of port_distance")
    point[0, at] = 0.0  # short breakpoints: all but a and the site asked about fail
    point[1, at] = 1.0
    strict, lenient = model.run(point)
    values = model._values(point, model.worlds)["port_distance"]
    passing = values >= 0.5
    assert passing[0].sum() < passing[1].sum()
    scores = model._scores(point, model._values(point, model.worlds))
    for i, rank in enumerate((strict, lenient)):
        rivals = scores[i][passing[i]]
        assert rank == 1 + np.count_nonzero(rivals > scores[i, 1])


def test_a_site_that_a_gate_excludes_is_refused_with_the_reason() -> None:
    study, profile = gated_study()
    refused: list[dict[str, Any]] = [{"site": "d"}, {"site": "d", "target": "rank"}]
    for asked in refused:
        with pytest.raises(OptionError, match="'d' has none: a gate of the profile excludes it"):
            sensitivity(study, profile, **asked, samples=2, worlds=2)


def test_sites_too_little_known_are_no_rivals(study: Study, result: Result) -> None:
    known = result.sites["score"].notna().to_numpy()
    assert not known.all()
    asked = ask_site(Engine.of(study, "net-zero"), "e010", among_all=True)
    assert asked.frame.index.tolist() == result.sites.index[known].tolist()
    assert str(asked.frame.index[asked.at]) == "e010"
