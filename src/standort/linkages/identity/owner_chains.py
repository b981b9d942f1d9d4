"""Which firm each name is, once aliases, owners and joint ventures are followed to their end."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from standort.linkages.identity.firm_statements import raise_circles
from standort.linkages.identity.joint_ventures import joint_ventures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.linkages.identity.firm_statements import Statements

    Holders = dict[str, float]  # owners of a firm with their shares [0, 1], NaN where unknown

_HALF = 0.5


@dataclass(frozen=True)
class Identity:
    """Which firm each name is.

    Parameters
    ----------
    aliases
        Other names, each with the name that it stands for.
    owners
        Named owners of each firm, with their shares.
    firm_of
        Names that are another firm, each with that firm: other names, plants of one owner, and
        joint ventures.
    holders
        Who holds a joint venture in the end, by its name and the names of its plants.
    ties
        Rows of `linkages` between those who hold the same firm.
    """

    aliases: Mapping[str, str]
    owners: Mapping[str, Holders]
    firm_of: Mapping[str, str]
    holders: Mapping[str, Holders]
    ties: pd.DataFrame

    def node(self, name: str) -> str:
        """Return the firm that a name is."""
        return self.firm_of.get(name, name)

    def own_parents(self, name: str) -> Holders:
        """Return who holds the joint venture of a name; nobody if it is none."""
        return self.holders.get(self.aliases.get(name, name), {})


def identify(statements: Statements, firms: pd.DataFrame) -> Identity:
    """Follow owners to their end.

    A firm of one named owner is that owner, whatever the share above one half; an empty share is
    the whole. A firm of several is a joint venture: it is the one with the largest share; where
    shares are equal or unknown, one that has other sites in the places of the joint venture, then
    the first by name. If the named owners hold one half or less, a firm stays one of its own.

    Parameters
    ----------
    statements
        What is known of aliases and stakes.
    firms
        Columns ``place`` and ``firm``.

    Raises
    ------
    LayerError
        If owners own each other in a circle.
    """
    aliases, stakes = statements
    owners = _owners(stakes)
    held = {firm: of for firm, of in owners.items() if not sum(of.values()) <= _HALF}
    raise_circles(
        held,
        lambda names: list(stakes.index[stakes["firm"].isin(names) & stakes["owner"].isin(names)]),
        "own each other in a circle; leave out the smaller stakes, or say who owns the group",
    )
    ends = {firm: _ends(held, of) for firm, of in held.items()}
    group = {firm: _group(held, ends, firm) for firm in held}
    places = _places(firms, aliases, group)
    leads = {g: _lead(ends[g], places, g) for g in set(group.values()) if g in held}
    firm_of = {firm: leads.get(g, g) for firm, g in group.items()}
    named = {name: firm_of.get(firm, firm) for name, firm in aliases.items()}
    shared = {firm: ends[g] for firm, g in group.items() if g in held}
    return Identity(aliases, owners, firm_of | named, shared, _ties(stakes, owners, held))


def _owners(stakes: pd.DataFrame) -> dict[str, Holders]:
    """Return the shares of each owner in each firm; several of one owner add up."""
    shares: dict[tuple[str, str], list[float]] = defaultdict(list)
    total: dict[str, Holders] = defaultdict(dict)
    for firm, owner, share in zip(stakes["firm"], stakes["owner"], stakes["share"], strict=True):
        shares[firm, owner].append(share)
    for (firm, owner), parts in shares.items():
        total[firm][owner] = math.fsum(parts)
    return {firm: {o: total[firm][o] for o in sorted(total[firm])} for firm in sorted(total)}


def _ends(held: Mapping[str, Holders], owners: Holders) -> Holders:
    """Return who the owners of a firm are in the end; what a held firm owns, its owners own."""
    found: dict[str, list[float]] = defaultdict(list)
    for owner, share in owners.items():
        part = 1.0 if len(owners) == 1 else share
        above = _ends(held, held[owner]) if owner in held else {owner: 1.0}
        for end, of_owner in above.items():
            found[end].append(part * of_owner)
    return {end: math.fsum(parts) for end, parts in sorted(found.items())}


def _group(held: Mapping[str, Holders], ends: Mapping[str, Holders], firm: str) -> str:
    """Return the firm that a plant of one owner belongs to: its owner, or a joint venture."""
    while firm in held:
        if len(ends[firm]) == 1:
            return next(iter(ends[firm]))
        if len(held[firm]) > 1:
            return firm
        firm = next(iter(held[firm]))
    return firm


def _places(
    firms: pd.DataFrame, aliases: Mapping[str, str], group: Mapping[str, str]
) -> dict[str, set[object]]:
    """Return the places of each firm and joint venture."""
    places: dict[str, set[object]] = defaultdict(set)
    for place, name in zip(firms["place"], firms["firm"], strict=True):
        firm = aliases.get(name, name)
        places[group.get(firm, firm)].add(place)
    return places


def _lead(holders: Holders, places: Mapping[str, set[object]], venture: str) -> str:
    """Return the holder that a joint venture is: by share, then by place, then by name."""
    comparable = not any(map(math.isnan, holders.values()))

    def rank(holder: str) -> tuple[float, int, str]:
        share = holders[holder]
        known = share if comparable or share > _HALF else 0.0
        met = places.get(venture, set()) & places.get(holder, set())
        return -known, -len(met), holder

    return min(holders, key=rank)


def _ties(
    stakes: pd.DataFrame, owners: Mapping[str, Holders], held: Mapping[str, Holders]
) -> pd.DataFrame:
    """Tie those who hold the same firm in the end, for the years of all its stakes."""
    rows = []
    for firm, of in owners.items():
        if len(of) == 1:
            continue
        own = stakes[stakes["firm"] == firm]
        period = {"year_from": own["year_from"].max(), "year_to": own["year_to"].min()}
        source = "; ".join(sorted(set(own["source"].dropna()))) or None
        rows += [
            {"firm": firm, "owner": end, "share": share, "source": source, **period}
            for end, share in _ends(held, of).items()
            if end != firm  # which holds a stake in its owner
        ]
    columns = ["firm", "owner", "share", "year_from", "year_to", "source"]
    return joint_ventures(pd.DataFrame(rows, columns=columns))
