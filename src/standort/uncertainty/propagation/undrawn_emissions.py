"""What depends on unknown emissions that cannot be drawn: it has no interval.

Where too few emissions are known to draw the others from, an interval without them would be too
narrow by an unknown amount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.layers.features import as_sites
from standort.study.evaluation import measure
from standort.study.group_scores import emissions_of
from standort.uncertainty.unknown_emissions import EMISSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geopandas import GeoDataFrame

    from standort.array_types import Flags
    from standort.scoring import Criterion
    from standort.study.engine import Engine
    from standort.study.places.places import Places
    from standort.uncertainty.layer_draws import DrawnLayer

_SITES_AT_ONCE = 65_536


def emissions_are_drawn(engine: Engine, layers: Iterable[DrawnLayer]) -> bool:
    """Return whether every unknown emission of a study is drawn; true if all are known."""
    study = engine.context.study
    if "emitters" not in study.layers or not study.emitters[EMISSIONS].isna().any():
        return True
    return any(layer.name == "emitters" and layer.draws_unknown(EMISSIONS) for layer in layers)


def depending_sites(engine: Engine, sites: GeoDataFrame) -> Flags:
    """Return which sites have a metric that unknown emissions could change."""
    criteria = [c for c in engine.measured if _uses_emissions(c)]
    depends = np.zeros(len(sites), dtype=bool)
    for start in range(0, len(sites), _SITES_AT_ONCE):
        rows = slice(start, start + _SITES_AT_ONCE)
        for measured in measure(as_sites(sites.iloc[rows]), criteria, engine.context).values():
            depends[rows] |= measured.unknown.to_numpy() > 0
            if measured.overstated is not None:
                depends[rows] |= measured.overstated.to_numpy() > 0
    return depends


def depending_places(engine: Engine, places: Places) -> Flags:
    """Return which places have a member that unknown emissions could change, or weigh."""
    emitters = engine.context.study.emitters
    unknown = np.isnan(emissions_of(engine.context.layer("emitters")))
    depends = depending_sites(engine, emitters) | unknown
    groups = places.groups
    return np.bincount(groups.group, weights=depends[groups.rows], minlength=groups.count) > 0


def without_intervals(sites: pd.DataFrame, depends: Flags) -> pd.DataFrame:
    """Empty the figures of sites that depend on them, and all ranks, which compare all sites."""
    if not depends.any():
        return sites
    compared = sites.columns.str.startswith(("rank_", "p_top"))
    hidden = depends[:, np.newaxis] | compared
    return sites.mask(pd.DataFrame(hidden, index=sites.index, columns=sites.columns))


def _uses_emissions(criterion: Criterion) -> bool:
    """Return whether a criterion depends on the emissions of emitters, or of clusters."""
    if criterion.source is not None:
        return False
    of_emitters = criterion.layer in {None, "emitters"} and criterion.column is not None
    return of_emitters or (criterion.demand is not None and criterion.demand.layer == "emitters")
