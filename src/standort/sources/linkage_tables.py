"""The tables that every reader of linkage data returns, and their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from standort.arguments import checked
from standort.errors import warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Records = Iterable[Mapping[str, Any]]

_PERIOD = ("year_from", "year_to")
_PROVENANCE = (*_PERIOD, "source", "note")

#: Columns of each table. The last four say when a row holds and where it comes from.
COLUMNS: dict[str, tuple[str, ...]] = {
    "linkages": ("firm_u", "firm_v", "kind", "subtype", "weight", *_PROVENANCE),
    "memberships": ("firm", "organisation", "kind", "weight", *_PROVENANCE),
    "assets": ("asset", "firm", "kind", *_PROVENANCE),
    "firms": ("firm", "owner", "share", "alias_of", "facility", *_PROVENANCE),
    "collection": (
        *("unit", "layer", "source", "method", "firms"),
        *("detect_lo", "detect_hi", "false_lo", "false_hi"),
        *("total", "total_of", *_PERIOD, "who", "note"),
    ),
}
_NUMBERS = {"weight", "share", "detect_lo", "detect_hi", "false_lo", "false_hi", "total", *_PERIOD}


class LinkageTables(NamedTuple):
    """Linkage data of one or more sources. Each table may be empty; `COLUMNS` lists its columns.

    Parameters
    ----------
    linkages
        Pairs of firms (`firm_u`, `firm_v`), the `kind` (formal, informal, infrastructure),
        `subtype` and `weight` [0, 1] of the tie.
    memberships
        Firms in projects and hubs; `weight` is 1 / (partners - 1), all partners counted.
    assets
        Firms that run or use a shared asset.
    firms
        Who is one firm: `owner` holds `share` [0, 1] of `firm`, or `firm` is another name of
        `alias_of`. `facility` has the ids of the plants in the source.
    collection
        Who looked, for which `layer`, with which `method` and reach: the share of true ties shown
        (`detect_lo` to `detect_hi`) and of records that are wrong (`false_lo` to `false_hi`). An
        empty `unit` stands for every place that the source reaches.
    """

    linkages: pd.DataFrame
    memberships: pd.DataFrame
    assets: pd.DataFrame
    firms: pd.DataFrame
    collection: pd.DataFrame


def tables(**given: Records) -> LinkageTables:
    """Build the tables from records by table name; a table without records is empty.

    Examples
    --------
    >>> given = tables(assets=[{"asset": "Pipe", "firm": "A"}, {"asset": "Pipe", "firm": "B"}])
    >>> given.assets["firm"].tolist(), len(given.linkages)
    (['A', 'B'], 0)
    """
    return LinkageTables(**{name: table(name, given.get(name, ())) for name in COLUMNS})


def table(name: str, rows: Records) -> pd.DataFrame:
    """Build one table with its columns in order: numbers as floats, texts as objects."""
    columns = COLUMNS[name]
    frame = pd.DataFrame(list(rows), columns=list(columns), dtype=object)
    for column in columns:
        if column in _NUMBERS:
            frame[column] = pd.to_numeric(frame[column]).astype(float)
        else:
            text = frame[column].astype(object)
            frame[column] = text.where(text.notna(), None)
    return frame


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, each by the names of its columns.

    Examples
    --------
    >>> records(pd.DataFrame({"firm": ["A"], "share": [0.5]}))
    [{'firm': 'A', 'share': 0.5}]
    """
    names = [str(name) for name in frame.columns]
    cells = [frame[name].tolist() for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


@checked()
def combine(*sources: LinkageTables) -> LinkageTables:
    """Put the tables of several sources below each other.

    Parameters
    ----------
    *sources
        Tables of one source each.

    Returns
    -------
    All rows, in the order given.

    Examples
    --------
    >>> one = tables(assets=[{"asset": "Pipe", "firm": "A"}])
    >>> len(combine(one, one).assets)
    2
    """
    joined = {
        name: table(name, [row for one in sources for row in records(getattr(one, name))])
        for name in COLUMNS
    }
    return LinkageTables(**joined)


def report_left_out(source: str, counts: Mapping[str, int]) -> str:
    """Warn of what a reader left out, and return the same words for the column `note`."""
    some = [f"{what}: {count}" for what, count in counts.items() if count]
    if not some:
        return ""
    text = f"left out: {'; '.join(some)}"
    warn(f"{source}: {text}")
    return text
