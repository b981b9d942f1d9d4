"""Writing what moved: a CSV of the sites, or a GeoPackage of everything."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from standort.outputs.geopackage import (
    check_destination,
    put_in_place,
    sync,
    told_plainly,
    write_geopackage,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["write_changes"]


def write_changes(
    path: str | Path,
    sites: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    *,
    layer: str = "sites",
) -> Path:
    """Write a table of sites and others beside it.

    Parameters
    ----------
    path
        Ends in ``.csv``, which takes the sites only, or ``.gpkg``; a file that is there is replaced
        whole, or left whole if writing fails.
    sites
        The table of sites, with or without geometry, indexed by id.
    tables
        Tables without geometry, by name; an index with a name becomes a column.
    layer
        What the table of sites is called, if it holds other things.

    Returns
    -------
    The path.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    from geopandas import GeoDataFrame

    path = check_destination(path, endings=(".csv", ".gpkg"))
    if path.suffix.lower() == ".gpkg":
        has_points = isinstance(sites, GeoDataFrame)
        layers = {layer: sites} if has_points else {}
        others = dict(tables) if has_points else {layer: sites, **tables}
        return write_geopackage(path, layers=layers, tables=others)
    with told_plainly(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        temporary = Path(folder) / path.name
        geometry = sites.geometry.name if isinstance(sites, GeoDataFrame) else None
        sites.drop(columns=[geometry] if geometry else []).to_csv(temporary)
        sync(temporary)
        put_in_place(temporary, path)
    return path
