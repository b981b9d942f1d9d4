"""The manifest: the inputs, options and versions of a result, and how a file stores it.

In memory it is a nested dict. In a GeoPackage it is a table of keys and values that any program
can read: the key is the path through the dict, the value is JSON.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pandas as pd

from standort.arguments import checked, with_columns
from standort.errors import OptionError

#: Packages whose version can change a result.
PACKAGES = (
    "antimeridian",
    "geopandas",
    "numpy",
    "pandas",
    "pyogrio",
    "pyproj",
    "rasterio",
    "scipy",
    "shapely",
    "standort",
)
_SEPARATOR = "."
_ESCAPE = "\\"


@checked()
def package_versions(names: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of installed packages.

    Parameters
    ----------
    names
        Names of distributions.

    Returns
    -------
    Version by name; packages that are not installed are left out.

    Examples
    --------
    >>> sorted(package_versions(["numpy", "no-such-package"]))
    ['numpy']
    """
    versions = {name: _installed(name) for name in names}
    return {name: version for name, version in versions.items() if version is not None}


@cache
def _installed(name: str) -> str | None:
    """Return the version of a package; cached, because it is read from a file."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def creation_time() -> datetime:
    """Return the time stamp of a result.

    Returns
    -------
    The current time in UTC and whole seconds, or the one in the environment variable
    ``SOURCE_DATE_EPOCH``, with which a rerun gives the same bytes.

    Raises
    ------
    OptionError
        If ``SOURCE_DATE_EPOCH`` is not a whole number of seconds.

    Examples
    --------
    >>> creation_time().microsecond
    0
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        msg = (
            "expected SOURCE_DATE_EPOCH to be a whole number of seconds since 1970, "
            f"got {epoch!r}; correct or unset this environment variable"
        )
        raise OptionError(msg) from error


@checked()
def flatten_manifest(manifest: Mapping[str, object]) -> pd.DataFrame:
    r"""Flatten a manifest to a table.

    Parameters
    ----------
    manifest
        Nested dicts of numbers, texts, lists and None.

    Returns
    -------
    Columns ``key``, the path joined by points (a point inside a name is written ``\.``), and
    ``value``, as JSON. An infinite number becomes the text ``inf``, NaN becomes null.

    Examples
    --------
    >>> flatten_manifest({"profile": {"id": "net-zero"}, "counts": {"sites": 2}})
                key       value
    0    profile.id  "net-zero"
    1  counts.sites           2
    """
    rows = list(_walk(manifest, ()))
    return pd.DataFrame(rows, columns=["key", "value"], dtype="str")


def brief_manifest(contents: str) -> pd.DataFrame:
    """Return the table of the manifest of a file that is not the result of a score.

    Parameters
    ----------
    contents
        What the file holds, in a word.

    Returns
    -------
    As `flatten_manifest` returns it: version, time and contents.

    Examples
    --------
    >>> brief_manifest("clusters")["key"].tolist()
    ['standort', 'created', 'contents']
    """
    version, created = _installed("standort"), creation_time().isoformat()
    return flatten_manifest({"standort": version, "created": created, "contents": contents})


@checked(table=with_columns("key", "value"))
def unflatten_manifest(table: pd.DataFrame) -> dict[str, object]:
    """Rebuild the manifest from its table.

    Parameters
    ----------
    table
        As `flatten_manifest` returns it.

    Returns
    -------
    Nested dicts.

    Examples
    --------
    >>> unflatten_manifest(flatten_manifest({"inputs": {"a.b": {"rows": 1}}}))
    {'inputs': {'a.b': {'rows': 1}}}
    """
    manifest: dict[str, object] = {}
    for key, value in zip(table["key"], table["value"], strict=True):
        *path, last = _split(str(key))
        inner = manifest
        for name in path:
            step = inner.setdefault(name, {})
            inner = step if isinstance(step, dict) else {}
        inner[last] = json.loads(value)
    return manifest


def criteria_of(manifest: Mapping[str, object]) -> Mapping[str, Mapping[str, Any]]:
    """Return the entry of each criterion in the manifest: its status and, if computed, its data.

    Parameters
    ----------
    manifest
        The manifest of a result.

    Returns
    -------
    By criterion; empty if the manifest records nothing.
    """
    criteria = manifest.get("criteria")
    return criteria if isinstance(criteria, Mapping) else {}


def plain(value: object) -> object:
    """Convert a value to one that JSON can hold.

    Parameters
    ----------
    value
        Anything, including numpy scalars and arrays, paths and times.

    Returns
    -------
    Dicts, lists, texts, finite numbers, booleans and None.

    Examples
    --------
    >>> plain({"radius_km": float("inf"), "missing": float("nan"), "ids": ("a", 1)})
    {'radius_km': 'inf', 'missing': None, 'ids': ['a', 1]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain(item) for item in items]
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if value is None or value is pd.NA:
        return None
    return value if isinstance(value, bool | int | float | str) else str(value)


def _walk(value: object, path: tuple[str, ...]) -> list[tuple[str, str]]:
    if isinstance(value, Mapping) and (value or not path):
        return [row for key, item in value.items() for row in _walk(item, (*path, str(key)))]
    key = _SEPARATOR.join(_escape(name) for name in path)
    return [(key, json.dumps(plain(value), ensure_ascii=False, allow_nan=False))]


def _escape(name: str) -> str:
    for special in (_ESCAPE, _SEPARATOR):
        name = name.replace(special, _ESCAPE + special)
    return name


def _split(key: str) -> list[str]:
    # a separator counts unless an odd number of escapes precedes it, so walk the pieces
    pieces = re.findall(r"(?:\\.|[^\\.])+|\.|^$", key, flags=re.DOTALL)
    names = [""]
    for piece in pieces:
        if piece == _SEPARATOR:
            names.append("")
        else:
            names[-1] += re.sub(r"\\(.)", r"\1", piece, flags=re.DOTALL)
    return names
