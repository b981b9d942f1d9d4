"""Small files in the layouts of the sources, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

GHGRP = (
    *("GHGRP FACILITY ID", "FRS ID (FACILITY)", "REPORTING YEAR", "FACILITY NAME"),
    *("FACILITY STATE", "FACILITY COUNTY", "PARENT COMPANY NAME", "PARENT CO. PERCENT OWNERSHIP"),
)
IEA = (
    *("Project name", "ID", "Country or economy", "Partners", "Project type", "Announcement"),
    *("FID", "Operation", "Suspension/decommissioning/cancellation", "Project Status"),
    *("Project phase", "Part of CCUS hub", "Ref 1"),
)
SFI = (
    *("uid", "country", "owner_name", "parent_name", "ownership_stake"),
    *("parent_name_2", "ownership_stake_2"),
)
GEM = (
    *("GEM Plant ID", "GEM Asset name (English)", "Country/Area", "Operating status"),
    *("Owner name (English)", "Parent"),
)
CORDIS = (
    *("projectID", "projectAcronym", "organisationID", "vatNumber", "name", "activityType"),
    *("country", "nutsCode", "role", "endOfParticipation"),
)


def write_csv(
    path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]], *, separator: str = ","
) -> Path:
    """Write rows below a header."""
    frame = pd.DataFrame([list(row) for row in rows], columns=list(columns))
    frame.to_csv(path, index=False, sep=separator)
    return path


def write_workbook(
    path: Path,
    columns: Iterable[str],
    rows: Iterable[Iterable[object]],
    *,
    titles: Iterable[str] = (),
    sheet: str = "Data",
) -> Path:
    """Write a sheet About, and a sheet with titles above the header."""
    width = len(list(columns))
    above = [[title] + [None] * (width - 1) for title in titles]
    cells = [*above, list(columns), *(list(row) for row in rows)]
    with pd.ExcelWriter(path, engine="openpyxl") as workbook:
        pd.DataFrame([["A database"]]).to_excel(workbook, sheet_name="About", header=False)
        pd.DataFrame(cells).to_excel(workbook, sheet_name=sheet, header=False, index=False)
    return path


def iea_row(**cells: object) -> list[object]:
    """Return a row of the IEA's sheet: a planned capture project, with some cells changed."""
    usual: dict[str, object] = {
        "Project name": "Works CCS",
        "ID": 1,
        "Country or economy": "United Kingdom",
        "Partners": "Alpha, Beta",
        "Project type": "Capture",
        "Announcement": 2020,
        "Project Status": "Planned",
    }
    return [{**usual, **cells}.get(column) for column in IEA]
