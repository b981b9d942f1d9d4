"""What is known of places before anybody asks for the facts that screening needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from standort.layers import Study
    from standort.layers.features import Features
    from standort.study.chain import Engine
    from standort.study.evaluation import Evaluation
    from standort.study.places import Places

    Floats = NDArray[np.float64]

__all__ = ["Known"]


@dataclass(frozen=True, eq=False)
class Known:
    """What facts are computed from.

    Parameters
    ----------
    engine
        The study, its clusters and the profile.
    places
        The places.
    of_emitters
        All criteria of the emitters, measured and valued, in the order of the input.
    means
        Mean partial values of each place's members, as `score_places` gives them.
    linked
        Linkage of each place, as `link_places` gives it.
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
        """Give a layer of the study, prepared; None if it is not there."""
        return self.engine.context.layer(name) if name in self.study.layers else None

    def value_at_emitters(self, criterion: str) -> Floats:
        """Give the partial value of a criterion at each emitter; NaN without the criterion."""
        emitters = self.engine.context.layer("emitters")
        if criterion not in self.of_emitters.partial_values:
            return np.full(len(emitters), np.nan)
        column = self.of_emitters.partial_values[criterion].to_numpy(dtype=np.float64)
        return np.asarray(column[emitters.order])
