from .accessibility import hansen_access, measure_hansen
from .catchment import (
    SharedSupply,
    catchment_unit,
    floating_catchment,
    measure_catchment,
    share_supply,
)
from .decay import (
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
from .density import (
    count_within,
    largest_within,
    measure_count,
    measure_largest,
    measure_sum,
    sum_within,
)
from .kernel import kernel_bandwidth, kernel_density
from .measurement import Measurement, RasterMeasurement
from .network_distances import network_distance, network_pairs
from .patterns.concentration import ellison_glaeser, location_quotient
from .patterns.local_association import getis_ord, local_moran, morans_i
from .patterns.point_pattern import nearest_neighbour_index
from .patterns.ripley import ripley_difference, ripley_k
from .patterns.study_area import StudyArea, as_study_area
from .potential import ONSHORE_WIND, PowerCurve, Technology, measure_potential, technical_potential
from .proximity import (
    measure_nearest,
    measure_neighbours,
    nearest_distance,
    nearest_feature,
    neighbour_distance,
)
from .resource import measure_raster, measure_raster_value, raster_value, raster_within

__all__ = [
    "ONSHORE_WIND",
    "Decay",
    "Measurement",
    "PowerCurve",
    "RasterMeasurement",
    "SharedSupply",
    "StudyArea",
    "Technology",
    "as_study_area",
    "catchment_unit",
    "count_within",
    "cutoff",
    "ellison_glaeser",
    "exponential",
    "floating_catchment",
    "gaussian",
    "getis_ord",
    "hansen_access",
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
