from .grids import CellGrid, create_grid
from .scored_surface import surface

__all__ = ["CellGrid", "create_grid", "surface"]
