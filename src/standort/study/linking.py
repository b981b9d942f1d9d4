"""The linkage of units, from the tables of a study; and what to collect where it is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from standort.errors import name_ids

if TYPE_CHECKING:
    from standort.layers import Study
    from standort.study.units import Units

__all__ = ["LINKAGE_COLUMNS", "draw_linkage", "has_linkage_data", "link_units", "what_to_collect"]

_TABLES = ("linkages", "memberships", "assets")
_WHAT = {
    "linkages": "linkages (firm_u, firm_v, kind)",
    "memberships": "memberships (firm, organisation)",
    "assets": "assets (asset, firm)",
}
#: what `link_units` keeps, by the name it has in `standort.linkages.linkage`
LINKAGE_COLUMNS = {
    "linkage": "linkage",
    "linkage_p05": "linkage_p05",
    "linkage_p95": "linkage_p95",
    "linkage_min": "linkage_min",
    "linkage_max": "linkage_max",
    "n_firms": "n_firms",
    "n_layers": "n_layers",
    "coverage": "linkage_coverage",
    "indicative": "indicative",
    "chertow_3_2": "chertow_3_2",
    "missing": "linkage_missing",
}


def has_linkage_data(study: Study) -> bool:
    """Tell whether a study could tell anything of links between firms."""
    return "firm" in study.emitters and any(name in study.tables for name in _TABLES)


def link_units(study: Study, units: Units) -> pd.DataFrame:
    """Measure how strongly the firms of each unit are linked.

    The firms of a unit are those of its members' column ``firm``. Where the study holds none of
    the tables, or no firms, nothing is computed and everything is unknown.

    Parameters
    ----------
    study
        The study; its tables hold the rows of its year.
    units
        The units.

    Returns
    -------
    Index ``unit``, the columns `LINKAGE_COLUMNS`; see `standort.linkages.linkage`.
    """
    if not has_linkage_data(study):
        nothing = pd.DataFrame(index=units.table.index, columns=list(LINKAGE_COLUMNS.values()))
        numbers = [name for name in nothing.columns if name.startswith("linkage")]
        return nothing.astype(dict.fromkeys(numbers, float)).astype({"linkage_missing": object})
    from standort.linkages import linkage

    tables = [study.tables.get(name) for name in _TABLES]
    found = linkage(_firms(study, units), tables[0], tables[1], assets=tables[2])
    return found[list(LINKAGE_COLUMNS)].rename(columns=LINKAGE_COLUMNS).reindex(units.table.index)


def draw_linkage(study: Study, units: Units, *, draws: int, seed: int) -> pd.DataFrame:
    """Draw the linkage of each unit; see `standort.linkages.linkage_draws`.

    Parameters
    ----------
    study, units
        As for `link_units`.
    draws, seed
        How many draws, and which.

    Returns
    -------
    Shape (units, draws); NaN where linkage is unknown.
    """
    columns = pd.RangeIndex(draws, name="draw")
    if not has_linkage_data(study):
        return pd.DataFrame(float("nan"), index=units.table.index, columns=columns)
    from standort.linkages import linkage_draws

    tables = [study.tables.get(name) for name in _TABLES]
    drawn = linkage_draws(
        _firms(study, units), tables[0], tables[1], assets=tables[2], draws=draws, seed=seed
    )
    return drawn.reindex(units.table.index)


def what_to_collect(study: Study, table: pd.DataFrame) -> list[str]:
    """Say what would have to be collected for each unit to have a type.

    Parameters
    ----------
    study
        The study.
    table
        Its units, with ``kind`` and ``linkage``.

    Returns
    -------
    Sentences; none if nothing is missing.
    """
    told = []
    if "initiatives" not in study.tables:
        told.append(
            "units: only clusters found by distance and the sites outside them; a table "
            "initiatives (initiative, site_id) adds places that somebody declared"
        )
    unknown = table.index[table["linkage"].isna()]
    if not len(unknown):
        return told
    of = f"{len(unknown)} of {len(table)} units" if len(unknown) < len(table) else "all units"
    lacking = [_WHAT[name] for name in _TABLES if name not in study.tables]
    if "firm" not in study.emitters:
        lacking = ["a column firm of the emitters", *lacking]
    sentence = (
        f"linkage is unknown for {of}, so each of them has a set of possible types and no type: "
    )
    if not has_linkage_data(study):
        return [*told, f"{sentence}collect {_and(lacking)}"]
    named = name_ids(list(unknown))
    return [*told, f"{sentence}{named}; the column linkage_missing of units says what to collect"]


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _firms(study: Study, units: Units) -> pd.DataFrame:
    """List the firms of each unit, a row for each of its sites."""
    firm = study.emitters["firm"]
    sites = pd.Index(units.members["site_id"])
    return pd.DataFrame(
        {"unit": units.members["unit"], "firm": firm.reindex(sites).to_numpy(dtype=object)}
    )
