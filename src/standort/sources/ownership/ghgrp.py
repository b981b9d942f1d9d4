"""Parent companies of facilities in the US Greenhouse Gas Reporting Program (GHGRP)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.arguments import SHARE, checked
from standort.firm_names import plant_name
from standort.sources.ownership.stakes import ownership_tables
from standort.sources.source_files import check_known, numbers, read_source, years

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import pandas as pd

    from standort.sources.linkage_tables import LinkageTables

_HEADINGS = {
    "facility": ("GHGRP FACILITY ID",),
    "year": ("REPORTING YEAR",),
    "name": ("FACILITY NAME",),
    "state": ("FACILITY STATE", "STATE"),
    "county": ("FACILITY COUNTY", "COUNTY"),
    "owner": ("PARENT COMPANY NAME",),
    "share": ("PARENT CO. PERCENT OWNERSHIP",),
}


@checked(ownership_share=SHARE)
def read_ghgrp_parents(
    path: str | Path,
    *,
    states: Collection[str] | None = None,
    counties: Collection[str] | None = None,
    ownership_share: tuple[float, float] = (0.0, 1.0),
) -> LinkageTables:
    """Read the parent companies of US facilities that report greenhouse gases.

    A facility is a firm, named "Facility (id)". Facilities with several parents are joint ventures.
    Reporting parents is a legal duty, so nearly all stakes of facilities above the reporting
    threshold are there; contracts are not.

    Parameters
    ----------
    path
        The workbook of parent companies, or a CSV file with its columns.
    states
        Abbreviations of the states to keep; None keeps all.
    counties
        Counties to keep, without "County" or "Parish"; names of counties repeat between states.
    ownership_share
        Share of the formal ties of a place that are shared stakes, lowest and highest: the register
        shows 0.8 to 1 of those and no other. (1, 1) if formal ties mean stakes alone.

    Returns
    -------
    `firms` with stakes, `linkages` with joint ventures, and `collection`.

    Raises
    ------
    FileError
        If the file cannot be read.
    LayerError
        If it has another layout.
    OptionError
        If a state or county does not occur, or `ownership_share` is not a range in 0..1.

    Warns
    -----
    StandortWarning
        With the number of stakes left out: without an owner, of 0 %, or the firm's own.
    """
    source = "US EPA GHGRP parent companies"
    given = read_source(path, _HEADINGS, source=source)
    for column, wanted in (("state", states), ("county", counties)):
        given = _keep(given, column, wanted, source)
    year = years(given["year"])
    stakes = given.assign(
        firm=list(map(plant_name, given["name"], given["facility"])),
        share=numbers(given["share"]) / 100.0,
        year_from=year,
        year_to=year,
        note=None,
    )
    area = ", ".join(sorted(given["state"].dropna().unique()))
    note = f"facilities that report emissions in {area}"
    return ownership_tables(
        stakes, source=source, method="register", ownership_share=ownership_share, note=note
    )


def _keep(
    given: pd.DataFrame, column: str, wanted: Collection[str] | None, source: str
) -> pd.DataFrame:
    """Keep the rows of some states or counties: whole names, since HARRIS is within HARRISON."""
    if wanted is None:
        return given
    plain = given[column].map(_plain)
    names = {_plain(name) for name in wanted}
    check_known(names, plain, column, source)
    return given[plain.isin(names)]


def _plain(name: str | None) -> str:
    """Return a state or county in capitals, without what kind it is."""
    return (name or "").upper().removesuffix(" COUNTY").removesuffix(" PARISH").strip()
