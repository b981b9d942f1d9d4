"""Tables in which each firm has one name, and what that changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from standort.arguments import YEAR, checked, with_columns
from standort.linkages.identity.firm_statements import Statements, read_statements
from standort.linkages.identity.owner_chains import identify
from standort.linkages.identity.placeholders import name_texts, without_placeholders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standort.array_types import Flags
    from standort.linkages.identity.owner_chains import Identity

#: Name of the only place if the table of firms has no places.
_WHOLE = "all"
_NO_STAKES = pd.DataFrame(
    {c: pd.Series(dtype=object) for c in ("firm", "owner", "source")}
    | {c: pd.Series(dtype=float) for c in ("share", "year_from", "year_to")}
)
#: What tells rows apart, beside the names in them; not where they come from.
_SAME = ("kind", "subtype", "weight", "year_from", "year_to")
_ENDS = ("firm_u", "firm_v")
_MADE = "ties between owners of a joint venture"
#: What happens to links, in the order of `Contraction.counts`.
LINK_COUNTS = (
    "ties of a joint venture to its owners",
    "ties within one firm",
    "ties that repeat another",
    _MADE,
)


@dataclass(frozen=True)
class Contraction:
    """Tables in which each firm has one name.

    Parameters
    ----------
    firms, linkages, memberships, assets, collection
        The tables given, with other names, plants and joint ventures replaced by the firm they are;
        those without a change are the tables given.
    names
        One row for each name that is another firm, index ``name``: ``firm``, ``reason`` (alias, one
        owner, joint venture) and ``owners`` with their shares.
    places
        For each place ``firms_before``, ``firms_after``, ``ties_before`` and ``ties_after``: its
        firms, and the pairs of them with a linkage.
    counts
        Number of rows that vanished or appeared, by what they are.
    """

    firms: pd.DataFrame
    linkages: pd.DataFrame | None
    memberships: pd.DataFrame | None
    assets: pd.DataFrame | None
    collection: pd.DataFrame | None
    names: pd.DataFrame
    places: pd.DataFrame
    counts: dict[str, int]


@checked(
    owners=with_columns("firm"),
    firms=with_columns("firm"),
    linkages=with_columns("firm_u", "firm_v", "kind"),
    memberships=with_columns("firm", "organisation"),
    assets=with_columns("asset", "firm"),
    year=YEAR,
)
def contract_firms(  # noqa: PLR0913 - the tables of a study
    owners: pd.DataFrame | None,
    firms: pd.DataFrame,
    linkages: pd.DataFrame | None,
    memberships: pd.DataFrame | None,
    *,
    assets: pd.DataFrame | None = None,
    collection: pd.DataFrame | None = None,
    year: int | None = None,
) -> Contraction:
    """Give each firm one name: replace aliases, plants of one owner, and joint ventures.

    Two plants of one owner are one firm, and what was a tie between them is none. A joint venture
    is no firm with ties to its own parents: its owners get a formal tie of subtype "joint venture"
    with each other, and all else that it has (its site, links, memberships and assets) passes to
    one of them, or a single seat in a body would tie them a second time. That is the owner with the
    largest share; where shares are equal or unknown, one with other sites in the same places, then
    the first by name. If it has none there, it stands there for the plant.

    Parameters
    ----------
    owners
        The table `firms` of a study: ``firm`` and its ``owner`` with the ``share`` [0, 1], or
        ``alias_of``, the firm that it is another name of; ``year_from``, ``year_to``, ``source``.
        None or no rows change nothing. Owners are followed to their end; what a joint venture owns,
        its owners own in proportion. A firm of which the named owners hold one half or less stays.
    firms, linkages, memberships, assets
        As for `standort.linkages.linkage`.
    collection
        The log of who looked: a firm was looked for if all its names at places were.
    year
        Count the stakes and aliases of this year; None for those that hold when the last stake in
        a firm begins.

    Returns
    -------
    New tables, what each name became, and the counts before and after.

    Raises
    ------
    LayerError
        If cells of `owners` are wrong, a name is an alias of two firms, or names are aliases or
        owners of each other in a circle; the message names the rows.

    Warns
    -----
    StandortWarning
        With the number of placeholders, which are no firms, and of odd stakes.

    Examples
    --------
    >>> stakes = pd.DataFrame({"firm": "Plant", "owner": ["A", "B"], "share": [0.6, 0.4]})
    >>> sites = pd.DataFrame({"place": "port", "firm": ["Plant", "B", "C"]})
    >>> steam = pd.DataFrame({"firm_u": ["Plant", "C"], "firm_v": ["B", "Plant"], "kind": "formal"})
    >>> done = contract_firms(stakes, sites, steam, None)
    >>> done.names
          firm         reason          owners
    name
    Plant    A  joint venture  A 60 %, B 40 %
    >>> done.linkages[["firm_u", "firm_v", "subtype", "weight"]]
      firm_u firm_v        subtype  weight
    0      C      A            NaN     NaN
    1      A      B  joint venture     0.4
    >>> done.places
           firms_before  firms_after  ties_before  ties_after
    place
    port              3            3            2           2
    """
    given = {
        "firms per place": firms, "linkages": linkages, "memberships": memberships,
        "assets": assets, "firms": owners,
    }  # fmt: skip
    cleaned = without_placeholders(given)
    owners, sites = cleaned["firms"], cast("pd.DataFrame", cleaned["firms per place"])
    placed = _placed(sites)
    stated = (
        Statements({}, _NO_STAKES)
        if owners is None or owners.empty
        else read_statements(owners, year=year)
    )
    identity = identify(stated, placed)
    own, _ = _renamed(sites, ("firm",), identity)
    links, counts = _contract_links(cleaned["linkages"], identity)
    bodies, n_members = _contract_rows(cleaned["memberships"], "organisation", identity)
    users, n_users = _contract_rows(cleaned["assets"], "asset", identity)
    repeats = {"memberships that repeat another": n_members, "assets that repeat another": n_users}
    return Contraction(
        firms=own,
        linkages=links,
        memberships=bodies,
        assets=users,
        collection=_rename_log(collection, placed, identity),
        names=_describe_names(identity),
        places=_count_places((placed, cleaned["linkages"]), (_placed(own), links), year),
        counts=counts | repeats,
    )


def _placed(firms: pd.DataFrame) -> pd.DataFrame:
    """Return the place and the name of the firm of each row that has both."""
    place = firms["place"] if "place" in firms.columns else pd.Series(_WHOLE, index=firms.index)
    return pd.DataFrame({"place": place, "firm": name_texts(firms["firm"])}).dropna()


def _renamed(
    table: pd.DataFrame, firms: Sequence[str], identity: Identity
) -> tuple[pd.DataFrame, Flags]:
    """Replace the names of firms in some columns, and return the rows that this changed."""
    changed = np.zeros(len(table), dtype=bool)
    columns = {}
    for column in firms:
        names = [identity.firm_of.get(name) for name in name_texts(table[column])]
        found = np.array([name is not None for name in names], dtype=bool)
        columns[column] = table[column].astype(object).mask(found, pd.Series(names, table.index))
        changed |= found
    return (table.assign(**columns) if changed.any() else table), changed


def _contract_rows(
    table: pd.DataFrame | None, body: str, identity: Identity
) -> tuple[pd.DataFrame | None, int]:
    """Replace the firms of a body or asset, so that each counts once; count those left out."""
    if table is None:
        return None, 0
    renamed, changed = _renamed(table, ("firm",), identity)
    repeats = _repeats(renamed, ("firm", body), changed)
    return (renamed[~repeats] if repeats.any() else renamed), int(repeats.sum())


def _contract_links(
    linkages: pd.DataFrame | None, identity: Identity
) -> tuple[pd.DataFrame | None, dict[str, int]]:
    """Replace the ends of links, leave out those within a firm, and add joint ventures."""
    counts = dict.fromkeys(LINK_COUNTS, 0)
    if linkages is None:
        added = _new_ties(identity.ties, None)
        counts[_MADE] = len(added)
        return (added if len(added) else None), counts
    renamed, changed = _renamed(linkages, _ENDS, identity)
    to_parents = _to_parents(linkages, renamed, identity)
    within = changed & ~to_parents & (renamed["firm_u"] == renamed["firm_v"]).to_numpy()
    within &= (name_texts(linkages["firm_u"]) != name_texts(linkages["firm_v"])).to_numpy()
    gone = to_parents | within
    left = renamed[~gone] if gone.any() else renamed
    repeats = _repeats(left, _ENDS, changed[~gone])
    left = left[~repeats] if repeats.any() else left
    added = _new_ties(identity.ties, left)
    rows = (to_parents.sum(), within.sum(), repeats.sum(), len(added))
    counts = {name: int(number) for name, number in zip(LINK_COUNTS, rows, strict=True)}
    return _below(left, added), counts


def _to_parents(before: pd.DataFrame, after: pd.DataFrame, identity: Identity) -> Flags:
    """Return the links between a joint venture and those who hold it."""
    u, v = (name_texts(before[end]) for end in _ENDS)
    rows = zip(u, v, name_texts(after["firm_u"]), name_texts(after["firm_v"]), strict=True)
    own = identity.own_parents
    return np.array([b in own(one) or a in own(other) for one, other, a, b in rows], dtype=bool)


def _repeats(table: pd.DataFrame, names: Sequence[str], changed: Flags) -> Flags:
    """Return the changed rows that say what another row says; an unchanged one is kept."""
    told_by = [*names, *(column for column in _SAME if column in table.columns)]
    order = np.argsort(changed, kind="stable")
    repeats = np.zeros(len(table), dtype=bool)
    repeats[order] = table[told_by].iloc[order].duplicated().to_numpy()
    return repeats & changed


def _new_ties(ties: pd.DataFrame, linkages: pd.DataFrame | None) -> pd.DataFrame:
    """Return the ties that are not recorded yet, each once."""
    known = set() if linkages is None else set(_keys(linkages))
    fresh = []
    for row, key in enumerate(_keys(ties)):
        if key not in known:
            fresh.append(row)
            known.add(key)
    return ties.iloc[fresh].reset_index(drop=True)


def _keys(linkages: pd.DataFrame) -> list[tuple[object, ...]]:
    """Return what tells links apart, whichever end comes first."""
    told_by = linkages.reindex(columns=[*_ENDS, *_SAME]).astype(object)
    cells = told_by.where(told_by.notna(), None).itertuples(index=False, name=None)
    return [(*sorted(map(str, row[:2])), *row[2:]) for row in cells]


def _below(linkages: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Put new ties below the others."""
    if added.empty:
        return linkages
    columns = [*linkages.columns, *(name for name in added if name not in linkages)]
    parts = [part.dropna(axis="columns", how="all") for part in (linkages, added) if len(part)]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)


