"""How sure a score is: the chain run again on drawn inputs."""

from standort.uncertainty.tipping import tipping_points, tipping_table
from standort.uncertainty.weights import WeightDraws, draw_shares, draw_weights

__all__ = ["WeightDraws", "draw_shares", "draw_weights", "tipping_points", "tipping_table"]
