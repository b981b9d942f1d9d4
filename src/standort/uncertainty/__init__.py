"""How sure a score is: the chain run again on drawn inputs."""

from standort.uncertainty.results import Uncertainty
from standort.uncertainty.running import monte_carlo
from standort.uncertainty.smaa import Smaa, share_error, smaa
from standort.uncertainty.spreads import Spreads
from standort.uncertainty.tipping import tipping_points, tipping_table
from standort.uncertainty.weights import WeightDraws, draw_shares, draw_weights

__all__ = [
    "Smaa",
    "Spreads",
    "Uncertainty",
    "WeightDraws",
    "draw_shares",
    "draw_weights",
    "monte_carlo",
    "share_error",
    "smaa",
    "tipping_points",
    "tipping_table",
]
