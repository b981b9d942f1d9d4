"""Draws of the degree of linkage with some records missed and some recorded in error.

A record is an edge or a member of a body. Each one is false with one probability; a true one is
accompanied by a geometric number of missed records, from the probability that a true record is
missed. A missed record keeps its layer or body and gets random firms of the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from standort.linkages.firm_tables import LAYERS
from standort.linkages.layer_scores import DrawnLayer, combine, measure
from standort.linkages.one_mode import distinct
from standort.random_numbers import below, uniform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.array_types import Floats, Ints, Keys
    from standort.linkages.firm_network import Layer, Network
    from standort.linkages.layer_scores import Settings


#: Records and pairs held in memory at a time.
_BLOCK = 2_000_000
#: Keys of the random numbers, distinct from those of `standort.linkages.bootstrap`.
_MISSED, _FALSE, _KEPT, _BESIDE, _FIRST, _SECOND = 11, 12, 13, 14, 15, 16
_EDGE, _MEMBER = 21, 22


class ErrorRates(NamedTuple):
    """Ranges of the share of true records that were missed and of records that are false."""

    missed: tuple[float, float]
    false: tuple[float, float]


def simulate_recording_errors(  # noqa: PLR0913 - a network, its names, and how to draw
    network: Network,
    keys: Keys,
    body_keys: Mapping[str, Keys],
    settings: Settings,
    rates: ErrorRates,
    *,
    draws: int,
    seed: int,
) -> Floats:
    """Draw the degree of linkage with some records removed and some added.

    Parameters
    ----------
    network
        A place with a degree of linkage.
    keys, body_keys
        Key of each firm of the place, and of each body by layer.
    settings
        Settings of the recorded network.
    rates
        Ranges from which the two probabilities are drawn uniformly, one pair for each draw.
    draws, seed
        Number of draws and random seed.

    Returns
    -------
    Shape (draws,).
    """
    observed = {name: layer for name, layer in network.layers.items() if layer.observed}
    step = max(1, _BLOCK // _size(list(observed.values())))
    blocks = [np.empty(0)]
    for start in range(0, draws, step):
        draw = np.arange(start, min(start + step, draws))
        missed = _between(rates.missed, uniform(seed, _MISSED, draw))
        false = _between(rates.false, uniform(seed, _FALSE, draw))
        drawn = {}
        for name, layer in observed.items():
            source = _Source(seed, LAYERS.index(name), draw, missed, false)
            drawn[name] = _simulate_layer(layer, keys, body_keys.get(name), source)
        blocks.append(combine(measure(network, drawn, len(draw), settings), settings)[1])
    return np.concatenate(blocks)


class _Source(NamedTuple):
    """Source of the random numbers of one layer; arrays have one entry per draw."""

    seed: int
    layer: int
    draw: Ints
    missed: Floats
    false: Floats

    def uniform(self, of: int, purpose: int, row: Ints, *keys: Keys | Ints) -> Floats:
        """Draw a number in [0, 1) for each row (a draw) and its keys."""
        return uniform(self.seed, of, purpose, self.layer, self.draw[row], *keys)


def _simulate_layer(
    layer: Layer, keys: Keys, body_keys: Keys | None, source: _Source
) -> DrawnLayer:
    """Draw the records of one layer."""
    n = len(keys)
    u, v = (layer.edges[end].to_numpy(dtype=np.intp) for end in ("u", "v"))
    row, edge, beside = _draw_records(source, _EDGE, (keys[u], keys[v]))
    first, second = (keys[end[edge]] for end in (u, v))
    one = below(n, source.uniform(_EDGE, _FIRST, row, first, second, beside))
    other = below(n - 1, source.uniform(_EDGE, _SECOND, row, first, second, beside))
    other = other + (other >= one)
    pair = np.minimum(one, other) * n + np.maximum(one, other)
    pair = distinct(row * n * n + np.where(beside > 0, pair, u[edge] * n + v[edge]))
    firm, body = (layer.members[c].to_numpy(dtype=np.intp) for c in ("firm", "body"))
    counts = layer.members["counts"].to_numpy(dtype=bool)
    known = np.empty(0, dtype=np.uint64) if body_keys is None else body_keys[body]
    who, what, when, coordinates = _draw_members(source, keys, known, (firm, body, counts))
    return DrawnLayer(pair // (n * n), pair // n % n, pair % n, when, what, who, coordinates)


def _draw_members(
    source: _Source, keys: Keys, body_keys: Keys, members: tuple[Ints, Ints, Any]
) -> tuple[Ints, Ints, Ints, Any]:
    """Draw memberships: firm, body, draw and whether it counts, sorted and distinct."""
    firm, body, counts = members
    n = len(keys)
    row, member, beside = _draw_records(source, _MEMBER, (keys[firm], body_keys))
    of_record = (keys[firm[member]], body_keys[member], beside)
    who = np.where(
        beside > 0, below(n, source.uniform(_MEMBER, _FIRST, row, *of_record)), firm[member]
    )
    what = body[member]
    order = np.lexsort((~counts[member], who, what, row))
    row, what, who, counted = row[order], what[order], who[order], counts[member][order]
    fresh = np.ones(len(row), dtype=bool)
    fresh[1:] = (row[1:] != row[:-1]) | (what[1:] != what[:-1]) | (who[1:] != who[:-1])
    return who[fresh], what[fresh], row[fresh], counted[fresh]


def _draw_records(source: _Source, of: int, keys: tuple[Keys, Keys]) -> tuple[Ints, Ints, Ints]:
    """Draw which records are true and how many were missed beside each.

    Returns
    -------
    Row of the draw, position of the record, and 0 for the record itself or the ordinal (from 1) of
    a missed record beside it.
    """
    rows = np.arange(len(source.draw))[:, None]
    one, other = keys[0][None, :], keys[1][None, :]
    true = source.uniform(of, _KEPT, rows, one, other) >= source.false[:, None]
    # the number of true records missed for each recorded one is geometric
    share = 1.0 - source.uniform(of, _BESIDE, rows, one, other)
    with np.errstate(divide="ignore"):
        beside = np.floor(np.log(share) / np.log(source.missed)[:, None]).astype(np.intp)
    row, record = np.nonzero(true)
    times = 1 + beside[row, record]
    ordinal = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    return np.repeat(row, times), np.repeat(record, times), ordinal


def _between(bounds: tuple[float, float], drawn: Floats) -> Floats:
    """Scale numbers in [0, 1) to a range."""
    return bounds[0] + (bounds[1] - bounds[0]) * drawn


def _size(layers: list[Layer]) -> int:
    """Estimate the records and pairs of one draw; those of the largest layer are never built."""
    records = sum(len(layer.edges) + len(layer.members) for layer in layers)
    bodies = [layer.members.groupby("body").size() for layer in layers]
    pairs = [int((size * size).sum()) for size in bodies]
    return 1 + 4 * records + sum(pairs) - max(pairs)
