"""How sure a score is: the chain run again on drawn inputs."""

from standort.uncertainty.factorial import Factorial, factorial
from standort.uncertainty.results import Uncertainty
from standort.uncertainty.running import monte_carlo
from standort.uncertainty.sensitivity import Sensitivity, sensitivity
from standort.uncertainty.sensitivity_indices import morris_effects, sobol_indices
from standort.uncertainty.smaa import Smaa, share_error, smaa
from standort.uncertainty.spreads import Spreads
from standort.uncertainty.tipping import tipping_points, tipping_table
from standort.uncertainty.tipping_units import unit_tipping_points, unit_tipping_table
from standort.uncertainty.weights import WeightDraws, draw_shares, draw_weights

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
