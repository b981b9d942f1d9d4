"""Small layers built in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas
import pytest
from geopandas import GeoDataFrame

Layer = Callable[..., GeoDataFrame]


@pytest.fixture
def make_layer() -> Layer:
    """Build a layer from geometries; columns by keyword; ids a, b, c ... unless given."""

    def make(
        geometries: list[Any],
        *,
        crs: str | None = "EPSG:4326",
        id_column: str = "feature_id",
        **columns: object,
    ) -> GeoDataFrame:
        ids: object = [chr(ord("a") + i) for i in range(len(geometries))]
        table = {id_column: ids, **columns}
        return GeoDataFrame(table, geometry=geopandas.array.from_shapely(geometries), crs=crs)

    return make


@pytest.fixture
def make_emitters(make_layer: Layer) -> Layer:
    """Build emitters on the equator, one degree apart; columns by keyword."""

    def make(
        count: int = 3, *, geometries: list[Any] | None = None, **columns: object
    ) -> GeoDataFrame:
        points = geometries or geopandas.points_from_xy(range(count), [0.0] * count)
        given = {"co2_t_per_yr": [1.0e5] * count, **columns}
        return make_layer(list(points), id_column="site_id", **given)

    return make
