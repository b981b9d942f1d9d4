"""Draws of advantage where a component has no layer: on the known ones, and at both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from study.small_studies import all_layers, study_of

from standort.scoring import load_profile
from standort.study import score
from standort.uncertainty import Spreads, Uncertainty, monte_carlo

if TYPE_CHECKING:
    from standort.typology import DrawRange

QUICK: dict[str, Any] = {"draws": 60, "replicates": 6}
#: layers of the other components
PHYSICAL = ("grid_nodes", "freight_routes", "employment", "feedstock", "land", "population")


def known_layers(*left_out: str) -> dict[str, Any]:
    """Give layers in which nothing is unknown, without some of them."""
    layers = {name: layer for name, layer in all_layers().items() if name not in left_out}
    for layer in layers.values():
        numbers = layer.select_dtypes("number").columns
        layer[numbers] = layer[numbers].fillna(layer[numbers].median())
    layers["pipelines"]["carrier"] = "co2"
    return layers


def ends(drawn: Uncertainty) -> DrawRange:
    return drawn.advantage_draws


@pytest.mark.parametrize("aggregation", ["geometric", "arithmetic", "minimum", "topsis"])
@pytest.mark.parametrize("concentration", [None, 0.01, 30.0, np.inf])
def test_advantage_lies_between_its_ends_in_every_draw(
    aggregation: str, concentration: float | None
) -> None:
    profile = load_profile("net-zero").model_copy(update={"aggregation": aggregation})
    study = study_of(known_layers(*PHYSICAL))
    drawn = monte_carlo(study, profile, spreads=Spreads(concentration=concentration), **QUICK)
    low, point, high = ends(drawn)
    assert low.shape == point.shape == high.shape
    assert (low <= point).all()
    assert (point <= high).all()
    assert (high - low).max() > 0.1


def test_all_are_equal_where_every_component_is_known() -> None:
    low, point, high = ends(monte_carlo(study_of(known_layers()), **QUICK))
    assert low.tolist() == point.tolist() == high.tolist()


def test_without_spreads_the_ends_are_the_bounds_of_the_place() -> None:
    """With one criterion absent beside a component, the bounds allow for the criterion too."""
    study = study_of(known_layers(*PHYSICAL))
    places = score(study).places
    low, point, high = ends(monte_carlo(study, spreads=Spreads.none(), **QUICK))
    np.testing.assert_allclose(low[:, 0], places["advantage_min"], atol=1e-12)
    np.testing.assert_allclose(point[:, 0], places["advantage"], atol=1e-12)
    np.testing.assert_allclose(high[:, 0], places["advantage_max"], atol=1e-12)
    fewer = study_of(known_layers(*PHYSICAL, "ports"))
    wider = score(fewer).places
    low, _, high = ends(monte_carlo(fewer, spreads=Spreads.none(), **QUICK))
    assert (wider["advantage_min"] < low[:, 0]).all()
    assert (high[:, 0] < wider["advantage_max"]).all()


def test_a_component_added_later_lies_between_the_ends() -> None:
    """The ends use the weights that the absent component would have."""
    spreads = Spreads.none()
    low, _, high = ends(monte_carlo(study_of(known_layers(*PHYSICAL)), spreads=spreads, **QUICK))
    full = monte_carlo(study_of(known_layers()), spreads=spreads, **QUICK).advantage_draws.middle
    assert (low <= full + 1e-12).all()
    assert (full <= high + 1e-12).all()


def test_a_gate_that_excludes_a_place_leaves_no_end() -> None:
    profile = load_profile("net-zero")
    gated = [
        c.model_copy(update={"gate": 0.8} if c.id == "port_distance" else {})
        for c in profile.criteria
    ]
    profile = profile.model_copy(update={"criteria": tuple(gated)})
    low, point, high = ends(monte_carlo(study_of(known_layers(*PHYSICAL)), profile, **QUICK))
    assert np.isnan(point).any()
    assert (np.isnan(low) == np.isnan(point)).all()
    assert (np.isnan(high) == np.isnan(point)).all()
