"""Bounds hold the score that a study has once everything unknown in it is known.

Two things are hidden: emissions of some emitters, and whole layers. Whatever they turn out to be,
the scores of sites, clusters and places lie between the bounds computed without them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from study.small_studies import all_layers, study_of

from standort.scoring import load_profile
from standort.study import Result, score

if TYPE_CHECKING:
    import pandas as pd

N = 40
#: the layers without which a component of the default profile is unknown
OF_COMPONENT = {
    "physical_conditions": [
        "employment", "feedstock", "freight_routes", "grid_nodes", "land", "population",
    ],
    "net_zero_assets": [
        "co2_storage", "heat_demand", "pipelines", "ports", "renewables", "salt_caverns",
    ],
}  # fmt: skip
#: the default profile, and one of which only what emissions decide is left
PROFILES = {"whole": load_profile("net-zero")}
PROFILES["density"] = PROFILES["whole"].model_copy(
    update={
        "components": tuple(c for c in PROFILES["whole"].components if c.id == "firm_proximity"),
        "criteria": PROFILES["whole"].criteria_of("firm_proximity"),
    }
)
#: rounding of a mean of values that are all at a bound
HAIR = 1e-12


@cache
def bounded(seed: int, absent: tuple[str, ...], profile: str) -> Result:
    layers = all_layers(seed, N)
    kept = {name: layer for name, layer in layers.items() if name not in absent}
    return score(study_of(kept), PROFILES[profile])


def completed(seed: int, draw: int, spread: float, profile: str) -> Result:
    """Score the study with all layers, and with random emissions where they were unknown."""
    rng = np.random.default_rng(draw)
    layers = all_layers(seed, N)
    amount = layers["emitters"]["co2_t_per_yr"].to_numpy(copy=True)
    unknown = np.isnan(amount)
    drawn = np.minimum(rng.lognormal(12.5, spread, unknown.sum()), 9e7)
    drawn[rng.random(len(drawn)) < 0.2] = 0.0
    amount[unknown] = drawn
    layers["emitters"]["co2_t_per_yr"] = amount
    return score(study_of(layers), PROFILES[profile])


def members(result: Result) -> pd.Series[Any]:
    """Name each place by its members: numbers and names follow emissions, members do not."""
    kinds = result.places["kind"]
    of_each = result.place_members.groupby("place")["site_id"].agg(" ".join)
    names: pd.Series[Any] = of_each.reindex(kinds.index) + " " + kinds
    return names


def assert_within(full: pd.Series[Any], low: pd.Series[Any], high: pd.Series[Any]) -> None:
    """Raise unless every score lies between its bounds."""
    known = full.dropna().index
    assert len(known)
    outside = (full < low - HAIR) | (full > high + HAIR)
    assert not outside.loc[known].any(), (full[outside], low[outside], high[outside])


@settings(max_examples=12)
@given(
    st.sampled_from((1, 2, 3)),
    st.sampled_from(sorted(PROFILES)),
    st.sampled_from(((), *map(tuple, OF_COMPONENT.values()), ("grid_nodes", "ports"))),
    st.integers(0, 10_000),
    st.sampled_from((0.5, 3.0, 6.0)),
)
def test_bounds_hold_the_scores_of_the_completed_study(
    seed: int, profile: str, absent: tuple[str, ...], draw: int, spread: float
) -> None:
    hidden, full = bounded(seed, absent, profile), completed(seed, draw, spread, profile)
    sites = hidden.sites
    assert_within(full.sites["score"], sites["score_min"], sites["score_max"])
    places = hidden.places.set_axis(members(hidden).to_numpy())
    again = full.places.set_axis(members(full).to_numpy())
    assert set(places.index) == set(again.index)
    advantage = again["advantage"].reindex(places.index)
    assert_within(advantage, places["advantage_min"], places["advantage_max"])
