"""Scores of the layers of a network and its degree of linkage, for many draws at once.

The recorded network is one draw. Draws do not affect each other: all sums are of whole numbers or
in the order of names, so each draw has the same bits as if computed alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.linkages.firm_tables import LAYERS
from standort.linkages.one_mode import distinct, group_sizes, pairs_within_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.array_types import Flags, Floats, Ints
    from standort.linkages.firm_network import Layer, Network


#: Least firms of a place with a degree of linkage.
LEAST_FIRMS = 3
#: A pair is multiplex if it is tied in that many layers.
_MULTIPLEX = 2


@dataclass(frozen=True)
class Settings:
    """Settings of the degree of linkage; see `standort.linkages.linkage`."""

    k0: float
    mu: float
    omega: Mapping[str, float]


@dataclass(frozen=True)
class DrawnLayer:
    """The ties of one layer in several draws: linked pairs and members of bodies.

    `edge_draw`, `u`, `v` are the distinct pairs u < v of each draw; `member_draw`, `body`, `firm`,
    `counts` the distinct members, sorted by draw, body and firm.
    """

    edge_draw: Ints
    u: Ints
    v: Ints
    member_draw: Ints
    body: Ints
    firm: Ints
    counts: Flags


@dataclass(frozen=True)
class Counts:
    """What is counted in each draw, arrays of shape (n_draws,).

    Parameters
    ----------
    degree
        Mean degree of the firms, by layer: ties, plus 1 for each body shared with another firm.
    included
        Share of firms in the largest component, by layer.
    in_bodies
        Share of firms in a coordinating body.
    multiplex
        Mean number of partners of a firm that are tied to it in two layers or more.
    """

    degree: Mapping[str, Floats]
    included: Mapping[str, Floats]
    in_bodies: Floats
    multiplex: Floats


@dataclass(frozen=True)
class Scores:
    """Measures of each draw, and what they combine to; arrays of shape (n_draws,) in [0, 1]."""

    u1: Mapping[str, Floats]
    u2: Mapping[str, Floats]
    u3: Floats
    u4: Floats
    layers: Mapping[str, Floats]
    linkage: Floats


def as_recorded(layer: Layer) -> DrawnLayer:
    """Return a layer as recorded, as a single draw."""
    edges, members = layer.edges, layer.members
    return DrawnLayer(
        np.zeros(len(edges), dtype=np.intp),
        edges["u"].to_numpy(dtype=np.intp),
        edges["v"].to_numpy(dtype=np.intp),
        np.zeros(len(members), dtype=np.intp),
        members["body"].to_numpy(dtype=np.intp),
        members["firm"].to_numpy(dtype=np.intp),
        members["counts"].to_numpy(dtype=bool),
    )


def count(drawn: Mapping[str, DrawnLayer], n: int, n_draws: int) -> Counts:
    """Count ties, connected firms and members in each draw.

    Parameters
    ----------
    drawn
        Ties of every layer, by name.
    n
        Number of firms, > 0.
    n_draws
        Number of draws.

    Returns
    -------
    The counts.
    """
    pairs = _multiplex_pairs(list(drawn.values()), n, n_draws)
    return Counts(
        degree={name: _mean_degree(layer, n, n_draws) for name, layer in drawn.items()},
        included={name: _inclusion(layer, n, n_draws) for name, layer in drawn.items()},
        in_bodies=_share_in_bodies(drawn["informal"], n, n_draws),
        multiplex=2.0 * np.bincount(pairs // (n * n), minlength=n_draws) / n,
    )


def combine(counts: Counts, settings: Settings) -> Scores:
    """Combine counts into measures, scores of the layers and the degree of linkage.

    Every layer counts, whether or not anything is on record, so that no further tie or membership
    lowers the degree. The pairs tied in two layers count at most as the second-most tied layer
    does; otherwise two large bodies would tie all pairs of their members twice.

    Parameters
    ----------
    counts
        What is counted; a degree may be infinite.
    settings
        k0, mu and the weights of the layers.

    Returns
    -------
    The scores, with L = (1 - mu) sum omega_l L_l + mu u3.
    """
    u1 = {name: saturate(degree, settings.k0) for name, degree in counts.degree.items()}
    second = np.sort(np.stack([counts.degree[name] for name in LAYERS]), axis=0)[-_MULTIPLEX]
    u3 = saturate(np.minimum(counts.multiplex, second), 1.0)
    layers = {}
    for name in LAYERS:
        parts = [u1[name], counts.included[name]]
        if name == "informal":
            parts.append(counts.in_bodies)
        layers[name] = sum(parts[1:], parts[0]) / len(parts)
    total = sum(settings.omega[name] for name in LAYERS)
    mean = np.zeros_like(u3)
    for name in LAYERS:
        mean = mean + settings.omega[name] / total * layers[name]
    # weights sum to 1 except for rounding
    linkage = np.minimum((1.0 - settings.mu) * mean + settings.mu * u3, 1.0)
    return Scores(u1, counts.included, u3, counts.in_bodies, layers, linkage)


def saturate(mean_degree: Floats, half: float) -> Floats:
    """Map a mean degree to [0, 1], with 0.5 at `half` and 1 at infinity."""
    return np.asarray(1.0 - half / (mean_degree + half))


def tied_pairs(layer: DrawnLayer, n: int) -> Ints:
    """Return the distinct tied pairs (linked or in a shared body) as (draw n + u) n + v."""
    linked = (layer.edge_draw * n + layer.u) * n + layer.v
    earlier, later = pairs_within_groups(_body_of_draw(layer))
    shared = (layer.member_draw[earlier] * n + layer.firm[earlier]) * n + layer.firm[later]
    return distinct(np.concatenate([linked, shared]))


def largest_components(u: Ints, v: Ints, n_nodes: int, *, n_draws: int) -> Ints:
    """Count the nodes of the largest component of each draw, 0 without edges.

    Parameters
    ----------
    u, v
        Ends of the edges; both are in the same draw.
    n_nodes
        Number of nodes of a draw; draw d has the nodes d n_nodes to (d + 1) n_nodes - 1.
    n_draws
        Number of draws.

    Returns
    -------
    Shape (n_draws,).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    total = n_nodes * n_draws
    graph = coo_array((np.ones(len(u), dtype=np.int8), (u, v)), shape=(total, total))
    _, label = connected_components(graph.tocsr(), directed=False)
    size = np.bincount(label)[label].reshape(n_draws, n_nodes)
    largest = size.max(axis=1)
    return np.where(largest > 1, largest, 0)


