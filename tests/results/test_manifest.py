"""Manifests survive a round trip through a table; SOURCE_DATE_EPOCH fixes the time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standort.errors import OptionError
from standort.results.manifest import (
    creation_time,
    flatten_manifest,
    package_versions,
    plain,
    unflatten_manifest,
)

NAMES = st.text(alphabet="ab.\\ \n", min_size=0, max_size=4)
LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.lists(NAMES)
NESTED = st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=8)


@settings(derandomize=True, max_examples=200)
@given(manifest=st.dictionaries(NAMES, NESTED, min_size=1, max_size=4))
def test_a_manifest_comes_back_from_its_table(manifest: dict[str, object]) -> None:
    assert unflatten_manifest(flatten_manifest(manifest)) == manifest


@settings(derandomize=True, max_examples=200)
@given(manifest=st.dictionaries(NAMES, NESTED, min_size=1, max_size=4))
def test_every_key_is_there_once_and_every_value_is_json(manifest: dict[str, object]) -> None:
    table = flatten_manifest(manifest)
    assert table["key"].is_unique
    for value in table["value"]:
        assert json.dumps(json.loads(value), ensure_ascii=False) == value


def test_points_in_names_differ_from_separators() -> None:
    table = flatten_manifest({"inputs": {"ports.v2": 1}, "inputs.ports": {"v2": 2}})
    assert table["key"].tolist() == [r"inputs.ports\.v2", r"inputs\.ports.v2"]


def test_values_become_json_values() -> None:
    value = {
        "radius": np.float64(2.5),
        "reach": float("inf"),
        "unknown": np.float64("nan"),
        "ids": np.array([1, 2]),
        "path": Path("in.gpkg"),
        "when": datetime(2026, 1, 2, tzinfo=UTC),
        "set": {"b", "a"},
        "flag": np.bool_(True),  # noqa: FBT003 - the value under test
    }
    assert plain(value) == {
        "radius": 2.5,
        "reach": "inf",
        "unknown": None,
        "ids": [1, 2],
        "path": "in.gpkg",
        "when": "2026-01-02 00:00:00+00:00",
        "set": ["a", "b"],
        "flag": True,
    }


def test_time_is_taken_from_source_date_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert creation_time() == datetime(1970, 1, 2, tzinfo=UTC)


def test_the_current_time_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert abs(creation_time() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("epoch", ["yesterday", "1.5", "9" * 30])
def test_an_invalid_source_date_epoch_is_refused(
    epoch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(OptionError, match=f"expected SOURCE_DATE_EPOCH.*{epoch}"):
        creation_time()


def test_only_installed_packages_have_versions() -> None:
    versions = package_versions()
    assert versions["numpy"] == np.__version__
    assert package_versions(["no-such-package"]) == {}
