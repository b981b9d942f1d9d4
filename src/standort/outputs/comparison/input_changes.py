"""Changes in the rows of the inputs of two results, if the input files are still available."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from standort.errors import StandortError, StandortWarning
from standort.layers.attributes.column_types import is_unknown
from standort.layers.content_hash import content_hash
from standort.layers.files import file_hash, read_layer
from standort.outputs.comparison.reasons import changed_layers
from standort.results.cell_values import as_text
from standort.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    #: Returns a layer as it was read, by name; None if it is not available any more.

ReadLayer: TypeAlias = "Callable[[str], pd.DataFrame | None]"

INPUT_COLUMNS = ("layer", "id", "change", "column", "before", "after")
_POSITION, _SHAPE = "position", "shape"
#: Most rows named per kind of change.
_NAMED = 3
#: Decimals of degrees in points: 0.1 m.
_DECIMALS = 6


class InputRows(NamedTuple):
    """The rows of the inputs that changed."""

    rows: pd.DataFrame
    """Columns ``layer``, ``id``, ``change`` (``added``, ``removed``, ``changed``), and for changed
    rows one line per ``column``, with its text ``before`` and ``after``. In a table without ids
    a row is identified by all its cells, so it can only be added or removed."""
    unread: tuple[str, ...]
    """Layers that changed, but whose input files are not available any more."""

    @classmethod
    def none(cls) -> InputRows:
        """Return an empty table: nothing changed."""
        return cls(pd.DataFrame(columns=list(INPUT_COLUMNS), dtype="str"), ())


def compare_inputs(
    before: Mapping[str, Any], after: Mapping[str, Any], read: tuple[ReadLayer, ReadLayer]
) -> InputRows:
    """Compare the rows of the layers that changed.

    Parameters
    ----------
    before, after
        Manifests of two results.
    read
        Functions that read the layers of each, see `find_layers`.

    Returns
    -------
    The rows, and the layers whose rows are unknown. Layers of one result only, and those without a
    recorded hash of their content, are left out.
    """
    tables, unread = [], []
    for name in changed_layers(before, after):
        pair = [read_one(name) for read_one in read]
        if pair[0] is None or pair[1] is None:
            unread.append(name)
        else:
            tables.append(_row_changes(name, pair[0], pair[1]))
    if not tables:
        return InputRows.none()._replace(unread=tuple(unread))
    return InputRows(pd.concat(tables, ignore_index=True), tuple(unread))


def find_layers(manifest: Mapping[str, Any], folders: Iterable[Path]) -> ReadLayer:
    """Return a function that reads the layers of a manifest from files that have not changed.

    A manifest records the name and the hash of a file, not its folder.

    Parameters
    ----------
    manifest
        Manifest of a result.
    folders
        Folders to search, with the folders directly in them.

    Returns
    -------
    A function from the name of a layer to the layer; it returns None if no file has the recorded
    hash, or if its layer is not the one that was scored.
    """
    searched = list(dict.fromkeys(folder.absolute() for folder in folders))
    hashes: dict[Path, str | None] = {}
    year = manifest.get("year")

    def matches(path: Path, digest: str) -> bool:
        if path not in hashes:
            try:
                hashes[path] = file_hash(path)
            except OSError:
                hashes[path] = None
        return hashes[path] == digest

    def read(name: str) -> pd.DataFrame | None:
        source = manifest["inputs"][name]
        file, digest = source.get("path"), source.get("sha256")
        if not file or not digest:
            return None
        candidates = (
            p for folder in searched for p in (folder / file, *sorted(folder.glob(f"*/{file}")))
        )
        path = next((p for p in candidates if p.is_file() and matches(p, digest)), None)
        if path is None:
            return None
        try:
            with warnings.catch_warnings():
                # they were shown when it was scored
                warnings.simplefilter("ignore", StandortWarning)
                frame, _ = read_layer(path, name, year=year)
        except StandortError:
            return None
        return frame if content_hash(frame, name) == source.get("content") else None

    return read


def describe_row_changes(rows: pd.DataFrame, name: str) -> str:
    """Describe the changes in the rows of a layer.

    Parameters
    ----------
    rows
        As `compare_inputs` returns them.
    name
        Name of the layer.

    Returns
    -------
    Counts, the first ids, and for rows that changed their columns. Empty if none is known.

    Examples
    --------
    >>> line = ("ports", "x1", "changed", "size", "small", "large")
    >>> describe_row_changes(pd.DataFrame([line], columns=list(INPUT_COLUMNS)), "ports")
    '1 row changed: x1 (size)'
    """
    of_layer = rows.loc[rows["layer"] == name]
    texts = []
    for change in ("added", "removed", "changed"):
        lines = of_layer.loc[of_layer["change"] == change]
        columns = lines.groupby("id", sort=False)["column"]
        named = [
            f"{id_} ({', '.join(c)})" if any(c) else str(id_) for id_, c in list(columns)[:_NAMED]
        ]
        # rows that changed have a line per column
        n = columns.ngroups if change == "changed" else len(lines)
        more = f" and {n - _NAMED:,} more" if n > _NAMED else ""
        if n:
            texts.append(f"{n:,} row{'s' if n > 1 else ''} {change}: {', '.join(named)}{more}")
    return "; ".join(texts)


def _row_changes(name: str, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    if ROLES[name].id_column is None:
        return _rows_without_ids(name, before, after)
    before, after = (f.set_axis(f.index.map(str)) for f in (before, after))
    lines: list[tuple[str, str, str, str, str | None, str | None]] = [
        (name, id_, change, "", None, None)
        for change, one, other in (("added", after, before), ("removed", before, after))
        for id_ in one.index.difference(other.index)
    ]
    common = before.index.intersection(after.index).sort_values()
    pair = before.loc[common], after.loc[common]
    changed = [
        (name, id_, "changed", column, *texts)
        for column, id_, *texts in (*_changed_cells(*pair), *_changed_geometries(*pair))
    ]
    lines += sorted(changed, key=lambda line: line[1])
    return pd.DataFrame(lines, columns=list(INPUT_COLUMNS), dtype="str")


def _changed_cells(before: pd.DataFrame, after: pd.DataFrame) -> list[tuple[str, str, Any, Any]]:
    """Return column, id, and text before and after, of each attribute that differs."""
    spatial = {getattr(f, "active_geometry_name", None) for f in (before, after)}
    changes = []
    for column in dict.fromkeys([*before.columns, *after.columns]):
        if column in spatial:
            continue
        pair = [
            f[column].to_numpy(dtype=object) if column in f else np.full(len(f), None)
            for f in (before, after)
        ]
        differ = np.array([not _same_cell(a, b) for a, b in zip(*pair, strict=True)], dtype=bool)
        changes += [
            (str(column), str(before.index[int(i)]), as_text(pair[0][i]), as_text(pair[1][i]))
            for i in np.flatnonzero(differ)
        ]
    return changes


def _same_cell(one: object, other: object) -> bool:
    """Return whether two cells of any kind are equal; unknown equals unknown only."""
    if is_unknown(one) or is_unknown(other):
        return is_unknown(one) and is_unknown(other)
    return bool(np.all(one == other))  # a cell may hold a list


def _changed_geometries(
    before: pd.DataFrame, after: pd.DataFrame
) -> list[tuple[str, str, Any, Any]]:
    """Return the same for each geometry that differs; without text for lines and areas."""
    if not (isinstance(before, GeoDataFrame) and isinstance(after, GeoDataFrame)):
        return []
    pair = [f.geometry.to_numpy() for f in (before, after)]
    changes = []
    for i in np.flatnonzero(shapely.to_wkb(pair[0]) != shapely.to_wkb(pair[1])):
        points = all(shapely.get_type_id(g[i]) == 0 for g in pair)
        old, new = (
            shapely.to_wkt(g[i], rounding_precision=_DECIMALS) if points else None for g in pair
        )
        changes.append((_POSITION if points else _SHAPE, str(before.index[int(i)]), old, new))
    return changes


def _rows_without_ids(name: str, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that one table has more often than the other, once per surplus."""
    known = sorted(column.name for column in ROLES[name].columns)
    counts = [Counter(_row_texts(table, known)) for table in (before, after)]
    lines = [
        (name, text, change, "", None, None)
        for change, more in (("added", counts[1] - counts[0]), ("removed", counts[0] - counts[1]))
        for text in sorted(more.elements())
    ]
    return pd.DataFrame(lines, columns=list(INPUT_COLUMNS), dtype="str")


def _row_texts(table: pd.DataFrame, known: Sequence[str]) -> list[str]:
    columns = [name for name in known if name in table]
    rows = table[columns].astype(object).itertuples(index=False, name=None)
    return [
        ", ".join(f"{c}={text}" for c, v in zip(columns, row, strict=True) if (text := as_text(v)))
        for row in rows
    ]
