"""Indicators of networks that are reported and not scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.errors import OptionError
from standort.linkages.measuring import record, tied_pairs
from standort.linkages.networks import build_network
from standort.linkages.nulls import conditional_p, reciprocity_of, transitivity_of
from standort.linkages.options import check_anchors, check_draws
from standort.linkages.pairing import pairs_within_groups
from standort.linkages.tables import LAYERS, read_tables
from standort.linkages.tied import anchor_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from standort.linkages.networks import Layer

    Ints = NDArray[np.integer[Any]]

__all__ = ["centralisation", "external_internal", "linkage_indicators"]

#: years a tie has to be old to be called persistent
_YEARS = 5


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
    """Describe the network of each unit and layer by indicators that have no place in a score.

    They mislead as scores: density falls with the number of firms whatever the firms do, and no
    form of governance is known to be best, so centralisation has no good end. Compare density
    between units of equal size only. Ties are pairs of firms that are linked, or in a body
    together; directions and weights are those of `linkages` alone.

    Parameters
    ----------
    firms, linkages, memberships, year, assets, anchor
        As for `linkage`; `linkages` may carry ``weight``.
    weight_reference
        Weight of a tie as strong as can be, > 0, at least the largest there is; None gives no
        weighted density.
    draws, seed
        Number of random networks for the p-values, 0 for none, and which.

    Returns
    -------
    One row for each unit and layer, index ``unit``, ``layer``. Everything but ``n_firms``,
    ``observed`` and the counts is NaN where it has no value; all but ``n_firms`` where the layer is
    not observed in the unit.

    - ``m``, pairs with a tie; ``external``, pairs of a firm of the unit and one outside;
    - ``density``, 2m / (n (n - 1)); ``non_isolates``, share of firms with a tie within the unit;
    - ``weighted_density``, weights over `weight_reference`, mean over all pairs; NaN if the weight
      of a linkage is unknown or none is recorded;
    - ``reciprocity``, share of directed linkages that are returned; of the formal layer only, and
      too low where people record each linkage once;
    - ``transitivity``, share of paths of two ties that are closed by a third;
    - ``centralisation``, 1 for a star, 0 where all have as many ties;
    - ``ei``, (external - m) / (external + m): -1 looks inward, 1 outward;
    - ``anchor_ties``, share of the other firms with a tie to the anchor;
    - ``persistence``, share of ties at least 5 years old among those of known age, in `year`;
    - ``reciprocity_p``, ``transitivity_p``: share of random networks of as many firms and ties
      (directed for the former) that reach the value, the network itself among them.

    Raises
    ------
    LayerError
        If tables break their contract; all faults of all tables are named.
    OptionError
        If an option is outside its range, or an anchor is no firm of its unit.

    References
    ----------
    Anderson, B. S., Butts, C. and Carley, K. (1999), Social Networks 21, 239-267 (density, and
    random networks of given size and density). Freeman, L. C. (1979), Social Networks 1, 215-239
    (centralisation). Krackhardt, D. and Stern, R. N. (1988), Social Psychology Quarterly 51,
    123-140 (E-I). Wasserman, S. and Faust, K. (1994), Social Network Analysis (reciprocity).

    Examples
    --------
    A star: all four others supply the firm in the middle, and one of them a firm elsewhere.

    >>> import pandas
    >>> firms = pandas.DataFrame({"firm": list("ABCDE")})
    >>> star = pandas.DataFrame({"firm_u": list("BCDEE"), "firm_v": list("AAAAZ")})
    >>> found = linkage_indicators(firms, star.assign(kind="formal"), None, anchor="A")
    >>> columns = ["m", "density", "centralisation", "transitivity", "ei", "anchor_ties"]
    >>> found.loc[("all", "formal"), columns].astype(float).to_numpy()
    array([ 4. ,  0.4,  1. ,  0. , -0.6,  1. ])
    """
    check_draws(draws, seed)
    tables = read_tables(firms, linkages, memberships, assets, year=year)
    _check_reference(weight_reference, tables.edges["weight"])
    anchors = check_anchors(anchor, tables)
    rows = {}
    for unit, members in tables.units.items():
        network = build_network(tables, members)
        for name, layer in network.layers.items():
            row = dict.fromkeys(_COLUMNS, np.nan) | {"observed": layer.observed}
            if layer.observed:
                row |= _describe(layer, len(network))
                row["weighted_density"] = _weighted(layer, len(network), weight_reference)
                row["anchor_ties"] = anchor_share([layer], anchors.get(unit), len(network))
                row["persistence"] = _persistence(layer, year)
                row |= _test(layer, len(network), name, draws=draws, seed=seed)
            rows[unit, name] = row | {"n_firms": len(network)}
    index = pd.MultiIndex.from_product([list(tables.units), LAYERS], names=["unit", "layer"])
    found = pd.DataFrame(list(rows.values()), columns=_COLUMNS, index=index)
    types = dict.fromkeys(_COLUMNS, "float64") | {"n_firms": "int64", "observed": "bool"}
    return found.astype(types)


def centralisation(degree: Ints) -> float:
    """Give Freeman's degree centralisation: how far the other firms stay behind the best tied.

    Examples
    --------
    >>> centralisation(np.array([4, 1, 1, 1, 1])), centralisation(np.array([2, 2, 2, 2]))
    (1.0, 0.0)
    """
    n = len(degree)
    if n < 3:  # noqa: PLR2004 - nobody can stand in the middle
        return float("nan")
    return float((degree.max() - degree).sum() / ((n - 1) * (n - 2)))


def external_internal(external: int, internal: int) -> float:
    """Give the E-I index of Krackhardt and Stern: -1 all ties inward, 1 all outward.

    Examples
    --------
    >>> external_internal(11, 67), external_internal(67, 11)
    (-0.7179, 0.7179)
    """
    ties = external + internal
    return (external - internal) / ties if ties else float("nan")


def _describe(layer: Layer, n: int) -> dict[str, float]:
    """Give the indicators of the ties of one layer."""
    pairs = tied_pairs(record(layer), n)
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
    """Give the mean weight of all pairs, as a share of the reference."""
    if reference is None or layer.edges.empty:
        return float("nan")
    weight = layer.edges["weight"].to_numpy()  # in the order of names
    return float(weight.sum() / (reference * n * (n - 1) / 2))


def _persistence(layer: Layer, year: int | None) -> float:
    """Give the share of ties of known age that are old; a tie is as old as its oldest record."""
    if year is None:
        return float("nan")
    members = layer.members
    earlier, later = pairs_within_groups(members["body"].to_numpy())
    firm, since = members["firm"].to_numpy(), members["since"].to_numpy(dtype=float)
    met = pd.DataFrame(
        {
            "u": firm[earlier],
            "v": firm[later],
            "since": np.maximum(since[earlier], since[later]),  # NaN if either is
        }
    )
    ties = pd.concat([layer.edges[["u", "v", "since"]], met], ignore_index=True)
    oldest = ties.groupby(["u", "v"])["since"].min().dropna()
    return float((year - oldest >= _YEARS).mean()) if len(oldest) else float("nan")


def _test(layer: Layer, n: int, name: str, *, draws: int, seed: int) -> dict[str, float]:
    """Give transitivity and reciprocity, and how rare they are among random networks."""
    pairs = tied_pairs(record(layer), n)
    found = {"transitivity": transitivity_of(pairs // n, pairs % n, n)}
    found["transitivity_p"] = conditional_p(
        transitivity_of,
        found["transitivity"],
        len(pairs),
        n,
        directed=False,
        draws=draws,
        seed=seed,
    )
    if name == "formal":
        u, v = (layer.arcs[end].to_numpy(dtype=np.intp) for end in ("u", "v"))
        found["reciprocity"] = reciprocity_of(u, v, n)
        found["reciprocity_p"] = conditional_p(
            reciprocity_of, found["reciprocity"], len(u), n, directed=True, draws=draws, seed=seed
        )
    return found


def _check_reference(reference: float | None, weight: pd.Series[float]) -> None:
    """Refuse a reference that weights exceed: a share above 1 is none."""
    if reference is None:
        return
    if not 0.0 < reference < np.inf or (weight > reference).any():
        msg = (
            "expected weight_reference to be a positive number of at least the largest weight "
            f"of a linkage ({weight.max():g}), got {reference!r}"
        )
        raise OptionError(msg)


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
