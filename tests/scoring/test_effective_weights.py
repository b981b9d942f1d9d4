"""Effective weights: divided within a component, then among the components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from standort.scoring.weights.effective_weights import basis_criteria, criterion_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.scoring.profile.profile_model import Profile


def test_the_whole_profile_weighs_1(make_profile: Callable[..., Profile]) -> None:
    profile = make_profile()
    weights = criterion_weights([c.id for c in profile.criteria], profile=profile)
    assert weights.sum() == pytest.approx(1, abs=1e-15)
    assert weights.to_dict()["p1"] == pytest.approx(1 / 15)
    assert weights.to_dict()["s1"] == pytest.approx(1 / 6)


def test_weight_of_what_is_absent_is_shared(make_profile: Callable[..., Profile]) -> None:
    # f2 takes the whole of firms, half of what is left; p1 and p2 share the other half 3 : 1
    profile = make_profile(weights={"p1": 3})
    weights = criterion_weights({"p2", "f2", "p1"}, profile=profile)
    assert weights.to_dict() == {"p1": 0.375, "p2": 0.125, "f2": 0.5}


def test_a_weight_of_0_is_not_in_the_basis(make_profile: Callable[..., Profile]) -> None:
    profile = make_profile(weights={"p1": 0, "firms": 0})
    basis = basis_criteria(["s1", "f1", "p2", "p1"], profile=profile)
    assert [criterion.id for criterion in basis] == ["p2", "s1"]


def test_nothing_available_weighs_nothing(make_profile: Callable[..., Profile]) -> None:
    assert criterion_weights([], profile=make_profile()).empty
