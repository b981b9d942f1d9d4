"""Draws of the degree of linkage with the ties that the searches missed.

Every tie on record stays (unless its source is stated to err); every examined pair without one may
hold a tie that was missed. Draws are made at the corners of the stated ranges, with the same
random numbers, so a corner with more missed ties holds all ties of one with fewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from standort.linkages.examination import (
    CORNERS,
    Pairs,
    at_corner,
    detection_of_members,
    detection_of_pairs,
)
from standort.linkages.firm_tables import LAYERS
from standort.linkages.layer_scores import DrawnLayer, combine, measure
from standort.random_numbers import normal, uniform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from standort.array_types import Flags, Floats, Ints, Keys
    from standort.linkages.collection import Search
    from standort.linkages.firm_network import Layer, Network
    from standort.linkages.layer_scores import Settings

#: Pairs and draws held in memory at a time.
_BLOCK = 1_000_000
#: Keys of the random numbers.
_TIE, _DENSITY, _SPREAD, _HUBS, _OVERLAP, _FALSE, _MEMBER, _SHARE = range(31, 39)
#: Parameters of the beta prior of a density at each corner. The choice of prior matters where few
#: ties are on record, so it is part of the range: from Jeffreys' to one that expects more ties.
_PRIOR = dict(zip(CORNERS, ((0.5, 1.0), (0.75, 0.75), (1.0, 0.5)), strict=True))
#: Standard deviation of the log density of pairs that nobody examined.
_UNEXAMINED = 0.5
#: Steps of the tables by which quantiles are interpolated.
_STEPS = np.linspace(0.0, 1.0, 513)
_MOST = 0.99


@dataclass(frozen=True)
class Evidence:
    """What is on record about one layer of a place, and how it was searched for.

    Parameters
    ----------
    recorded
        Whether each pair is linked on record.
    bodies
        Whether each firm is on record as a member of each body, shape (n_bodies, n).
    names
        Names of the bodies.
    counts
        Whether each body coordinates.
    searches
        The searches of the layer.
    """

    recorded: Flags
    bodies: Flags
    names: tuple[str, ...]
    counts: Flags
    searches: tuple[Search, ...]

    def detection(self, pairs: Pairs, corner: str) -> Floats:
        """Return the probability that a tie of each pair would be on record."""
        return detection_of_pairs(self.searches, pairs, corner)


class Hashes(NamedTuple):
    """Keys of the random numbers of one layer in a block of draws."""

    seed: int
    layer: int
    draw: Ints

    def per_draw(self, purpose: int) -> Floats:
        """Draw a number in [0, 1) for each draw."""
        return uniform(self.seed, purpose, self.layer, self.draw)

    def per_key(self, purpose: int, *keys: Keys) -> Floats:
        """Draw a number in [0, 1) for each draw and key, shape (draws, keys)."""
        return uniform(self.seed, purpose, self.layer, self.draw[:, None], *keys)


def density_quantiles(n_tied: float, n_pairs: float, detection: float, corner: str) -> Floats:
    """Return quantiles of the density of a layer, given the ties on record.

    The share of pairs with a tie on record has a beta distribution, cut off at the share detected;
    the density is that share over the share detected.

    Parameters
    ----------
    n_tied
        Number of ties on record.
    n_pairs
        Number of examined pairs.
    detection
        Mean probability that a tie of an examined pair is on record, in (0, 1].
    corner
        One of `CORNERS`.

    Returns
    -------
    Quantiles at 0, 1/512, ..., 1.
    """
    from scipy.special import betainc, betaincinv

    first, second = _PRIOR[corner]
    a, b = n_tied + first, n_pairs - n_tied + second
    share = betaincinv(a, b, _STEPS * betainc(a, b, detection))
    return np.asarray(np.minimum(share / detection, 1.0))


def draw_pairs(
    evidence: Evidence, pairs: Pairs, other: Flags, corner: str, hashes: Hashes, keys: Keys
) -> Flags:
    """Draw the ties of one layer.

    Parameters
    ----------
    evidence
        What is on record of the layer.
    pairs
        The pairs of firms.
    other
        Whether each pair is tied in another layer in each draw, shape (draws, pairs).
    corner
        One of `CORNERS`.
    hashes, keys
        Keys of the random numbers, and of the firms.

    Returns
    -------
    Shape (draws, pairs).
    """
    detection = evidence.detection(pairs, corner)
    examined = detection > 0.0
    recorded = evidence.recorded
    n_draws = len(hashes.draw)
    if not examined.any():
        return np.broadcast_to(recorded | (corner == CORNERS[-1]), (n_draws, len(recorded)))
    quantiles = density_quantiles(
        float(recorded[examined].sum()),
        float(examined.sum()),
        float(detection[examined].mean()),
        corner,
    )
    density = np.interp(hashes.per_draw(_DENSITY), _STEPS, quantiles)[:, None]
    if not examined.all():
        spread = normal(hashes.seed, _SPREAD, hashes.layer, hashes.draw)[:, None]
        wide = np.exp(_UNEXAMINED * np.sqrt(1.0 - examined.mean()) * spread)
        density = np.where(examined, density, np.minimum(density * wide, _MOST))
    chance = density * (1.0 - detection) / np.maximum(1.0 - density * detection, 1e-12)
    chance = np.where(recorded, 0.0, chance)
    chance = _towards_hubs(chance, recorded, pairs, hashes, len(keys))
    chance = _towards_overlap(chance, recorded, other, hashes)
    drawn = hashes.per_key(_TIE, keys[pairs.u], keys[pairs.v]) < chance
    return drawn | _true_records(evidence, corner, hashes, keys, pairs)


def draw_members(evidence: Evidence, n: int, corner: str, hashes: Hashes, keys: Keys) -> Flags:
    """Draw the members of the bodies of one layer.

    Parameters
    ----------
    evidence, corner, hashes, keys
        As for `draw_pairs`.
    n
        Number of firms.

    Returns
    -------
    Shape (draws, bodies, n).
    """
    drawn = np.zeros((len(hashes.draw), len(evidence.names), n), dtype=bool)
    for number, name in enumerate(evidence.names):
        recorded = evidence.bodies[number]
        body_key = name_keys([name])
        order = hashes.per_key(_MEMBER, keys, body_key)
        total = known_total(evidence.searches, name, n)
        if total is not None:
            wanted = np.floor(total + hashes.per_key(_SHARE, body_key)[:, 0])
            drawn[:, number] = recorded | _first(np.where(recorded, -1.0, order), wanted)
            continue
        detection = detection_of_members(evidence.searches, name, n, corner)
        examined = detection > 0.0
        if not examined.any():
            drawn[:, number] = recorded | (corner == CORNERS[-1])
            continue
        quantiles = density_quantiles(
            float(recorded[examined].sum()),
            float(examined.sum()),
            float(detection[examined].mean()),
            corner,
        )
        share = np.interp(hashes.per_key(_SHARE, body_key)[:, 0], _STEPS, quantiles)[:, None]
        drawn[:, number] = recorded | (order < _missed(share, detection))
    return drawn


def _missed(density: Floats, detection: Floats) -> Floats:
    """Return the probability that a pair without a record holds a tie (Newman 2018, eq. 9)."""
    return density * (1.0 - detection) / np.maximum(1.0 - density * detection, _TINY)


def _first(order: Floats, wanted: Floats) -> Flags:
    """Flag the lowest numbers of each row, as many as wanted."""
    rank = np.argsort(np.argsort(order, axis=1, kind="stable"), axis=1)
    return np.asarray(rank < wanted[:, None])


def _towards_hubs(chance: Floats, recorded: Flags, pairs: Pairs, hashes: Hashes, n: int) -> Floats:
    """Shift missed ties towards firms with many ties, by a random degree, keeping their number."""
    ends = np.concatenate([pairs.u[recorded], pairs.v[recorded]])
    degree = np.bincount(ends, minlength=n) + 1.0
    weight = np.log(degree[pairs.u] * degree[pairs.v])
    return _rescale(chance * np.exp(hashes.per_draw(_HUBS)[:, None] * weight), chance.sum(axis=1))


def _towards_overlap(chance: Floats, recorded: Flags, other: Flags, hashes: Hashes) -> Floats:
    """Shift missed ties to pairs tied in another layer as often as those on record are."""
    from scipy.special import betaincinv

    shared = (other & recorded).sum(axis=1)
    apart = recorded.sum() - shared
    share = betaincinv(shared + 0.5, apart + 0.5, hashes.per_draw(_OVERLAP))
    total, both = chance.sum(axis=1), np.where(other, chance, 0.0)
    both = np.where(both.sum(axis=1)[:, None] > 0.0, _rescale(both, share * total), 0.0)
    rest = _rescale(np.where(other, 0.0, chance), total - both.sum(axis=1))
    return both + rest


def _rescale(chance: Floats, total: Floats) -> Floats:
    """Scale probabilities so that each row has a given sum, none above `_MOST`."""
    now = chance.sum(axis=1)
    factor = np.divide(total, now, out=np.zeros_like(now), where=now > 0.0)
    return np.minimum(chance * factor[:, None], _MOST)
