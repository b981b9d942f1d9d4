"""Parent companies of facilities in the European pollutant register (E-PRTR)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.arguments import checked
from standort.firm_names import clean_name
from standort.sources.ownership.same_firm import one_firm_tables
from standort.sources.source_files import check_known, read_source, years

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import pandas as pd

    from standort.sources.linkage_tables import LinkageTables

_HEADINGS = {
    "facility": ("Facility_INSPIRE_ID",),
    "firm": ("parentCompanyName",),
    "plant": ("nameOfFeature",),
    "country": ("countryCode",),
}
_OPTIONAL = {"year": ("reportingYear",)}


@checked()
def read_eprtr_parents(
    path: str | Path, *, countries: Collection[str] | None = None
) -> LinkageTables:
    """Read the parent company of each facility of the industrial reporting database.

    The parent controls the firm that runs the facility, so "Facility (id)" is another name of it.
    The register shows no shared stakes and hence no ties. How many facilities name a parent differs
    much between countries: the note of `collection` gives the share for each.

    Parameters
    ----------
    path
        The CSV file of facilities.
    countries
        Codes of the countries to keep; None keeps all.

    Returns
    -------
    `firms` with aliases, and `collection`.

    Raises
    ------
    FileError
        If the file cannot be read.
    LayerError
        If it has another layout.
    OptionError
        If a country does not occur.

    Warns
    -----
    StandortWarning
        With the number of facilities left out: without a named parent.
    """
    source = "E-PRTR parent companies"
    given = read_source(path, _HEADINGS, _OPTIONAL, source=source)
    if countries is not None:
        check_known(countries, given["country"].dropna(), "country", source)
        given = given[given["country"].isin(list(countries))]
    year = years(given["year"])
    return one_firm_tables(
        given.assign(year_from=year, year_to=year),
        source=source,
        note=f"facilities with a named parent: {_filled(given)}",
    )


def _filled(given: pd.DataFrame) -> str:
    """Return the share of facilities with a named parent, by country."""
    named = given["firm"].map(clean_name).notna()
    share = named.groupby(given["country"]).mean()
    return ", ".join(f"{country} {value:.0%}" for country, value in share.items())
