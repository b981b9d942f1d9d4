from .grids import CellGrid, lay_grid
from .running import surface

__all__ = ["CellGrid", "lay_grid", "surface"]
