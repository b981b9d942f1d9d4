from .features import Features, Sites, as_features, as_sites
from .files import read_layer, read_study
from .geometry.conversion import GeometryNotes, to_wgs84
from .inspection import Inspection, LayerInspection, inspect
from .networks.network_files import read_network
from .provenance import LayerSource
from .rasters.raster_description import RasterDescription, describe_raster
from .rasters.raster_files import Raster, open_raster
from .study import Study

__all__ = [
    "Features",
    "GeometryNotes",
    "Inspection",
    "LayerInspection",
    "LayerSource",
    "Raster",
    "RasterDescription",
    "Sites",
    "Study",
    "as_features",
    "as_sites",
    "describe_raster",
    "inspect",
    "open_raster",
    "read_layer",
    "read_network",
    "read_study",
    "to_wgs84",
]
