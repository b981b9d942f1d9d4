"""Owners of steel and cement plants: GeoAsset databases of the Spatial Finance Initiative (SFI)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from standort.arguments import SHARE, YEAR, checked
from standort.firm_names import clean_name
from standort.sources.ownership.stakes import ownership_tables
from standort.sources.source_files import check_known, numbers, read_source

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from standort.sources.linkage_tables import LinkageTables

_HEADINGS = {
    "facility": ("uid",),
    "country": ("country",),
    "firm": ("owner_name",),
    "parent_name": ("parent_name",),
    "ownership_stake": ("ownership_stake",),
    "parent_name_2": ("parent_name_2",),
    "ownership_stake_2": ("ownership_stake_2",),
}
_SOLE = "majority held by one parent; its share is not stated"


@checked(edition=YEAR, ownership_share=SHARE)
def read_sfi_owners(
    path: str | Path,
    *,
    countries: Collection[str] | None = None,
    edition: int = 2021,
    ownership_share: tuple[float, float] = (0.0, 1.0),
) -> LinkageTables:
    """Read the owners and ultimate parents of steel or cement plants of the world.

    A firm is the owner of a plant (`owner_name`); its owners are the ultimate parents. An empty
    stake means that one parent holds the majority: the share is unknown, not 100 %.

    Parameters
    ----------
    path
        The workbook of steel or of cement plants.
    countries
        Countries to keep, as the file writes them; None keeps all.
    edition
        Year of the edition, from which on stakes hold.
    ownership_share
        Share of the formal ties of a place that are shared stakes, lowest and highest.

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
        If a country does not occur, or `ownership_share` is not a range in 0..1.

    Warns
    -----
    StandortWarning
        With the number of plants without a named owner, firms named as their own parent, and firms
        whose plants have different parents.
    """
    source = f"Spatial Finance Initiative, GeoAsset {edition}"
    given = read_source(path, _HEADINGS, source=source)
    if countries is not None:
        check_known(countries, given["country"].dropna(), "country", source)
        given = given[given["country"].isin(list(countries))]
    second = given[given["parent_name_2"].notna()]
    parts = [
        _stakes(given, "parent_name", "ownership_stake", sole=given["parent_name_2"].isna()),
        _stakes(second, "parent_name_2", "ownership_stake_2", sole=None),
    ]
    stakes = pd.concat(parts).assign(year_from=float(edition), year_to=float("nan"))
    return ownership_tables(
        stakes,
        source=source,
        method="document_search",
        ownership_share=ownership_share,
        note="plants of one industry; at most two parents of each",
    )


def _stakes(
    given: pd.DataFrame, owner: str, share: str, *, sole: pd.Series[bool] | None
) -> pd.DataFrame:
    """Return the stakes of the first or the second parent of each plant."""
    stated = numbers(given[share])
    silent = stated.isna() & (False if sole is None else sole)
    note = pd.Series(_SOLE, index=given.index, dtype=object).where(silent, None)
    firm = given["firm"].map(clean_name).astype(object)
    return given[["facility"]].assign(
        firm=firm.where(firm.notna(), None), owner=given[owner], share=stated, note=note
    )
