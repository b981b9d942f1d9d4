"""Advantage of places in draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.random_numbers import name_keys
from standort.scoring import as_wholes
from standort.uncertainty.score_draws import (
    draw_parameters,
    exclude,
    has_limits,
    score_columns,
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

    def score(
        self, columns: Mapping[str, Floats], inputs: PlaceInputs, draws: Ints
    ) -> tuple[Floats, Flags]:
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
        Advantage, NaN where a gate excludes the place, and whether a veto applies to it; both of
        shape (n_places, len(draws)).
        """
        means = self._means(columns, inputs)
        wholes = self._wholes
        advantage = np.full((len(self.index), len(draws)), np.nan)
        held = np.zeros(advantage.shape, dtype=bool)
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
            scores = score_columns(values, self.parameters_of_wholes, draws, profile=self.of_wholes)
            advantage[wholes], held[wholes] = _limited(scores, values, self.of_wholes)
        if not wholes.all():
            values = {name: mean[:, ~wholes] for name, mean in means.items()}
            scores = score_columns(values, self.parameters, draws, profile=self.profile)
            advantage[~wholes], held[~wholes] = _limited(scores, values, self.profile)
        return advantage, held

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


def _limited(
    scores: Floats, values: Mapping[str, Floats], profile: Profile
) -> tuple[Floats, Flags]:
    """Return scores after gates, and where a veto applies; both of shape (n_places, draws)."""
    if not has_limits(profile):
        return scores.T, np.zeros(scores.T.shape, dtype=bool)
    raised = {name: value + _HAIR for name, value in values.items()}
    held = vetoed(raised, profile=profile)
    scores = exclude(scores, raised, profile=profile)
    return scores.T, np.zeros(scores.T.shape, dtype=bool) if held is None else held.T
