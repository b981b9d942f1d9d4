"""Scores of draws: weights and partial values drawn together, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import AlignmentError, WeightError, name_ids
from standort.random_numbers import dirichlet, name_keys, uniform
from standort.scoring import Profile
from standort.scoring.aggregation.means import column_of
from standort.uncertainty.reweighting import reweighted, score_columns
from standort.uncertainty.weight_draws import draw_shares, draw_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]
    Keys = NDArray[np.uint64]

__all__ = ["ScoreDraws", "ValueBounds", "WeightSource"]


@dataclass(frozen=True)
class ValueBounds:
    """Between which bounds each partial value lies, by criterion."""

    ids: pd.Index
    low: dict[str, Floats]
    high: dict[str, Floats]

    @classmethod
    def of(cls, low: pd.DataFrame, high: pd.DataFrame) -> ValueBounds:
        """Read the bounds from tables of one shape."""
        names = [str(name) for name in low.columns]
        tables = [{name: column_of(table, name) for name in names} for table in (low, high)]
        return cls(low.index, *tables)

    @property
    def criteria(self) -> list[str]:
        """Ids of the criteria, in order."""
        return list(self.low)

    @property
    def uncertain(self) -> bool:
        """Whether any value is not certain."""
        return any((self.low[name] < self.high[name]).any() for name in self.low)

    def only(self, criteria: list[str]) -> ValueBounds:
        """Leave out the criteria that have no weight."""
        some = [{name: table[name] for name in criteria} for table in (self.low, self.high)]
        return ValueBounds(self.ids, *some)

    def draw(self, name: str, numbers: Ints, keys: Keys, seed: int) -> Floats:
        """Draw the values of one criterion, a row per draw; one row if they are certain."""
        low, high = self.low[name], self.high[name]
        open_ = np.flatnonzero(low < high)
        if not open_.size:
            return low[np.newaxis, :]
        chance = uniform(seed, "partial value", name, numbers[:, np.newaxis], keys[open_])
        values = np.repeat(low[np.newaxis, :], len(numbers), axis=0)
        values[:, open_] += chance * (high[open_] - low[open_])
        return np.minimum(values, high)


@dataclass(frozen=True)
class WeightSource:
    """Where weights of draws come from: a row for each number of a draw."""

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
        """Tell what is meant by weights: none, a profile's, some by criterion, or draws."""
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
        return cls._round(weights, criteria, draws=draws, seed=seed, concentration=concentration)

    @classmethod
    def _round(
        cls,
        weights: Mapping[str, float] | None,
        criteria: list[str],
        *,
        draws: int,
        seed: int,
        concentration: float | None,
    ) -> WeightSource:
        """Draw round weights by criterion, or any weights if there are none."""
        given = dict.fromkeys(criteria, 1.0) if weights is None else dict(weights)
        lacking = [name for name in criteria if name not in given]
        if lacking:
            msg = f"expected a weight for each criterion, none for {name_ids(lacking)}; add it"
            raise WeightError(msg)
        closeness = None if weights is None else concentration
        own = {name: given[name] for name in criteria}
        # what cannot be drawn from is refused there, with a message
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
        """Take weights drawn elsewhere; only the ratios of a row matter."""
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
        """Score all sites once for each draw: a row per draw, a column per site."""
        values = self.values(numbers, keys)
        if self.profile is None:
            weighted = (shares[:, j, np.newaxis] * v for j, v in enumerate(values.values()))
            return np.asarray(reduce(np.add, weighted))
        rows = []
        for i in range(len(numbers)):
            row = dict(zip(values, shares[i].tolist(), strict=True))
            columns = {name: v[i if len(v) > 1 else 0] for name, v in values.items()}
            rows.append(score_columns(columns, profile=reweighted(self.profile, row)))
        # whom a gate of the profile excludes comes last, behind every score
        return np.nan_to_num(np.stack(rows), nan=-1.0)

    def values(self, numbers: Ints, keys: Keys) -> dict[str, Floats]:
        """Draw the values by criterion: a row per draw, or one row where they are certain."""
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
