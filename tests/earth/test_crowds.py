"""Crowds: counts, sums and nearest features without lists, against brute force."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import geodesic_matrix

from standort.earth import FeatureIndex, add_columns, exact_columns, geocentric
from standort.earth.crowds import Crowd, Places, share_places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RADIUS = 20_000.0
KINDS = ("spread", "antimeridian", "pole", "few places", "one place", "line")


def crowd(kind: str, seed: int, n: int) -> tuple[Floats, Floats]:
    """Return n crowded points [degrees]."""
    draw = np.random.default_rng(seed)
    lon, lat = draw.uniform(-0.3, 0.3, (2, n))
    if kind == "antimeridian":
        lon = (lon + 360.0) % 360.0 - 180.0
    elif kind == "pole":
        lon, lat = draw.uniform(-180.0, 180.0, n), 90.0 - np.abs(lat)
    elif kind == "few places":
        at = draw.integers(0, min(5, n), n)
        lon, lat = lon[at], lat[at]
    elif kind == "one place":
        lon, lat = np.full(n, lon[0]), np.full(n, lat[0])
    elif kind == "line":
        lat = np.zeros(n)
    return lon, lat


def quantities(seed: int, n: int) -> Floats:
    """Return quantities of very different size and either sign."""
    draw = np.random.default_rng(seed)
    sign = draw.choice([1.0, -1.0], n, p=[0.9, 0.1])
    return np.asarray(np.round(draw.lognormal(8, 4, n), 3) * sign)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 300), more_than=st.integers(0, 60))
def test_tallies_equal_sums_over_all_pairs(kind: str, seed: int, n: int, more_than: int) -> None:
    lon, lat = crowd(kind, seed, n)
    quantity, priority = quantities(seed, n), np.random.default_rng(seed).permutation(n)
    tally = Crowd(geocentric(lon, lat)).tally(
        geocentric(lon, lat), RADIUS, exact_columns(quantity), priority, more_than=more_than
    )
    within = geodesic_matrix(lon, lat, lon, lat) <= RADIUS
    assert tally.query.tolist() == np.flatnonzero(within.sum(axis=1) > more_than).tolist()
    near = within[tally.query]
    assert tally.count.tolist() == near.sum(axis=1).tolist()
    assert tally.least.tolist() == [priority[row].min() for row in near]
    assert add_columns(tally.sums).tolist() == [fsum(quantity[row]) for row in near]


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=50))
def test_exact_columns_add_up_to_the_rounded_exact_sum(values: list[float]) -> None:
    quantity = np.array(values, dtype=np.float64)
    columns = exact_columns(quantity)
    assert (columns.sum(axis=0) == quantity).all()
    assert add_columns(columns.sum(axis=1, keepdims=True))[0] == fsum(values)
    assert add_columns(columns[:, ::-1].sum(axis=1, keepdims=True))[0] == fsum(values)


@pytest.mark.parametrize("kind", KINDS)
def test_a_tally_depends_on_no_order_and_no_other_query(kind: str) -> None:
    n = 2_500  # more than a thread takes at a time
    lon, lat = crowd(kind, 1, n)
    columns = exact_columns(quantities(1, n))
    queries = geocentric(lon, lat)
    whole = Crowd(queries).tally(queries, RADIUS, columns, more_than=0)
    mixed = np.random.default_rng(2).permutation(n)
    other = Crowd(queries[mixed]).tally(queries, RADIUS, columns[:, mixed], more_than=0)
    assert (whole.sums == other.sums).all()
    assert (whole.count == other.count).all()
    alone = Crowd(queries).tally(queries[77:78], RADIUS, columns, more_than=0)
    assert (alone.sums[:, 0] == whole.sums[:, 77]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_counts_of_crowds_are_those_of_listed_pairs(kind: str) -> None:
    n = 5_000
    lon, lat = crowd(kind, 3, n)
    index = FeatureIndex.of_points(lon, lat)
    some = np.arange(0, n, 50)
    exclude = np.where(some % 100 == 0, some, -1)
    exclude[::3] = (exclude[::3] + 1_000) % n  # a feature that may be elsewhere
    listed = np.zeros(len(some), dtype=np.int64)
    for pairs in index.pairs_within(lon[some], lat[some], radius=40_000.0, exclude=exclude):
        listed[pairs.site] = np.bincount(pairs.row, minlength=len(pairs.site))
    counted = index.count_within(lon[some], lat[some], radius=40_000.0, exclude=exclude)
    assert counted.tolist() == listed.tolist()
    assert index.tally_crowds(lon[some], lat[some], radius=40_000.0).query.size


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    places=st.integers(1, 4),
    k=st.integers(1, 5),
    skips=st.booleans(),
    reach=st.sampled_from([np.inf, 3_000.0]),
)
def test_the_nearest_of_coincident_features_are_the_first(
    seed: int, places: int, k: int, reach: float, *, skips: bool
) -> None:
    draw = np.random.default_rng(seed)
    at = draw.integers(0, places, 150)
    lon, lat = draw.uniform(0.0, 0.05, (2, places))[:, at]
    index = FeatureIndex.of_points(lon, lat)
    assert share_places(32, *index.parts.vertices.T)
    exclude = np.where(draw.random(150) < 0.7, np.arange(150), -1) if skips else None
    near = index.nearest(lon, lat, k=k, max_distance=reach, exclude=exclude)
    metres = geodesic_matrix(lon, lat, lon, lat)
    if exclude is not None:
        metres[np.arange(150)[exclude >= 0], exclude[exclude >= 0]] = np.inf
    order = np.argsort(metres, axis=1, kind="stable")[:, :k]  # ties by position
    expected = np.take_along_axis(metres, order, axis=1)
    there = expected <= reach
    assert near.feature.tolist() == np.where(there, order, -1).tolist()
    np.testing.assert_allclose(near.distance, np.where(there, expected, np.inf), atol=1e-3)


def test_places_are_numbered_by_coordinates_and_ranked_in_order() -> None:
    places = Places.of(np.array([2.0, 1.0, 2.0, 2.0]), np.array([0.0, 0.0, 0.0, 5.0]))
    assert places.number.tolist() == [1, 0, 1, 2]
    assert places.rank.tolist() == [0, 0, 1, 0]
    assert not share_places(2, np.array([2.0, 1.0, 2.0, 2.0]), np.array([0.0, 0.0, 0.0, 5.0]))
