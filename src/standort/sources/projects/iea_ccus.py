"""Projects of carbon capture, transport and storage: CCUS Projects Database of the IEA."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from standort.arguments import YEAR, checked
from standort.errors import OptionError
from standort.firm_names import is_placeholder
from standort.sources.linkage_tables import LinkageTables, records, report_left_out, table, tables
from standort.sources.projects.consortia import one_row_per_membership
from standort.sources.projects.hubs import read_hubs, without_phase
from standort.sources.projects.partner_lists import Partner, read_partners
from standort.sources.source_files import check_known, read_source, years
from standort.sources.stated_ranges import reach

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import pandas as pd

_HEADINGS = {
    "id": ("ID",),
    "project": ("Project name",),
    "country": ("Country or economy", "Country"),
    "partners": ("Partners",),
    "type": ("Project type",),
    "announced": ("Announcement",),
    "operation": ("Operation",),
    "ended": (
        "Suspension/decommissioning/cancellation",
        "Suspension/decommissioning",
    ),
    "status": ("Project Status",),
    "hub": ("Part of CCUS hub",),
}
_OPTIONAL = {"reference": ("Ref 1",)}
_COUNTRIES = {"Island": "Iceland"}
#: Shared assets by type of project; a full chain belongs to one emitter.
_ASSETS = {
    "transport": "CO2 transport",
    "storage": "CO2 storage",
    "t&s": "CO2 transport and storage",
}
_OVER = ("cancelled", "decommissioned", "suspended")


class _Project(NamedTuple):
    """One row of the database, read."""

    bodies: list[str]
    partners: list[Partner]
    asset: str | None
    announced: float
    operation: float
    ended: float
    source: str
    note: str


@checked(edition=YEAR)
def read_iea_ccus(
    path: str | Path,
    *,
    countries: Collection[str] | None = None,
    hubs: Collection[str] | None = None,
    edition: int | None = None,
    keep_together: Collection[str] = (),
) -> LinkageTables:
    """Read which firms take part in projects and hubs of CO2 capture, transport and storage.

    A partner is a member of the hub that its project belongs to, or else of the project; phases of
    a project are one. An emitter that joins a hub is a member, without a tie to each other emitter.
    Partners of transport and storage share an asset from the year of operation on.

    The database has no coordinates: a firm with several works is a member wherever the project is.
    Choose the hubs or countries of your study, and look through the notes, which name the project
    and its country.

    Parameters
    ----------
    path
        The workbook of the 2024 or 2025 edition, or a CSV file of its sheet.
    countries
        Countries to keep; a project between two countries is in both. None keeps all.
    hubs
        Hubs to keep, as `standort` names them in ``organisation``; None keeps all projects.
    edition
        Year of the edition; None takes the last year of an announcement. A project that was
        cancelled without a date ended in the year before at the latest.
    keep_together
        Names of partners that contain a comma, a semicolon or "and".

    Returns
    -------
    `memberships`, `assets`, `firms` (former names and owners that brackets state) and `collection`.

    Raises
    ------
    FileError
        If the file cannot be read.
    LayerError
        If it has another layout.
    OptionError
        If a country or hub does not occur, or the edition is unknown.

    Warns
    -----
    StandortWarning
        With the number of entries left out: contractors, placeholders, firms in doubt, and assets
        without a year of operation.
    """
    source = "IEA CCUS Projects Database"
    given = read_source(path, _HEADINGS, _OPTIONAL, source=source)
    edition = _edition(given, edition)
    given = _keep_hubs(_keep_countries(given, countries, source), hubs, source)
    left: Counter[str] = Counter()
    projects = [_read_project(row, edition, keep_together, left) for row in _rows(given)]
    members = [row for project in projects for row in _members(project)]
    users = [row for project in projects for row in _users(project, left)]
    text = report_left_out(source, left)
    area = ", ".join(sorted(countries)) if countries else "all countries of the file"
    note = "; ".join(filter(None, [f"CCUS projects in {area}, announced or running", text]))
    years_covered: dict[str, Any] = {
        "year_from": years(given["announced"]).min(),
        "year_to": edition,
    }
    return tables(
        memberships=_once(members, "memberships"),
        assets=_once(users, "assets"),
        firms=_firm_records(projects, source, edition),
        collection=[
            reach("informal", source, "project_db", **years_covered, note=note),
            reach(
                "infrastructure",
                source,
                "project_db",
                share_of_layer=(0.0, 1.0),
                **years_covered,
                note=f"CO2 transport and storage only; {note}",
            ),
        ],
    )


def _edition(given: pd.DataFrame, edition: int | None) -> int:
    last = years(given["announced"]).max()
    if edition is None and np.isnan(last):
        msg = "expected the year of an announcement in the file, or the option edition"
        raise OptionError(msg)
    return int(last) if edition is None else edition


def _keep_countries(
    given: pd.DataFrame, countries: Collection[str] | None, source: str
) -> pd.DataFrame:
    if countries is None:
        return given
    named = [_countries(text) for text in given["country"]]
    check_known(countries, set().union(*named), "country", source)
    return given[[bool(names & set(countries)) for names in named]]


def _countries(text: str | None) -> set[str]:
    """Return the countries of a cell: several are joined by hyphens or commas."""
    names = {part.strip() for part in re.split(r"[-,]", text or "")} - {""}
    return {_COUNTRIES.get(name, name) for name in names}


def _keep_hubs(given: pd.DataFrame, hubs: Collection[str] | None, source: str) -> pd.DataFrame:
    if hubs is None:
        return given
    named = [set(read_hubs(text)[0]) for text in given["hub"]]
    check_known(hubs, set().union(*named), "hub", source)
    return given[[bool(names & set(hubs)) for names in named]]


def _rows(given: pd.DataFrame) -> list[dict[str, Any]]:
    dated = given.assign(**{c: years(given[c]) for c in ("announced", "operation", "ended")})
    return records(dated)


def _read_project(
    row: dict[str, Any], edition: int, keep_together: Collection[str], left: Counter[str]
) -> _Project:
    """Read one row of the database; count the partners left out."""
    partners = read_partners(row["partners"], keep_together=keep_together)
    left.update(partner.left_out for partner in partners if partner.left_out)
    name = without_phase(row["project"] or f"project {row['id']}")
    hubs, is_open = read_hubs(row["hub"])
    if is_open:
        left["projects of one hub or another, kept as projects"] += 1
    over = (row["status"] or "").casefold() in _OVER
    ended = row["ended"]
    if over and np.isnan(ended):
        ended = max(edition - 1.0, np.nan_to_num(row["announced"]))
    state = f"{row['project']}, {row['country']}, {(row['status'] or 'status unknown').casefold()}"
    return _Project(
        bodies=hubs if hubs and not is_open else [name],
        partners=[partner for partner in partners if partner.left_out is None],
        asset=None if over and np.isnan(row["operation"]) else _asset(row),
        announced=row["announced"],
        operation=row["operation"],
        ended=ended,
        source=f"IEA CCUS Projects Database {edition}, ID {row['id']}"
        + (f", {row['reference']}" if row["reference"] else ""),
        note=state,
    )


def _asset(row: dict[str, Any]) -> str | None:
    """Return the kind of the shared asset; none of a project cancelled before it ran."""
    cancelled = (row["status"] or "").casefold() == "cancelled"
    return None if cancelled else _ASSETS.get((row["type"] or "").casefold())


def _members(project: _Project) -> list[dict[str, Any]]:
    return [
        {
            "firm": partner.name,
            "organisation": body,
            "kind": "project",
            "year_from": project.announced,
            "year_to": project.ended,
            "source": project.source,
            "note": "; ".join([project.note, *_remarks(partner)]),
        }
        for body in project.bodies
        for partner in project.partners
    ]


def _remarks(partner: Partner) -> list[str]:
    """Return what brackets say of a partner beyond its name."""
    share = [] if partner.share is None else [f"share {partner.share:.4g}"]
    roles = [", ".join(partner.roles)] if partner.roles else []
    others = [f"in brackets: {', '.join(partner.remarks)}"] if partner.remarks else []
    return [*share, *roles, *others]


def _users(project: _Project, left: Counter[str]) -> list[dict[str, Any]]:
    """Return the firms that share an asset; none before the year it runs is known."""
    if project.asset is None:
        return []
    if np.isnan(project.operation):
        left["assets without a year of operation"] += 1
        return []
    return [
        {
            "asset": body,
            "firm": partner.name,
            "kind": project.asset,
            "year_from": project.operation,
            "year_to": project.ended,
            "source": project.source,
            "note": project.note,
        }
        for body in project.bodies
        for partner in project.partners
    ]


def _once(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return records(one_row_per_membership(table(name, rows), name))


def _firm_records(projects: list[_Project], source: str, edition: int) -> list[dict[str, Any]]:
    """Return former names as aliases, and owners, that brackets state in so many words."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    common = {"source": f"{source} {edition}", "note": "stated in brackets behind a partner"}
    for project in projects:
        for partner in project.partners:
            for name in partner.former:
                if not is_placeholder(name):
                    alias = {"firm": name, "alias_of": partner.name, **common}
                    found.setdefault((name, "alias", partner.name), alias)
            for owner in partner.owners:
                stake = {"firm": partner.name, "owner": owner.name, "share": owner.share, **common}
                found.setdefault((partner.name, "owner", owner.name), stake)
    return list(found.values())
