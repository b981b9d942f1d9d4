"""Masks of surfaces: polygons that select cells."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from standort.earth import FeatureIndex
from standort.errors import FileError, LayerError
from standort.layers import to_wgs84
from standort.layers.formats.local_files import check_vector_file

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Flags, Floats
    from standort.surfaces.bounds import Bounds


_PARQUET = (".parquet", ".geoparquet")
#: Layer names that identify the mask in a file with several layers, in this order.
_NAMES = ("mask", "land")


@dataclass(frozen=True)
class Mask:
    """Polygons; a cell is in the surface if its centre is in one or on its edge.

    Parameters
    ----------
    index
        The polygons, with geodesic edges.
    name
        Name of the file, or ``mask`` for polygons in memory.
    digest
        Hash of the polygons.
    """

    index: FeatureIndex
    name: str
    digest: str

    def holds(self, lon: Floats, lat: Floats) -> Flags:
        """Flag the positions [degrees] in the mask."""
        inside = np.zeros(len(lon), dtype=bool)
        inside[self.index.containing(lon, lat)[0]] = True
        return inside

    def boxes(self) -> Floats:
        """Return the bounds of the parts [degrees], shape (n, 4); geodesic edges may bulge."""
        return np.asarray(shapely.bounds(shapely.get_parts(self.index.parts.areas)))


@dataclass(frozen=True)
class Region:
    """Region of a surface: positions in bounds and, if given, in a mask."""

    bounds: Bounds
    mask: Mask | None = None

    def holds(self, lon: Floats, lat: Floats) -> Flags:
        """Flag the positions [degrees] in the region."""
        inside = self.bounds.holds(lon, lat)
        if self.mask is not None:
            some = np.flatnonzero(inside)
            inside[some] = self.mask.holds(lon[some], lat[some])
        return inside

    def describe(self) -> dict[str, object]:
        """Return the definition of the region for the manifest."""
        mask = None
        if self.mask is not None:
            mask = {"name": self.mask.name, "sha256": self.mask.digest}
        return {"bounds": self.bounds.edges(), "mask": mask}


def as_mask(mask: str | Path | GeoDataFrame) -> Mask:
    """Return a mask from a file or from polygons in memory.

    Parameters
    ----------
    mask
        File of polygons in GeoParquet or any format of GDAL (GeoPackage, shapefile, GeoJSON ...),
        or polygons in memory, in any coordinate reference system. Of several layers, the one named
        ``mask`` or ``land`` is used.

    Returns
    -------
    The mask.

    Raises
    ------
    FileError
        If the file is missing or cannot be read, or the layer is ambiguous.
    LayerError
        If there is no CRS, or geometries are not valid polygons.

    Warns
    -----
    StandortWarning
        If geometries were repaired.

    Examples
    --------
    >>> import geopandas
    >>> box = geopandas.GeoDataFrame(geometry=[shapely.box(0, 50, 2, 52)], crs=4326)
    >>> as_mask(box).holds(np.array([1.0, 3.0]), np.array([51.0, 51.0]))
    array([ True, False])
    """
    import geopandas

    name = "mask" if isinstance(mask, geopandas.GeoDataFrame) else Path(mask).name
    layer = mask if isinstance(mask, geopandas.GeoDataFrame) else _read(Path(mask))
    if layer.empty:
        msg = f"mask {name!r} has no polygons, so the surface would have no cells; add one"
        raise LayerError(msg)
    polygons, _ = to_wgs84(layer, name=name, allowed=frozenset({"polygon"}), id_column="feature_id")
    geometries = polygons.geometry.to_numpy()
    digest = hashlib.sha256()
    for geometry in shapely.to_wkb(geometries):
        digest.update(geometry)
    return Mask(FeatureIndex(geometries), name, digest.hexdigest())


def _read(path: Path) -> GeoDataFrame:
    """Read the polygons of a file."""
    import geopandas
    import pyogrio
    from pyarrow import ArrowException

    if not path.exists():
        msg = f"expected a file of polygons for the mask, found nothing at '{path}': check the path"
        raise FileError(msg)
    try:
        if path.suffix.lower() in _PARQUET:
            return geopandas.read_parquet(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the error is sufficient
            layer = _layer(
                path, [str(name) for name in pyogrio.list_layers(check_vector_file(path))[:, 0]]
            )
            return geopandas.GeoDataFrame(pyogrio.read_dataframe(path, layer=layer, columns=[]))
    except FileError:
        raise
    except (ArrowException, OSError, RuntimeError, ValueError) as error:
        msg = (
            f"expected a file of polygons for the mask, '{path}' cannot be read as one ({error}): "
            "export the polygons to a GeoPackage"
        )
        raise FileError(msg) from error


def _layer(path: Path, names: list[str]) -> str:
    """Return the name of the layer that holds the mask."""
    if len(names) == 1:
        return names[0]
    meant = next((name for name in _NAMES if name in names), None)
    if meant is None:
        listed = ", ".join(map(repr, names)) or "none"
        msg = (
            f"expected one layer, or one named 'mask' or 'land', '{path}' has {listed}: "
            "rename the intended one to 'mask'"
        )
        raise FileError(msg)
    return meant
