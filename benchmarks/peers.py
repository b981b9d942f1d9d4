"""Databases and packages that few have installed, on the same places (`peers.txt`).

The databases know planes, or the sphere without a join that is fast: they work in EPSG:3035, in
which distances here are up to 1.7 % off. Their tables stand in memory, geometries as they hold
them, and they use all cores, as they do by default.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from benchmarks.cases import (
    EPS_KM,
    GEOD,
    LAYERS,
    MEAN_RADIUS_M,
    MIN_SAMPLES,
    PROJECTION,
    RADIUS_KM,
    Case,
    Contender,
    geocentric,
    lon_lat,
    measure_picked,
    our_dbscan,
    our_nearest,
    our_sum,
    same_partition,
    sum_projected,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from benchmarks.data import Places

    Floats = NDArray[np.float64]
    Labels = tuple[NDArray[Any], NDArray[np.bool_]]
    Work = Callable[[], Any]

__all__ = ["PEER_CASES"]

_WITHIN = f"""
    SELECT sites.id AS site, SUM(features.capacity) AS total
    FROM sites JOIN features
    ON ST_DWithin(sites.geometry, features.geometry, {RADIUS_KM * 1_000.0})
    GROUP BY sites.id
"""  # noqa: S608 - a number of ours
_NEAREST = """
    SELECT sites.id AS site, features.id AS feature,
        ST_Distance(sites.geometry, features.geometry) AS distance
    FROM sites JOIN features ON ST_KNN(sites.geometry, features.geometry, 1, FALSE)
