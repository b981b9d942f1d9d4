"""Representative points of sites with several parts, independent of the order of parts."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from standort.layers.geometry.multiparts import drop_empty_parts, representative_points

GEOD = Geod(ellps="WGS84")
TO_GEOCENTRIC = Transformer.from_crs(4979, 4978, always_xy=True)

Points = list[tuple[float, float]]

#: near the antimeridian, near a pole, coincident, and anywhere
places = st.one_of(
    st.tuples(st.sampled_from([179.5, -179.5, 180.0, 179.9]), st.sampled_from([0.0, 0.5, -0.5])),
    st.tuples(st.sampled_from([0.0, 90.0, -170.0]), st.sampled_from([89.5, 90.0, 89.9])),
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
)
sites_of_points = st.lists(st.lists(places, min_size=1, max_size=6), min_size=1, max_size=4)


def brute_force(points: Points) -> tuple[tuple[float, float], float, bool]:
    """Choose by a loop: the point, its farthest part [m], and whether the choice was close."""
    ordered = sorted(points)
    places = np.array([TO_GEOCENTRIC.transform(lon, lat, 0.0) for lon, lat in ordered])
    away = np.array([np.linalg.norm(place - places.mean(axis=0)) for place in places])
    best = next(i for i in range(len(ordered)) if away[i] <= away.min() + 1e-6)
    farthest = max(GEOD.inv(*ordered[best], *point)[2] for point in ordered)
    close = bool((np.abs(away - away.min() - 1e-6) < 1e-7).any())
    return ordered[best], farthest, close


@given(sites_of_points)
def test_the_part_nearest_to_the_mean_is_chosen(sites: list[Points]) -> None:
    result = representative_points(np.array([shapely.MultiPoint(points) for points in sites]))
    for points, chosen, farthest in zip(sites, result.points, result.farthest, strict=True):
        expected, expected_farthest, close = brute_force(points)
        if not close:  # a tie to the last digit of a micrometre may fall either way
            assert (chosen.x, chosen.y) == expected
            assert farthest == pytest.approx(expected_farthest, abs=1e-3)


@given(st.lists(places, min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_the_order_of_parts_does_not_matter(points: Points, random: object) -> None:
    shuffled = points.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    first, second = (
        representative_points(np.array([shapely.MultiPoint(some)])) for some in (points, shuffled)
    )
    assert first.points[0].wkb == second.points[0].wkb
    assert first.farthest[0] == second.farthest[0]


@pytest.mark.parametrize(
    ("points", "chosen"),
    [
        ([(3.0, 0.0), (1.0, 0.0)], (1.0, 0.0)),  # as near as each other: least longitude
        ([(1.0, 2.0), (1.0, -2.0)], (1.0, -2.0)),  # then least latitude
        ([(178.0, 0.0), (-178.0, 0.0), (-179.0, 0.0)], (-179.0, 0.0)),  # over the antimeridian
        ([(0.0, 88.0), (120.0, 88.0), (-120.0, 88.0), (40.0, 89.9)], (40.0, 89.9)),  # at the pole
    ],
)
def test_known_choices(points: Points, chosen: tuple[float, float]) -> None:
    result = representative_points(np.array([shapely.MultiPoint(points)])).points[0]
    assert (result.x, result.y) == chosen


def test_geometries_without_empty_parts_are_not_changed() -> None:
    shapes = np.array([shapely.MultiPoint([(0, 0), (1, 1)]), shapely.Point(2, 2)])
    kept, lossy = drop_empty_parts(shapes)
    assert kept is shapes
    assert lossy.tolist() == [False, False]
