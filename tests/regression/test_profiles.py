"""The built-in profiles are those that results were made with, to the last setting.

A result names its profile by version and hash: a new setting with its usual value must not change
the hash. After a change that is meant, run ``make golden``.
"""

from __future__ import annotations

import copy

import pytest
from regression.make_golden import golden_profiles, read_profiles, same_version


def test_versions_hashes_and_criteria_are_those_of_the_golden_file() -> None:
    assert golden_profiles() == read_profiles()


@pytest.mark.parametrize("name", golden_profiles())
def test_a_changed_profile_needs_another_version(name: str) -> None:
    old = golden_profiles()
    new = copy.deepcopy(old)
    assert same_version(old, new) == []
    new[name]["content_hash"] = "0" * 64
    assert same_version(old, new) == [name]
    new[name]["version"] += ".1"
    assert same_version(old, new) == []
