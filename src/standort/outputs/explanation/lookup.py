"""The ids that a stored result can explain, and suggestions for a mistyped one."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

from standort.outputs.geopackage.stored_results import open_result
from standort.outputs.wording import count_of, format_score, join_words
from standort.results.cell_values import as_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

#: Most ids compared with a mistyped one, and most suggestions.
_MOST_COMPARED, _MOST_NAMED = 100_000, 3


class Explainable(NamedTuple):
    """A site, a cluster or another place that a result can explain."""

    kind: str
    """``site``, or the kind of place."""
    id: str
    """The id of a site, the number of a cluster, or the name of another place."""
    name: str | None
    score: float | None

    def __str__(self) -> str:
        named = f" ({self.name})" if self.name and self.name != self.id else ""
        number = self.kind == "cluster" and self.id.isdigit()
        return f"{self.kind} {self.id if number else repr(self.id)}{named}"


def explainable(path: str | Path) -> list[Explainable]:
    """List the clusters, other places and sites that a result can explain.

    Parameters
    ----------
    path
        A GeoPackage written by `standort score` or `Result.write`.

    Returns
    -------
    One entry each, sites in the order of the file; places followed over the years as of the last.

    Raises
    ------
    FileError
        If the file is not a result.
    """
    with open_result(path, needed=("sites", "manifest")) as connection:
        return [*_places(connection), *_sites(connection)]


def _places(connection: sqlite3.Connection) -> Iterable[Explainable]:
    columns = _columns(connection, "places")
    if not columns:
        return
    last = (
        " WHERE year IS NULL OR year = (SELECT MAX(year) FROM places)" if "year" in columns else ""
    )
    statement = f"SELECT place, kind, cluster, advantage FROM places{last} ORDER BY rowid"  # noqa: S608 - no input
    for place, kind, cluster, advantage in connection.execute(statement):
        id_ = as_text(cluster) if kind == "cluster" else None
        yield Explainable(str(kind), id_ or str(place), str(place), advantage)


def _sites(connection: sqlite3.Connection) -> Iterable[Explainable]:
    name = "name" if "name" in _columns(connection, "sites") else "NULL"
    statement = f"SELECT site_id, {name}, score FROM sites ORDER BY rowid"  # noqa: S608 - no input
    for id_, named, score in connection.execute(statement):
        yield Explainable("site", str(id_), as_text(named), score)


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def format_explainable(entries: Iterable[Explainable]) -> str:
    """Format what can be explained line by line.

    Parameters
    ----------
    entries
        As `explainable` returns them.

    Returns
    -------
    Lines of kind, score, id, and the name if it differs from the id.

    Examples
    --------
    >>> cluster = Explainable("cluster", "0", "Pernis refinery", 0.78)
    >>> print(format_explainable([cluster, Explainable("site", "drax", None, None)]))
    cluster  0.78  0     Pernis refinery
    site     -     drax
    """
    entries = list(entries)
    scores = [format_score(entry.score) for entry in entries]
    kind, score, id_ = (
        max(map(len, cells), default=0)
        for cells in ([e.kind for e in entries], scores, [e.id for e in entries])
    )
    return "\n".join(
        f"{e.kind:<{kind}}  {text:<{score}}  {e.id:<{id_}}  "
        f"{e.name if e.name and e.name != e.id else ''}".rstrip()
        for e, text in zip(entries, scores, strict=True)
    )


def describe_mismatch(path: str | Path, asked: str, *, places_only: bool = False) -> str:
    """Describe that a result does not hold an id, with suggestions and how to list all ids.

    Parameters
    ----------
    path
        The file of the result.
    asked
        Id, number or name.
    places_only
        Whether sites do not count.

    Returns
    -------
    The message.
    """
    every = [e for e in explainable(path) if not (places_only and e.kind == "site")]
    kinds = ("cluster or place",) if places_only else ("site", "cluster or place")
    close = join_words([str(entry) for entry in _close(every, asked)], last="or")
    meant = f"did you mean {close}? " if close else ""
    held = [entry.kind for entry in every]
    sites, clusters = held.count("site"), held.count("cluster")
    others = len(held) - sites - clusters
    counts = [count_of(clusters, "cluster"), count_of(others, "other place")]
    counts = counts if places_only else [count_of(sites, "site"), *counts]
    return (
        f"{str(path)!r} has no {', '.join(kinds)} {asked!r}; {meant}"
        f"standort explain {path} lists the {join_words(counts)} in it"
    )


def _close(every: list[Explainable], asked: str) -> list[Explainable]:
    """Return entries similar to the text or with such a word, then those that contain it."""
    wanted = asked.casefold()
    # an id takes precedence over a word of a name
    keyed = {entry.id.casefold(): entry for entry in reversed(every[:_MOST_COMPARED])}
    for entry in every[:_MOST_COMPARED]:
        for text in (entry.name or "", *(entry.name or "").split()):
            keyed.setdefault(text.casefold(), entry)
    keyed.pop("", None)
    alike = [keyed[key] for key in difflib.get_close_matches(wanted, keyed, n=_MOST_NAMED)]
    within = [entry for key, entry in keyed.items() if len(wanted) > 1 and wanted in key]
    return list(dict.fromkeys([*alike, *within]))[:_MOST_NAMED]
