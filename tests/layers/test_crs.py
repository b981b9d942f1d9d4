from __future__ import annotations

import geopandas
import numpy as np
import pytest
import shapely
from pyproj import CRS

from standort.errors import CRSError
from standort.layers.geometry.crs import is_wgs84, name_crs, project_to_wgs84

#: A few places in the area of use of each system.
PLACES = {
    "EPSG:27700": [(-2.0, 53.4), (0.1, 51.5), (-4.2, 57.5), (-5.5, 50.1)],
    "EPSG:3035": [(6.9, 51.4), (24.9, 60.2), (-8.6, 41.1), (15.0, 37.1)],
    "EPSG:32631": [(3.0, 51.0), (4.5, 52.4), (1.2, 58.0), (5.9, 43.3)],
    "EPSG:3031": [(0.0, -75.0), (120.0, -82.0), (-170.0, -66.0)],
    "EPSG:2193": [(174.8, -41.3), (178.0, -38.6)],
}


@pytest.mark.parametrize("crs", PLACES)
def test_round_trip_is_within_a_millionth_of_a_degree(crs: str) -> None:
    """method.md F.2, no. 29: there by geopandas, back by standort."""
    places = np.array(PLACES[crs])
    there = geopandas.GeoSeries(shapely.points(places), crs="EPSG:4326").to_crs(crs)
    back = project_to_wgs84(there.to_numpy(), CRS(crs))
    np.testing.assert_allclose(shapely.get_coordinates(back.geometries), places, rtol=0, atol=1e-6)


def test_the_operation_and_its_accuracy_are_recorded() -> None:
    points = shapely.points([[400_000.0, 300_000.0], [530_000.0, 180_000.0]])
    projected = project_to_wgs84(points, CRS("EPSG:27700"))
    assert projected.operation is not None
    assert "OSGB36 to WGS 84" in projected.operation
    assert projected.accuracy_m is not None
    assert 0 < projected.accuracy_m < 30


def test_degrees_on_wgs84_are_not_changed() -> None:
    points = shapely.points([[1.5, 2.5]])
    projected = project_to_wgs84(points, CRS("OGC:CRS84"))
    assert projected.geometries is points
    assert projected.operation is None


def test_conversion_of_a_row_does_not_depend_on_others() -> None:
    """ED50 has many operations by country; PROJ picks one for each point, not for the layer."""
    rng = np.random.default_rng(3)
    degrees = np.column_stack((rng.uniform(-9, 30, 200), rng.uniform(36, 70, 200)))
    points = shapely.points(degrees)
    together = shapely.get_coordinates(project_to_wgs84(points, CRS("EPSG:4230")).geometries)
    order = rng.permutation(200)
    shuffled = shapely.get_coordinates(project_to_wgs84(points[order], CRS("EPSG:4230")).geometries)
    alone = [
        shapely.get_coordinates(project_to_wgs84(points[[i]], CRS("EPSG:4230")).geometries)[0]
        for i in range(0, 200, 20)
    ]
    np.testing.assert_array_equal(shuffled, together[order])
    np.testing.assert_array_equal(alone, together[::20])


def test_the_operations_at_the_outermost_points_are_named() -> None:
    points = shapely.points([[-8.0, 38.0], [20.0, 69.0]])
    projected = project_to_wgs84(points, CRS("EPSG:4230"))
    assert projected.operation is not None
    assert projected.operation.count("ED50 to WGS 84") == 2


def test_no_rows_are_valid() -> None:
    projected = project_to_wgs84(np.array([], dtype=object), CRS("EPSG:27700"))
    assert len(projected.geometries) == 0


@pytest.mark.parametrize(("crs", "kind"), [("EPSG:4978", "geocentric"), ("EPSG:5703", "vertical")])
def test_a_system_that_is_not_a_map_raises(crs: str, kind: str) -> None:
    with pytest.raises(CRSError, match=rf"CRS {crs} is {kind}, not a map: convert the layer"):
        project_to_wgs84(shapely.points([[1.0, 2.0]]), CRS(crs))


def test_a_local_engineering_system_raises() -> None:
    local = CRS.from_wkt(
        'ENGCRS["site grid",EDATUM["corner of the works"],CS[Cartesian,2],'
        'AXIS["x",east],AXIS["y",north],LENGTHUNIT["metre",1]]'
    )
    with pytest.raises(CRSError, match="CRS site grid is a local engineering system, not a map"):
        project_to_wgs84(shapely.points([[1.0, 2.0]]), local)


def test_another_planet_raises() -> None:
    with pytest.raises(CRSError, match=r"CRS IAU_2015:49900 cannot be converted to WGS84 \("):
        project_to_wgs84(shapely.points([[1.0, 2.0]]), CRS("IAU_2015:49900"))


def test_degrees_on_another_datum_are_converted_and_recorded() -> None:
    projected = project_to_wgs84(shapely.points([[5.0, 50.0]]), CRS("EPSG:4258"))
    assert projected.operation is not None
    assert "ETRS89 to WGS 84 (1)" in projected.operation
    assert projected.accuracy_m == 1.0


def test_names_and_equality_of_systems() -> None:
    assert is_wgs84(CRS("EPSG:4326"))
    assert not is_wgs84(CRS("EPSG:4258"))
    assert name_crs(CRS("OGC:CRS84")) == "OGC:CRS84"
    assert name_crs(CRS("+proj=aea +lat_1=29.5 +lat_2=42.5")) == "unknown"
