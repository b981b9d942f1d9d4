"""Comparability: the same basis and profile, or a warning that names the difference."""

from __future__ import annotations

import warnings

import pytest

from standort.errors import ComparabilityWarning
from standort.scoring.diagnostics.comparability import check_comparable


def test_the_same_ground_compares_in_silence() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_comparable("a,b", "b,a", "f3", "f3")


def test_criteria_of_one_side_are_named() -> None:
    message = r"only the left one uses a, b; only the right one uses d"
    with pytest.warns(ComparabilityWarning, match=message) as caught:
        assert not check_comparable("a,b,c", "c,d", "f3", "f3")
    assert caught[0].filename == __file__


def test_another_profile_is_named_by_its_hash() -> None:
    with pytest.warns(ComparabilityWarning, match=r"different profiles \(hash f3 and 9a\)"):
        assert not check_comparable("a", "a", "f3", "9a")


def test_no_basis_at_all_differs_from_some() -> None:
    with pytest.warns(ComparabilityWarning, match="only the right one uses a"):
        assert not check_comparable("", "a", "f3", "f3")
