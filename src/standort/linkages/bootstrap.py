"""Vertex bootstrap of the degree of linkage: its variation with the sample of firms.

Firms are drawn with replacement. Two slots of different firms are tied as those firms are; two
slots of the same firm are tied as a random pair of firms is (Snijders and Borgatti 1999).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from standort.linkages.firm_tables import LAYERS
from standort.linkages.layer_scores import (
    LEAST_LAYERS,
    Measures,
    as_recorded,
    combine,
    largest_components,
    saturate,
)
from standort.linkages.one_mode import group_sizes, pairs_within_groups
from standort.random_numbers import below, uniform

if TYPE_CHECKING:
    from standort.array_types import Floats, Ints, Keys
    from standort.linkages.firm_network import Network
    from standort.linkages.layer_scores import DrawnLayer, Settings


#: Numbers held in memory at a time.
_BLOCK = 4_000_000
#: Keys of the random numbers, one for each purpose.
_FIRM, _FIRST, _SECOND = 1, 2, 3


class Sample(NamedTuple):
    """Firms drawn into the slots of several draws; slots are numbered through all draws.

    `origin` is the firm of each slot, `times` the number of slots of each firm in each draw, `slot`
    one slot of each firm (each of shape (draws, n)). `one`, `other` are the pairs of slots of the
    same firm, and `pair` the pair of firms u < v that replaces each, as u n + v.
    """

    origin: Ints
    times: Ints
    slot: Ints
    one: Ints
    other: Ints
    pair: Ints

    @property
    def draw(self) -> Ints:
        """Draw of each pair of slots."""
        return np.asarray(self.one // self.origin.shape[1])


class Ties(NamedTuple):
    """Tied pairs of firms in one layer, as u n + v in ascending order, with their weights."""

    pair: Ints
    weight: Floats

    def weigh(self, pair: Ints) -> Floats:
        """Return the weight of pairs, 0 for those without a tie."""
        if not len(self.pair):
            return np.zeros(len(pair))
        position = np.minimum(np.searchsorted(self.pair, pair), len(self.pair) - 1)
        return np.where(self.pair[position] == pair, self.weight[position], 0.0)


def resample(network: Network, keys: Keys, settings: Settings, *, draws: int, seed: int) -> Floats:
    """Draw the degree of linkage by resampling firms.

    Parameters
    ----------
    network
        A place with a degree of linkage.
    keys
        Key of each firm of the place.
    settings
        Settings of the recorded network.
    draws, seed
        Number of draws and random seed.

    Returns
    -------
    Shape (draws,). Components break up where firms are omitted, so the draws are too low on
    average: use their spread, not their level.
    """
    n = len(network)
    drawn = {name: as_recorded(layer) for name, layer in network.layers.items() if layer.observed}
    ties = {name: weigh_ties(layer, n) for name, layer in drawn.items()}
    pairs, layers = np.unique(np.concatenate([t.pair for t in ties.values()]), return_counts=True)
    multiplex = pairs[layers >= LEAST_LAYERS]
    multiple = Ties(multiplex, np.ones(len(multiplex)))
    n_records = sum(len(layer.u) + len(layer.firm) for layer in drawn.values())
    step = max(1, _BLOCK // (n_records + len(multiplex) + 8 * n))
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
    """Return the degree of linkage in a block of draws."""
    n = len(network)
    u1, u2, u4 = ({name: np.full(len(sample.times), np.nan) for name in LAYERS} for _ in range(3))
    for name, layer in drawn.items():
        inner = 2.0 * _count_pairs(sample, layer.u, layer.v) + _sum_shared(sample, layer)
        replaced = _sum_replacements(sample, ties[name])
        u1[name] = saturate((inner + 2.0 * replaced) / n, settings.k0)
        u2[name] = _inclusion(sample, layer, ties[name])
        if name == "informal" and network.layers[name].joined:
            inside = np.unique(layer.firm[layer.counts])
            u4[name] = sample.times[:, inside].sum(axis=1) / n
    several = _count_pairs(sample, multiple.pair // n, multiple.pair % n)
    u3 = saturate(2.0 * (several + _sum_replacements(sample, multiple)) / n, 1.0)
    return combine(Measures(u1, u2, u4, u3), settings)[1]


def draw_firms(keys: Keys, draw: Ints, seed: int) -> Sample:
    """Draw n of n firms with replacement, and a pair of firms for two slots of one firm."""
    n = len(keys)
    origin = below(n, uniform(seed, _FIRM, draw[:, None], keys[None, :]))
    row = np.arange(len(draw))[:, None]
    numbered = (row * n + origin).ravel()
    count = np.bincount(numbered, minlength=len(draw) * n).reshape(len(draw), n)
    order = np.argsort(numbered, kind="stable")
    one, other = (order[position] for position in pairs_within_groups(numbered[order]))
    slot = np.full(len(draw) * n, -1)
    slot[numbered[order[::-1]]] = order[::-1]  # keeps the first slot
    of_pair = draw[one // n], keys[one % n], keys[other % n]
    u = below(n, uniform(seed, _FIRST, *of_pair))
    v = below(n - 1, uniform(seed, _SECOND, *of_pair))
    v = v + (v >= u)
    pair = np.minimum(u, v) * n + np.maximum(u, v)
    return Sample(origin, count, slot.reshape(count.shape), one, other, pair)


def weigh_ties(layer: DrawnLayer, n: int) -> Ties:
    """Return the tied pairs of a layer: 1 if linked, plus 1 / (members - 1) for each body."""
    earlier, later = pairs_within_groups(layer.body)
    _, size, run = group_sizes(layer.body)
    pair = np.concatenate([layer.u * n + layer.v, layer.firm[earlier] * n + layer.firm[later]])
    share = 1.0 / (size[run[earlier]] - 1.0) if len(earlier) else np.empty(0)
    distinct, position = np.unique(pair, return_inverse=True)
    weight = np.concatenate([np.ones(len(layer.u)), share])
    total = np.bincount(position, weights=weight, minlength=len(distinct))
    return Ties(distinct, total.astype(np.float64))


def _count_pairs(sample: Sample, u: Ints, v: Ints) -> Ints:
    """Count the pairs of slots that hold given pairs of firms, for each draw."""
    return np.asarray((sample.times[:, u] * sample.times[:, v]).sum(axis=1))


def _sum_shared(sample: Sample, layer: DrawnLayer) -> Floats:
    """Sum the weights of bodies between slots of different firms, in both directions."""
    start, size, _ = group_sizes(layer.body)
    total = np.zeros(len(sample.times))
    if not len(start):
        return total
    drawn = sample.times[:, layer.firm]
    slots = np.add.reduceat(drawn, start, axis=1)
    pairs = slots * slots - np.add.reduceat(drawn * drawn, start, axis=1)
    for members in np.unique(size[size > 1]):  # whole numbers: exact in any order
        total += pairs[:, size == members].sum(axis=1) / (members - 1.0)
    return total


def _sum_replacements(sample: Sample, ties: Ties) -> Floats:
    """Sum the weights of the pairs that replace two slots of the same firm."""
    weight = ties.weigh(sample.pair)
    whole = np.bincount(sample.draw, weights=weight, minlength=len(sample.times))
    return whole.astype(np.float64)


def _inclusion(sample: Sample, layer: DrawnLayer, ties: Ties) -> Floats:
    """Return the share of slots in the largest component."""
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
    # a tie of one slot of a firm to another firm holds for all its slots
    slot = np.arange(draws * n)
    first = sample.slot[slot // n, sample.origin.ravel()]
    along = linked[first]
    ends += [(slot[along], first[along]), (sample.one[tied], sample.other[tied])]
    u, v = (np.concatenate(side) for side in zip(*ends, strict=True))
    return np.asarray(largest_components(u, v, n, n_draws=draws) / n)
