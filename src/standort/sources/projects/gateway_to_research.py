"""Firms in research projects that UKRI funds: pages of the Gateway to Research (GtR)."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.arguments import checked, whole
from standort.errors import FileError, LayerError
from standort.firm_names import clean_name
from standort.sources.linkage_tables import LinkageTables, records, report_left_out, table, tables
from standort.sources.projects.consortia import (
    MOST_PARTNERS,
    one_row_per_membership,
    within_size,
)
from standort.sources.stated_ranges import reach

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROLES = {
    "LEAD_ORG": "lead",
    "PARTICIPANT_ORG": "participant",
    "COLLAB_ORG": "collaborator",
    "PP_ORG": "project partner",
}
#: The gateway does not say what an organisation is; these words tell who is no firm.
_NO_FIRM = re.compile(
    r"universit|college|\bschool\b|institut|council|\bnhs\b|hospital|\btrust\b|government|"
    r"department|ministry|museum|\bacademy\b|society|authority|agency|charity|foundation",
    re.IGNORECASE,
)


@checked(most_partners=whole(2))
def read_gateway_to_research(
    folder: str | Path, *, most_partners: int | None = MOST_PARTNERS
) -> LinkageTables:
    """Read which firms take part in the same project that UKRI funds.

    Parameters
    ----------
    folder
        A folder of JSON pages of the API (version 2): pages of projects and of organisations.
    most_partners
        Largest consortium kept; None keeps all.

    Returns
    -------
    `memberships` and `collection`.

    Raises
    ------
    FileError
        If the folder has no JSON files, or one cannot be read.
    LayerError
        If there are no pages of projects or of organisations.
    OptionError
        If `most_partners` is below 2.

    Warns
    -----
    StandortWarning
        With the number of links left out: public bodies, organisations without a page or a name,
        large consortia.
    """
    source = "UKRI Gateway to Research"
    pages = list(_pages(Path(folder)))
    projects = [item for page in pages for item in page.get("project", [])]
    names = {
        item["id"]: item.get("name") for page in pages for item in page.get("organisation", [])
    }
    _check(projects, names, folder)
    left: Counter[str] = Counter()
    links = pd.DataFrame(
        [link for project in projects for link in _links(project)],
        columns=["project", "partner", "title", "role", "start", "end"],
    )
    sized = within_size(links, most_partners=most_partners, left_out=left)
    rows = [_membership(link, names, source, left) for link in records(sized)]
    members = table("memberships", [row for row in rows if row is not None])
    text = report_left_out(source, left)
    row = reach(
        "informal",
        source,
        "project_db",
        year_from=members["year_from"].min(),
        year_to=members["year_to"].max(),
        note="; ".join(filter(None, ["projects funded by UKRI, on the pages given", text])),
    )
    once = one_row_per_membership(members, "memberships")
    return tables(memberships=records(once), collection=[row])


def _pages(folder: Path) -> Iterator[dict[str, Any]]:
    files = sorted(folder.glob("*.json"))
    if not files:
        msg = f"expected JSON pages of the Gateway to Research in '{folder}', found none"
        raise FileError(msg)
    for file in files:
        try:
            page = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            msg = f"'{file}' is not JSON ({error}): download the page again"
            raise FileError(msg) from error
        if isinstance(page, dict):
            yield page


def _check(projects: list[Any], names: dict[str, Any], folder: str | Path) -> None:
    lacking = [
        what for what, items in (("project", projects), ("organisation", names)) if not items
    ]
    if lacking:
        msg = (
            f"'{folder}': expected pages of the GtR API with lists 'project' and 'organisation'; "
            f"found none with {', '.join(lacking)}: save the pages of both as JSON"
        )
        raise LayerError(msg)


def _links(project: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the links of a project to organisations, each with the years of its funding."""
    links = project.get("links", {}).get("link", [])
    dates = [link for link in (project, *links) if link.get("rel") in (None, "FUND")]
    starts = [year for link in dates if (year := _year(link.get("start"))) is not None]
    ends = [year for link in dates if (year := _year(link.get("end"))) is not None]
    for link in links:
        if link.get("rel") in _ROLES:
            yield {
                "project": project["id"],
                "partner": link["href"].rstrip("/").rsplit("/", 1)[-1],
                "title": project.get("title") or "project",
                "role": _ROLES[link["rel"]],
                "start": min(starts, default=None),
                "end": max(ends, default=None),
            }


def _year(moment: object) -> int | None:
    """Return the year of a moment, in milliseconds since 1970 or as a date."""
    if isinstance(moment, int | float):
        return int(pd.Timestamp(moment, unit="ms").year)
    return int(str(moment)[:4]) if moment else None


def _membership(
    link: dict[str, Any], names: dict[str, Any], source: str, left: Counter[str]
) -> dict[str, Any] | None:
    """Return the membership of a firm; None, and count it, for others."""
    if link["partner"] not in names:
        left["links to organisations without a page"] += 1
        return None
    firm = clean_name(names[link["partner"]])
    if firm is None:
        left["placeholders"] += 1
        return None
    if _NO_FIRM.search(firm):
        left["links to universities and public bodies"] += 1
        return None
    return {
        "firm": firm,
        "organisation": f"{link['title']} ({link['project']})",
        "kind": "project",
        "weight": link["weight"],
        "year_from": link["start"],
        "year_to": link["end"],
        "source": f"{source} project {link['project']}",
        "note": link["role"],
    }
