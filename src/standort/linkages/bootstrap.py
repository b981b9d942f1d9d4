"""How much the degree of linkage would vary with the firms: the vertex bootstrap.

Firms are drawn with replacement, and two draws are tied as the firms they are drawn from; two draws
of one firm are tied as a pair of firms picked by chance (Snijders and Borgatti 1999).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from standort.linkages.firm_tables import LAYERS
from standort.linkages.layer_scores import (
    LEAST_LAYERS,
    Measures,
    combine,
    largest_components,
    record,
    saturate,
)
from standort.linkages.one_mode import group_sizes, pairs_within_groups
from standort.random_numbers import below, uniform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.linkages.firm_network import Network
    from standort.linkages.layer_scores import DrawnLayer, Settings

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]
    Keys = NDArray[np.uint64]

__all__ = ["resample"]

#: numbers held at once
_BLOCK = 4_000_000
#: what a number is drawn for, so that no two purposes share one
_FIRM, _FIRST, _SECOND = 1, 2, 3


class Sample(NamedTuple):
    """Firms drawn into the slots of several draws; slots are numbered through all draws.

    `origin` is the firm of each slot, `times` how often each draw has each firm, `slot` one slot of
    each firm (each of shape (draws, n)). `one`, `other` are the pairs of slots of one firm, and
    `pair` the pair of firms u < v that stands for each, as u n + v.
    """

    origin: Ints
    times: Ints
    slot: Ints
    one: Ints
    other: Ints
    pair: Ints

    @property
    def draw(self) -> Ints:
        """Tell the draw of each pair of slots."""
        return np.asarray(self.one // self.origin.shape[1])


class Ties(NamedTuple):
    """Pairs of firms with a tie in one layer, as u n + v in order, and their weight."""

    pair: Ints
    weight: Floats

    def weigh(self, pair: Ints) -> Floats:
        """Look up the weight of pairs, 0 for those without a tie."""
        if not len(self.pair):
            return np.zeros(len(pair))
        position = np.minimum(np.searchsorted(self.pair, pair), len(self.pair) - 1)
        return np.where(self.pair[position] == pair, self.weight[position], 0.0)


def resample(network: Network, keys: Keys, settings: Settings, *, draws: int, seed: int) -> Floats:
    """Draw the degree of linkage by resampling firms.

    Parameters
    ----------
    network
        A place whose degree of linkage is given.
    keys
        A number for each firm of the place.
    settings
        As for the recorded network.
    draws, seed
        How many, and which.

    Returns
    -------
    Shape (draws,). Components fall apart where firms are left out, so the draws lie low as a whole:
    trust their spread, not their level.
    """
    n = len(network)
    drawn = {name: record(layer) for name, layer in network.layers.items() if layer.observed}
    ties = {name: weigh_ties(layer, n) for name, layer in drawn.items()}
    pairs, layers = np.unique(np.concatenate([t.pair for t in ties.values()]), return_counts=True)
    multiplex = pairs[layers >= LEAST_LAYERS]
    multiple = Ties(multiplex, np.ones(len(multiplex)))
    held = sum(len(layer.u) + len(layer.firm) for layer in drawn.values())
    step = max(1, _BLOCK // (held + len(multiplex) + 8 * n))
    blocks = [np.empty(0)]
    for start in range(0, draws, step):
        sample = draw_firms(keys, np.arange(start, min(start + step, draws)), seed)
        blocks.append(_resample_block(network, drawn, ties, multiple, sample, settings))
    return np.concatenate(blocks)


def _resample_block(
    network: Network,
    drawn: dict[str, DrawnLayer],
    ties: dict[str, Ties],
    multiple: Ties,
    sample: Sample,
    settings: Settings,
) -> Floats:
    """Measure some draws."""
    n = len(network)
    u1, u2, u4 = ({name: np.full(len(sample.times), np.nan) for name in LAYERS} for _ in range(3))
    for name, layer in drawn.items():
        inner = 2.0 * _count_pairs(sample, layer.u, layer.v) + _count_met(sample, layer)
        stand_in = _add_stand_ins(sample, ties[name])
        u1[name] = saturate((inner + 2.0 * stand_in) / n, settings.k0)
        u2[name] = _inclusion(sample, layer, ties[name])
        if name == "informal" and network.layers[name].joined:
            inside = np.unique(layer.firm[layer.counts])
            u4[name] = sample.times[:, inside].sum(axis=1) / n
    several = _count_pairs(sample, multiple.pair // n, multiple.pair % n)
    u3 = saturate(2.0 * (several + _add_stand_ins(sample, multiple)) / n, 1.0)
    return combine(Measures(u1, u2, u4, u3), settings)[1]


def draw_firms(keys: Keys, draw: Ints, seed: int) -> Sample:
    """Draw n of n firms with replacement, and a pair of firms for each two draws of one firm."""
    n = len(keys)
    origin = below(n, uniform(seed, _FIRM, draw[:, None], keys[None, :]))
    row = np.arange(len(draw))[:, None]
    numbered = (row * n + origin).ravel()
    count = np.bincount(numbered, minlength=len(draw) * n).reshape(len(draw), n)
    order = np.argsort(numbered, kind="stable")
    one, other = (order[position] for position in pairs_within_groups(numbered[order]))
    slot = np.full(len(draw) * n, -1)
    slot[numbered[order[::-1]]] = order[::-1]  # the first slot stands
    drawn_for = draw[one // n], keys[one % n], keys[other % n]
    u = below(n, uniform(seed, _FIRST, *drawn_for))
    v = below(n - 1, uniform(seed, _SECOND, *drawn_for))
    v = v + (v >= u)
    pair = np.minimum(u, v) * n + np.maximum(u, v)
    return Sample(origin, count, slot.reshape(count.shape), one, other, pair)


def weigh_ties(layer: DrawnLayer, n: int) -> Ties:
    """Weigh the pairs of firms of a layer: 1 if linked, and 1 / (members - 1) for each body."""
    earlier, later = pairs_within_groups(layer.body)
    _, size, run = group_sizes(layer.body)
    pair = np.concatenate([layer.u * n + layer.v, layer.firm[earlier] * n + layer.firm[later]])
    share = 1.0 / (size[run[earlier]] - 1.0) if len(earlier) else np.empty(0)
    found, position = np.unique(pair, return_inverse=True)
    weight = np.concatenate([np.ones(len(layer.u)), share])
    total = np.bincount(position, weights=weight, minlength=len(found))
    return Ties(found, total.astype(np.float64))


def _count_pairs(sample: Sample, u: Ints, v: Ints) -> Ints:
    """Count the pairs of slots that pairs of firms were drawn into."""
    return np.asarray((sample.times[:, u] * sample.times[:, v]).sum(axis=1))


def _count_met(sample: Sample, layer: DrawnLayer) -> Floats:
    """Add up the weight of bodies between slots of different firms, in both directions."""
    start, size, _ = group_sizes(layer.body)
    met = np.zeros(len(sample.times))
    if not len(start):
        return met
    drawn = sample.times[:, layer.firm]
    slots = np.add.reduceat(drawn, start, axis=1)
    pairs = slots * slots - np.add.reduceat(drawn * drawn, start, axis=1)
    for members in np.unique(size[size > 1]):  # whole numbers add up alike in any order
        met += pairs[:, size == members].sum(axis=1) / (members - 1.0)
    return met


def _add_stand_ins(sample: Sample, ties: Ties) -> Floats:
    """Add up the weight of the pairs that stand for two draws of one firm."""
    weight = ties.weigh(sample.pair)
    whole = np.bincount(sample.draw, weights=weight, minlength=len(sample.times))
    return whole.astype(np.float64)


def _inclusion(sample: Sample, layer: DrawnLayer, ties: Ties) -> Floats:
    """Give the share of slots in the largest component."""
    draws, n = sample.times.shape
    drawn = sample.times > 0
    row, edge = np.nonzero(drawn[:, layer.u] & drawn[:, layer.v])
    ends = [(sample.slot[row, layer.u[edge]], sample.slot[row, layer.v[edge]])]
    row, member = np.nonzero(drawn[:, layer.firm])
    body = layer.body[member]
    chained = np.flatnonzero((body[1:] == body[:-1]) & (row[1:] == row[:-1]))
    node = sample.slot[row, layer.firm[member]]
    ends.append((node[chained], node[chained + 1]))
    tied = ties.weigh(sample.pair) > 0.0
    linked = np.zeros(draws * n, dtype=bool)
    for u, v in ends:
        linked[u] = linked[v] = True
    # what ties one slot of a firm to another firm ties all its slots to it
    slot = np.arange(draws * n)
    first = sample.slot[slot // n, sample.origin.ravel()]
    along = linked[first]
    ends += [(slot[along], first[along]), (sample.one[tied], sample.other[tied])]
    u, v = (np.concatenate(side) for side in zip(*ends, strict=True))
    return np.asarray(largest_components(u, v, n, n_draws=draws) / n)
