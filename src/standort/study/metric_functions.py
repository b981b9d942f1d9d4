"""Functions of the metrics, called with the options of a criterion.

`FUNCTIONS` maps the name of each metric in `standort.metric_table` to the function that computes
it. There is no default: a metric without an entry cannot be computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort import metrics
from standort.study.metric_options import as_decay, as_technology, min_coverage

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.layers import Raster
    from standort.layers.features import Features, Sites
    from standort.metrics import Decay, Measurement
    from standort.scoring import Criterion
    from standort.study.context import Context


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a metric is computed from.

    Parameters
    ----------
    sites
        Where to measure.
    criterion
        Whose options apply.
    context
        The layers and rasters.
    counted
        The features that count; None for a metric of a raster.
    """

    sites: Sites
    criterion: Criterion
    context: Context
    counted: Features | None = None

    @property
    def features(self) -> Features:
        """The features that count."""
        assert self.counted is not None
        return self.counted

    @property
    def raster(self) -> Raster:
        """The raster of the criterion."""
        return self.context.raster(self.criterion)

    @property
    def column(self) -> str:
        """Name of the quantity."""
        return str(self.criterion.column)

    @property
    def radius_km(self) -> float:
        """Radius within which features count [km]."""
        return self.criterion.radius_km or np.nan

    @property
    def max_distance_km(self) -> float:
        """Largest distance that counts [km]; infinite if the criterion sets none."""
        return np.inf if self.criterion.max_distance_km is None else self.criterion.max_distance_km

    @property
    def decay(self) -> Decay | None:
        """Weight by distance; None for equal weights."""
        return as_decay(self.criterion.decay)


def _hansen_access(given: Inputs) -> Measurement:
    assert given.decay is not None
    return metrics.measure_hansen(
        given.sites,
        given.features,
        given.column,
        decay=given.decay,
        cutoff_km=given.radius_km,
        unknown_in="n_unknown" if given.criterion.layer is None else None,
    )


def _raster_within(given: Inputs) -> Measurement:
    criterion = given.criterion
    assert criterion.statistic is not None
    return metrics.measure_raster(
        given.sites,
        given.raster,
        radius_km=given.radius_km,
        statistic=criterion.statistic,
        classes=criterion.classes,
        min_coverage=min_coverage(criterion),
    )


def _technical_potential(given: Inputs) -> Measurement:
    return metrics.measure_potential(
        given.sites,
        given.raster,
        as_technology(given.criterion),
        radius_km=given.radius_km,
        min_coverage=min_coverage(given.criterion),
    )


#: The function of each metric; results are in the unit of the metric.
FUNCTIONS: dict[str, Callable[[Inputs], Measurement]] = {
    "nearest_distance": lambda given: metrics.measure_nearest(
        given.sites, given.features, max_distance_km=given.max_distance_km
    ),
    "neighbour_distance": lambda given: metrics.measure_neighbours(
        given.sites, given.features, k=given.criterion.k or 1, max_distance_km=given.max_distance_km
    ),
    "count_within": lambda given: metrics.measure_count(
        given.sites, given.features, radius_km=given.radius_km
    ),
    "sum_within": lambda given: metrics.measure_sum(
        given.sites, given.features, given.column, radius_km=given.radius_km, decay=given.decay
    ),
    "largest_within": lambda given: metrics.measure_largest(
        given.sites, given.features, given.column, radius_km=given.radius_km
    ),
    "hansen_access": _hansen_access,
    "floating_catchment": lambda given: metrics.measure_catchment(
        given.sites, given.context.shared_supply(given.criterion, given.features)
    ),
    "raster_value": lambda given: metrics.measure_raster_value(given.sites, given.raster),
    "raster_within": _raster_within,
    "technical_potential": _technical_potential,
}
