"""What is measured at a site, in physical units: proximity and density.

Each public function measures one thing: `f(sites, features, *, options) -> Series`, on the index of
`sites`, never scaled. The `measure_...` functions give the same number together with the feature
that decided it and what is unknown within reach.
"""

from standort.layers.inputs import Features, Sites, as_features, as_sites
from standort.metrics.decay import Decay, cutoff, exponential, gaussian, linear
from standort.metrics.density import (
    count_within,
    largest_within,
    measure_count,
    measure_largest,
    measure_sum,
    sum_within,
)
from standort.metrics.measurement import Measurement
from standort.metrics.proximity import (
    measure_nearest,
    measure_neighbours,
    nearest_distance,
    nearest_feature,
    neighbour_distance,
)

__all__ = [
    "Decay",
    "Features",
    "Measurement",
    "Sites",
    "as_features",
    "as_sites",
    "count_within",
    "cutoff",
    "exponential",
    "gaussian",
    "largest_within",
    "linear",
    "measure_count",
    "measure_largest",
    "measure_nearest",
    "measure_neighbours",
    "measure_sum",
    "nearest_distance",
    "nearest_feature",
    "neighbour_distance",
    "sum_within",
]
