"""Which rows of the inputs came, went or changed, where what was read is still there to be read."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from standort.errors import StandortError, StandortWarning
from standort.layers.content_hash import content_hash
from standort.layers.files import file_hash, read_layer
from standort.outputs.comparison.reasons import changed_layers
from standort.results.cell_values import as_text
from standort.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    #: Gives a layer as it was read, by name; None if it is not to be had any more.
    ReadLayer = Callable[[str], pd.DataFrame | None]

__all__ = ["INPUT_COLUMNS", "InputRows", "compare_inputs", "describe_row_changes", "find_layers"]

INPUT_COLUMNS = ("layer", "id", "change", "column", "before", "after")
_POSITION, _SHAPE = "position", "shape"
#: Rows named of each kind, before the rest is counted.
_NAMED = 3
#: Decimals of degrees in which points are told: 0.1 m.
_DECIMALS = 6


class InputRows(NamedTuple):
    """What is known of the rows of the inputs that changed."""

    rows: pd.DataFrame
    """Columns ``layer``, ``id``, ``change`` (``added``, ``removed``, ``changed``), and of rows that
    changed one line for each ``column``, with its text ``before`` and ``after``. A row of a table
    without ids goes by all it holds, so that it can only come and go."""
    unread: tuple[str, ...]
    """Layers that changed, and whose rows are not told: what was read is not there any more."""

    @classmethod
    def none(cls) -> InputRows:
        """Nothing changed."""
        return cls(pd.DataFrame(columns=list(INPUT_COLUMNS), dtype="str"), ())


def compare_inputs(
    before: Mapping[str, Any], after: Mapping[str, Any], read: tuple[ReadLayer, ReadLayer]
) -> InputRows:
    """Tell which rows of the layers that changed came, went or changed.

    Parameters
    ----------
    before, after
        Manifests of two results.
    read
        What gives the layers of each, see `find_layers`.

    Returns
    -------
    The rows, and the layers of which they are not known. A layer that only one result has is not
    among them, nor is one without a recorded hash of its content.
    """
    tables, unread = [], []
    for name in changed_layers(before, after):
        pair = [give(name) for give in read]
        if pair[0] is None or pair[1] is None:
            unread.append(name)
        else:
            tables.append(_row_changes(name, pair[0], pair[1]))
    if not tables:
        return InputRows.none()._replace(unread=tuple(unread))
    return InputRows(pd.concat(tables, ignore_index=True), tuple(unread))


def find_layers(manifest: Mapping[str, Any], folders: Iterable[Path]) -> ReadLayer:
    """Give the layers a manifest names, from files that are as they were.

    A manifest tells how a file was called and what it held, not where it lay.

    Parameters
    ----------
    manifest
        Manifest of a result.
    folders
        Where to look for the files, and in the folders directly in them.

    Returns
    -------
    A function from the name of a layer to the layer; None if no file has the recorded hash, or the
    layer in it is not the one that was scored.
    """
    places = list(dict.fromkeys(folder.absolute() for folder in folders))
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
            p for place in places for p in (place / file, *sorted(place.glob(f"*/{file}")))
        )
        path = next((p for p in candidates if p.is_file() and matches(p, digest)), None)
        if path is None:
            return None
        try:
            with warnings.catch_warnings():
                # They were heard when it was scored.
                warnings.simplefilter("ignore", StandortWarning)
                frame, _ = read_layer(path, name, year=year)
        except StandortError:
            return None
        return frame if content_hash(frame, name) == source.get("content") else None

    return read


def describe_row_changes(rows: pd.DataFrame, name: str) -> str:
    """Tell in words what became of the rows of a layer.

    Parameters
    ----------
    rows
        As `compare_inputs` gives them.
    name
        Name of the layer.

    Returns
    -------
    Counts and the first few ids; of rows that changed, their columns. Empty if none is known.

    Examples
    --------
    >>> line = ("ports", "x1", "changed", "size", "small", "large")
    >>> describe_row_changes(pd.DataFrame([line], columns=list(INPUT_COLUMNS)), "ports")
    '1 row changed: x1 (size)'
    """
    of_layer = rows.loc[rows["layer"] == name]
    told = []
    for change in ("added", "removed", "changed"):
        lines = of_layer.loc[of_layer["change"] == change]
        columns = lines.groupby("id", sort=False)["column"]
        named = [
            f"{id_} ({', '.join(c)})" if any(c) else str(id_) for id_, c in list(columns)[:_NAMED]
        ]
        # Of rows that changed there is a line for each column.
        n = columns.ngroups if change == "changed" else len(lines)
        more = f" and {n - _NAMED:,} more" if n > _NAMED else ""
        if n:
            told.append(f"{n:,} row{'s' if n > 1 else ''} {change}: {', '.join(named)}{more}")
    return "; ".join(told)


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
        for column, id_, *texts in (*_cells(*pair), *_places(*pair))
    ]
    lines += sorted(changed, key=lambda line: line[1])
    return pd.DataFrame(lines, columns=list(INPUT_COLUMNS), dtype="str")


def _cells(before: pd.DataFrame, after: pd.DataFrame) -> list[tuple[str, str, Any, Any]]:
    """Give column, id, and text before and after, of each attribute that differs."""
    spatial = {getattr(f, "active_geometry_name", None) for f in (before, after)}
    found = []
    for column in dict.fromkeys([*before.columns, *after.columns]):
        if column in spatial:
            continue
        pair = [
            f[column].to_numpy(dtype=object) if column in f else np.full(len(f), None)
            for f in (before, after)
        ]
        missing = [pd.isna(values) for values in pair]
        same = np.array([a == b for a, b in zip(*pair, strict=True)], dtype=bool)
        differ = ~np.where(missing[0] | missing[1], missing[0] & missing[1], same)
        found += [
            (str(column), str(before.index[int(i)]), as_text(pair[0][i]), as_text(pair[1][i]))
            for i in np.flatnonzero(differ)
        ]
    return found


def _places(before: pd.DataFrame, after: pd.DataFrame) -> list[tuple[str, str, Any, Any]]:
    """Give the same of each row that lies elsewhere; of lines and areas no text."""
    if not (isinstance(before, GeoDataFrame) and isinstance(after, GeoDataFrame)):
        return []
    pair = [f.geometry.to_numpy() for f in (before, after)]
    found = []
    for i in np.flatnonzero(shapely.to_wkb(pair[0]) != shapely.to_wkb(pair[1])):
        points = all(shapely.get_type_id(g[i]) == 0 for g in pair)
        was, now = (
            shapely.to_wkt(g[i], rounding_precision=_DECIMALS) if points else None for g in pair
        )
        found.append((_POSITION if points else _SHAPE, str(before.index[int(i)]), was, now))
    return found


def _rows_without_ids(name: str, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Name the rows that only one of two tables has, as often as it has them more often."""
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
