"""What a metric gives: the number, the feature that decided it, and what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MIN_COVERAGE", "WHOLLY", "Measurement", "RasterMeasurement"]

#: below this known share of the disc there is no value; our choice, no source gives one
MIN_COVERAGE = 0.5
#: a disc known to this share is known wholly: the rest is rounding
WHOLLY = 1.0 - 1e-6


@dataclass(frozen=True)
class Measurement:
    """One metric at every site; all series carry the index of the sites.

    Parameters
    ----------
    value
        The metric in its unit; NaN where it is unknown.
    feature
        Id of the feature that decided it (the nearest, the largest), None where there is none.
    unknown
        Number of features within reach whose quantity is unknown.
    overstated
        Number of features within reach that count for more than they may be worth, because
        something that would lessen them is unknown; None for a metric that knows no such thing.
    """

    value: pd.Series[float]
    feature: pd.Series[Any]
    unknown: pd.Series[int]
    overstated: pd.Series[int] | None = None


@dataclass(frozen=True, kw_only=True)
class RasterMeasurement(Measurement):
    """A raster's statistic at every site; no feature decides it, so ``feature`` is None.

    ``unknown`` is 1 where any of the disc is unknown: outside the raster, or without a value. What
    is there could change the statistic either way.

    Parameters
    ----------
    coverage
        Share of the disc that is known, from 0 to 1.
    """

    coverage: pd.Series[float]
