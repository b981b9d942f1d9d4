from .factorial import Factorial, factorial
from .results import Uncertainty
from .running import monte_carlo
from .sensitivity import Sensitivity, sensitivity
from .sensitivity_indices import morris_effects, sobol_indices
from .smaa import Smaa, share_error, smaa
from .spreads import Spreads
from .tipping import tipping_points, tipping_table
from .tipping_units import unit_tipping_points, unit_tipping_table
from .weights import WeightDraws, draw_shares, draw_weights

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
    "sensitivity",
    "share_error",
    "smaa",
    "sobol_indices",
    "tipping_points",
    "tipping_table",
    "unit_tipping_points",
    "unit_tipping_table",
]
