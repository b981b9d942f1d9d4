"""Draws of weights and partial values, and the scores of both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import AlignmentError, WeightError, name_ids
from standort.random_numbers import dirichlet, name_keys
from standort.scoring import Profile
from standort.scoring.aggregation.means import column_of
from standort.uncertainty.reweighting import reweighted, score_columns
from standort.uncertainty.weight_draws import draw_shares, draw_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from standort.array_types import Floats, Ints, Keys
    from standort.uncertainty.acceptability.value_bounds import ValueBounds


@dataclass(frozen=True)
class WeightSource:
    """Source of the weights of draws: `draw` returns a row for each number of a draw."""

    criteria: list[str]
    draws: int
    draw: Callable[[Ints], Floats]

    @classmethod
    def of(
        cls,
        weights: Profile | Mapping[str, float] | pd.DataFrame | None,
        criteria: list[str],
        *,
        draws: int,
        seed: int,
        concentration: float | None,
    ) -> WeightSource:
        """Return a source for weights given as none, a profile, a mapping or a table of draws."""
        if isinstance(weights, pd.DataFrame):
            return cls._given(weights, criteria)
        if isinstance(weights, Profile):
            chosen: Profile = weights
            first = draw_weights(chosen, 1, seed, available=criteria, concentration=concentration)
            component = {c.id: c.component for c in chosen.criteria}
            names = [str(name) for name in first.columns]

            def draw(numbers: Ints) -> Floats:
                drawn = draw_shares(chosen, criteria, numbers, seed, concentration=concentration)
                columns = [
                    drawn.within[name].to_numpy() * drawn.components[component[name]].to_numpy()
                    for name in names
                ]
                return np.stack(columns, axis=1)

            return cls(names, draws, draw)
        return cls._about(weights, criteria, draws=draws, seed=seed, concentration=concentration)

    @classmethod
    def _about(
        cls,
        weights: Mapping[str, float] | None,
        criteria: list[str],
        *,
        draws: int,
        seed: int,
        concentration: float | None,
    ) -> WeightSource:
        """Draw about weights by criterion, or uniformly if there are none."""
        given = dict.fromkeys(criteria, 1.0) if weights is None else dict(weights)
        lacking = [name for name in criteria if name not in given]
        if lacking:
            msg = f"expected a weight for each criterion, none for {name_ids(lacking)}; add it"
            raise WeightError(msg)
        closeness = None if weights is None else concentration
        own = {name: given[name] for name in criteria}
        # raises if the weights cannot be drawn from
        first = draw_weights(own, 1, seed, concentration=closeness)
        names = [str(name) for name in first.columns]
        total = sum(own[name] for name in names)
        alphas = [1.0 if closeness is None else closeness * own[n] / total for n in names]
        keys = name_keys(names)

        def draw(numbers: Ints) -> Floats:
            return dirichlet(alphas, seed, "weights of criteria", numbers, names=keys)

        return cls(names, draws, draw)

    @classmethod
    def _given(cls, weights: pd.DataFrame, criteria: list[str]) -> WeightSource:
        """Use weights drawn elsewhere; only the ratios of a row matter."""
        lacking = [name for name in criteria if name not in weights.columns]
        if lacking:
            missing = name_ids(lacking)
            msg = f"weights: expected a column for each criterion, none for {missing}; add it"
            raise AlignmentError(msg)
        drawn = np.stack([column_of(weights, name) for name in criteria], axis=1)
        total = reduce(np.add, list(drawn.T))
        if (
            not len(drawn)
            or not np.isfinite(total).all()
            or (drawn < 0).any()
            or (total <= 0).any()
        ):
            msg = (
                "weights: expected rows of finite numbers of at least 0 with one above 0, got "
                "others; correct them"
            )
            raise WeightError(msg)
        shares = drawn / total[:, np.newaxis]
        return cls(criteria, len(shares), lambda numbers: shares[numbers])


@dataclass(frozen=True)
class ScoreDraws:
    """Scores under drawn weights and values."""

    bounds: ValueBounds
    source: WeightSource
    profile: Profile | None
    seed: int

    def draw(self, numbers: Ints, shares: Floats, keys: Keys) -> Floats:
        """Score all sites in each draw: a row per draw, a column per site."""
        values = self.values(numbers, keys)
        if self.profile is None:
            weighted = (shares[:, j, np.newaxis] * v for j, v in enumerate(values.values()))
            return np.asarray(reduce(np.add, weighted))
        rows = []
        for i in range(len(numbers)):
            row = dict(zip(values, shares[i].tolist(), strict=True))
            columns = {name: v[i if len(v) > 1 else 0] for name, v in values.items()}
            rows.append(score_columns(columns, profile=reweighted(self.profile, row)))
        # sites excluded by a gate rank last, behind every score
        return np.nan_to_num(np.stack(rows), nan=-1.0)

    def values(self, numbers: Ints, keys: Keys) -> dict[str, Floats]:
        """Draw the values by criterion: a row per draw, or one row if they are certain."""
        return {
            name: self.bounds.draw(name, numbers, keys, self.seed) for name in self.source.criteria
        }

    def under(self, values: Mapping[str, Floats], weights: Floats) -> Floats:
        """Score drawn values under one set of weights: a row per draw, a column per site."""
        if self.profile is None:
            return np.asarray(reduce(np.add, map(np.multiply, weights.tolist(), values.values())))
        shape = np.broadcast_shapes(*(column.shape for column in values.values()))
        profile = reweighted(self.profile, dict(zip(values, weights.tolist(), strict=True)))
        columns = {name: np.broadcast_to(v, shape).ravel() for name, v in values.items()}
        scores = score_columns(columns, profile=profile)
        return np.nan_to_num(scores, nan=-1.0).reshape(shape)
