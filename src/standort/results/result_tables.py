"""The tables of a result, as comparisons use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from standort.results.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


class ResultTables(NamedTuple):
    """The tables of one result, in memory or read from a file."""

    sites: pd.DataFrame
    clusters: pd.DataFrame
    contributions: pd.DataFrame
    manifest: Mapping[str, Any]
    places: pd.DataFrame | None = None

    @property
    def schema(self) -> Schema:
        """The schema of the tables."""
        return Schema.of(self.manifest)
