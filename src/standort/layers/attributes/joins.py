"""Ids of sites and tables against those of emitters: what is joined by id, and what only nearly.

A site is known to be an emitter by its id alone. If the ids nearly match, it counts itself as its
own neighbour at 0 km, and nothing else shows that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.earth.geodesy import geocentric
from standort.layers.attributes.ids import id_texts, name_pairs, near_matches
from standort.layers.provenance import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from geopandas import GeoDataFrame

    from standort.array_types import Ints

#: Layers and tables that are joined by the ids of sites.
JOINED = ("sites", "emitters", "initiatives")
#: Up to this distance a site stands on an emitter [m].
_SAME_PLACE_M = 1.0
#: From this number on, and if they are most sites that are no emitters, such sites are reported:
#: a few may well be planned where a plant stands.
_MANY = 3


def find_doubtful_joins(
    layers: Mapping[str, GeoDataFrame], tables: Mapping[str, pd.DataFrame]
) -> list[Notice]:
    """Return notices of ids of sites and initiatives that nearly match those of emitters.

    Parameters
    ----------
    layers, tables
        Layers and tables of a study, by name.

    Returns
    -------
    One notice for the sites and one for the initiatives at most. Each names pairs of ids.

    Examples
    --------
    >>> import geopandas
    >>> def points(ids):
    ...     at = geopandas.points_from_xy(range(3), [52] * 3, crs=4326)
    ...     return geopandas.GeoDataFrame(geometry=at, index=ids)
    >>> layers = {"emitters": points(["e1", "e2", "e3"]), "sites": points(["E1", "e2", "x"])}
    >>> [notice.text.split(":")[1].strip() for notice in find_doubtful_joins(layers, {})]
    ["1 id nearly matches an id of layer 'emitters' ('E1' and 'e1')"]
    """
    emitters = layers.get("emitters")
    if emitters is None:
        return []
    notices = []
    sites = layers.get("sites")
    if sites is not None and sites is not emitters:
        notices += _doubtful_sites(sites, emitters)
    if "initiatives" in tables:
        pairs = near_matches(tables["initiatives"]["site_id"], emitters.index)
        notices += _notice("table 'initiatives'", pairs, "they are not members")
    return notices


def _doubtful_sites(sites: GeoDataFrame, emitters: GeoDataFrame) -> list[Notice]:
    pairs = near_matches(sites.index, emitters.index)
    if pairs:
        return _notice("layer 'sites'", pairs, "each site counts that emitter as a neighbour")
    strangers = ~id_texts(sites.index).isin(id_texts(emitters.index))
    emitter = _emitter_at(sites[strangers], emitters)
    at = emitter >= 0
    if at.sum() < max(_MANY, at.size / 2):
        return []
    own, theirs = id_texts(sites.index[strangers][at]), id_texts(emitters.index[emitter[at]])
    text = (
        f"layer 'sites': {at.sum():,} of {at.size:,} sites that are not emitters by their id stand "
        f"where an emitter stands ({name_pairs(list(zip(own, theirs, strict=True)))}): each site "
        "counts that emitter as a neighbour at 0 km; if they are the same plants, use the same ids"
    )
    return [Notice("sites on emitters", text)]


def _notice(named: str, pairs: list[tuple[str, str]], effect: str) -> list[Notice]:
    if not pairs:
        return []
    ids = "1 id nearly matches an id" if len(pairs) == 1 else f"{len(pairs):,} ids nearly match ids"
    text = (
        f"{named}: {ids} of layer 'emitters' ({name_pairs(pairs)}): {effect}; if they are the "
        "same, write them alike"
    )
    return [Notice("ids that nearly match", text)]


def _emitter_at(sites: GeoDataFrame, emitters: GeoDataFrame) -> Ints:
    """Return the position of the emitter where a site stands, -1 if there is none."""
    from scipy.spatial import cKDTree

    if sites.empty or emitters.empty:
        return np.full(len(sites), -1)
    there, here = (
        geocentric(layer.geometry.x.to_numpy(), layer.geometry.y.to_numpy())
        for layer in (emitters, sites)
    )
    _, nearest = cKDTree(there).query(here, distance_upper_bound=_SAME_PLACE_M)
    return np.where(nearest < len(emitters), nearest, -1)
