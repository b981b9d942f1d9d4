"""What is in a study, told without raising: the substance of ``standort check``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.layers.files import load_contents
from standort.layers.study import collect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geopandas import GeoDataFrame

    from standort.layers.preparation import Prepared
    from standort.layers.provenance import LayerSource
    from standort.layers.study import Study

__all__ = ["Inspection", "LayerInspection", "count_colocated", "inspect"]

#: Distance within which two emitters are taken to stand at one place [m].
COLOCATED_M = 0.001


@dataclass(frozen=True, slots=True)
class LayerInspection:
    """What is in one layer or table.

    Parameters
    ----------
    source
        Where it came from, its rows, geometry types, CRS, extent, columns recognised
        (``used_columns``), missing and unused, unknown quantities, and notes.
    colocated_pairs
        Pairs of emitters within 1 mm of each other; 0 for other layers.
    colocated_rows
        Emitters that share their place with another.
    warnings
        What was repaired, dropped or looks odd.
    problems
        What is wrong.
    """

    source: LayerSource
    colocated_pairs: int = 0
    colocated_rows: int = 0
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is in a study.

    Parameters
    ----------
    path
        The file or folder.
    layers
        Layers and tables by name.
    rasters
        Paths of rasters by name.
    ignored_layers
        Layers of the file that play no part.
    warnings
        Everything odd, in all layers.
    problems
        Everything wrong, in all layers and in the study as a whole.
    sound_layers
        The layers and tables without problems, to ask what could be computed from them. It equals
        what `read_study` gives if there are no problems at all; else it is not for scoring.
    """

    path: Path
    layers: Mapping[str, LayerInspection]
    rasters: Mapping[str, Path]
    ignored_layers: tuple[str, ...]
    warnings: tuple[str, ...]
    problems: tuple[str, ...]
    sound_layers: Study

    @property
    def is_sound(self) -> bool:
        """Whether `read_study` would accept the study."""
        return not self.problems

    @property
    def layers_with_problems(self) -> tuple[str, ...]:
        """Names of the layers and tables that problems keep out."""
        return tuple(name for name, layer in self.layers.items() if layer.problems)


def inspect(path: str | Path, *, year: int | None = None) -> Inspection:
    """Look into a study; what is wrong with it is told, not raised.

    Parameters
    ----------
    path
        A GeoPackage or a folder, as for `read_study`.
    year
        Year of the study, as for `read_study`.

    Returns
    -------
    Rows, geometry, CRS, extent, columns, unknown values, warnings and problems of every layer.

    Raises
    ------
    FileError
        If there is nothing to look into: no file, no GeoPackage, a folder without layers.
    """
    contents = load_contents(path, year=year)
    layers = {name: _inspect_layer(layer) for name, layer in contents.prepared.items()}
    warnings = [*contents.warnings]
    for layer in layers.values():
        warnings += layer.warnings
    return Inspection(
        path=contents.path,
        layers=layers,
        rasters=contents.rasters,
        ignored_layers=contents.ignored_layers,
        warnings=tuple(warnings),
        problems=tuple(problem.text for problem in contents.problems),
        sound_layers=collect(
            contents.prepared, rasters=contents.rasters, ignored_layers=contents.ignored_layers
        ),
    )


def count_colocated(sites: GeoDataFrame) -> tuple[int, int]:
    """Count the points that stand at one place: legal, but often one plant listed twice.

    Parameters
    ----------
    sites
        Points in EPSG:4326.

    Returns
    -------
    The number of pairs within 1 mm, and of rows in any such pair.

    Examples
    --------
    >>> import geopandas
    >>> points = geopandas.points_from_xy([4.0, 4.0, 5.0], [52.0, 52.0, 52.0], crs="EPSG:4326")
    >>> count_colocated(geopandas.GeoDataFrame(geometry=points))
    (1, 2)
    """
    from scipy.spatial import cKDTree

    from standort.earth.geodesy import geocentric

    if sites.empty:
        return 0, 0
    places = geocentric(sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy())
    tree = cKDTree(places)
    neighbours = tree.query_ball_point(places, COLOCATED_M, return_length=True) - 1
    return int(neighbours.sum()) // 2, int(np.count_nonzero(neighbours))


def _inspect_layer(layer: Prepared) -> LayerInspection:
    """Describe one layer; look for co-located rows among the emitters."""
    warnings, pairs, rows = list(layer.warnings), 0, 0
    if layer.frame is not None and layer.source.layer == "emitters":
        pairs, rows = count_colocated(layer.frame)
        if rows:
            told = f"{pairs:,} pair{'' if pairs == 1 else 's'}"
            warnings.append(
                f"layer 'emitters': {rows:,} rows share their place with another "
                f"({told} within 1 mm): merge them if they are one plant"
            )
    return LayerInspection(
        source=layer.source,
        colocated_pairs=pairs,
        colocated_rows=rows,
        warnings=tuple(warnings),
        problems=tuple(problem.text for problem in layer.problems),
    )