def _rename_log(
    collection: pd.DataFrame | None, placed: pd.DataFrame, identity: Identity
) -> pd.DataFrame | None:
    """Replace the firms of the log: a firm was asked if all its names at places were."""
    if collection is None or "firms" not in collection or not identity.firm_of:
        return collection
    names_of: dict[str, set[str]] = {}
    for name in placed["firm"].unique():
        names_of.setdefault(identity.node(name), set()).add(name)

    def rename(cell: object) -> object:
        if not isinstance(cell, str) or cell.strip().casefold() in ("", "all"):
            return cell
        asked = {name.strip() for name in cell.split(";")}
        firms = {identity.node(name) for name in asked}
        whole = sorted(firm for firm in firms if names_of.get(firm, set()) <= asked)
        return "; ".join(whole) or ";"  # an empty cell would stand for all firms

    firms = pd.Series(list(map(rename, collection["firms"])), collection.index, dtype=object)
    return collection.assign(firms=firms)


def _describe_names(identity: Identity) -> pd.DataFrame:
    """Return what each name became, and why."""
    rows = {}
    for name in sorted(identity.firm_of):
        owners = {} if name in identity.aliases else identity.owners[name]
        reason = "joint venture" if len(owners) > 1 else "one owner"
        shares = ", ".join(o if s != s else f"{o} {s * 100:.4g} %" for o, s in owners.items())  # noqa: PLR0124 - NaN
        rows[name] = (identity.node(name), reason if owners else "alias", shares)
    names = pd.DataFrame.from_dict(
        rows, orient="index", columns=["firm", "reason", "owners"], dtype=object
    )
    return names.rename_axis("name")