def count_ties(drawn: DrawnLayer, n: int) -> int:
    """Count the tied pairs of firms."""
    return len(tied_pairs(drawn, n))


def anchor_ties(network: Network, firm: int | None) -> float:
    """Return the share of the other firms tied to the anchor; NaN if unknown."""
    observed = [layer for layer in network.layers.values() if layer.observed]
    return anchor_share(observed, firm, len(network))


def anchor_share(layers: list[Layer], firm: int | None, n: int) -> float:
    """Return the share of the other firms tied to one firm in any of some layers."""
    if firm is None or n < 2 or not layers:  # noqa: PLR2004 - no other firm
        return float("nan")
    tied = np.concatenate([_partners(layer, firm) for layer in layers])
    return len(np.unique(tied)) / (n - 1)


def _multiplex_pairs(layers: list[DrawnLayer], n: int, n_draws: int) -> Ints:
    """Return the pairs tied in two or more layers, numbered as in `tied_pairs`.

    The largest layer is searched only for the pairs of the others: one association may have
    millions.
    """
    size = [len(layer.u) + (group_sizes(_body_of_draw(layer))[1] ** 2).sum() for layer in layers]
    largest = layers[int(np.argmax(size))]
    others = [tied_pairs(layer, n) for layer in layers if layer is not largest]
    pairs, times = np.unique(np.concatenate(others), return_counts=True)
    times = times + _are_tied(largest, pairs, n, n_draws)
    return np.asarray(pairs[times >= _MULTIPLEX])


def _are_tied(layer: DrawnLayer, pairs: Ints, n: int, n_draws: int) -> Flags:
    """Flag the pairs that are tied in a layer: linked or in a shared body."""
    from scipy.sparse import coo_array

    linked = np.isin(pairs, (layer.edge_draw * n + layer.u) * n + layer.v)
    if not len(layer.body) or not len(pairs):
        return linked
    at = layer.member_draw * n + layer.firm, layer.body
    shape = n_draws * n, int(layer.body.max()) + 1
    inside = coo_array((np.ones(len(layer.body), dtype=np.int32), at), shape=shape).tocsr()
    u, v = pairs // n, pairs // (n * n) * n + pairs % n
    return np.asarray(linked | (inside[u].multiply(inside[v]).sum(axis=1) > 0))


def _mean_degree(layer: DrawnLayer, n: int, n_draws: int) -> Floats:
    """Return the mean degree plus Newman's strength, 1 for each body shared with another firm."""
    start, size, _ = group_sizes(_body_of_draw(layer))
    shared = np.where(size > 1, size, 0)
    strength = np.zeros(n_draws, dtype=np.intp)
    np.add.at(strength, layer.member_draw[start], shared)
    return (2.0 * np.bincount(layer.edge_draw, minlength=n_draws) + strength) / n


def _inclusion(layer: DrawnLayer, n: int, n_draws: int) -> Floats:
    """Return the share of firms in the largest component; members of a body form a chain."""
    body = _body_of_draw(layer)
    same = body[1:] == body[:-1]
    node = layer.member_draw * n + layer.firm
    u = np.concatenate([layer.edge_draw * n + layer.u, node[:-1][same]])
    v = np.concatenate([layer.edge_draw * n + layer.v, node[1:][same]])
    return largest_components(u, v, n, n_draws=n_draws) / n


def _share_in_bodies(layer: DrawnLayer, n: int, n_draws: int) -> Floats:
    """Return the share of firms in a coordinating body."""
    inside = distinct((layer.member_draw * n + layer.firm)[layer.counts])
    return np.bincount(inside // n, minlength=n_draws) / n


def _body_of_draw(layer: DrawnLayer) -> Ints:
    """Return a number for the body and draw of each member, in the order of the members."""
    bodies = int(layer.body.max()) + 1 if len(layer.body) else 0
    return layer.member_draw * bodies + layer.body


def _partners(layer: Layer, firm: int) -> Ints:
    """Return the firms tied to one firm in a layer."""
    edges, members = layer.edges, layer.members
    tied = [edges.loc[edges["u"] == firm, "v"], edges.loc[edges["v"] == firm, "u"]]
    bodies = members.loc[members["firm"] == firm, "body"]
    tied.append(members.loc[members["body"].isin(bodies) & (members["firm"] != firm), "firm"])
    return np.unique(np.concatenate([part.to_numpy(dtype=np.intp) for part in tied]))
