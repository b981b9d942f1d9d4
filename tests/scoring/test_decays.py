"""Decays of a profile: every kind of the metrics, its options checked on load."""

from __future__ import annotations

import inspect
import tomllib
from typing import Any

import numpy as np
import pytest

from standort import metrics
from standort.errors import ProfileError
from standort.metrics import decay as decay_module
from standort.scoring import Profile, parse_profile, profile_text
from standort.scoring.profile.decays import DECAYS
from standort.study.metric_options import as_decay

LEGAL: dict[str, dict[str, Any]] = {
    "exponential": {"scale_km": 100.0},
    "gaussian": {"bandwidth_km": 100.0},
    "truncated_gaussian": {"reach_km": 300.0},
    "linear": {"reach_km": 300.0},
    "cutoff": {"reach_km": 25.0},
    "logistic": {"midpoint_km": 100.0, "steepness_per_km": 0.1},
    "power": {"exponent": 1.5, "floor_km": 2.0},
    "steps": {"table": [[20.0, 1.0], [40.0, 0.68], [60.0, 0.22]]},
}


def profile_with(decay: dict[str, Any]) -> Profile:
    document = tomllib.loads(profile_text("net-zero"))
    for criterion in document["criteria"]:
        if criterion["id"] == "nearby_clusters":
            criterion["decay"] = decay
    return parse_profile(document)


def test_a_profile_may_name_every_decay_there_is() -> None:
    functions = {
        name
        for name, of in vars(decay_module).items()
        if inspect.isfunction(of)
        and of.__module__ == decay_module.__name__
        and not name.startswith("_")
    }
    assert functions == set(DECAYS) == set(LEGAL)


@pytest.mark.parametrize("kind", LEGAL)
def test_a_profile_takes_the_options_of_the_function_and_weighs_like_it(kind: str) -> None:
    function = getattr(metrics, kind)
    assert set(LEGAL[kind]) == set(inspect.signature(function).parameters)
    loaded = profile_with({"kind": kind, **LEGAL[kind]}).criterion("nearby_clusters").decay
    actual, expected = as_decay(loaded), function(**LEGAL[kind])
    assert actual is not None
    distance = np.linspace(0.0, 400.0, 81)
    np.testing.assert_array_equal(actual(distance), expected(distance))
    assert actual.half_distance_km == expected.half_distance_km


@pytest.mark.parametrize(
    ("decay", "message"),
    [
        ({"kind": "exponential", "reach_km": 5}, "nearby_clusters.decay.reach_km: unknown key"),
        (
            {"kind": "logistic", "midpoint_km": 5, "scale": 2},
            "nearby_clusters.decay.scale: unknown key",
        ),
        ({"kind": "power", "exponent": 0}, "decay.exponent: expected a number above 0, got 0"),
        ({"kind": "cosine"}, "decay.kind: expected one of exponential, gaussian, "),
        ({"kind": "steps", "table": []}, "decay.table: expected a list of at least 1"),
        ({"kind": "steps", "table": [[20, 1], [10, 0.5]]}, "increasing distances [km]"),
        ({"kind": "steps", "table": [[20, 0.9]]}, "expected the first weight to be 1, got 0.9"),
        ({"kind": "steps", "table": [[1, 1], [2, 0.1], [3, 0.2]]}, "that do not rise"),
    ],
)
def test_a_invalid_decay_is_named(decay: dict[str, Any], message: str) -> None:
    with pytest.raises(ProfileError) as caught:
        profile_with(decay)
    assert message in str(caught.value)
