from .acceptability.rank_acceptability import Smaa, share_error, smaa
from .input_spreads import Spreads
from .propagation.monte_carlo import monte_carlo
from .propagation.uncertainty_result import Uncertainty
from .sensitivity_analysis.analysis import Sensitivity, sensitivity
from .sensitivity_analysis.indices import morris_effects, sobol_indices
from .sensitivity_analysis.method_choices import Factorial, factorial
from .tipping.place_changes import place_tipping_points, place_tipping_table
from .tipping.points import tipping_points, tipping_table
from .weight_draws import WeightDraws, draw_shares, draw_weights

__all__ = [
    "Factorial",
    "Sensitivity",
    "Smaa",
    "Spreads",
    "Uncertainty",
    "WeightDraws",
    "draw_shares",
    "draw_weights",
    "factorial",
    "monte_carlo",
    "morris_effects",
    "place_tipping_points",
    "place_tipping_table",
    "sensitivity",
    "share_error",
    "smaa",
    "sobol_indices",
    "tipping_points",
    "tipping_table",
]
