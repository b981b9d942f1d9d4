"""Advantage of places in draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.random_numbers import name_keys
from standort.scoring import as_wholes
from standort.typology import DrawRange
from standort.uncertainty.score_draws import (
    draw_parameters,
    exclude,
    has_limits,
    score_range,
    value_columns,
    valued_criteria,
    vetoed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from standort.array_types import Flags, Floats, Ints, Keys
    from standort.scoring import Profile
    from standort.study.engine import Engine
    from standort.study.places.places import Places
    from standort.uncertainty.input_spreads import Spreads
    from standort.uncertainty.propagation.replicates import PlaceInputs
    from standort.uncertainty.score_draws import ParameterDraws


@dataclass(frozen=True, eq=False)
class PlaceDraws:
    """Draws of places, arrays of shape (n_places, draws).

    Parameters
    ----------
    advantage
        Advantage on the known components; NaN where a gate excludes the place.
    low, high
        The same with the components of no layer at their lowest and highest; the same array as
        `advantage` if every component is known.
    vetoed
        Whether a veto applies.
    """

    advantage: Floats
    low: Floats
    high: Floats
    vetoed: Flags

    @classmethod
    def empty(cls, n: int, draws: int, *, ends: bool) -> PlaceDraws:
        """Return room for draws, with their own arrays for both ends or not."""
        advantage = np.full((n, draws), np.nan)
        low, high = (advantage.copy() if ends else advantage for _ in range(2))
        return cls(advantage, low, high, np.zeros((n, draws), dtype=bool))

    @property
    def range(self) -> DrawRange:
        """The advantage in draws: on the known components, and with the others at their ends."""
        return DrawRange(self.low, self.advantage, self.high)

    def put(self, at: Any, other: PlaceDraws) -> None:  # noqa: ANN401 - an index of numpy
        """Write draws of some places, or some draws of all places."""
        for name in ("advantage", "low", "high", "vetoed"):
            getattr(self, name)[at] = getattr(other, name)

    def without(self, rows: Flags) -> PlaceDraws:
        """Return the draws with the advantage of some places unknown."""
        gone = rows[:, np.newaxis]
        advantage, low, high = (
            np.where(gone, np.nan, array) for array in (self.advantage, self.low, self.high)
        )
        return PlaceDraws(advantage, low, high, self.vetoed)


#: tolerance for the mean of members' values that are all at a limit, because it rounds
_HAIR = 1e-12


@dataclass(frozen=True, eq=False)
class PlaceScores:
    """Scores of places in draws, from their members' partial values and their own density.

    Parameters
    ----------
    places
        The places of the recorded study.
    profile
        The profile of sites, used for places that are not scored as wholes.
    of_wholes
        The profile of places that are scored as wholes.
    parameters, parameters_of_wholes
        Weights and factors of both profiles.
    seed
        Random seed.
    """

    places: Places
    profile: Profile
    of_wholes: Profile
    parameters: ParameterDraws
    parameters_of_wholes: ParameterDraws
    seed: int

    @classmethod
    def of(
        cls, places: Places, engine: Engine, draws: int, seed: int, spreads: Spreads
    ) -> PlaceScores:
        """Draw the weights of both profiles."""
        wholes = as_wholes(engine.profile)
        measured = [c.id for c in engine.measured]
        own = [c.id for c in engine.profile.cluster_criteria]
        components = {c.component for c in engine.profile.cluster_criteria}
        averaged = [c.id for c in engine.measured if c.component not in components]
        return cls(
            places=places,
            profile=engine.profile,
            of_wholes=wholes,
            parameters=draw_parameters(engine.profile, measured, draws, seed, spreads),
            parameters_of_wholes=draw_parameters(wholes, [*averaged, *own], draws, seed, spreads),
            seed=seed,
        )

    @cached_property
    def index(self) -> pd.Index[Any]:
        """Names of the places."""
        names: pd.Index[Any] = self.places.table.index
        return names

    def room(self, draws: int) -> PlaceDraws:
        """Return room for draws of all places."""
        ends = bool(self.parameters.absent or self.parameters_of_wholes.absent)
        return PlaceDraws.empty(len(self.index), draws, ends=ends)

    def score(self, columns: Mapping[str, Floats], inputs: PlaceInputs, draws: Ints) -> PlaceDraws:
        """Score the places in some draws.

        Parameters
        ----------
        columns
            By criterion, partial values of all emitters in input order, shape
            (len(draws), n_emitters), none unknown.
        inputs
            Emissions and densities in the replicate of these draws.
        draws
            Numbers of the draws.

        Returns
        -------
        The places in these draws.
        """
        means = self._means(columns, inputs)
        wholes = self._wholes
        drawn = self.room(len(draws))
        if wholes.any():
            own = valued_criteria(list(inputs.density), profile=self.of_wholes)
            averaged = {c.id for c in valued_criteria(list(columns), profile=self.of_wholes)}
            values = {
                name: mean[:, wholes]
                for name, mean in means.items()
                if name in averaged and name not in inputs.density
            }
            values |= value_columns(
                inputs.density,
                own,
                self.parameters_of_wholes,
                draws,
                self._whole_keys,
                seed=self.seed,
            )
            drawn.put(wholes, _scored(values, self.parameters_of_wholes, draws, self.of_wholes))
        if not wholes.all():
            values = {name: mean[:, ~wholes] for name, mean in means.items()}
            drawn.put(~wholes, _scored(values, self.parameters, draws, self.profile))
        return drawn

    @cached_property
    def _wholes(self) -> Flags:
        return self.places.are_wholes

    @cached_property
    def _whole_keys(self) -> Keys:
        return name_keys(self.index[self._wholes])

    def _means(self, columns: Mapping[str, Floats], inputs: PlaceInputs) -> dict[str, Floats]:
        """Average the members' values in order; shape (draws, n_places)."""
        from scipy.sparse import csr_array

        groups = self.places.groups
        starts = np.searchsorted(groups.group, np.arange(groups.count + 1))
        shape = (groups.count, len(inputs.emissions))
        share = csr_array((inputs.shares, groups.rows, starts), shape=shape)
        means = {}
        for name, column in columns.items():
            mean = share @ np.ascontiguousarray(column.T)
            means[name] = np.minimum(np.maximum(mean.T, 0.0), 1.0)
        return means


def _scored(
    values: Mapping[str, Floats], parameters: ParameterDraws, draws: Ints, profile: Profile
) -> PlaceDraws:
    """Score places in some draws, apply gates, and return where a veto applies."""
    advantage, *ends = score_range(values, parameters, draws, profile=profile)
    held = None
    if has_limits(profile):
        raised = {name: value + _HAIR for name, value in values.items()}
        held = vetoed(raised, profile=profile)
        advantage, *ends = (
            exclude(scores, raised, profile=profile) for scores in (advantage, *ends)
        )
    flags = np.zeros(advantage.shape, dtype=bool) if held is None else held
    low, high = ends
    return PlaceDraws(advantage.T, low.T, high.T, flags.T)
