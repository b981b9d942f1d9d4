"""Inspection of a study without raising, as in ``standort check``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.arguments import YEAR, checked
from standort.layers.attributes.joins import find_doubtful_joins
from standort.layers.files import load_contents
from standort.layers.study import collect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geopandas import GeoDataFrame

    from standort.layers.preparation import Prepared
    from standort.layers.provenance import LayerSource
    from standort.layers.study import Study

#: Largest distance between co-located emitters [m].
_COLOCATED_M = 0.001


@dataclass(frozen=True, slots=True)
class LayerInspection:
    """Inspection of a layer or table.

    Parameters
    ----------
    source
        Source, rows, geometry types, CRS, extent, used, missing and unused columns, unknown
        quantities, and notes.
    colocated_pairs
        Pairs of emitters within 1 mm of each other; 0 for other layers.
    colocated_rows
        Emitters at the position of another.
    warnings
        Repairs, omissions and implausible data.
    problems
        Problems of the layer.
    """

    source: LayerSource
    colocated_pairs: int = 0
    colocated_rows: int = 0
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """Inspection of a study.

    Parameters
    ----------
    path
        File or folder of the study.
    layers
        Layers and tables by name.
    rasters
        Paths of rasters by name.
    ignored_layers
        Layers of the file without a role.
    warnings
        Warnings of all layers.
    problems
        Problems of all layers and of the study as a whole.
    sound_layers
        Study of the layers and tables without problems, to find what could be computed from them.
        Without any problems it equals the result of `read_study`; otherwise do not score it.
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
        """Names of the layers and tables with problems."""
        return tuple(name for name, layer in self.layers.items() if layer.problems)


@checked(year=YEAR)
def inspect(path: str | Path, *, year: int | None = None) -> Inspection:
    """Inspect a study; problems are returned, not raised.

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
        If the file is missing or not a GeoPackage, or the folder has no layers.
    """
    contents = load_contents(path, year=year)
    layers = {name: _inspect_layer(layer) for name, layer in contents.prepared.items()}
    warnings = [*contents.warnings]
    for layer in layers.values():
        warnings += layer.warnings
    sound = collect(
        contents.prepared, rasters=contents.rasters, ignored_layers=contents.ignored_layers
    )
    warnings += [notice.text for notice in find_doubtful_joins(sound.layers, sound.tables)]
    return Inspection(
        path=contents.path,
        layers=layers,
        rasters=contents.rasters,
        ignored_layers=contents.ignored_layers,
        warnings=tuple(warnings),
        problems=tuple(problem.text for problem in contents.problems),
        sound_layers=sound,
    )


def _inspect_layer(layer: Prepared) -> LayerInspection:
    """Inspect one layer, including co-located rows of emitters."""
    warnings, pairs, rows = [notice.text for notice in layer.warnings], 0, 0
    if layer.frame is not None and layer.source.layer == "emitters":
        pairs, rows = _count_colocated(layer.frame)
        if rows:
            n_pairs = f"{pairs:,} pair{'' if pairs == 1 else 's'}"
            warnings.append(
                f"layer 'emitters': {rows:,} rows share their position with another "
                f"({n_pairs} within 1 mm): merge them if they are one plant"
            )
    return LayerInspection(
        source=layer.source,
        colocated_pairs=pairs,
        colocated_rows=rows,
        warnings=tuple(warnings),
        problems=tuple(problem.text for problem in layer.problems),
    )


def _count_colocated(sites: GeoDataFrame) -> tuple[int, int]:
    """Count co-located points, which are valid but often one plant listed twice.

    Parameters
    ----------
    sites
        Points in EPSG:4326.

    Returns
    -------
    The number of pairs within 1 mm, and of rows in such pairs.

    Examples
    --------
    >>> import geopandas
    >>> points = geopandas.points_from_xy([4.0, 4.0, 5.0], [52.0, 52.0, 52.0], crs="EPSG:4326")
    >>> _count_colocated(geopandas.GeoDataFrame(geometry=points))
    (1, 2)
    """
    from scipy.spatial import cKDTree

    from standort.earth.geodesy import geocentric

    if sites.empty:
        return 0, 0
    positions = geocentric(sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy())
    tree = cKDTree(positions)
    neighbours = tree.query_ball_point(positions, _COLOCATED_M, return_length=True) - 1
    return int(neighbours.sum()) // 2, int(np.count_nonzero(neighbours))
