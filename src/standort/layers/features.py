"""Sites and features in the form that metrics use: positions, ordered ids and a spatial index.

A layer is prepared once for all metrics. Features are in the order of their ids, which makes ties
and sums independent of row order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.arguments import checked
from standort.earth import NO_FEATURE, FeatureIndex
from standort.errors import AlignmentError, LayerError, name_ids
from standort.layers.attributes.ids import id_texts
from standort.layers.geometry.conversion import to_wgs84, without_geometry
from standort.layers.geometry.crs import is_wgs84

if TYPE_CHECKING:
    from collections.abc import Callable

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.array_types import Floats, Ints


_POINTS = frozenset({"point"})
_ANY_GEOMETRY = frozenset({"point", "line", "polygon"})
#: Types that pandas infers for columns of numbers.
_NUMERIC = frozenset({"integer", "floating", "mixed-integer-float", "boolean", "empty"})


@dataclass(frozen=True)
class Sites:
    """Points to measure at: WGS84 degrees, the index for results, and the ids of the sites.

    `ids` is None unless the ids are explicit (a column or an index named ``site_id``): only then
    can a site be recognised among the features.
    """

    lon: Floats
    lat: Floats
    index: pd.Index[Any]
    ids: pd.Index[Any] | None

    def __len__(self) -> int:
        """Return the number of sites."""
        return len(self.lon)

    @cached_property
    def ids_as_text(self) -> pd.Index[Any] | None:
        """The ids as text for `own_features`."""
        return None if self.ids is None else id_texts(self.ids)


@dataclass(frozen=True)
class Features:
    """A layer to measure against, in the order of its ids.

    `ids` are those of the features (``feature_id``, ``site_id`` or the index); `site_ids` the
    same where they are explicit ids of sites, else None. `table` holds the attributes, `order` the
    input row of each feature, `input_index` the index of those rows. `indexed` returns the
    spatial index if another layer with the same features has built it.
    """

    geometries: NDArray[np.object_]
    ids: pd.Index[Any]
    site_ids: pd.Index[Any] | None
    table: pd.DataFrame
    order: Ints
    input_index: pd.Index[Any]
    indexed: Callable[[], FeatureIndex] | None = field(default=None, repr=False)

    @cached_property
    def index(self) -> FeatureIndex:
        """The spatial index, built on first use."""
        return FeatureIndex(self.geometries) if self.indexed is None else self.indexed()

    @cached_property
    def site_ids_as_text(self) -> pd.Index[Any] | None:
        """The ids of sites as text for `own_features`."""
        return None if self.site_ids is None else id_texts(self.site_ids)

    def __len__(self) -> int:
        """Return the number of features."""
        return len(self.ids)

    @checked()
    def subset(self, which: Ints) -> Features:
        """Return the features at ascending positions."""
        return Features(
            geometries=self.geometries[which],
            ids=self.ids[which],
            site_ids=None if self.site_ids is None else self.site_ids[which],
            table=self.table.iloc[which],
            order=self.order[which],
            input_index=self.input_index,
            indexed=None if self.indexed is None else lambda: self.index.subset(which),
        )

    @checked()
    def with_attributes(self, frame: GeoDataFrame) -> Features:
        """Return the same features with other attributes, for the same rows.

        They and their subsets share one spatial index.
        """
        table = without_geometry(frame).iloc[self.order]
        return replace(self, table=table, indexed=lambda: self.index)

    @checked()
    def quantity(self, column: str) -> Floats:
        """Return a numeric column as floats; unknown values are NaN."""
        if column not in self.table.columns:
            have = ", ".join(map(str, self.table.columns)) or "none"
            msg = f"expected a column {column!r} in the features, which have: {have}"
            raise LayerError(msg)
        values = self.table[column]
        if pd.api.types.infer_dtype(values, skipna=True) not in _NUMERIC:
            msg = f"column {column!r} must be numeric, got {values.dtype}; convert it"
            raise LayerError(msg)
        quantity = values.to_numpy(dtype=np.float64, na_value=np.nan)
        broken = np.isinf(quantity)
        if broken.any():
            ids = name_ids(list(self.ids[broken]))
            msg = f"column {column!r} is infinite for {broken.sum()} features: {ids}; correct it"
            raise LayerError(msg)
        return quantity

    @checked()
    def named(self, position: Ints) -> NDArray[np.object_]:
        """Return the ids of the features at positions, None without a feature."""
        names = np.empty(len(self) + 1, dtype=object)
        names[:-1] = self.ids.to_numpy(dtype=object)
        return np.asarray(names[position])  # NO_FEATURE (-1) selects the empty last entry


@checked()
def as_sites(sites: GeoDataFrame | Sites) -> Sites:
    """Return sites from a GeoDataFrame of points in any CRS; prepared sites are unchanged."""
    if isinstance(sites, Sites):
        return sites
    lonlat = _plain_points(sites)
    if lonlat is None:
        layer, _ = to_wgs84(sites, name="sites", allowed=_POINTS, id_column="site_id")
        lonlat = shapely.get_coordinates(layer.geometry.to_numpy())
    return Sites(
        lon=np.ascontiguousarray(lonlat[:, 0]),
        lat=np.ascontiguousarray(lonlat[:, 1]),
        index=sites.index.copy(),
        ids=_site_ids(sites, "sites"),
    )


def _plain_points(sites: GeoDataFrame) -> Floats | None:
    """Return the coordinates of points that need no conversion; None if any may."""
    if sites.crs is None or not is_wgs84(sites.crs):
        return None
    geometries = sites.geometry.to_numpy()
    if (shapely.get_type_id(geometries) != shapely.GeometryType.POINT).any():
        return None
    lonlat = shapely.get_coordinates(geometries)
    on_earth = (np.abs(lonlat) <= [180.0, 90.0]).all()  # False where not finite
    return np.asarray(lonlat) if on_earth and len(lonlat) == len(geometries) else None


@checked()
def as_features(features: GeoDataFrame | Features) -> Features:
    """Return features from a GeoDataFrame in any CRS; prepared features are unchanged."""
    if isinstance(features, Features):
        return features
    names = ("feature_id", "site_id")
    has = {features.index.name, *features.columns}
    id_column = next((name for name in names if name in has), names[0])
    return _prepare(features, "features", _ANY_GEOMETRY, names, id_column)


def as_emitters(emitters: GeoDataFrame | Features) -> Features:
    """Return points that are both features and sites, with ``site_id`` as preferred id."""
    if isinstance(emitters, Features):
        return emitters
    return _prepare(emitters, "sites", _POINTS, ("site_id", "feature_id"), "site_id")


def _prepare(
    frame: GeoDataFrame,
    name: str,
    allowed: frozenset[str],
    id_names: tuple[str, ...],
    id_column: str,
) -> Features:
    layer, _ = to_wgs84(frame, name=name, allowed=allowed, id_column=id_column)
    ids, _ = _ids(layer, id_names)
    _check_unique(ids, name)
    order = _id_order(ids)
    site_ids = _site_ids(layer, name)
    return Features(
        geometries=layer.geometry.to_numpy()[order],
        ids=ids[order],
        site_ids=None if site_ids is None else site_ids[order],
        table=without_geometry(layer).iloc[order],
        order=order,
        input_index=layer.index,
    )


def own_features(sites: Sites, features: Features) -> Ints | None:
    """Return the position of each site among the features by ``site_id``; None without ids."""
    known, wanted = features.site_ids_as_text, sites.ids_as_text
    if sites.ids is None or known is None or wanted is None:
        return None
    position = known.get_indexer(wanted)
    return np.where((position >= 0) & sites.ids.notna(), position, NO_FEATURE)


def check_index(table: pd.DataFrame | pd.Series[Any], features: Features, what: str) -> None:
    """Raise unless a table has the index of the input of the features."""
    if not table.index.equals(features.input_index):
        msg = (
            f"expected {what} on the index of the sites ({len(features.input_index)} ids), got "
            f"{len(table)} rows with another index; use .reindex(sites.index)"
        )
        raise AlignmentError(msg)


def _ids(layer: GeoDataFrame, names: tuple[str, ...]) -> tuple[pd.Index[Any], bool]:
    """Return the ids from an index or column with one of the names, and whether it exists."""
    if layer.index.name in names:
        return layer.index, True
    for name in names:
        if name in layer.columns:
            return pd.Index(layer[name], name=name), True
    return layer.index, False


def _site_ids(layer: GeoDataFrame, what: str) -> pd.Index[Any] | None:
    """Return the explicit ids of sites; None if the layer has none or is indexed by features."""
    if layer.index.name == "feature_id":
        return None
    ids, explicit = _ids(layer, ("site_id",))
    if not explicit:
        return None
    _check_unique(ids.dropna(), what)
    return ids


def _id_order(ids: pd.Index[Any]) -> Ints:
    """Return the order of ids: numbers by value, mixed types as text."""
    try:
        return np.asarray(ids.argsort(), dtype=np.intp)
    except TypeError:
        return np.asarray(ids.astype(str).argsort(), dtype=np.intp)


def _check_unique(ids: pd.Index[Any], what: str) -> None:
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        msg = (
            f"{what}: expected every {ids.name or 'id'} once, but {len(twice)} occur more than "
            f"once: {name_ids(list(twice))}; give each row its own id"
        )
        raise AlignmentError(msg)
