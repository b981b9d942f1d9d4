"""Owners of cement plants: Global Cement and Concrete Tracker of Global Energy Monitor (GEM)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from standort.arguments import SHARE, YEAR, checked
from standort.firm_names import clean_name, plant_name
from standort.sources.linkage_tables import records
from standort.sources.ownership.stakes import ownership_tables
from standort.sources.source_files import check_known, read_source

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from standort.sources.linkage_tables import LinkageTables

_HEADINGS = {
    "facility": ("GEM Plant ID",),
    "plant": ("GEM Asset name (English)",),
    "country": ("Country/Area",),
    "status": ("Operating status",),
    "owners": ("Owner name (English)",),
    "parents": ("Parent",),
}
#: A name and its share: "Holcim AG [70.0%]", "A 50%", "B [unknown%]".
_STAKE = re.compile(r"(?P<name>.*?)\s*\[?\s*(?P<share>[\d.]+|unknown)\s*%\s*\]?")
_NOT_RUNNING = ("announced", "retired", "cancelled", "shelved")


class Stake(NamedTuple):
    """An owner and its share [0, 1], NaN if unknown."""

    owner: str
    share: float


@checked(edition=YEAR, ownership_share=SHARE)
def read_gem_cement(
    path: str | Path,
    *,
    countries: Collection[str] | None = None,
    edition: int = 2025,
    ownership_share: tuple[float, float] = (0.0, 1.0),
) -> LinkageTables:
    """Read the owners and parents of cement plants.

    A firm is the owner of a plant, or "Plant (id)" if it has several; its owners are the parents.
    Parents that are unknown, persons or small shareholders are nobody; the shares of the others
    stay as stated.

    Parameters
    ----------
    path
        The workbook of the tracker, or a CSV file of its sheet Plant Data.
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
        With the number of stakes left out: without a named owner, or the firm's own.
    """
    source = f"Global Energy Monitor, cement and concrete tracker {edition}"
    given = read_source(path, _HEADINGS, source=source)
    if countries is not None:
        check_known(countries, given["country"].dropna(), "country", source)
        given = given[given["country"].isin(list(countries))]
    running = ~given["status"].isin(_NOT_RUNNING)
    stakes = pd.DataFrame(
        [row for plant in records(given[running]) for row in _rows(plant)],
        columns=["firm", "facility", "owner", "share"],
    ).assign(note=None, year_from=float(edition), year_to=float("nan"))
    return ownership_tables(
        stakes.astype({"share": float}),
        source=source,
        method="document_search",
        ownership_share=ownership_share,
        note=f"cement plants; {int((~running).sum())} announced or retired ones not read",
    )


def read_stakes(text: str | None) -> list[Stake]:
    """Read a cell of owners: names divided by semicolons, each with its share.

    Examples
    --------
    >>> read_stakes("Holcim AG [70.0%]; unknown [30.0%]")
    [Stake(owner='Holcim AG', share=0.7), Stake(owner='unknown', share=0.3)]
    >>> read_stakes("Zodiac")
    [Stake(owner='Zodiac', share=nan)]
    """
    stakes = []
    for part in (text or "").split(";"):
        match = _STAKE.fullmatch(part.strip())
        name, share = match.group("name", "share") if match else (part.strip(), "unknown")
        if name:
            known = share != "unknown"
            stakes.append(Stake(name, round(float(share) / 100, 6) if known else float("nan")))
    return stakes


def _rows(plant: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each parent of the owner of a plant."""
    owners = read_stakes(plant["owners"])
    own_name = plant_name(plant["plant"], plant["facility"])
    firm = (len(owners) == 1 and clean_name(owners[0].owner)) or own_name
    parents = read_stakes(plant["parents"]) or [Stake("unknown", float("nan"))]
    return [{"firm": firm, "facility": plant["facility"], **p._asdict()} for p in parents]
