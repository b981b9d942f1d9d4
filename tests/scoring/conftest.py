"""A small profile whose metrics are their own partial values, and the net-zero TOML as data."""

from __future__ import annotations

import copy
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from standort.scoring.profile.loading import parse_profile, profile_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.scoring.profile.profile_model import Profile

settings.register_profile("derandomised", derandomize=True, deadline=None)
settings.load_profile("derandomised")

#: component -> criteria; five criteria make each worth a fifth of the component.
SMALL = {"power": ("p1", "p2", "p3", "p4", "p5"), "firms": ("f1", "f2"), "assets": ("s1", "s2")}


def small_document(
    *, weights: dict[str, float] | None = None, **settings_: object
) -> dict[str, Any]:
    """Write a profile with three components and nine criteria worth their own metric."""
    weights = weights or {}
    reach = {
        "kind": "goalpost",
        "worst": {"x": 0, "source": "assumption"},
        "best": {"x": 1, "source": "assumption"},
    }
    words = {"title": "a title", "rationale": "a reason"}
    return {
        "id": "small",
        "version": "1",
        "title": "small",
        "description": "for tests",
        "components": [{"id": c, "weight": weights.get(c, 1), **words} for c in SMALL],
        "criteria": [
            {
                "id": criterion,
                "component": component,
                "metric": "nearest_distance",
                "layer": "ports",
                "unit": "km",
                "weight": weights.get(criterion, 1),
                "value": reach,
                **words,
            }
            for component, criteria in SMALL.items()
            for criterion in criteria
        ],
        **settings_,
    }


@pytest.fixture(scope="session")
def make_profile() -> Callable[..., Profile]:
    def make(*, weights: dict[str, float] | None = None, **settings_: object) -> Profile:
        return parse_profile(small_document(weights=weights, **settings_))

    return make


@pytest.fixture(scope="session")
def net_zero_document() -> dict[str, Any]:
    return tomllib.loads(profile_text("net-zero"))


@pytest.fixture
def document(net_zero_document: dict[str, Any]) -> dict[str, Any]:
    """Give a copy to spoil."""
    return copy.deepcopy(net_zero_document)
