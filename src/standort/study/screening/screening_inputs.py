"""Inputs for the screening facts of each place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from standort.array_types import Floats
    from standort.layers import Study
    from standort.layers.features import Features
    from standort.study.engine import Engine
    from standort.study.evaluation import Evaluation
    from standort.study.places.places import Places


@dataclass(frozen=True, eq=False)
class ScreeningInputs:
    """What the screening facts of places are computed from.

    Parameters
    ----------
    engine
        The study, its clusters and the profile.
    places
        The places.
    of_emitters
        All criteria of the emitters, measured and valued, in the order of the input.
    means
        Mean partial values of the members of each place, from `score_places`.
    linked
        Linkage of each place, from `link_places`.
    """

    engine: Engine
    places: Places
    of_emitters: Evaluation
    means: pd.DataFrame
    linked: pd.DataFrame

    @property
    def study(self) -> Study:
        """The study."""
        return self.engine.context.study

    def layer(self, name: str) -> Features | None:
        """Return a layer of the study, prepared; None if the study lacks it."""
        return self.engine.context.layer(name) if name in self.study.layers else None

    def value_at_emitters(self, criterion: str) -> Floats:
        """Return the partial value of a criterion at each emitter; NaN if it was not measured."""
        emitters = self.engine.context.layer("emitters")
        if criterion not in self.of_emitters.partial_values:
            return np.full(len(emitters), np.nan)
        column = self.of_emitters.partial_values[criterion].to_numpy(dtype=np.float64)
        return np.asarray(column[emitters.order])
