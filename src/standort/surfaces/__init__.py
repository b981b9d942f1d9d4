"""Surfaces: every cell of a grid scored by the engine that scores sites."""

from __future__ import annotations

from standort.surfaces.grids import CellGrid, lay_grid
from standort.surfaces.running import surface

__all__ = ["CellGrid", "lay_grid", "surface"]
