"""Small studies with every layer the default profile measures against."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from standort.layers import Study

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from standort.scoring import Profile
    from standort.study import Result

__all__ = [
    "all_layers",
    "assert_same_clusters",
    "assert_same_rows",
    "emitters",
    "points",
    "shapes",
    "study_of",
    "without_criterion",
]

WEST, SOUTH, WIDTH = 3.5, 51.3, 1.6


def points(lon: ArrayLike, lat: ArrayLike, *, id_name: str = "feature_id", **columns: Any) -> Any:  # noqa: ANN401
    """Build a layer of points; ids x00, x01, ... unless given."""
    return shapes(list(gpd.points_from_xy(lon, lat)), id_name=id_name, **columns)


def shapes(geometries: list[Any], *, id_name: str = "feature_id", **columns: Any) -> Any:  # noqa: ANN401
    """Build a layer of any geometries."""
    ids = columns.pop(id_name, [f"x{i:02d}" for i in range(len(geometries))])
    return gpd.GeoDataFrame({id_name: ids, **columns}, geometry=geometries, crs="EPSG:4326")


def emitters(lon: ArrayLike, lat: ArrayLike, emissions: ArrayLike, **columns: Any) -> Any:  # noqa: ANN401
    """Build emitters; ids x00, x01, ... unless given."""
    return points(lon, lat, id_name="site_id", co2_t_per_yr=emissions, **columns)


def _scatter(rng: np.random.Generator, n: int) -> tuple[Any, Any]:
    return WEST + rng.random(n) * WIDTH, SOUTH + rng.random(n) * WIDTH / 2


def _amounts(rng: np.random.Generator, n: int, mean: float, unknown: float) -> Any:  # noqa: ANN401
    amount = rng.lognormal(mean, 1.0, n)
    amount[rng.random(n) < unknown] = np.nan
    return amount


def _lines(rng: np.random.Generator, n: int) -> list[Any]:
    return [shapely.LineString(np.column_stack(_scatter(rng, 3))) for _ in range(n)]


def _boxes(rng: np.random.Generator, n: int) -> list[Any]:
    lon, lat = _scatter(rng, n)
    return list(shapely.box(lon, lat, lon + 0.1, lat + 0.05))


def _emitters(rng: np.random.Generator, n: int) -> Any:  # noqa: ANN401
    """Half of them on a lattice, so that distances tie, and some in one place.

    The last two are of unknown emissions and far from the others: too little is known to score.
    """
    lon, lat = _scatter(rng, n)
    half = n // 2
    lon[:half] = WEST + rng.integers(0, 12, half) * 0.05
    lat[:half] = SOUTH + rng.integers(0, 12, half) * 0.03
    ids = [f"e{i:03d}" for i in rng.permutation(n)]
    amount = _amounts(rng, n, 12.5, 0.3)
    lon[-2:], lat[-2:], amount[-2:] = WEST - 2.0, SOUTH + np.array([0.0, 0.1]), np.nan
    return emitters(lon, lat, amount, site_id=ids)


def all_layers(seed: int = 1, n: int = 60) -> dict[str, Any]:
    """Give every layer, with unknown quantities in each that may have them; each call its own."""
    return {name: layer.copy() for name, layer in _built(seed, n).items()}


@cache
def _built(seed: int, n: int) -> dict[str, Any]:
    """Build the layers once: many tests start from the same."""
    rng = np.random.default_rng(seed)
    carriers = ["co2", "hydrogen", "natural_gas", "oil", None]
    return {
        "emitters": _emitters(rng, n),
        "co2_storage": shapes(
            [*_boxes(rng, 4), *gpd.points_from_xy(*_scatter(rng, 4))],
            capacity_mt=[50, 100, 150, np.nan, 400, 99, np.nan, 120.0],
            name=["Bunter", None, *"cdefgh"],
        ),
        "salt_caverns": points(*_scatter(rng, 3)),
        "ports": points(*_scatter(rng, 6), name=[f"Port {i}" for i in range(6)]),
        "pipelines": shapes(_lines(rng, 5), carrier=carriers),
        "renewables": points(*_scatter(rng, 30), capacity_mw=_amounts(rng, 30, 4.0, 0.2)),
        "grid_nodes": points(*_scatter(rng, 5), voltage_kv=[380.0] * 5),
        "freight_routes": shapes(_lines(rng, 3), mode=["rail"] * 3),
        "feedstock": points(*_scatter(rng, 2), kind=["salt", "gas"]),
        "heat_demand": points(*_scatter(rng, 20), demand_gwh_per_yr=_amounts(rng, 20, 5.0, 0.2)),
        "population": points(*_scatter(rng, 25), population=_amounts(rng, 25, 11.0, 0.0)),
        "employment": shapes(_boxes(rng, 10), jobs=_amounts(rng, 10, 9.0, 0.2)),
        "land": shapes(_boxes(rng, 8), area_ha=_amounts(rng, 8, 4.0, 0.2)),
    }


def study_of(layers: dict[str, Any], **changed: Any) -> Study:  # noqa: ANN401
    """Build a study of some layers, with others in their place; None leaves one out."""
    chosen = {name: layer for name, layer in {**layers, **changed}.items() if layer is not None}
    return Study.from_layers(**chosen)


def without_criterion(profile: Profile, *left_out: str) -> Profile:
    """Give a profile that lacks some criteria."""
    kept = tuple(c for c in profile.criteria if c.id not in left_out)
    return profile.model_copy(update={"criteria": kept})


def assert_same_rows(part: Result, full: Result) -> None:
    """Every row of one result has the bits it has in the other; only ranks may differ."""
    expected = full.sites.loc[part.sites.index]
    assert set(part.sites.columns) <= set(full.sites.columns)
    for name in expected.columns.drop(["rank", "geometry"]):
        whole = expected[name]
        if name not in part.sites:  # a column that would hold nothing is left out
            assert whole.isna().all() or (whole == 0).all(), name
            continue
        actual = part.sites[name]
        if actual.dtype == np.float64:
            assert np.array_equal(actual.to_numpy(), whole.to_numpy(), equal_nan=True), name
        else:
            same = (actual == whole) | (actual.isna() & whole.isna())
            assert same.fillna(value=False).all(), name
    assert part.sites.geometry.geom_equals(expected.geometry).all()


def assert_same_clusters(one: Result, other: Result) -> None:
    """Tables of clusters and hulls have the same bits."""
    pd.testing.assert_frame_equal(
        pd.DataFrame(one.clusters), pd.DataFrame(other.clusters), check_exact=True
    )
    hulls = [r.cluster_hulls.geometry.to_wkb().tolist() for r in (one, other)]
    assert hulls[0] == hulls[1]
