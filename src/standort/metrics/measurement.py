"""Results of metrics: the value, the feature that decided it, and unknown quantities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: smallest known share of a disc that gives a value; our choice, without a source
MIN_COVERAGE = 0.5
#: a disc known to this share counts as fully known: the rest is rounding
WHOLLY = 1.0 - 1e-6


@dataclass(frozen=True)
class Measurement:
    """One metric at every site; all series have the index of the sites.

    Parameters
    ----------
    value
        The metric in its unit; NaN where it is unknown.
    feature
        Id of the feature that decided it (the nearest, the largest), None where there is none.
    unknown
        Number of features within reach whose quantity is unknown.
    overstated
        Number of features within reach whose contribution is an upper bound, because a quantity
        that would reduce it is unknown; None for metrics without such bounds.
    """

    value: pd.Series[float]
    feature: pd.Series[Any]
    unknown: pd.Series[int]
    overstated: pd.Series[int] | None = None


@dataclass(frozen=True, kw_only=True)
class RasterMeasurement(Measurement):
    """A raster statistic at every site; no feature decides it, so ``feature`` is None.

    ``unknown`` is 1 where any part of the disc is unknown: outside the raster, or without a value.
    The unknown part could change the statistic in either direction.

    Parameters
    ----------
    coverage
        Share of the disc that is known, from 0 to 1.
    """

    coverage: pd.Series[float]
