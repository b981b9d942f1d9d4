"""Ids: the written form by which tables are joined, and ids that nearly match.

The ids 1, 1.0 and "1" are one id. Ids that differ in anything else are different, but a pair such
as "E1" and "e1 " is reported: it is more often one thing written in two ways.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

#: From here on, neighbouring whole numbers can be one float.
EXACT = 2**53
#: Most pairs that a message names.
_NAMED = 5
#: What does not count when ids are compared loosely, in this order: blanks, zero-width and control
#: characters; zeros before a number; the decimals of a whole number.
_LOOSE = (
    (r"[\pZ\pC\s]+", ""),
    (r"(^|[^\d.])0+(\d)", r"\1\2"),
    (r"^(\d+)\.0+$", r"\1"),
)


def id_texts(ids: pd.Index[Any] | pd.Series[Any]) -> pd.Index[Any]:
    """Return the written form of ids: wherever ids are joined, these are compared.

    Parameters
    ----------
    ids
        Ids of any type.

    Returns
    -------
    Texts, in the order of the ids. Missing ids become some text too.

    Examples
    --------
    >>> id_texts(pd.Index([1.0, 2.0])).tolist(), id_texts(pd.Series([1, "b"])).tolist()
    (['1', '2'], ['1', 'b'])
    """
    index = pd.Index(ids)
    if pd.api.types.is_float_dtype(index.dtype):
        numbers = index.to_numpy(dtype=np.float64, na_value=np.nan)
        if ((numbers == np.floor(numbers)) & (np.abs(numbers) < EXACT)).all():
            index = pd.Index(numbers.astype(np.int64))
    texts: pd.Index[Any] = pd.Index(index.astype(str), dtype=object)
    return texts


def near_matches(
    ids: pd.Index[Any] | pd.Series[Any], others: pd.Index[Any] | pd.Series[Any]
) -> list[tuple[str, str]]:
    """Return ids that match no other id, but would if they were compared loosely.

    Parameters
    ----------
    ids, others
        Ids of two tables.

    Returns
    -------
    Pairs of an id and the other id it nearly matches: they differ only in blanks, invisible
    characters, case, Unicode form, zeros before a number, or as 1 and "1.0". Ids that have an exact
    match are in no pair.

    Examples
    --------
    >>> near_matches(pd.Index(["e1 ", "e2", "e9"]), pd.Index(["E1", "e2", "e3"]))
    [('e1 ', 'E1')]
    """
    mine, theirs = id_texts(ids).unique(), id_texts(others).unique()
    unmatched, free = mine[~mine.isin(theirs)], theirs[~theirs.isin(mine)]
    if not len(unmatched) or not len(free):
        return []
    from pyarrow import compute

    loose, wanted = _loosely(unmatched), _loosely(free)
    near = np.flatnonzero(compute.is_in(loose, value_set=wanted).to_numpy(zero_copy_only=False))
    keys = loose.take(near).to_pylist()
    other = dict(zip(reversed(wanted.to_pylist()), reversed(free), strict=True))
    return [(id_, other[key]) for id_, key in zip(unmatched[near], keys, strict=True)]


def name_pairs(pairs: Sequence[tuple[str, str]]) -> str:
    r"""List the first pairs of ids and count the rest.

    Parameters
    ----------
    pairs
        Pairs of ids, as from `near_matches`.

    Returns
    -------
    Text, in which ids that look alike are written with escapes.

    Examples
    --------
    >>> name_pairs([("e1 ", "e1"), ("Malmo\u0308", "Malm\u00f6")])
    "'e1 ' and 'e1', 'Malmo\\u0308' and 'Malm\\xf6'"
    """
    shown = ", ".join(" and ".join(map(_written(*pair), pair)) for pair in pairs[:_NAMED])
    more = len(pairs) - _NAMED
    return f"{shown} and {more} more pairs" if more > 0 else shown


def _written(one: str, other: str) -> Any:  # noqa: ANN401 - a function of text
    alike = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    return ascii if alike else repr


def _loosely(ids: pd.Index[Any]) -> pa.Array:
    """Return ids without the differences that are easily overlooked."""
    import pyarrow as pa
    from pyarrow import compute

    texts = pa.array(ids.to_numpy(dtype=object), type=pa.large_string())
    texts = compute.utf8_lower(compute.utf8_normalize(texts, "NFKC"))
    for pattern, replacement in _LOOSE:
        texts = compute.replace_substring_regex(texts, pattern, replacement)
    return texts
