from .comparison.comparison import Comparison, compare_results
from .explanation.explanation import Explanation, explain_place, explain_site
from .figures.acceptability_plot import plot_acceptability
from .figures.interactive_map import explore_map
from .figures.interval_plot import plot_intervals
from .figures.plots import Plots, plot_map
from .figures.sensitivity_plot import plot_sensitivity
from .figures.typology_plot import plot_typology
from .geopackage.qgis_styles import SCORE_CLASSES, STYLES, score_colour
from .geopackage.stored_results import StoredPlace, StoredSite, read_place, read_result, read_site
from .geopackage.writer import write_geopackage
from .summary.result_summary import summarise
from .summary.summary_sentences import summary_lines

__all__ = [
    "SCORE_CLASSES",
    "STYLES",
    "Comparison",
    "Explanation",
    "Plots",
    "StoredPlace",
    "StoredSite",
    "compare_results",
    "explain_place",
    "explain_site",
    "explore_map",
    "plot_acceptability",
    "plot_intervals",
    "plot_map",
    "plot_sensitivity",
    "plot_typology",
    "read_place",
    "read_result",
    "read_site",
    "score_colour",
    "summarise",
    "summary_lines",
    "write_geopackage",
]
