"""What comes in: layers and tables by role, read, checked and brought to WGS84."""

from __future__ import annotations

from standort.layers.checking import Inspection, LayerInspection, inspect
from standort.layers.collection import Study
from standort.layers.contracts import ROLES, TABLES, Column, Role, find_role, unit_of
from standort.layers.describing import RasterDescription, describe_raster
from standort.layers.geometry import GeometryNotes, to_wgs84
from standort.layers.networks import read_network
from standort.layers.rasters import Raster, open_raster
from standort.layers.reading import read_layer, read_study
from standort.layers.recording import LayerSource

__all__ = [
    "ROLES",
    "TABLES",
    "Column",
    "GeometryNotes",
    "Inspection",
    "LayerInspection",
    "LayerSource",
    "Raster",
    "RasterDescription",
    "Role",
    "Study",
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
