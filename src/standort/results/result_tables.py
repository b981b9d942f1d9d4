"""The tables of a result that others are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["ResultTables"]


class ResultTables(NamedTuple):
    """The tables of one result, in memory or read from a file."""

    sites: pd.DataFrame
    clusters: pd.DataFrame
    contributions: pd.DataFrame
    manifest: Mapping[str, Any]
    places: pd.DataFrame | None = None
