"""Distances to several outlines of many vertices at once."""

import numpy as np
import pytest
import shapely

from standort.earth import FeatureIndex

#: along the equator [degrees]: edges of 1.9 km, which are not cut
EDGE = 0.017
ALONG = np.linspace(0.0, 39 * EDGE, 40)


def _two_strands(lat: float) -> shapely.MultiLineString:
    """Return two lines 1 km apart, the vertices of one halfway between those of the other."""
    first = np.column_stack([ALONG, np.full(40, lat)])
    second = np.column_stack([ALONG + EDGE / 2.0, np.full(40, lat + 0.009)])
    return shapely.MultiLineString([first, second])


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_nearest_edge_need_not_end_at_the_nearest_vertex(k: int) -> None:
    """A site 100 m from the middle of an edge has a vertex of the other line at 895 m."""
    strands = [_two_strands(lat) for lat in (0.0, 0.2, -0.3)]
    index = FeatureIndex(np.array(strands))
    lon, lat = ALONG[5:9] + EDGE / 2.0, np.full(4, 0.0009)
    actual = index.nearest(lon, lat, k=k)
    assert actual.feature[:, 0].tolist() == [0] * 4
    np.testing.assert_allclose(actual.distance[:, 0], 99.5, atol=0.1)
    for rank in range(1, k):
        alone = FeatureIndex(np.array(strands[rank : rank + 1])).nearest(lon, lat)
        np.testing.assert_array_equal(actual.distance[:, rank], alone.distance[:, 0])
        assert actual.feature[:, rank].tolist() == [rank] * 4


def test_the_nearest_edge_may_end_at_none_of_the_nearest_vertices() -> None:
    """A thicket of vertices 700 m away hides the ends of an edge that passes at 100 m."""
    thicket = np.column_stack([EDGE / 2.0 + 1e-6 * np.arange(70), np.full(70, 0.0072)])
    edge = [(0.0, 0.0), (EDGE, 0.0)]
    far = shapely.MultiLineString([thicket + 0.5, np.add(edge, 0.5)])
    index = FeatureIndex(np.array([far, shapely.MultiLineString([thicket, edge])]))
    actual = index.nearest(np.array([EDGE / 2.0]), np.array([0.0009]), k=2)
    assert actual.feature.tolist() == [[1, 0]]
    assert actual.distance[0, 0] == pytest.approx(99.5, abs=0.1)
