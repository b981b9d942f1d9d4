"""Firms in research projects that the EU funds: CORDIS (FP7, Horizon 2020, Horizon Europe)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.arguments import checked, whole
from standort.errors import LayerError
from standort.firm_names import clean_name
from standort.sources.linkage_tables import LinkageTables, records, report_left_out, table, tables
from standort.sources.projects.consortia import (
    MOST_PARTNERS,
    one_row_per_membership,
    within_size,
)
from standort.sources.source_files import check_known, read_source, years
from standort.sources.stated_ranges import reach

if TYPE_CHECKING:
    from collections.abc import Collection

_ORGANISATIONS = {
    "project": ("projectID",),
    "acronym": ("projectAcronym",),
    "partner": ("organisationID",),
    "name": ("name",),
    "type": ("activityType",),
    "country": ("country",),
    "role": ("role",),
    "left": ("endOfParticipation",),
}
_NUTS = {"nuts": ("nutsCode",)}
_PROJECTS = {"project": ("id",), "start": ("startDate",), "end": ("endDate",)}
#: Affiliates of a partner: the same group, no firm of their own.
_AFFILIATE = "thirdparty"


@checked(most_partners=whole(2))
def read_cordis(
    folder: str | Path,
    *,
    countries: Collection[str] | None = None,
    nuts: Collection[str] | None = None,
    most_partners: int | None = MOST_PARTNERS,
) -> LinkageTables:
    """Read which firms take part in the same project of an EU programme.

    Only private companies (activity type PRC) are firms; all partners count in the size of a
    consortium, from which the weight follows.

    Parameters
    ----------
    folder
        A folder with ``organization.csv`` and ``project.csv`` of one programme.
    countries
        Codes of the countries to keep; None keeps all.
    nuts
        Beginnings of the NUTS codes to keep, such as NL33; None keeps all, also those without one.
    most_partners
        Largest consortium kept; None keeps all.

    Returns
    -------
    `memberships`, `firms` (other spellings of an organisation with the same id) and `collection`.

    Raises
    ------
    FileError
        If a file is missing or cannot be read.
    LayerError
        If a file has another layout, such as that before 2021 with all participants in one cell.
    OptionError
        If a country does not occur, or `most_partners` is below 2.

    Warns
    -----
    StandortWarning
        With the number of rows left out: partners that left, affiliates, others than firms, large
        consortia.
    """
    source = "CORDIS"
    folder = Path(folder)
    _refuse_old_layout(folder / "project.csv")
    given = read_source(
        folder / "organization.csv",
        _ORGANISATIONS,
        _NUTS,
        source=f"{source} organisations",
        separator=";",
    )
    projects = read_source(
        folder / "project.csv", _PROJECTS, source=f"{source} projects", separator=";"
    )
    left: Counter[str] = Counter()
    present = _present(given, left)
    sized = within_size(present, most_partners=most_partners, left_out=left)
    firms = _firms(_within(sized, countries, nuts, source), left)
    firms, spellings = _one_spelling(firms)
    members = _members(firms, projects, left, source)
    text = report_left_out(source, left)
    area = ", ".join(sorted([*(countries or []), *(nuts or [])])) or "all countries"
    row = reach(
        "informal",
        source,
        "project_db",
        year_from=years(projects["start"]).min(),
        year_to=years(projects["end"]).max(),
        note="; ".join(filter(None, [f"projects funded by the EU, firms in {area}", text])),
    )
    return tables(memberships=members, firms=spellings, collection=[row])


def _refuse_old_layout(path: Path) -> None:
    """Refuse the layout before 2021, which lists participants in a cell of the project."""
    if not path.is_file():
        return  # the reader says so
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        headings = [cell.strip('" \r\n') for cell in lines.readline().split(";")]
    if "participants" in headings:
        msg = (
            f"'{path.name}' has the layout of CORDIS before 2021, with all participants in one "
            "cell and without their type; expected organization.csv beside project.csv: download "
            "the programme again"
        )
        raise LayerError(msg)


def _present(given: pd.DataFrame, left: Counter[str]) -> pd.DataFrame:
    """Keep the partners of their own that did not leave the project."""
    gone = given["left"].fillna("").str.casefold().isin(["true", "1", "yes"])
    affiliate = ~gone & given["role"].fillna("").str.casefold().eq(_AFFILIATE)
    left["partners that left a project"] += int(gone.sum())
    left["affiliates of a partner"] += int(affiliate.sum())
    kept = given[~gone & ~affiliate]
    # an organisation without an id is told from others by its name
    return kept.assign(partner=kept["partner"].fillna(kept["name"]))


def _within(
    partners: pd.DataFrame,
    countries: Collection[str] | None,
    nuts: Collection[str] | None,
    source: str,
) -> pd.DataFrame:
    """Keep the partners of some countries and regions."""
    kept = partners
    if countries is not None:
        check_known(countries, partners["country"].dropna(), "country", source)
        kept = kept[kept["country"].isin(list(countries))]
    if nuts is not None:
        kept = kept[kept["nuts"].fillna("").str.startswith(tuple(nuts))]
    return kept


def _firms(partners: pd.DataFrame, left: Counter[str]) -> pd.DataFrame:
    """Keep private companies with a name."""
    private = partners["type"] == "PRC"
    left["partners that are no private company"] += int((~private).sum())
    named = partners[private].assign(firm=partners["name"].map(clean_name).astype(object))
    nobody = named["firm"].isna()
    left["placeholders"] += int(nobody.sum())
    return named[~nobody]


def _one_spelling(firms: pd.DataFrame) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Name each organisation in its most frequent spelling, and list the others as aliases."""
    chosen, aliases = {}, []
    for number, names in firms.groupby("partner", sort=False)["firm"]:
        counts = names.value_counts()
        spellings = sorted(counts.index, key=lambda name: (-counts[name], name))
        chosen[number] = spellings[0]
        note = f"one organisation in CORDIS, id {number}"
        aliases += [
            {"firm": name, "alias_of": spellings[0], "source": "CORDIS", "note": note}
            for name in spellings[1:]
        ]
    return firms.assign(firm=firms["partner"].map(chosen).astype(object)), aliases


def _members(
    firms: pd.DataFrame, projects: pd.DataFrame, left: Counter[str], source: str
) -> list[dict[str, Any]]:
    """Return a membership for each firm and project."""
    dates = projects.drop_duplicates("project").set_index("project")
    undated = ~firms["project"].isin(dates.index)
    if undated.any():
        left["partners of a project that project.csv lacks"] += int(undated.sum())
    kept = firms[~undated]
    rows = pd.DataFrame(
        {
            "firm": kept["firm"],
            "organisation": kept["acronym"].fillna("project") + " (" + kept["project"] + ")",
            "kind": "project",
            "weight": kept["weight"],
            "year_from": kept["project"].map(years(dates["start"])),
            "year_to": kept["project"].map(years(dates["end"])),
            "source": source + " project " + kept["project"],
            "note": kept["role"],
        }
    )
    merged = one_row_per_membership(table("memberships", records(rows)), "memberships")
    return records(merged)
