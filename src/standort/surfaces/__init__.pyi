from .grids import CellGrid, lay_grid
from .scored_surface import surface

__all__ = ["CellGrid", "lay_grid", "surface"]
