"""Directions of edges from OpenStreetMap's values of ``oneway``.

Files hold them in the forms of OpenStreetMap (yes, no, -1, reverse), of OSMnx (True, False, lists
of both after simplification), of Geofabrik (F, T, B) or as numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from standort.errors import LayerError, name_ids, warn

if TYPE_CHECKING:
    from standort.array_types import Flags

_FORWARD, _BACKWARD, _BOTH = (True, False), (False, True), (True, True)
_MEANING = {
    **dict.fromkeys(("yes", "true", "1"), _FORWARD),
    **dict.fromkeys(("-1", "reverse"), _BACKWARD),
    # ways whose direction changes with the hour are open both ways
    **dict.fromkeys(("", "no", "false", "0", "reversible", "alternating"), _BOTH),
}
#: Geofabrik's letters; without B among them, T and F may as well be true and false.
_GEOFABRIK = {"f": _FORWARD, "t": _BACKWARD, "b": _BOTH}
_COLUMNS = ("oneway", "one_way")
#: GDAL writes tags of OpenStreetMap without a column of their own into this one.
_TAGS, _TAG = "other_tags", r'"oneway"=>"([^"]*)"'


class Directions(NamedTuple):
    """Whether each edge may be travelled forward and backward."""

    forward: Flags
    backward: Flags

    def turned(self, rows: Flags) -> Directions:
        """Return the directions with forward and backward exchanged in some rows."""
        there, back = self
        return Directions(np.where(rows, back, there), np.where(rows, there, back))


def read_directions(values: pd.Series[Any], *, name: str) -> Directions:
    """Return the directions that values of ``oneway`` allow.

    Parameters
    ----------
    values
        Texts, numbers, truth values or lists; edges without a value can be travelled both ways.
    name
        Name for messages.

    Returns
    -------
    The directions; those of a list are allowed by all its entries.

    Warns
    -----
    StandortWarning
        If values are not understood; such edges can be travelled both ways.

    Examples
    --------
    >>> forward, backward = read_directions(pd.Series(["yes", "-1", None, True]), name="roads")
    >>> forward.tolist(), backward.tolist()
    ([True, False, True, True], [False, True, True, False])
    """
    words = [_words(value) for value in values]
    distinct = set(words)
    meaning = dict(_MEANING)
    if any("b" in entry for entry in distinct):
        meaning |= _GEOFABRIK
    allowed = {entry: _allowed(entry, meaning) for entry in distinct}
    unclear = np.array([allowed[entry] is None for entry in words], dtype=bool)
    if unclear.any():
        shown = name_ids(sorted({str(value) for value in values[unclear]}))
        warn(
            f"layer {name!r}: expected 'oneway' to be yes, no or -1, got {shown} in "
            f"{unclear.sum():,} rows; they can be travelled in both directions"
        )
    flags = np.array([allowed[entry] or _BOTH for entry in words], dtype=bool).reshape(-1, 2)
    return Directions(flags[:, 0], flags[:, 1])


def find_one_way(layer: pd.DataFrame, *, name: str) -> pd.Series[Any] | None:
    """Return the values of ``oneway`` of a layer of lines; None if it has none.

    Raises
    ------
    LayerError
        If several columns hold them.
    """
    columns = [str(column).lower() for column in layer.columns]
    at = [i for i, column in enumerate(columns) if column in _COLUMNS]
    if len(at) > 1:
        found = name_ids([layer.columns[i] for i in at])
        msg = f"layer {name!r}: expected one column 'oneway', got {found}; remove the others"
        raise LayerError(msg)
    if at:
        return layer.iloc[:, at[0]]
    if columns.count(_TAGS) == 1:
        tags = layer.iloc[:, columns.index(_TAGS)].astype("string").str.extract(_TAG)[0]
        return tags if tags.notna().any() else None
    return None


def _words(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever a file holds
    """Return the entries of a value in lower case: those of a list, or one.

    >>> _words(1.0), _words("[True, 'no']"), _words(None)
    (('1',), ('no', 'true'), ('',))
    """
    if not isinstance(value, list | tuple | set | np.ndarray):
        value = [] if pd.isna(value) else str(value).strip("[] ").split(",")
    return tuple(sorted({str(v).strip(" '\"").lower().removesuffix(".0") for v in value})) or ("",)


def _allowed(
    words: tuple[str, ...], meaning: dict[str, tuple[bool, bool]]
) -> tuple[bool, bool] | None:
    """Return the directions that all entries allow; None if they are unclear."""
    if any(word not in meaning for word in words):
        return None
    forward, backward = (all(meaning[word][side] for word in words) for side in (0, 1))
    return (forward, backward) if forward or backward else None
