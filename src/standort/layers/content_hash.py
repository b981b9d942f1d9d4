"""Hash of the contents of a layer, independent of its file and row order.

All layers of a GeoPackage share the hash of the file; this hash identifies the layers that differ.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.layers.attributes.ids import EXACT
from standort.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pyarrow as pa
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.array_types import Floats


def content_hash(
    frame: GeoDataFrame | pd.DataFrame, name: str, *, also: Collection[str] = ()
) -> str:
    """Return the hash of the contents of a prepared layer or table.

    Layers with one hash give equal metrics. Columns outside the contract matter only if a profile
    uses them, so others are ignored: an additional remark does not change the hash.

    Parameters
    ----------
    frame
        Layer or table of a study.
    name
        Name of its role.
    also
        Columns to include in addition to those of the contract; missing ones are ignored.

    Returns
    -------
    Hexadecimal hash of ids, attributes and geometries of all rows, in any order. An empty column
    and a missing one give different hashes.

    Examples
    --------
    >>> import geopandas
    >>> ports = geopandas.GeoDataFrame(
    ...     {"size": ["large", None]},
    ...     geometry=geopandas.points_from_xy([4.0, 5.0], [52, 52]),
    ...     index=["rotterdam", "kampen"],
    ... )
    >>> content_hash(ports, "ports") == content_hash(ports[::-1], "ports")
    True
    >>> content_hash(ports, "ports") == content_hash(ports.assign(size="large"), "ports")
    False
    """
    import pyarrow as pa
    from pyarrow import compute

    role = ROLES[name]
    known = {column.name for column in role.columns}
    columns = sorted(str(c) for c in frame.columns if c in known or c in also)
    values = {column: _as_arrow(frame[column]) for column in columns}
    if role.id_column is not None:
        values = {role.id_column: _as_arrow(frame.index.to_series()), **values}
    # Ids are unique; rows without ids are equal if all their columns are.
    keys = list(values) if role.id_column is None else [role.id_column]
    digest = hashlib.sha256(json.dumps([name, list(values), len(frame)]).encode())
    if values and len(frame):
        table = pa.table(values)
        order = compute.sort_indices(table, sort_keys=[(key, "ascending") for key in keys])
        for column in table.take(order).columns:
            for piece in _pieces(column.combine_chunks()):
                digest.update(piece)
        if role.geometry is not None:
            geometries = frame.geometry.to_numpy()[order.to_numpy()]
            digest.update(_geometry_bytes(geometries))
    return digest.hexdigest()


def _as_arrow(values: pd.Series[Any]) -> pa.Array:
    """Return a column as numbers or text; 1 equals 1.0, and 0 equals -0.0."""
    import pyarrow as pa

    inexact = pd.api.types.is_integer_dtype(values.dtype) and (values.abs() >= EXACT).any()
    if pd.api.types.is_numeric_dtype(values.dtype) and not inexact:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan) + 0.0
        return pa.array(numbers, from_pandas=True)
    if not isinstance(values.dtype, pd.StringDtype):
        values = values.astype("str")
    texts = pa.array(values, type=pa.large_string(), from_pandas=True)
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _pieces(column: pa.Array) -> Iterator[memoryview | bytes]:
    """Yield a column as bytes that identify its values and missing cells."""
    import pyarrow as pa
    from pyarrow import compute

    yield np.packbits(column.is_null().to_numpy(zero_copy_only=False)).tobytes()
    if pa.types.is_floating(column.type):
        yield compute.fill_null(column, 0.0).to_numpy(zero_copy_only=False).tobytes()
        return
    texts = compute.fill_null(column, "")
    _, at, text = texts.buffers()
    offsets = np.frombuffer(at, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    yield np.diff(offsets).astype("<i8").tobytes()
    if text is not None:
        yield memoryview(text)[offsets[0] : offsets[-1]]


def _geometry_bytes(geometries: NDArray[np.object_]) -> bytes:
    """Return geometries as bytes, in order."""
    points = (shapely.get_type_id(geometries) == 0).all()
    if points and not shapely.is_empty(geometries).any():
        # For points, coordinates are faster than WKB and equivalent.
        coordinates: Floats = shapely.get_coordinates(geometries) + 0.0
        return coordinates.astype("<f8").tobytes()
    return b"".join(shapely.to_wkb(geometries).tolist())
