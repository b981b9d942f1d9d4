"""DBSCAN on the ellipsoid: cores, borders and noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely

from standort.arguments import checked, positive
from standort.clusters.neighbour_graph import Geodesics, exact_sums
from standort.earth.blocks import in_parts
from standort.errors import LayerError, OptionError, name_ids
from standort.layers.features import as_emitters, check_index
from standort.units import convert

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Floats, Ints
    from standort.clusters.neighbour_graph import NeighbourGraph, Neighbours
    from standort.layers.features import Features


#: label of a site outside any cluster
NOISE = -1

#: what makes a neighbourhood dense: sites, emissions, or both
Mode = Literal["count", "emission", "count_and_emission"]

_KM = 1_000.0

#: roles, and the code of each
_ROLES = pd.Index(["core", "border", "noise", "singleton_anchor"])
_CORE, _BORDER, _NOISE, _SINGLETON = (np.int8(code) for code in range(len(_ROLES)))


@dataclass(frozen=True)
class DensityRule:
    """What makes a site core, and whether borders count; quantities in the order of ids."""

    mode: Mode
    weight: Floats | None
    known: Floats
    """Known emissions, 0 where unknown; 1 for each site if no emissions are given."""
    min_emissions: float
    """In the unit of `known`."""
    star: bool

    def core(self, neighbours: Neighbours, eps: float, min_samples: float) -> Ints:
        """Return the sites in a dense neighbourhood of radius eps [m]."""
        dense = np.ones(len(neighbours), dtype=np.bool_)
        if self.mode != "emission" and self.weight is None:
            dense &= neighbours.crowded(eps, int(np.ceil(min_samples)))
        elif self.mode != "emission" and self.weight is not None:
            dense &= neighbours.totals(eps, self.weight) >= min_samples
        if self.mode != "count":
            dense &= neighbours.totals(eps, self.known) >= self.min_emissions
        return np.flatnonzero(dense)


@checked(eps_km=positive("km"), min_samples=positive(), min_emissions_mt=positive("Mt/yr"))
def dbscan(  # noqa: PLR0913 - each is an option of the method
    sites: GeoDataFrame,
    *,
    eps_km: float = 10.0,
    min_samples: float = 4,
    weights: pd.Series[float] | str | None = None,
    emissions: pd.Series[float] | str | None = None,
    mode: Mode = "count",
    min_emissions_mt: float = 1.0,
    star: bool = False,
    graph: NeighbourGraph | None = None,
) -> pd.DataFrame:
    """Find dense clusters of sites by geodesic distance.

    A site is a *core* of a cluster if at least `min_samples` sites, itself included, are within
    `eps_km` of it. Cores within `eps_km` of each other share a cluster. Another site within
    `eps_km` of a core is a *border* of the cluster of its nearest core. All others are *noise*.

    `eps_km` does not limit the size of a cluster: a chain of sites, each within reach of the next,
    is one cluster, however long. Noise may still be well located: noise says nothing about assets.

    Parameters
    ----------
    sites
        Points in any CRS; ids from ``site_id`` or the index.
    eps_km
        Largest distance between neighbours, inclusive [km].
    min_samples
        Neighbours, including the site itself, that make a core; with `weights`, their total weight.
    weights
        Weight of each site, >= 0, as a series on the index of `sites` or the name of a column; a
        weight of 2 counts as two coincident sites.
    emissions
        Emissions of each site [t/yr], likewise; unknown emissions (NaN) count as 0. They order the
        clusters and break a tie between two cores equally near to a border site.
    mode
        What makes a core: ``count``, enough neighbours; ``emission``, neighbours that together
        emit `min_emissions_mt`; ``count_and_emission``, both. By emissions alone a large plant is
        a core by itself: without a neighbour its role is ``singleton_anchor``, and it is not a
        cluster. With unknown emissions both modes find too few clusters.
    min_emissions_mt
        Known emissions within `eps_km`, including the site's own, that make a core [Mt/yr].
    star
        Count borders as noise (DBSCAN*): clusters are then nested as `eps_km` grows.
    graph
        Other distances between the sites instead of geodesics, for example along a network.

    Returns
    -------
    Index of `sites`; ``cluster``: 0 for the cluster of the largest known emissions (of the most
    sites, without emissions), then 1, 2, ...; -1 for noise; ``role``: ``core``, ``border``,
    ``noise`` or ``singleton_anchor``. Independent of the order of rows.

    Raises
    ------
    OptionError
        If `eps_km`, `min_samples` or `min_emissions_mt` is not a positive number, `mode` is unknown
        or lacks emissions, or `eps_km` is beyond the reach of `graph`.
    LayerError
        If weights are unknown or negative, or a column is missing.
    AlignmentError
        If a series is not on the index of `sites`, an id occurs twice, or `graph` is of other
        sites.

    Notes
    -----
    Of two cores equally near (to a micrometre) a border site joins the one whose cluster has the
    larger known core emissions, then the one whose cluster contains the smallest id, so the result
    does not depend on the visiting order of the original algorithm (decision 21). Memory is
    bounded. Points in one small cube are linked without looking at pairs, so that crowded and
    coincident sites take little longer than others.

    References
    ----------
    Ester, M., Kriegel, H.-P., Sander, J. and Xu, X. (1996), A density-based algorithm for
    discovering clusters in large spatial databases with noise, KDD-96, 226-231, definitions 1-6.
    Campello, R., Moulavi, D. and Sander, J. (2013), Density-based clustering based on hierarchical
    density estimates, PAKDD 2013, definitions 1-4 (DBSCAN*).

    Examples
    --------
    Three plants around the antimeridian, and one far away:

    >>> import geopandas
    >>> points = geopandas.points_from_xy([179.9, -179.9, 180.0, 10.0], [0, 0, 0, 0])
    >>> plants = geopandas.GeoDataFrame(geometry=points, crs=4326)
    >>> dbscan(plants, eps_km=25, min_samples=3).cluster.tolist()
    [0, 0, 0, -1]
    """
    layer = as_emitters(sites)
    rule = density_rule(
        layer,
        weights=weights,
        emissions=emissions,
        mode=mode,
        min_emissions_mt=min_emissions_mt,
        star=star,
    )
    neighbours = _distances_between(layer, graph)
    label, role = label_sites(neighbours, rule, eps_km=eps_km, min_samples=min_samples)
    row = np.empty_like(layer.order)  # position of each row in the order of ids
    row[layer.order] = np.arange(len(layer))
    # taking four strings a million times is cheaper than creating a million strings
    text = _ROLES.array.take(role.codes[row])
    return pd.DataFrame({"cluster": label[row], "role": text}, index=sites.index)


def _distances_between(layer: Features, graph: NeighbourGraph | None) -> Neighbours:
    """Return the graph, checked, or the geodesics between the sites."""
    if graph is not None:
        graph.check_sites(layer)
        return graph
    lon, lat = np.empty((2, len(layer)))

    def read(some: slice) -> None:
        # unlike get_coordinates, get_x and get_y release the interpreter lock
        lon[some] = shapely.get_x(layer.geometries[some])
        lat[some] = shapely.get_y(layer.geometries[some])

    in_parts(read, len(layer))
    return Geodesics(lon, lat)


@checked(min_emissions_mt=positive("Mt/yr"))
def density_rule(
    layer: Features,
    *,
    weights: pd.Series[float] | str | None = None,
    emissions: pd.Series[float] | str | None = None,
    mode: Mode = "count",
    min_emissions_mt: float = 1.0,
    star: bool = False,
) -> DensityRule:
    """Check the options of `dbscan` that define density.

    Raises
    ------
    OptionError
        If `mode` is unknown, or needs emissions that are not given.
    """
    if mode != "count" and emissions is None:
        msg = f"mode {mode!r} needs emissions; pass their column or series as emissions="
        raise OptionError(msg)
    known = _known_emissions(_in_id_order(emissions, "emissions", layer), len(layer))
    weight = _checked_weights(_in_id_order(weights, "weights", layer), layer)
    least = float(convert(np.array([min_emissions_mt]), "mt_per_yr", "t_per_yr")[0])
    return DensityRule(mode, weight, known, least, star)


def label_sites(
    neighbours: Neighbours, rule: DensityRule, *, eps_km: float, min_samples: float
) -> tuple[Ints, pd.Categorical[str]]:
    """Return clusters and roles of points in the order of their ids; see `dbscan`."""
    eps = eps_km * _KM
    core = rule.core(neighbours, eps, min_samples)
    label: Ints = np.full(len(neighbours), NOISE, dtype=np.int64)
    label[core] = neighbours.linked(core, eps)
    if not rule.star:
        _attach_borders(neighbours, label, core, rule.known, eps)
    role = np.where(label == NOISE, _NOISE, _BORDER)
    role[core] = _CORE
    if rule.mode == "emission":
        size = np.bincount(label[label != NOISE], minlength=1)
        alone = (label != NOISE) & (size[label] == 1)
        role[alone], label[alone] = _SINGLETON, NOISE
        _, label[label != NOISE] = np.unique(label[label != NOISE], return_inverse=True)
    return renumber(label, rule.known), pd.Categorical.from_codes(role, categories=_ROLES)


def _in_id_order(
    series: pd.Series[float] | str | None, what: str, layer: Features
) -> Floats | None:
    """Return a column, or a series on the index of the sites, in the order of ids."""
    if series is None:
        return None
    if isinstance(series, str):
        return layer.quantity(series)
    check_index(series, layer, what)
    quantity = series.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(quantity).any():
        ids = name_ids(list(series.index[np.isinf(quantity)]))
        msg = f"expected finite {what}, got infinite values for {ids}; fix them or set them to NaN"
        raise LayerError(msg)
    return np.asarray(quantity[layer.order])


def _known_emissions(emissions: Floats | None, n_sites: int) -> Floats:
    """Return known emissions, 0 where unknown; 1 per site if no emissions are given."""
    return np.ones(n_sites) if emissions is None else np.nan_to_num(emissions, nan=0.0)


def _checked_weights(weight: Floats | None, layer: Features) -> Floats | None:
    if weight is None:
        return None
    broken = ~((weight >= 0) & np.isfinite(weight))
    if broken.any():
        msg = (
            f"expected known weights of 0 or more, but {broken.sum()} are not: "
            f"{name_ids(list(layer.ids[broken]))}; fill or drop them"
        )
        raise LayerError(msg)
    return weight


def _attach_borders(
    neighbours: Neighbours, label: Ints, core: Ints, known: Floats, eps: float
) -> None:
    """Label every other site within reach of a core with the cluster of its nearest core."""
    others = np.ones(len(neighbours), dtype=np.bool_)
    others[core] = False
    query = np.flatnonzero(others)
    if not core.size or not query.size:
        return
    # in a tie, clusters of larger core emissions come first, then the smaller id
    rank = _rank_clusters(label[core], core, known[core])
    preference = np.full(len(neighbours), -1)
    preference[core] = rank[label[core]] * len(neighbours) + core
    near = neighbours.nearest(preference, query, eps)
    label[query[near >= 0]] = label[near[near >= 0]]


def renumber(label: Ints, known: Floats) -> Ints:
    """Renumber clusters by descending known emissions, ties by their smallest id."""
    member = np.flatnonzero(label != NOISE)
    if not member.size:
        return label
    ordered = label.copy()
    ordered[member] = _rank_clusters(label[member], member, known[member])[label[member]]
    return ordered


def _rank_clusters(label: Ints, position: Ints, known: Floats) -> Ints:
    """Rank clusters 0, 1, ... by descending known emissions, ties by their smallest position."""
    emissions = exact_sums(label, known)
    first = np.full(len(emissions), np.iinfo(np.int64).max)
    np.minimum.at(first, label, position)
    rank = np.empty(len(emissions), dtype=np.int64)
    rank[np.lexsort([first, -emissions])] = np.arange(len(emissions))
    return rank
