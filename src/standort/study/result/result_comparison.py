"""Comparison of two results, in memory or in files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from standort.arguments import checked
from standort.outputs.comparison.comparison import compare_results
from standort.outputs.comparison.input_changes import find_layers
from standort.outputs.geopackage.stored_results import read_result
from standort.study.result.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from standort.outputs.comparison.comparison import Comparison
    from standort.outputs.comparison.input_changes import ReadLayer
    from standort.results.result_tables import ResultTables


@checked()
def compare(old: Result | str | Path, new: Result | str | Path) -> Comparison:
    """Compare two results and explain the changes.

    Sites are matched by id, clusters by common members, places by name. The comparison lists how
    the two runs differ (inputs, profile, versions); if they differ in several ways, the change of a
    site cannot be attributed to one of them. If the input files still exist with the recorded hash
    (next to a result, in the working folder, or in a folder of either), the rows added, removed or
    changed are listed. Scores of different profiles or bases are not comparable; see
    `Comparison.comparable`.

    Parameters
    ----------
    old, new
        Results, or GeoPackages they were written to.

    Returns
    -------
    The comparison; print it, or use its tables.

    Raises
    ------
    FileError
        If a file is missing or contains no result.

    Examples
    --------
    >>> import geopandas
    >>> from standort.layers import Study
    >>> from standort.study import score
    >>> def result(port_at):
    ...     plants = geopandas.GeoDataFrame(
    ...         {"site_id": ["a", "b"], "co2_t_per_yr": [1e6, 1e6]},
    ...         geometry=geopandas.points_from_xy([4.0, 7.0], [52, 52]),
    ...         crs=4326,
    ...     )
    ...     port = geopandas.GeoDataFrame(
    ...         {"feature_id": ["p"]}, geometry=geopandas.points_from_xy([port_at], [52]), crs=4326
    ...     )
    ...     return score(Study.from_layers(emitters=plants, ports=port))
    >>> comparison = compare(result(4.0), result(7.0))
    >>> comparison.gains.index.tolist(), comparison.losses.index.tolist()
    (['b'], ['a'])
    """
    tables = tables_of(old), tables_of(new)
    before, after = (
        _reader(result, held.manifest) for result, held in zip((old, new), tables, strict=True)
    )
    return compare_results(*tables, read=(before, after))


def _reader(result: Result | str | Path, manifest: Mapping[str, Any]) -> ReadLayer:
    """Return the function that reads the layers of a result."""
    if isinstance(result, Result):
        return result.input_layer
    return find_layers(manifest, [Path(result).parent, Path()])


def tables_of(result: Result | str | Path) -> ResultTables:
    """Return the tables of a result, in memory or from its file.

    Parameters
    ----------
    result
        A result, or the GeoPackage it was written to.

    Returns
    -------
    The tables.

    Raises
    ------
    FileError
        If the file is missing or contains no result.
    """
    return result.to_compare if isinstance(result, Result) else read_result(result)
