"""Registers that name one firm for each facility: facilities of one firm are contracted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from standort.firm_names import clean_name, plant_name
from standort.sources.linkage_tables import LinkageTables, records, report_left_out, tables
from standort.sources.stated_ranges import reach

if TYPE_CHECKING:
    import pandas as pd


def one_firm_tables(
    facilities: pd.DataFrame,
    *,
    source: str,
    left_out: Counter[str] | None = None,
    note: str = "",
) -> LinkageTables:
    """Build the tables of a register in which each facility has one firm.

    Parameters
    ----------
    facilities
        Columns ``plant``, ``facility`` (its id), ``firm``, ``year_from`` and ``year_to``.
    source
        Name of the register.
    left_out
        Counts of what the reader left out before.
    note
        What else is known of the reach.

    Returns
    -------
    `firms`, with each "Plant (id)" as an alias of its firm, and a `collection` without ties.
    """
    left = Counter(left_out or {})
    aliases: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in records(facilities):
        firm = clean_name(row["firm"])
        if firm is None:
            left["facilities without a named firm"] += 1
            continue
        plant = plant_name(row["plant"], row["facility"])
        alias = {**row, "firm": plant, "alias_of": firm, "source": source}
        aliases[plant, firm, str(row["year_from"]), str(row["year_to"])] = alias
    text = report_left_out(source, left)
    reached = reach(
        "formal",
        source,
        "none",
        firms=[alias["alias_of"] for alias in aliases.values()],
        year_from=facilities["year_from"].min(),
        year_to=facilities["year_to"].max(),
        note="; ".join(part for part in ("names firms, shows no ties", note, text) if part),
    )
    return tables(firms=aliases.values(), collection=[reached])
