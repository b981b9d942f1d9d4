"""Quantities beyond what a layer can plausibly hold: most often a unit taken for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.errors import name_ids
from standort.layers.provenance import Notice
from standort.units import symbol_of

if TYPE_CHECKING:
    from pandas import DataFrame

    from standort.roles import Column, Role


def find_implausible_quantities(table: DataFrame, role: Role) -> list[Notice]:
    """Return notices of quantities above what the role declares plausible.

    Parameters
    ----------
    table
        Layer or table without problems, indexed by its id.
    role
        Role of the layer.

    Returns
    -------
    At most one notice per column. The values are kept: only the user knows their unit.

    Examples
    --------
    >>> from pandas import DataFrame
    >>> from standort.roles import ROLES
    >>> (notice,) = find_implausible_quantities(
    ...     DataFrame({"voltage_kv": [380.0, 380_000.0]}, index=["a", "b"]), ROLES["grid_nodes"]
    ... )
    >>> notice.text
    "column 'voltage_kv' is above 1,500 kV in 1 row ('b'): are the values in V?"
    """
    notices = []
    for column in role.columns:
        if column.plausible is None or column.name not in table:
            continue
        beyond = _beyond(table, column)
        if beyond:
            text = (
                f"column {column.name!r} {beyond}: are the values in {column.plausible.mistaken}?"
            )
            notices.append(Notice(f"implausible {column.name}", text))
    return notices


def _beyond(table: DataFrame, column: Column) -> str:
    """Describe the rows above the largest plausible value, or a total above that; else empty."""
    plausible, values = column.plausible, table[column.name]
    assert plausible is not None
    unit = symbol_of(column.unit) if column.unit else ""
    high = values > plausible.largest
    if high.any():
        rows = "1 row" if high.sum() == 1 else f"{high.sum():,} rows"
        ids = name_ids(table.index[high].tolist())
        return f"is above {plausible.largest:,.0f} {unit} in {rows} ({ids})"
    total = values.sum()
    if plausible.total is not None and total > plausible.total:
        return f"adds up to {total:,.4g} {unit}, above {plausible.total:,.0f} {unit}"
    return ""
