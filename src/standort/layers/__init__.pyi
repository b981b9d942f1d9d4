from .checking import Inspection, LayerInspection, inspect
from .collection import Study
from .contracts import ROLES, TABLES, Column, Role, find_role, unit_of
from .describing import RasterDescription, describe_raster
from .geometry import GeometryNotes, to_wgs84
from .inputs import Features, Sites, as_features, as_sites
from .networks import read_network
from .rasters import Raster, open_raster
from .reading import read_layer, read_study
from .recording import LayerSource

__all__ = [
    "ROLES",
    "TABLES",
    "Column",
    "Features",
    "GeometryNotes",
    "Inspection",
    "LayerInspection",
    "LayerSource",
    "Raster",
    "RasterDescription",
    "Role",
    "Sites",
    "Study",
    "as_features",
    "as_sites",
    "describe_raster",
    "find_role",
    "inspect",
    "open_raster",
    "read_layer",
    "read_network",
    "read_study",
    "to_wgs84",
    "unit_of",
]
