"""The network of one place: its firms and the ties between them in each layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.linkages.firm_tables import LAYERS
from standort.linkages.identity.joint_ventures import JOINT_VENTURE

if TYPE_CHECKING:
    from standort.array_types import Flags, Ints
    from standort.linkages.firm_tables import SourceTables


@dataclass(frozen=True)
class Layer:
    """One layer of a place's network; firms are positions in the place.

    Parameters
    ----------
    observed
        Whether a firm of the place occurs in the data of this layer, either at an end of an edge
        (inside the place or not) or as a member of a body. If none does, the layer is unknown.
    edges
        Distinct pairs ``u`` < ``v`` recorded as linked, with ``weight`` (the largest recorded; NaN
        if any is unknown), ``since`` (the earliest year) and ``origins`` (number of sources).
    arcs
        Distinct pairs ``u``, ``v`` in the recorded direction.
    members
        Distinct pairs ``body``, ``firm``, sorted, with ``coordinates``, ``counts``, ``since``,
        ``resource`` and ``origins``.
    joined
        Whether a firm of the place occurs in the table of bodies of this layer.
    outside
        Distinct tied pairs of a firm of the place (``inside``) and one elsewhere (``outside``).
    resources
        Edges of the place as recorded, with ``resource`` (None if unknown), without joint ventures,
        through which nothing is exchanged.
    repeats
        Number of rows that repeat another row.
    """

    observed: bool
    edges: pd.DataFrame
    arcs: pd.DataFrame
    members: pd.DataFrame
    joined: bool
    outside: pd.DataFrame
    resources: pd.DataFrame
    repeats: int


@dataclass(frozen=True)
class Network:
    """The network of one place.

    Parameters
    ----------
    firms
        Positions of the firms among all names, sorted.
    layers
        Layers by name, in the order of `LAYERS`.
    seen
        Whether each firm occurs in the data of any layer.
    loops
        Number of rows that link a firm of the place to itself.
    """

    firms: Ints
    layers: dict[str, Layer]
    seen: Flags
    loops: int

    def __len__(self) -> int:
        """Count the firms."""
        return len(self.firms)


def build_network(tables: SourceTables, firms: Ints) -> Network:
    """Build the network of one place from the tables.

    Parameters
    ----------
    tables
        The tables, as read.
    firms
        Positions of the place's firms, sorted.

    Returns
    -------
    The network. It does not depend on other places.
    """
    inside = np.zeros(len(tables.names), dtype=bool)
    inside[firms] = True
    position = np.full(len(tables.names), -1)
    position[firms] = np.arange(len(firms))
    seen = np.zeros(len(firms), dtype=bool)
    kind = tables.edges["kind"].to_numpy()
    touching = inside[tables.edges["u"].to_numpy()] | inside[tables.edges["v"].to_numpy()]
    layers = {}
    for name in LAYERS:
        edges = tables.edges[touching & (kind == name)]
        shared = _shared_with(tables.shared.get(name, _NOTHING_SHARED), inside)
        for ends in (edges["u"], edges["v"], shared["firm"]):
            firm = ends.to_numpy()
            seen[position[firm[inside[firm]]]] = True
        layers[name] = (
            _build_layer(edges, shared, inside, position)
            if len(edges) or len(shared)
            else _layer_without_ties()
        )
    return Network(firms, layers, seen, int(inside[tables.loops].sum()))


@cache
def _layer_without_ties() -> Layer:
    """Return an empty layer, cached because building empty tables is slow too."""
    no_firms = np.zeros(0, dtype=np.intp)
    return _build_layer(_NO_EDGES, _NOTHING_SHARED, no_firms.astype(bool), no_firms)


def _build_layer(edges: pd.DataFrame, shared: pd.DataFrame, inside: Flags, position: Ints) -> Layer:
    """Separate the ties within a place from those that leave it."""
    ends = [edges[end].to_numpy() for end in ("u", "v")]
    within = inside[ends[0]] & inside[ends[1]]
    u, v = (position[end[within]] for end in ends)
    kept = edges[within]
    recorded = pd.DataFrame(
        {
            "u": np.minimum(u, v),
            "v": np.maximum(u, v),
            **{name: kept[name] for name in ("weight", "since", "resource", "origin")},
        }
    )
    once = _each_once(recorded)
    own = shared[inside[shared["firm"].to_numpy()]]
    members = own.assign(firm=position[own["firm"].to_numpy()])
    order = np.lexsort((members["firm"].to_numpy(), members["body"].to_numpy()))
    return Layer(
        observed=bool(len(edges) or len(own)),
        edges=once,
        arcs=_distinct(u, v, names=("u", "v")),
        members=members.iloc[order].reset_index(drop=True),
        joined=bool(len(own)),
        outside=_outside(ends[0][~within], ends[1][~within], shared, inside),
        resources=recorded.loc[recorded["resource"] != JOINT_VENTURE, ["u", "v", "resource"]],
        repeats=len(recorded) - len(once) + int(own["rows"].sum()) - len(own),
    )


def _shared_with(shared: pd.DataFrame, inside: Flags) -> pd.DataFrame:
    """Keep all rows of the bodies that any firm of the place belongs to."""
    body = shared["body"].to_numpy()
    return shared[np.isin(body, body[inside[shared["firm"].to_numpy()]])]


def _distinct(one: Ints, other: Ints, *, names: tuple[str, str]) -> pd.DataFrame:
    """Return the distinct pairs in order; for few pairs, numpy is faster than pandas."""
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    first = np.diff(one, prepend=-1).astype(bool) | np.diff(other, prepend=-1).astype(bool)
    return pd.DataFrame({names[0]: one[first], names[1]: other[first]})


def _each_once(recorded: pd.DataFrame) -> pd.DataFrame:
    """Return the distinct pairs of firms with largest weight, earliest year and sources."""
    columns = [recorded[name].to_numpy() for name in ("origin", "v", "u")]
    order = np.lexsort(columns)
    origin, v, u = (column[order] for column in columns)
    fresh = np.diff(u, prepend=-1).astype(bool) | np.diff(v, prepend=-1).astype(bool)
    first = np.flatnonzero(fresh)
    weight, since = (recorded[name].to_numpy(dtype=float)[order] for name in ("weight", "since"))
    origins = (fresh | np.diff(origin, prepend=-1).astype(bool)).astype(np.intp)
    if len(first):
        # one unknown weight makes the weight of the pair unknown, whatever else is recorded
        weight, since = np.maximum.reduceat(weight, first), np.fmin.reduceat(since, first)
        origins = np.add.reduceat(origins, first)
    return pd.DataFrame(
        {"u": u[first], "v": v[first], "weight": weight, "since": since, "origins": origins}
    )


def _outside(u: Ints, v: Ints, shared: pd.DataFrame, inside: Flags) -> pd.DataFrame:
    """Return the distinct pairs of a firm of the place and a tied firm outside it."""
    body, firm = (shared[name].to_numpy() for name in ("body", "firm"))  # in order of bodies
    own = inside[firm]
    start, end = (np.searchsorted(body[~own], body[own], side) for side in ("left", "right"))
    n_met = end - start
    earlier = np.repeat(np.cumsum(n_met) - n_met, n_met)
    met = firm[~own][np.repeat(start, n_met) + np.arange(n_met.sum()) - earlier]
    return _distinct(
        np.concatenate([np.where(inside[u], u, v), np.repeat(firm[own], n_met)]),
        np.concatenate([np.where(inside[u], v, u), met]),
        names=("inside", "outside"),
    )


_NO_EDGES = pd.DataFrame(
    {
        "u": pd.Series(dtype=np.intp),
        "v": pd.Series(dtype=np.intp),
        "weight": pd.Series(dtype=float),
        "since": pd.Series(dtype=float),
        "resource": pd.Series(dtype=object),
        "origin": pd.Series(dtype=np.intp),
    }
)

_NOTHING_SHARED = pd.DataFrame(
    {
        "firm": pd.Series(dtype=np.intp),
        "body": pd.Series(dtype=np.intp),
        "coordinates": pd.Series(dtype=bool),
        "counts": pd.Series(dtype=bool),
        "since": pd.Series(dtype=float),
        "resource": pd.Series(dtype=object),
        "rows": pd.Series(dtype=np.intp),
        "origins": pd.Series(dtype=np.intp),
    }
)
