"""Finding one's way in results: which columns are components, what is told of criteria."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["component_columns", "criteria_of"]

#: Columns that follow the components.
_AFTER = frozenset({"cluster", "role", "tier", "lone_anchor", "basis", "geometry"})


def component_columns(sites: pd.DataFrame) -> list[str]:
    """Name the component columns: they stand between ``coverage`` and the clusters or criteria.

    Parameters
    ----------
    sites
        The table of sites of a result.

    Returns
    -------
    Names of columns, in their order.

    Examples
    --------
    >>> import pandas as pd
    >>> columns = ["score", "coverage", "net_zero_assets", "port_distance_km",
    ...            "port_distance_value", "basis"]
    >>> component_columns(pd.DataFrame(columns=columns))
    ['net_zero_assets']
    """
    columns = [str(column) for column in sites.columns]
    if "coverage" not in columns:
        return []
    after = columns[columns.index("coverage") + 1 :]
    starts = tuple(name.removesuffix("value") for name in after if name.endswith("_value"))
    components = []
    for name in after:
        if name in _AFTER or name.startswith(starts):
            break
        components.append(name)
    return components


def criteria_of(manifest: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    """Give what the manifest tells of each criterion; nothing if it tells nothing.

    Parameters
    ----------
    manifest
        The manifest of a result.

    Returns
    -------
    Status and reason by criterion.
    """
    criteria = manifest.get("criteria")
    return criteria if isinstance(criteria, Mapping) else {}
