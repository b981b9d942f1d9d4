from .acceptability_plot import plot_acceptability
from .comparing_report import Comparison, compare_results
from .explaining import Explanation, explain_site, explain_unit
from .geopackage import check_destination, write_geopackage
from .interval_plot import plot_intervals
from .manifest import creation_time, flatten_manifest, package_versions, unflatten_manifest
from .maps import explore_map
from .plots import Plots, plot_map
from .reading import StoredSite, StoredUnit, read_result, read_site, read_unit
from .result_tables import ResultTables
from .sensitivity_plot import plot_sensitivity
from .styles import SCORE_CLASSES, STYLES, score_colour
from .summary import summarise
from .summary_notes import summary_lines
from .typology_plot import plot_typology

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
    "plot_acceptability",
    "plot_intervals",
    "plot_map",
    "plot_sensitivity",
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