"""
#: sums on the plane may differ where a feature is so near to the radius [m]
_BOUNDARY_M = 1e-6


def _projected(layer: GeoDataFrame) -> GeoDataFrame:
    return layer.to_crs(PROJECTION).assign(id=np.arange(len(layer)))


# ---------------------------------------------------------------------- the databases


def _duckdb(places: Places) -> Work:
    """Load tables into a database in memory; the extension comes as a Python package."""
    import duckdb
    import duckdb_extension_spatial
    import pyarrow as pa

    folder = Path(duckdb_extension_spatial.__file__).parent
    (extension,) = folder.rglob("spatial.duckdb_extension")
    connection = duckdb.connect()
    connection.load_extension(str(extension))
    for name, layer in (("sites", places.sites), ("features", places.features)):
        x, y = lon_lat(layer.to_crs(PROJECTION))
        columns = {"id": np.arange(len(layer)), "x": x, "y": y}
        if "capacity" in layer:
            columns["capacity"] = layer["capacity"].to_numpy()
        connection.register("given", pa.table(columns))
        kept = "SELECT * EXCLUDE (x, y), ST_Point(x, y) AS geometry FROM given"
        connection.execute(f"CREATE TABLE {name} AS {kept}")
    return lambda: connection.execute(_WITHIN).to_arrow_table()


def _sedona(query: str) -> Callable[[Places], Work]:
    def prepare(places: Places) -> Work:
        import pyarrow as pa
        import sedonadb

        database = sedonadb.connect()
        for name, layer in (("sites", places.sites), ("features", places.features)):
            frame = database.create_data_frame(_projected(layer))
            frame.to_memtable().to_view(name, overwrite=True)
        return lambda: pa.table(database.sql(query))

    return prepare


def _totals(table: pa.Table, n_sites: int) -> Floats:
    total = np.zeros(n_sites)
    total[np.asarray(table["site"])] = np.asarray(table["total"])
    return total


def _sum_agreement(
    places: Places,
    ours: pd.Series[float],
    duckdb: pa.Table,
    sedona: pa.Table,
    planar: Floats,
) -> dict[str, float]:
    """Compare the databases with sums on the same plane, and ours with those on the plane."""
    actual: dict[str, float] = {}
    for name, table in (("duckdb", duckdb), ("sedona", sedona)):
        apart = np.abs(_totals(table, len(planar)) - planar) > 1e-9 * planar
        actual[f"sites_where_{name}_differs_from_planar_by_1e-9"] = int(apart.sum())
        unexplained = _without_feature_at_radius(places, np.flatnonzero(apart))
        actual[f"sites_where_{name}_differs_without_a_feature_at_the_radius"] = unexplained
    our_sum = ours.to_numpy()
    actual["sites_where_planar_differs_from_ours_by_1e-9"] = int(
        (np.abs(planar - our_sum) > 1e-9 * our_sum).sum()
    )
    actual["sum_of_ours"], actual["sum_of_planar"] = float(our_sum.sum()), float(planar.sum())
    return actual


def _without_feature_at_radius(places: Places, which: NDArray[Any]) -> int:
    """Count the sites among some that have no feature at the very radius, on the plane."""
    sites, features = (
        np.column_stack(lon_lat(layer.to_crs(PROJECTION)))
        for layer in (places.sites, places.features)
    )
    tree, radius = cKDTree(features), RADIUS_KM * 1_000.0
    near, far = (
        tree.query_ball_point(sites[which], radius + slack, return_length=True)
        for slack in (-_BOUNDARY_M, _BOUNDARY_M)
    )
    return int((near == far).sum())


def _nearest_agreement(
    places: Places,
    ours: pd.Series[float],
    sedona: pa.Table,
) -> dict[str, float]:
    joined = sedona.to_pandas().drop_duplicates("site").set_index("site")
    joined = joined.loc[np.arange(len(ours))]
    picked, planar = joined["feature"].to_numpy(), joined["distance"].to_numpy()
    return measure_picked(places, ours, picked, planar)


# ---------------------------------------------------------------------- the package `dbscan`


def _package_geocentric(places: Places) -> Work:
    import dbscan

    points = geocentric(places.sites)
    chord = 2 * MEAN_RADIUS_M * np.sin(EPS_KM * 1_000.0 / (2 * MEAN_RADIUS_M))
    return lambda: dbscan.DBSCAN(points, eps=chord, min_samples=MIN_SAMPLES)


def _package_projected(places: Places) -> Work:
    import dbscan

    points = np.column_stack(lon_lat(places.sites.to_crs(PROJECTION)))
    return lambda: dbscan.DBSCAN(points, eps=EPS_KM * 1_000.0, min_samples=MIN_SAMPLES)


def _dbscan_agreement(
    places: Places, ours: pd.DataFrame, in_space: Labels, on_plane: Labels
) -> dict[str, float]:
    """Compare cores, how clusters part them, and noise; look closely where cores differ."""
    core = (ours["role"] == "core").to_numpy()
    label = ours["cluster"].to_numpy()
    actual: dict[str, float] = {"cores": int(core.sum()), "clusters": int(label.max()) + 1}
    for name, (labels, cores) in (("geocentric", in_space), ("projected", on_plane)):
        both = core & cores
        actual |= {
            f"cores_that_differ_from_{name}": int((core != cores).sum()),
            f"noise_that_differs_from_{name}": int(((label == -1) != (labels == -1)).sum()),
            f"common_cores_are_parted_as_by_{name}": int(same_partition(label[both], labels[both])),
        }
    apart = np.flatnonzero(core != in_space[1])
    truly = _neighbours(places, apart) >= MIN_SAMPLES
    actual["cores_that_differ_from_geocentric_where_ours_are_right"] = int(
        (core[apart] == truly).sum()
    )
    border = np.flatnonzero((ours["role"] == "border").to_numpy() & (in_space[0] != -1))
    actual["borders"] = len(border)
    actual["borders_in_another_cluster_than_of_geocentric"] = _elsewhere(
        label, in_space[0], core & in_space[1], border
    )
    return actual


def _neighbours(places: Places, which: NDArray[Any]) -> NDArray[Any]:
    """Count the sites within the radius of some, themselves among them, by pyproj."""
    lon, lat = lon_lat(places.sites)
    points = geocentric(places.sites)
    near = cKDTree(points).query_ball_point(points[which], EPS_KM * 1_000.0 + 1.0)
    count = np.fromiter(map(len, near), dtype=np.intp, count=len(which))
    start = np.repeat(which, count)
    end = np.concatenate([np.empty(0, dtype=np.intp), *near]).astype(np.intp)
    metres = GEOD.inv(lon[start], lat[start], lon[end], lat[end])[2]
    row = np.repeat(np.arange(len(which)), count)
    return np.bincount(row[metres <= EPS_KM * 1_000.0], minlength=len(which))


def _elsewhere(
    ours: NDArray[Any], theirs: NDArray[Any], core: NDArray[np.bool_], border: NDArray[Any]
) -> int:
    """Count border sites that the peer gave to a cluster other than the one we gave them to."""
    same = pd.DataFrame({"ours": ours[core], "theirs": theirs[core]}).drop_duplicates("theirs")
    ours_of_theirs = same.set_index("theirs")["ours"].reindex(theirs[border]).to_numpy()
    return int((ours_of_theirs != ours[border]).sum())


_TABLES = f"tables in memory, geometries in {PROJECTION}"

PEER_CASES = {
    "sum_databases": Case(
        "Sum within 25 km, databases",
        1.0,
        (
            Contender("standort.metrics.sum_within", our_sum, LAYERS),
            Contender("DuckDB spatial, ST_DWithin", _duckdb, _TABLES),
            Contender("SedonaDB, ST_DWithin", _sedona(_WITHIN), _TABLES),
        ),
        _sum_agreement,
        (Contender(f"sklearn KDTree.query_radius, {PROJECTION}", sum_projected, "coordinates"),),
        needs=("duckdb", "duckdb_extension_spatial", "sedonadb"),
    ),
    "nearest_databases": Case(
        "Nearest distance, databases",
        6.0,
        (
            Contender("standort.metrics.nearest_distance", our_nearest, LAYERS),
            Contender("SedonaDB, ST_KNN", _sedona(_NEAREST), _TABLES),
        ),
        _nearest_agreement,
        needs=("sedonadb",),
    ),
    "dbscan_package": Case(
        "DBSCAN, eps 2 km, 5 samples, package dbscan",
        1 / 1.5,
        (
            Contender("standort.clusters.dbscan", our_dbscan, LAYERS),
            Contender("dbscan.DBSCAN, geocentric", _package_geocentric, "geocentric coordinates"),
            Contender(f"dbscan.DBSCAN, {PROJECTION}", _package_projected, "projected coordinates"),
        ),
        _dbscan_agreement,
        needs=("dbscan",),
    ),
}
