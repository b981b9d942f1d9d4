"""Units of a result with the figures that draws gave, the error of each beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.typology import TYPES

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

__all__ = ["with_unit_figures", "without_type_errors"]

_ERROR = "_error"
#: shares of draws that no figure of a result without draws stands for; they follow this one
_SHARES, _AFTER = ("p_excluded", "p_vetoed"), "entropy"


def with_unit_figures(units: GeoDataFrame, figures: pd.DataFrame) -> GeoDataFrame:
    """Take over the figures of draws, and set the error of each beside it.

    Parameters
    ----------
    units
        Units, typed by the same draws.
    figures
        As `standort.uncertainty.Uncertainty.units`, on the same index.

    Returns
    -------
    A copy. Of units that a gate excludes from some draws, figures are those of the other draws.
    """
    table = units.copy()
    names = [str(name) for name in table]
    label = figures["type"].astype(object)
    label = label.where(label.notna(), None)
    gapped = figures["p_excluded"] > 0.0 if "p_excluded" in figures else label.isna() & False
    for name in (str(name) for name in figures):
        if name in names and name not in {"kind", "type"}:
            table[name] = table[name].where(~gapped, figures[name])
    table["label"] = table["label"].where(~gapped, label)
    table["type"] = table["type"].where(~gapped, label.where(label.isin(TYPES), None))
    for name in _SHARES[::-1]:
        if name in figures:
            table.insert(table.columns.get_loc(_AFTER) + 1, name, figures[name])
    for name in [str(name) for name in table]:
        if f"{name}{_ERROR}" in figures:
            at = table.columns.get_loc(name) + 1
            table.insert(at, f"{name}{_ERROR}", figures[f"{name}{_ERROR}"])
    return table


def without_type_errors(units: GeoDataFrame) -> GeoDataFrame:
    """Leave out the errors of shares of types, which units typed anew have no part in."""
    names = [str(name) for name in units]
    of_types = [n for n in names if n.endswith(_ERROR) and n.startswith(("p_", "entropy"))]
    return units.drop(columns=[n for n in of_types if not n.startswith(_SHARES)])
