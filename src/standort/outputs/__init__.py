"""What goes out: GeoPackage with QGIS styles, manifest, explanations, maps, plots and summaries.

Outputs know tables only, so that they serve a result in memory and one read from a file alike.
"""

from __future__ import annotations

from standort.outputs.comparing_report import Comparison, ResultTables, compare_results
from standort.outputs.explaining import Explanation, explain_site, explain_unit
from standort.outputs.geopackage import check_destination, write_geopackage
from standort.outputs.manifest import (
    creation_time,
    flatten_manifest,
    package_versions,
    unflatten_manifest,
)
from standort.outputs.maps import explore_map
from standort.outputs.plots import Plots, plot_map
from standort.outputs.reading import StoredSite, StoredUnit, read_result, read_site, read_unit
from standort.outputs.styles import SCORE_CLASSES, STYLES, score_colour
from standort.outputs.summary import summarise
from standort.outputs.summary_notes import summary_lines
from standort.outputs.typology_plot import plot_typology

__all__ = [
    "SCORE_CLASSES",
    "STYLES",
    "Comparison",
    "Explanation",
    "Plots",
    "ResultTables",
    "StoredSite",
    "StoredUnit",
    "check_destination",
    "compare_results",
    "creation_time",
    "explain_site",
    "explain_unit",
    "explore_map",
    "flatten_manifest",
    "package_versions",
    "plot_map",
    "plot_typology",
    "read_result",
    "read_site",
    "read_unit",
    "score_colour",
    "summarise",
    "summary_lines",
    "unflatten_manifest",
    "write_geopackage",
]
