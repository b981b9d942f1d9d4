"""Which firms and pairs of firms were examined, and how likely a tie would be on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from standort.linkages.evidence.collection import METHODS
from standort.linkages.layer_scores import DrawnLayer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from standort.array_types import Flags, Floats, Ints
    from standort.linkages.evidence.collection import Search
    from standort.linkages.firm_network import Network
    from standort.linkages.firm_tables import SourceTables


#: Name of the one body that may have left no record, where none is known.
_UNNAMED = ""


class Pairs(NamedTuple):
    """All pairs u < v of the firms of a place."""

    u: Ints
    v: Ints

    @classmethod
    def of(cls, n: int) -> Pairs:
        """Return the pairs of n firms, ordered by u and then v."""
        u, v = np.triu_indices(n, 1)
        return cls(u.astype(np.intp), v.astype(np.intp))


@dataclass(frozen=True, eq=False)
class LayerEvidence:
    """What is on record about one layer of a place, and how it was searched for.

    Parameters
    ----------
    linked
        Whether each pair is linked on record, shape (n_pairs,).
    linked_by
        Number of sources of each link, 0 without one.
    bodies
        Names of the bodies of which a firm is a member on record, or which a search names.
    members
        Whether each firm is on record as a member, shape (n_bodies, n_firms).
    member_by
        Number of sources of each membership.
    coordinates
        Whether each body is of a coordinating kind; it counts with two members.
    counts
        Whether it counts whatever its members in the place, because it has others.
    elsewhere
        Number of its members on record that are not of the place.
    searches
        The searches of the layer.
    """

    linked: Flags
    linked_by: Ints
    bodies: tuple[str, ...]
    members: Flags
    member_by: Ints
    coordinates: Flags
    counts: Flags
    elsewhere: Ints
    searches: tuple[Search, ...]

    def detection_of_pairs(self, pairs: Pairs, at: float) -> Floats:
        """Return the probability that a link of each pair would be on record.

        q = 1 - prod_s (1 - pi_s)^e, where e is the number of ends that search s asked: a survey
        asks both firms, while a register shows a link once if it covers both.

        Parameters
        ----------
        pairs
            Pairs of firms.
        at
            Position in the stated ranges, from 0 (least is detected) to 1.

        Returns
        -------
        Shape (n_pairs,), in [0, 1]; 0 for pairs that nobody examined.
        """
        missed = np.ones(len(pairs.u))
        for search in self.searches:
            if search.body is not None:
                continue
            one, other = search.covered[pairs.u], search.covered[pairs.v]
            asks = METHODS[search.method].asks_firms
            times = one.astype(np.intp) + other if asks else (one & other).astype(np.intp)
            missed = missed * (1.0 - between(search.detect, at)) ** times
        return 1.0 - missed

    def detection_of_members(self, body: str, at: float) -> Floats:
        """Return the probability that a membership of each firm in a body would be on record.

        Parameters
        ----------
        body
            Name of the organisation or asset.
        at
            As for `detection_of_pairs`.

        Returns
        -------
        Shape (n_firms,), in [0, 1].
        """
        missed = np.ones(self.members.shape[1])
        for search in self.searches:
            if search.body in {None, body}:
                missed = missed * (1.0 - between(search.detect, at)) ** search.covered
        return 1.0 - missed

    def drawn(self, linked: Flags, members: Flags, pairs: Pairs) -> DrawnLayer:
        """Return completed ties of several draws in the form in which they are counted.

        Parameters
        ----------
        linked
            Whether each pair is linked in each draw, shape (n_draws, n_pairs).
        members
            Whether each firm is a member of each body in each draw, shape (n_draws, n_bodies, n).
        pairs
            Pairs of firms.

        Returns
        -------
        The ties.
        """
        draw, pair = np.nonzero(linked)
        member_draw, body, firm = np.nonzero(members)
        several = members.sum(axis=2) > 1
        counts = self.counts | (self.coordinates & several)
        return DrawnLayer(
            draw,
            pairs.u[pair],
            pairs.v[pair],
            member_draw,
            body,
            firm,
            counts[member_draw, body],
        )

    def false_share(self, at: float) -> float:
        """Return the largest stated share of records that are not real."""
        return max((between(search.false, at) for search in self.searches), default=0.0)

    def total_of(self, body: str | None) -> float | None:
        """Return the known number of members of the place, or of its links for None."""
        if body is None:
            totals = self._totals(None)
            return min(max(totals), float(len(self.linked))) if totals else None
        shares = [total for total in self._totals(body) if total <= 1.0]
        return max(shares) * self.members.shape[1] if shares else None

    def most_of(self, row: int) -> int:
        """Return the most members that a body can have in the place."""
        n = int(self.members.shape[1])
        numbers = [total for total in self._totals(self.bodies[row]) if total > 1.0]
        if not numbers:
            return n
        left = int(max(numbers)) - int(self.elsewhere[row])
        return int(min(n, max(left, self.members[row].sum())))

    def _totals(self, body: str | None) -> list[float]:
        return [s.total for s in self.searches if s.body == body and not np.isnan(s.total)]


def between(bounds: tuple[float, float], at: float) -> float:
    """Return a number of a range, by its position from 0 to 1."""
    return bounds[0] + (bounds[1] - bounds[0]) * at


def gather_evidence(
    tables: SourceTables, network: Network, searches: Mapping[str, Sequence[Search]]
) -> dict[str, LayerEvidence]:
    """Return what is on record about a place, by layer, with how it was searched for.

    Parameters
    ----------
    tables
        The tables, for the names of bodies.
    network
        The recorded network of the place.
    searches
        Searches of the place, by layer.

    Returns
    -------
    The evidence on each layer.
    """
    n = len(network)
    position = np.full((n, n), -1)
    pairs = Pairs.of(n)
    position[pairs.u, pairs.v] = np.arange(len(pairs.u))
    gathered = {}
    for name, layer in network.layers.items():
        at = position[layer.edges["u"].to_numpy(np.intp), layer.edges["v"].to_numpy(np.intp)]
        linked_by = np.zeros(len(pairs.u), dtype=np.intp)
        linked_by[at] = layer.edges["origins"]
        known, row = np.unique(layer.members["body"].to_numpy(np.intp), return_inverse=True)
        names = [str(body) for body in tables.bodies.get(name, ())]
        recorded = [names[body] for body in known]
        told = {s.body for s in searches[name] if s.body is not None} - {*recorded}
        bodies = (*recorded, *sorted(told))
        if name == "informal" and not bodies:
            bodies = (_UNNAMED,)
        member_by = np.zeros((len(bodies), n), dtype=np.intp)
        member_by[row, layer.members["firm"].to_numpy(np.intp)] = layer.members["origins"]
        coordinates, counts = np.ones(len(bodies), dtype=bool), np.zeros(len(bodies), dtype=bool)
        coordinates[row] = layer.members["coordinates"].to_numpy(dtype=bool)
        counts[row] = layer.members["counts"].to_numpy(dtype=bool)
        elsewhere = np.zeros(len(bodies), dtype=np.intp)
        if len(known):
            everywhere = tables.shared[name].groupby("body").size()
            elsewhere[: len(known)] = everywhere[known] - (member_by > 0).sum(axis=1)[: len(known)]
        gathered[name] = LayerEvidence(
            linked=linked_by > 0,
            linked_by=linked_by,
            bodies=bodies,
            members=member_by > 0,
            member_by=member_by,
            coordinates=coordinates,
            counts=counts,
            elsewhere=elsewhere,
            searches=tuple(searches[name]),
        )
    return gathered
