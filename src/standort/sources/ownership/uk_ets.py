"""Account holders of installations in the UK Emissions Trading Scheme."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from standort.arguments import checked
from standort.sources.ownership.same_firm import one_firm_tables
from standort.sources.source_files import read_source, years

if TYPE_CHECKING:
    from pathlib import Path

    from standort.sources.linkage_tables import LinkageTables

_HEADINGS = {
    "holder": ("Account Holder Name",),
    "permit": ("Permit ID or Monitoring plan ID", "Permit ID"),
    "plant": ("Installation name", "Installation Name"),
}
_OPTIONAL = {
    "type": ("Account type",),
    "start": ("First Year of Operation",),
    "end": ("Last Year of Operation",),
}


@checked()
def read_uk_ets_accounts(path: str | Path) -> LinkageTables:
    """Read which firm holds the account of each installation.

    The account holder is the firm, and "Installation (permit)" another name of it. Installations of
    one holder are one firm, so the register shows no ties.

    Parameters
    ----------
    path
        The compliance report or the allocation table.

    Returns
    -------
    `firms` with aliases, and `collection`.

    Raises
    ------
    FileError
        If the file cannot be read.
    LayerError
        If it has another layout.

    Warns
    -----
    StandortWarning
        With the number of accounts left out: of aircraft, or without a named holder.
    """
    source = "UK ETS accounts"
    given = read_source(path, _HEADINGS, _OPTIONAL, source=source)
    aircraft = given["type"].fillna("").str.startswith("AIRCRAFT")
    kept = given[~aircraft]
    return one_firm_tables(
        kept.assign(
            firm=kept["holder"],
            year_from=years(kept["start"]),
            year_to=years(kept["end"]),
            facility=kept["permit"],
        ),
        source=source,
        left_out=Counter({"accounts of aircraft": int(aircraft.sum())}),
        note="installations in the scheme, from 2021",
    )
