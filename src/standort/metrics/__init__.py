"""What is measured at a site, in physical units: proximity, density, accessibility.

Each public function measures one thing: `f(sites, features, *, options) -> Series`, on the index of
`sites`, never scaled. The `measure_...` functions give the same number together with the feature
that decided it and what is unknown within reach.
"""

from standort.layers.inputs import Features, Sites, as_features, as_sites
from standort.metrics.accessibility import (
    cumulative_opportunities,
    hansen_access,
    huff_shares,
    measure_hansen,
)
from standort.metrics.catchment import (
    SharedSupply,
    catchment_unit,
    floating_catchment,
    measure_catchment,
    share_supply,
)
from standort.metrics.concentration import ellison_glaeser, location_quotient
from standort.metrics.decay import (
    Decay,
    cutoff,
    exponential,
    gaussian,
    linear,
    logistic,
    power,
    steps,
    truncated_gaussian,
)
from standort.metrics.density import (
    count_within,
    largest_within,
    measure_count,
    measure_largest,
    measure_sum,
    sum_within,
)
from standort.metrics.kernel import bandwidth_likelihood, kernel_bandwidth, kernel_density
from standort.metrics.local_association import getis_ord, local_moran, morans_i
from standort.metrics.measurement import Measurement
from standort.metrics.network import measure_network_distance, network_distance
from standort.metrics.network_pairs import network_pairs
from standort.metrics.point_pattern import nearest_neighbour_index
from standort.metrics.potential import (
    ONSHORE_WIND,
    PowerCurve,
    Technology,
    measure_potential,
    technical_potential,
)
from standort.metrics.proximity import (
    measure_nearest,
    measure_neighbours,
    nearest_distance,
    nearest_feature,
    neighbour_distance,
)
from standort.metrics.resource import (
    RasterMeasurement,
    measure_raster,
    measure_raster_value,
    raster_value,
    raster_within,
)
from standort.metrics.ripley import ripley_difference, ripley_k
from standort.metrics.study_area import StudyArea, as_study_area

__all__ = [
    "ONSHORE_WIND",
    "Decay",
    "Features",
    "Measurement",
    "PowerCurve",
    "RasterMeasurement",
    "SharedSupply",
    "Sites",
    "StudyArea",
    "Technology",
    "as_features",
    "as_sites",
    "as_study_area",
    "bandwidth_likelihood",
    "catchment_unit",
    "count_within",
    "cumulative_opportunities",
    "cutoff",
    "ellison_glaeser",
    "exponential",
    "floating_catchment",
    "gaussian",
    "getis_ord",
    "hansen_access",
    "huff_shares",
    "kernel_bandwidth",
    "kernel_density",
    "largest_within",
    "linear",
    "local_moran",
    "location_quotient",
    "logistic",
    "measure_catchment",
    "measure_count",
    "measure_hansen",
    "measure_largest",
    "measure_nearest",
    "measure_neighbours",
    "measure_network_distance",
    "measure_potential",
    "measure_raster",
    "measure_raster_value",
    "measure_sum",
    "morans_i",
    "nearest_distance",
    "nearest_feature",
    "nearest_neighbour_index",
    "neighbour_distance",
    "network_distance",
    "network_pairs",
    "power",
    "raster_value",
    "raster_within",
    "ripley_difference",
    "ripley_k",
    "share_supply",
    "steps",
    "sum_within",
    "technical_potential",
    "truncated_gaussian",
]
