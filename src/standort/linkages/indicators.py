"""Network indicators that are reported but not scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.arguments import MOST_DRAWS, SEED, YEAR, checked, positive, whole
from standort.errors import OptionError
from standort.linkages.firm_network import build_network
from standort.linkages.firm_tables import LAYERS, read_tables
from standort.linkages.layer_scores import anchor_share, as_recorded, tied_pairs
from standort.linkages.one_mode import pairs_within_groups
from standort.linkages.options import check_anchors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from standort.array_types import Ints
    from standort.linkages.firm_network import Layer


#: Least age of a persistent tie [years].
_YEARS = 5
#: Tolerance for rounding when a statistic is compared with the observed one.
_SLACK = 1e-12
#: A full matrix is faster if more than one pair in this many is tied.
_SPARSE = 20
_COLUMNS = [
    "n_firms",
    "observed",
    "m",
    "external",
    "density",
    "non_isolates",
    "weighted_density",
    "reciprocity",
    "reciprocity_p",
    "transitivity",
    "transitivity_p",
    "centralisation",
    "ei",
    "anchor_ties",
    "persistence",
]


@checked(year=YEAR, weight_reference=positive(), draws=whole(0, MOST_DRAWS), seed=SEED)
def linkage_indicators(  # noqa: PLR0913 - three tables, and what indicators refer to
    firms: pd.DataFrame,
    linkages: pd.DataFrame | None,
    memberships: pd.DataFrame | None,
    *,
    year: int | None = None,
    assets: pd.DataFrame | None = None,
    anchor: str | Mapping[Any, str] | None = None,
    weight_reference: float | None = None,
    draws: int = 199,
    seed: int = 0,
) -> pd.DataFrame:
    """Compute indicators of the network of each place and layer that are not part of a score.

    They would mislead as scores: density falls with the number of firms whatever the firms do, and
    no form of governance is known to be best, so neither end of centralisation is better. Compare
    density only between places of equal size. Ties are pairs of firms that are linked or share a
    body; directions and weights come from `linkages` alone.

    Parameters
    ----------
    firms, linkages, memberships, year, assets, anchor
        As for `linkage`; `linkages` may carry ``weight``.
    weight_reference
        Weight of the strongest possible tie, > 0 and at least the largest weight in the data;
        without it there is no weighted density.
    draws, seed
        Number of random networks for the p-values (0 for none) and random seed.

    Returns
    -------
    One row for each place and layer, index ``place``, ``layer``. Indicators are NaN where they are
    undefined; in an unobserved layer, all columns but ``n_firms`` and ``observed`` are NaN.

    - ``m``, pairs with a tie; ``external``, pairs of a firm of the place and one outside;
    - ``density``, 2m / (n (n - 1)); ``non_isolates``, share of firms with a tie within the place;
    - ``weighted_density``, weights over `weight_reference`, mean over all pairs; NaN if the weight
      of any linkage is unknown or none is recorded;
    - ``reciprocity``, share of directed linkages that are reciprocated; formal layer only, and too
      low where each linkage was recorded once;
    - ``transitivity``, share of paths of two ties that a third tie closes;
    - ``centralisation``, 1 for a star, 0 if all firms have equally many ties;
    - ``ei``, (external - m) / (external + m): -1 for inward ties only, 1 for outward ties only;
    - ``anchor_ties``, share of the other firms with a tie to the anchor;
    - ``persistence``, share of ties at least 5 years old among those of known age, in `year`;
    - ``reciprocity_p``, ``transitivity_p``: share of random networks with as many firms and ties
      (directed for the former) that reach the value; the observed network is one of them.

    Raises
    ------
    LayerError
        If tables violate their contract; lists all problems of all tables.
    OptionError
        If an option is out of range, or an anchor is not a firm of its place.

    References
    ----------
    Anderson, B. S., Butts, C. and Carley, K. (1999), Social Networks 21, 239-267 (density, and
    random networks of given size and density). Freeman, L. C. (1979), Social Networks 1, 215-239
    (centralisation). Krackhardt, D. and Stern, R. N. (1988), Social Psychology Quarterly 51,
    123-140 (E-I). Wasserman, S. and Faust, K. (1994), Social Network Analysis (reciprocity).

    Examples
    --------
    A star: four firms supply the one in the middle, and one of them supplies a firm elsewhere.

    >>> import pandas
    >>> firms = pandas.DataFrame({"firm": list("ABCDE")})
    >>> star = pandas.DataFrame({"firm_u": list("BCDEE"), "firm_v": list("AAAAZ")})
    >>> indicators = linkage_indicators(firms, star.assign(kind="formal"), None, anchor="A")
    >>> columns = ["m", "density", "centralisation", "transitivity", "ei", "anchor_ties"]
    >>> indicators.loc[("all", "formal"), columns].astype(float).to_numpy()
    array([ 4. ,  0.4,  1. ,  0. , -0.6,  1. ])
    """
    tables = read_tables(firms, linkages, memberships, assets, year=year)
    _check_reference(weight_reference, tables.edges["weight"])
    anchors = check_anchors(anchor, tables)
    rows = {}
    for place, members in tables.places.items():
        network = build_network(tables, members)
        for name, layer in network.layers.items():
            row = dict.fromkeys(_COLUMNS, np.nan) | {"observed": layer.observed}
            if layer.observed:
                row |= _describe(layer, len(network))
                row["weighted_density"] = _weighted(layer, len(network), weight_reference)
                row["anchor_ties"] = anchor_share([layer], anchors.get(place), len(network))
                row["persistence"] = _persistence(layer, year)
                row |= _test(layer, len(network), name, draws=draws, seed=seed)
            rows[place, name] = row | {"n_firms": len(network)}
    index = pd.MultiIndex.from_product([list(tables.places), LAYERS], names=["place", "layer"])
    table = pd.DataFrame(list(rows.values()), columns=_COLUMNS, index=index)
    types = dict.fromkeys(_COLUMNS, "float64") | {"n_firms": "int64", "observed": "bool"}
    return table.astype(types)


def centralisation(degree: Ints) -> float:
    """Return Freeman's degree centralisation: how far all firms fall short of the most tied one.

    Examples
    --------
    >>> centralisation(np.array([4, 1, 1, 1, 1])), centralisation(np.array([2, 2, 2, 2]))
    (1.0, 0.0)
    """
    n = len(degree)
    if n < 3:  # noqa: PLR2004 - a star needs three
        return float("nan")
    return float((degree.max() - degree).sum() / ((n - 1) * (n - 2)))


def external_internal(external: int, internal: int) -> float:
    """Return the E-I index of Krackhardt and Stern: -1 if all ties are inward, 1 if outward.

    Examples
    --------
    >>> external_internal(11, 67), external_internal(67, 11)
    (-0.7179, 0.7179)
    """
    ties = external + internal
    return (external - internal) / ties if ties else float("nan")


def _describe(layer: Layer, n: int) -> dict[str, float]:
    """Return the indicators of the ties of one layer."""
    pairs = tied_pairs(as_recorded(layer), n)
    degree = np.bincount(np.concatenate([pairs // n, pairs % n]), minlength=n)
    possible = n * (n - 1) / 2
    return {
        "m": len(pairs),
        "external": len(layer.outside),
        "density": len(pairs) / possible if possible else np.nan,
        "non_isolates": np.count_nonzero(degree) / n,
        "centralisation": centralisation(degree),
        "ei": external_internal(len(layer.outside), len(pairs)),
    }


def _weighted(layer: Layer, n: int, reference: float | None) -> float:
    """Return the mean weight of all pairs as a share of the reference."""
    if reference is None or layer.edges.empty:
        return float("nan")
    weight = layer.edges["weight"].to_numpy()  # in the order of names
    return float(weight.sum() / (reference * n * (n - 1) / 2))


def _persistence(layer: Layer, year: int | None) -> float:
    """Return the share of old ties among those of known age, by the oldest record of a tie."""
    if year is None:
        return float("nan")
    members = layer.members
    earlier, later = pairs_within_groups(members["body"].to_numpy())
    firm, since = members["firm"].to_numpy(), members["since"].to_numpy(dtype=float)
    shared = pd.DataFrame(
        {
            "u": firm[earlier],
            "v": firm[later],
            "since": np.maximum(since[earlier], since[later]),  # NaN if either is
        }
    )
    ties = pd.concat([layer.edges[["u", "v", "since"]], shared], ignore_index=True)
    oldest = ties.groupby(["u", "v"])["since"].min().dropna()
    return float((year - oldest >= _YEARS).mean()) if len(oldest) else float("nan")


def _test(layer: Layer, n: int, name: str, *, draws: int, seed: int) -> dict[str, float]:
    """Return transitivity and reciprocity with their p-values."""
    pairs = tied_pairs(as_recorded(layer), n)
    results = {"transitivity": transitivity_of(pairs // n, pairs % n, n)}
    results["transitivity_p"] = conditional_p(
        transitivity_of,
        results["transitivity"],
        len(pairs),
        n,
        directed=False,
        draws=draws,
        seed=seed,
    )
    if name == "formal":
        u, v = (layer.arcs[end].to_numpy(dtype=np.intp) for end in ("u", "v"))
        results["reciprocity"] = reciprocity_of(u, v, n)
        results["reciprocity_p"] = conditional_p(
            reciprocity_of, results["reciprocity"], len(u), n, directed=True, draws=draws, seed=seed
        )
    return results


def _check_reference(reference: float | None, weight: pd.Series[float]) -> None:
    """Raise unless the reference is at least the largest weight."""
    if reference is None:
        return
    if (weight > reference).any():
        msg = (
            "expected weight_reference to be a positive number of at least the largest weight "
            f"of a linkage ({weight.max():g}), got {reference!r}"
        )
        raise OptionError(msg)


def reciprocity_of(u: Ints, v: Ints, n: int) -> float:
    """Return the share of reciprocated arcs, 2 m_mutual / m; NaN without arcs.

    Examples
    --------
    A and B supply each other, and A supplies C:

    >>> reciprocity_of(np.array([0, 1, 0]), np.array([1, 0, 2]), 3)
    0.6667
    """
    if not len(u):
        return float("nan")
    return float(np.isin(u * n + v, v * n + u).mean())


def transitivity_of(u: Ints, v: Ints, n: int) -> float:
    """Return the share of paths of two ties that a third closes; NaN without such paths.

    Examples
    --------
    A triangle with a tail: 3 of 5 paths are closed.

    >>> transitivity_of(np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3]), 4)
    0.6
    """
    from scipy.sparse import coo_array

    degree = np.bincount(np.concatenate([u, v]), minlength=n)
    paths = int((degree * (degree - 1)).sum())
    if not paths:
        return float("nan")
    ends = np.concatenate([u, v]), np.concatenate([v, u])
    if len(u) * _SPARSE > n * n:
        filled = np.zeros((n, n))
        filled[ends] = 1.0
        # whole numbers: the sum is exact in any order
        return float(((filled @ filled) * filled).sum()) / paths
    tied = coo_array((np.ones(2 * len(u), dtype=np.int64), ends), shape=(n, n)).tocsr()
    closed = int((tied @ tied).multiply(tied).sum())
    return closed / paths


def conditional_p(  # noqa: PLR0913 - a statistic, what it is conditional on, and how to draw
    statistic: Callable[[Ints, Ints, int], float],
    observed: float,
    ties: int,
    n: int,
    *,
    directed: bool,
    draws: int,
    seed: int,
) -> float:
    """Return the share of random networks with as many firms and ties that reach a statistic.

    Parameters
    ----------
    statistic
        Function of the ends of the ties and the number of firms.
    observed
        Its value in the observed network, which counts as one of the random ones.
    ties, n
        Number of ties (arcs if `directed`) and of firms.
    directed
        Whether ties are directed.
    draws, seed
        Number of random networks and random seed.

    Returns
    -------
    In (0, 1]; small if random networks rarely reach the value. NaN if `observed` is NaN or there
    are no draws. A random network where the statistic is undefined does not reach it.

    References
    ----------
    Anderson, B. S., Butts, C. and Carley, K. (1999), The interaction of size and density with
    graph-level indices, Social Networks 21, 239-267.
    """
    if np.isnan(observed) or not draws:
        return float("nan")
    possible = n * (n - 1) if directed else n * (n - 1) // 2
    if ties == possible:
        return 1.0
    reached = 0
    for draw in range(draws):
        drawn = np.random.default_rng([seed, draw]).choice(possible, ties, replace=False)
        u, v = _arc(drawn, n) if directed else _pair(drawn)
        reached += statistic(u, v, n) >= observed - _SLACK
    return (1 + reached) / (1 + draws)


def _arc(number: Ints, n: int) -> tuple[Ints, Ints]:
    """Convert numbers below n (n - 1) to distinct arcs."""
    u, v = number // (n - 1), number % (n - 1)
    return u, v + (v >= u)


def _pair(number: Ints) -> tuple[Ints, Ints]:
    """Convert numbers below n (n - 1) / 2 to distinct pairs u < v."""
    v = ((1.0 + np.sqrt(8.0 * number + 1.0)) / 2.0).astype(np.intp)
    v -= v * (v - 1) // 2 > number  # correct rounding in either direction
    v += v * (v + 1) // 2 <= number
    return number - v * (v - 1) // 2, v
