"""Networks of firms with known ties, and records of them that miss some."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from standort.array_types import Flags, Floats, Ints

LAYERS = ("formal", "informal", "infrastructure")
NETWORKS = ("random", "core-periphery", "communities")
RECORDINGS = ("independently", "by firm")
#: Half the width of a stated range, as a share of the true detection.
_WIDTH = 0.4
#: Range of the share of its ties that an asked firm reports.
_RECALL = (0.8, 1.0)


class Truth(NamedTuple):
    """The ties of a place: pairs u < v, whether each is tied by layer, and members of one body."""

    n: int
    u: Ints
    v: Ints
    tied: dict[str, Flags]
    members: Flags


class Record(NamedTuple):
    """What is on record of a truth, and the search that found it."""

    tied: dict[str, Flags]
    members: Flags
    search: dict[str, object]


def draw_truth(rng: np.random.Generator, network: str, n: int) -> Truth:
    """Draw a network of three layers that overlap, with a mean degree of about 0.2 to 12."""
    u, v = np.triu_indices(n, 1)
    weight = _weights(rng, network, n, u, v)
    degree, overlap = np.exp(rng.uniform(np.log(0.3), np.log(8.0))), rng.uniform(0.0, 0.6)
    tied: dict[str, Flags] = {}
    for layer in LAYERS:
        wanted = min(degree * rng.uniform(0.4, 1.6), 0.9 * (n - 1)) * n / 2.0
        ties = rng.random(len(u)) < np.minimum(weight / weight.sum() * wanted, 0.95)
        tied[layer] = _overlapping(rng, ties, tied.get(LAYERS[0]), overlap)
    return Truth(n, u, v, tied, rng.random(n) < rng.uniform())


def record(rng: np.random.Generator, truth: Truth, recording: str, completeness: float) -> Record:
    """Record a truth: each tie with one probability, or all that some firms report."""
    if completeness == 1.0:
        everything = {"method": "register", "firms": "all", "detect_lo": 1.0, "detect_hi": 1.0}
        return Record(truth.tied, truth.members, everything)
    if recording == "independently":
        low = max(completeness * (1.0 - _WIDTH * rng.uniform()), 0.01)
        high = min(low + _WIDTH * completeness, 1.0)
        low, high = min(low, completeness), max(high, completeness)
        search = {"method": "document_search", "detect_lo": low, "detect_hi": high, "firms": "all"}
        kept = {name: _kept(rng, ties, completeness) for name, ties in truth.tied.items()}
        return Record(kept, _kept(rng, truth.members, completeness), search)
    recall = rng.uniform(*_RECALL)
    share = 1.0 - np.sqrt(max(0.0, 1.0 - completeness / recall))
    asked = np.zeros(truth.n, dtype=bool)
    asked[rng.choice(truth.n, min(max(2, round(share * truth.n)), truth.n), replace=False)] = True
    ends = asked[truth.u].astype(int) + asked[truth.v]
    kept = {
        name: _kept(rng, ties, 1.0 - (1.0 - recall) ** ends) for name, ties in truth.tied.items()
    }
    members = _kept(rng, truth.members, recall * asked)
    names = ";".join(firm_names(np.flatnonzero(asked)))
    return Record(kept, members, {"method": "roster", "firms": names})


def firm_names(firms: Ints) -> list[str]:
    """Name firms by number."""
    return [f"firm {number:03d}" for number in firms]


def tables(
    places: dict[str, tuple[Truth, dict[str, Flags], Flags]],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return tables of firms, linkages and memberships; firms are named within their place."""
    firms, links, members = [], [], []
    for place, (truth, tied, inside) in places.items():
        name = np.array([f"{place} {firm}" for firm in firm_names(np.arange(truth.n))])
        firms.append(pd.DataFrame({"place": place, "firm": name}))
        links += [
            pd.DataFrame({"firm_u": name[truth.u[ties]], "firm_v": name[truth.v[ties]], "kind": k})
            for k, ties in tied.items()
        ]
        members.append(pd.DataFrame({"firm": name[inside], "organisation": f"council of {place}"}))
    return tuple(pd.concat(parts, ignore_index=True) for parts in (firms, links, members))  # type: ignore[return-value]


def _weights(rng: np.random.Generator, network: str, n: int, u: Ints, v: Ints) -> Floats:
    """Return how likely each pair is to be tied, relative to others."""
    if network == "core-periphery":
        part = np.where(rng.random(n) < max(0.2, 2.0 / n), 3.0, 0.6)
        return np.asarray(part[u] * part[v])
    if network == "communities":
        group = rng.integers(0, max(2, n // 8 + 1), n)
        return np.where(group[u] == group[v], 6.0, 0.5)
    return np.ones(len(u))


def _overlapping(
    rng: np.random.Generator, ties: Flags, first: Flags | None, overlap: float
) -> Flags:
    """Move a share of the ties onto pairs that are tied in the first layer."""
    if first is None or not first.any():
        return ties
    moved = ties & (rng.random(len(ties)) < overlap)
    there = np.flatnonzero(first)
    taken = rng.choice(there, min(int(moved.sum()), len(there)), replace=False)
    ties = ties & ~moved
    ties[taken] = True
    return ties


def _kept(rng: np.random.Generator, flags: Flags, share: Floats | float) -> Flags:
    return np.asarray(flags & (rng.random(len(flags)) < share))
