"""Draws of the degree of linkage with the ties that the searches missed.

Every tie on record stays, unless its sources are stated to err. How many were missed follows from
the number on record and the share that the searches show; where they lie follows from the ties on
record, as far as a random degree of preference goes. The share shown is not known but stated as a
range, so draws are made at its corners instead of from a distribution over it: the quantiles of a
corner hold if the truth is there, and its ends together hold wherever in the range the truth is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from standort.linkages.evidence.collection import METHODS
from standort.linkages.evidence.region import highest
from standort.linkages.firm_tables import LAYERS
from standort.linkages.layer_scores import Counts, combine, count
from standort.random_numbers import combined_keys, name_keys, normal, uniform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints, Keys
    from standort.linkages.evidence.examination import LayerEvidence, Pairs
    from standort.linkages.layer_scores import Settings


class Corner(NamedTuple):
    """A corner of all stated ranges.

    Parameters
    ----------
    detect, false
        Position in the ranges of the share detected and of the share of false records, from 0.
    prior
        Parameters of the beta prior of a density. With few ties on record the prior matters, so it
        is a part of the range.
    unexamined
        What a layer that nobody examined is taken to hold: no more than is on record (False), all
        that is possible (True), or unknown (None).
    """

    detect: float
    false: float
    prior: tuple[float, float]
    unexamined: bool | None


#: From the fewest missed ties to the most.
CORNERS = {
    "low": Corner(1.0, 1.0, (0.25, 1.0), unexamined=False),
    "middle": Corner(0.5, 0.5, (0.75, 0.75), unexamined=None),
    "high": Corner(0.0, 0.0, (1.5, 0.5), unexamined=True),
}
#: Standard deviation of the log density of pairs that nobody examined, if none were examined.
_UNEXAMINED = 0.5
#: Steps of the table by which quantiles are interpolated.
_STEPS = np.linspace(0.0, 1.0, 513)
#: No pair is certain to have been missed.
_MOST, _TINY = 0.99, 1e-12
#: Different draws of a place, at most, and for a large one at least; others are repeated in turn.
DIFFERENT, _FEWEST = 1000, 200
#: Pairs of all draws of a large place, and pairs held at a time.
_PAIRS, _BLOCK = 1_000_000, 500_000
#: Keys of the random numbers, one for each purpose.
_TIE, _DENSITY, _SPREAD, _HUBS, _OVERLAP, _FALSE, _MEMBER, _SHARE = range(31, 39)


class Draws(NamedTuple):
    """Keys of the random numbers of a block of draws: seed, draws and firms."""

    seed: int
    draw: Ints
    keys: Keys

    def each(self, purpose: int, layer: str, *keys: Keys | Ints) -> Floats:
        """Draw a number in [0, 1) for each draw, of shape (n_draws,)."""
        return uniform(self.seed, purpose, layer, *keys, self.draw)

    def table(self, purpose: int, layer: str, keys: Keys) -> Floats:
        """Draw a number in [0, 1) for each draw and key, of shape (n_draws, n_keys)."""
        return uniform(self.seed, purpose, layer, self.draw[:, np.newaxis], keys[np.newaxis])


def is_examined(evidence: Mapping[str, LayerEvidence]) -> bool:
    """Return whether anybody examined any pair or body of a place."""
    return any(
        search.detect[1] > 0.0 and bool(search.covered.any())
        for of in evidence.values()
        for search in of.searches
    )


def draw_linkage(
    evidence: Mapping[str, LayerEvidence],
    pairs: Pairs,
    keys: Keys,
    settings: Settings,
    *,
    draws: int,
    seed: int,
) -> dict[str, Floats]:
    """Draw the degree of linkage of a place at each corner.

    Parameters
    ----------
    evidence
        What is on record, by layer.
    pairs
        All pairs of firms.
    keys
        Key of each firm.
    settings
        Settings of the degree.
    draws, seed
        Number of draws and random seed. A large place has fewer different draws, which are repeated
        in turn: its degree varies less.

    Returns
    -------
    By corner of `CORNERS`, shape (draws,), in [0, 1]; the middle is NaN if a layer was not
    examined.
    """
    different = min(draws, DIFFERENT, max(_FEWEST, _PAIRS // len(pairs.u)))
    step = max(1, _BLOCK // len(pairs.u))
    blocks = []
    for start in range(0, different, step):
        numbers = np.arange(start, min(start + step, different))
        block = Draws(seed, numbers, keys)
        blocks.append([_draw_corner(evidence, pairs, settings, c, block) for c in CORNERS.values()])
    drawn = np.concatenate([np.stack(block) for block in blocks], axis=1)
    low, middle, high = drawn[:, np.arange(draws) % different]
    return {"low": np.minimum(low, high), "middle": middle, "high": np.maximum(low, high)}


def _draw_corner(
    evidence: Mapping[str, LayerEvidence],
    pairs: Pairs,
    settings: Settings,
    corner: Corner,
    draws: Draws,
) -> Floats:
    """Draw the degree of linkage at one corner."""
    n_draws, n = len(draws.draw), len(draws.keys)
    examined = {name for name in LAYERS if _is_examined(evidence[name], pairs, corner)}
    if corner.unexamined is None and len(examined) < len(LAYERS):
        return np.full(n_draws, np.nan)
    drawn = {}
    tied = {
        name: np.broadcast_to(of.linked, (n_draws, len(of.linked))) for name, of in evidence.items()
    }
    for name, of in evidence.items():
        if name in examined:
            other = np.logical_or.reduce([tied[o] for o in LAYERS if o != name])
            tied[name] = _draw_links(of, name, pairs, other, corner, draws)
        elif corner.unexamined:
            tied[name] = np.ones_like(tied[name])
        members = _draw_members(of, name, corner, draws)
        drawn[name] = of.drawn(tied[name], members, pairs)
    counts = count(drawn, n, n_draws)
    if corner.unexamined:
        counts = _raised(counts, highest(evidence, pairs, n), set(LAYERS) - examined)
    return combine(counts, settings).linkage


def _is_examined(of: LayerEvidence, pairs: Pairs, corner: Corner) -> bool:
    """Return whether a layer is examined at a corner; a share of 0 is no search."""
    return bool((of.detection_of_pairs(pairs, corner.detect) > 0.0).any())


def _raised(counts: Counts, most: Counts, layers: set[str]) -> Counts:
    """Give the layers that nobody examined the greatest counts that are possible."""
    degree, included = (
        {name: np.maximum(of[name], high[name]) if name in layers else of[name] for name in LAYERS}
        for of, high in ((counts.degree, most.degree), (counts.included, most.included))
    )
    members = "informal" in layers
    in_bodies = np.maximum(counts.in_bodies, most.in_bodies) if members else counts.in_bodies
    return Counts(degree, included, in_bodies, counts.multiplex)


def density_quantiles(
    n_tied: float, n_pairs: float, detection: float, prior: tuple[float, float]
) -> Floats:
    """Return quantiles of a density, given the ties on record.

    The share of pairs with a tie on record has a beta distribution, cut off at the share detected;
    the density is that share over the share detected. This is the estimator of Horvitz and
    Thompson (1952) in its ratio form, and for a roster that of Frank (1977).

    Parameters
    ----------
    n_tied
        Number of ties on record.
    n_pairs
        Number of examined pairs.
    detection
        Mean probability that a tie of an examined pair is on record, in (0, 1].
    prior
        Parameters of the beta prior.

    Returns
    -------
    Quantiles at 0, 1/512, ..., 1.
    """
    from scipy.special import betainc, betaincinv

    a, b = n_tied + prior[0], n_pairs - n_tied + prior[1]
    share = betaincinv(a, b, _STEPS * betainc(a, b, detection))
    return np.asarray(np.minimum(share / detection, 1.0))


def missed(density: Floats, detection: Floats) -> Floats:
    """Return the probability that a pair without a record is tied.

    Q = rho (1 - q) / (1 - rho q): Newman (2018), Nature Physics 14, 542, with stated instead of
    fitted rates. Where nobody looked (q = 0) it is the density.

    Parameters
    ----------
    density
        Density of ties, rho.
    detection
        Probability that a tie is on record, q.

    Returns
    -------
    In [0, 1]; 0 if every tie is on record.

    Examples
    --------
    >>> missed(np.array([0.5, 0.5, 0.5]), np.array([0.0, 0.5, 1.0])).round(2)
    array([0.5 , 0.33, 0.  ])
    """
    return density * (1.0 - detection) / np.maximum(1.0 - density * detection, _TINY)


def _draw_links(
    of: LayerEvidence, name: str, pairs: Pairs, other: Flags, corner: Corner, draws: Draws
) -> Flags:
    """Draw the links of one layer, shape (n_draws, n_pairs); `other` are pairs tied elsewhere."""
    keys = combined_keys(draws.keys[pairs.u], draws.keys[pairs.v])
    number = draws.table(_TIE, name, keys)
    total = of.total_of(None)
    if total is not None:
        return _first(np.where(of.linked, -1.0, number), np.floor(total + draws.each(_SHARE, name)))
    detection = of.detection_of_pairs(pairs, corner.detect)
    number_of_density = draws.each(_DENSITY, name)
    unlike = _overdispersion(of, pairs)
    density = _draw_density(of.linked, detection, corner, number_of_density, unlike)
    spread = _UNEXAMINED * np.sqrt((detection == 0.0).mean())
    factor = np.exp(spread * normal(draws.seed, _SPREAD, name, draws.draw))
    kinds = _Kinds.of(of.linked, detection, _hubs(of.linked, pairs, len(draws.keys)))
    chance = kinds.place(
        kinds.chance(density, factor),
        other,
        overlap=draws.each(_OVERLAP, name),
        hubs=draws.each(_HUBS, name),
    )
    real = _real(of.linked_by, of.false_share(corner.false), draws, name, keys)
    return real | (number < chance)


class _Kinds(NamedTuple):
    """Pairs of firms by kind; those of one kind may have been missed with the same probability.

    `member` has a 1 where a pair (row) is of a kind (column), `linked` flags the kinds on record,
    `detection` is the share of ties that is on record, `weight` how many ties their ends have.
    """

    member: NDArray[np.float32]
    linked: Flags
    detection: Floats
    weight: Floats

    @classmethod
    def of(cls, linked: Flags, detection: Floats, weight: Floats) -> _Kinds:
        of_pair = np.stack([linked, detection, weight], axis=1)
        kinds, kind = np.unique(of_pair, axis=0, return_inverse=True)
        member = np.zeros((len(of_pair), len(kinds)), dtype=np.float32)
        member[np.arange(len(of_pair)), kind.ravel()] = 1.0
        return cls(member, kinds[:, 0] > 0.0, kinds[:, 1], kinds[:, 2])

    def chance(self, density: Floats, factor: Floats) -> Floats:
        """Return the probability of a missed tie, shape (n_draws, n_kinds).

        The density of pairs that nobody examined differs by a random factor.
        """
        elsewhere = np.where(self.detection == 0.0, factor[:, np.newaxis], 1.0)
        density = np.minimum(density[:, np.newaxis] * elsewhere, 1.0)
        return np.where(self.linked, 0.0, missed(density, self.detection))

    def place(self, chance: Floats, other: Flags, *, overlap: Floats, hubs: Floats) -> Floats:
        """Shift missed ties between pairs without changing their expected number.

        Parameters
        ----------
        chance
            Probability of a missed tie, by draw and kind.
        other
            Whether each pair is tied in another layer, shape (n_draws, n_pairs).
        overlap
            Quantile of the share of ties that lie beside a tie of another layer, by draw.
        hubs
            How strongly missed ties prefer firms with many ties, from 0, by draw.

        Returns
        -------
        The probability by draw and pair.
        """
        from scipy.special import betaincinv

        # sums over pairs are of whole numbers: exact in any order
        n_beside = (other.astype(np.float32) @ self.member).astype(np.float64)
        n_apart = self.member.sum(axis=0) - n_beside
        beside = n_beside[:, self.linked].sum(axis=1), n_apart[:, self.linked].sum(axis=1)
        share = betaincinv(beside[0] + 0.5, beside[1] + 0.5, overlap)
        total = (chance * (n_beside + n_apart)).sum(axis=1)
        preferred = chance * self.weight ** hubs[:, np.newaxis]
        near = _scaled(preferred, n_beside, share * total)
        far = _scaled(preferred, n_apart, total - (near * n_beside).sum(axis=1))
        # each sum has one term: a pair is of one kind
        return np.where(other, near @ self.member.T, far @ self.member.T)


def _scaled(chance: Floats, n_pairs: Floats, total: Floats) -> Floats:
    """Scale probabilities so that their sum over all pairs is given, as far as possible."""
    now = (chance * n_pairs).sum(axis=1)
    factor = np.divide(total, now, out=np.zeros_like(now), where=now > 0.0)
    return np.asarray(np.minimum(chance * factor[:, np.newaxis], _MOST))


def _hubs(linked: Flags, pairs: Pairs, n: int) -> Floats:
    """Return how many ties the ends of each pair have."""
    ends = np.concatenate([pairs.u[linked], pairs.v[linked]])
    degree = np.bincount(ends, minlength=n) + 1.0
    return np.asarray(degree[pairs.u] * degree[pairs.v])


def _overdispersion(of: LayerEvidence, pairs: Pairs) -> float:
    """Return how much more the degrees of asked firms vary than by chance, at least 1.

    Firms differ, so the answers of a few say less of the others than as many single pairs would.
    """
    asked = np.zeros(of.members.shape[1], dtype=bool)
    for search in of.searches:
        asked |= search.covered & METHODS[search.method].asks_firms
    if asked.sum() < 2 or asked.all():  # noqa: PLR2004 - a variance needs two
        return 1.0
    ends = np.concatenate([pairs.u[of.linked], pairs.v[of.linked]])
    degree = np.bincount(ends, minlength=len(asked))[asked]
    return float(max(1.0, degree.var(ddof=1) / max(degree.mean(), 0.1)))


def _draw_density(
    known: Flags, detection: Floats, corner: Corner, number: Floats, overdispersion: float = 1.0
) -> Floats:
    """Draw the density of ties or members from those on record."""
    examined = detection > 0.0
    counts = (
        float(known[examined].sum()) / overdispersion,
        float(examined.sum()) / overdispersion,
    )
    quantiles = density_quantiles(*counts, float(detection[examined].mean()), corner.prior)
    return np.interp(number, _STEPS, quantiles)


def _draw_members(of: LayerEvidence, name: str, corner: Corner, draws: Draws) -> Flags:
    """Draw the members of the bodies of one layer, shape (n_draws, n_bodies, n)."""
    drawn = np.empty((len(draws.draw), *of.members.shape), dtype=bool)
    for row, body in enumerate(of.bodies):
        known, key = of.members[row], name_keys([body])[0]
        firms = combined_keys(draws.keys, key)
        number = draws.table(_MEMBER, name, firms)
        real = _real(of.member_by[row], of.false_share(corner.false), draws, name, firms)
        share, total = draws.each(_SHARE, name, key), of.total_of(body)
        detection = of.detection_of_members(body, corner.detect)
        order, most = np.where(known, -1.0, number), of.most_of(row)
        if total is not None:
            missing = _first(order, np.floor(total + share))
        elif (detection == 0.0).all():
            missing = np.full(number.shape, bool(corner.unexamined))
        else:
            density = _draw_density(known, detection, corner, share)[:, np.newaxis]
            missing = number < missed(density, np.where(known, 1.0, detection))
        if most < len(known):
            missing = missing & _first(order, np.full(len(missing), most))
        drawn[:, row] = real | missing
    return drawn


def _real(sources: Ints, false: float, draws: Draws, name: str, keys: Keys) -> Flags:
    """Flag the records that are real: those of which not all sources err."""
    if false == 0.0:
        return np.broadcast_to(sources > 0, (len(draws.draw), len(sources)))
    wrong = draws.table(_FALSE, name, keys) < false**sources
    return np.asarray((sources > 0) & ~wrong)


def _first(order: Floats, wanted: Floats) -> Flags:
    """Flag the lowest numbers of each row, as many as wanted."""
    rank = np.argsort(np.argsort(order, axis=1, kind="stable"), axis=1)
    return np.asarray(rank < wanted[:, np.newaxis])