def _count_places(
    before: tuple[pd.DataFrame, pd.DataFrame | None],
    after: tuple[pd.DataFrame, pd.DataFrame | None],
    year: int | None,
) -> pd.DataFrame:
    """Count firms and tied pairs of firms at each place, before and after."""
    counts = {}
    for when, (placed, linkages) in (("before", before), ("after", after)):
        firms = {place: set(names) for place, names in placed.groupby("place", sort=False)["firm"]}
        pairs = _pairs(linkages, year)
        counts[f"firms_{when}"] = pd.Series({p: len(names) for p, names in firms.items()})
        counts[f"ties_{when}"] = pd.Series(
            {place: sum(pair <= names for pair in pairs) for place, names in firms.items()}
        )
    ordered = ["firms_before", "firms_after", "ties_before", "ties_after"]
    return pd.DataFrame(counts, columns=ordered, dtype=int).rename_axis("place")


def _pairs(linkages: pd.DataFrame | None, year: int | None) -> set[frozenset[str]]:
    """Return the pairs of different firms with a link in the year."""
    if linkages is None:
        return set()
    held = linkages
    if year is not None:
        ends = linkages.reindex(columns=["year_from", "year_to"])
        start, end = (pd.to_numeric(ends[c], errors="coerce") for c in ends)
        held = linkages[~((start > year) | (end < year))]
    ties = zip(name_texts(held["firm_u"]), name_texts(held["firm_v"]), strict=True)
    return {frozenset(pair) for pair in ties if len(set(pair)) > 1 and None not in pair}
