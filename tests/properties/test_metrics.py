"""What no metric may depend on, and what it must follow (method.md F.2)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from metrics.brute_force import all_pairs, bits, brute_nearest, layer
from oracles import GEOD

from standort.errors import StandortWarning
from standort.layers import as_features, as_sites
from standort.metrics import (
    count_within,
    exponential,
    largest_within,
    linear,
    measure_largest,
    measure_sum,
    nearest_distance,
    nearest_feature,
    neighbour_distance,
    sum_within,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn

    from standort.layers import Features, Sites

RADIUS = 60.0
FAR = 900.0

METRICS: dict[str, Callable[[Sites, Features], pd.Series[Any]]] = {
    "nearest_distance": nearest_distance,
    "nearest_distance_within": lambda s, f: nearest_distance(s, f, max_distance_km=FAR),
    "neighbour_distance": lambda s, f: neighbour_distance(s, f, k=2),
    "count_within": lambda s, f: count_within(s, f, radius_km=RADIUS),
    "sum_within": lambda s, f: sum_within(s, f, "amount", radius_km=FAR, decay=exponential(50.0)),
    "largest_within": lambda s, f: largest_within(s, f, "amount", radius_km=FAR),
}
#: those that look no farther than a radius
BOUNDED = ["nearest_distance_within", "count_within", "sum_within", "largest_within"]


class Case(NamedTuple):
    """Sites and features; some sites are features too, by site_id."""

    sites: gpd.GeoDataFrame
    features: gpd.GeoDataFrame


#: where clouds are drawn: an estuary, the seam, the pole, the equator, anywhere
CENTRES = st.sampled_from(
    [(4.3, 51.9, 0.4), (180.0, -17.0, 1.0), (20.0, 89.5, 3.0), (0.0, 0.0, 2.0)]
)
AMOUNTS = st.one_of(st.just(np.nan), st.just(0.0), st.floats(1e-3, 1e9))


@st.composite
def places(draw: DrawFn, centre: tuple[float, float, float], n: int) -> list[tuple[float, float]]:
    """Draw positions near a centre; a coarse step makes some coincide."""
    lon, lat, spread = centre
    steps = draw(
        st.lists(st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=n, max_size=n)
    )
    fine = draw(st.sampled_from([1.0, 0.997_531]))
    actual = []
    for east, north in steps:
        x = lon + fine * spread * east / 40.0
        y = lat + fine * spread * north / 40.0
        actual.append(((x + 180.0) % 360.0 - 180.0, min(y, 90.0)))
    return actual


@st.composite
def cases(draw: DrawFn, *, shapes: bool = True, max_sites: int = 6) -> Case:
    """Draw sites and features round one centre, with a few features anywhere on Earth."""
    centre = draw(CENTRES)
    at = draw(st.integers(1, max_sites).flatmap(lambda n: places(centre, n)))
    near = draw(st.integers(1, 8).flatmap(lambda n: places(centre, n)))
    far = draw(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=2))
    own = draw(st.lists(st.integers(0, len(at) - 1), unique=True, max_size=len(at)))
    positions = [*near, *far, *(at[i] for i in own)]
    names = [f"x{i}" for i in range(len(near) + len(far))] + [f"s{i}" for i in own]
    geometries = list(shapely.points(positions))
    if shapes and draw(st.booleans()):
        x, y = centre[0], min(centre[1], 85.0)
        geometries.append(shapely.LineString([(x - 1, y - 1), (x - 0.2, y + 0.3)]))
        names.append("x-line")
        if abs(x) < 170.0:
            geometries.append(shapely.box(x - 0.5, y - 0.5, x - 0.1, y - 0.1))
            names.append("x-box")
    n = len(geometries)
    amounts = draw(st.lists(AMOUNTS, min_size=n, max_size=n))
    order = draw(st.permutations(range(n)))
    features = gpd.GeoDataFrame(
        {"site_id": names, "amount": amounts}, geometry=geometries, crs=4326
    ).iloc[order]
    lon, lat = zip(*at, strict=True)
    return Case(layer(lon, lat, site_id=[f"s{i}" for i in range(len(at))]), features)


def measured(case: Case) -> dict[str, pd.Series[Any]]:
    sites, features = as_sites(case.sites), as_features(case.features)
    return {name: metric(sites, features) for name, metric in METRICS.items()}


def assert_same_bits(
    actual: dict[str, pd.Series[Any]], expected: dict[str, pd.Series[Any]]
) -> None:
    for name, series in expected.items():
        assert np.array_equal(bits(actual[name]), bits(series)), name


def assert_close(
    actual: dict[str, pd.Series[Any]], expected: dict[str, pd.Series[Any]], *, km: float
) -> None:
    for name, series in expected.items():
        if name.startswith(("nearest", "neighbour")):
            np.testing.assert_allclose(actual[name], series, rtol=0.0, atol=km, err_msg=name)
        else:
            # the decay of 50 km turns a distance error into a share of 1/50 of it
            np.testing.assert_allclose(actual[name], series, rtol=km / 50.0 + 1e-12, err_msg=name)


def is_clear(case: Case, *limits: float) -> bool:
    """Whether no distance lies so close to a limit that a millimetre decides what is within."""
    table = nearest_feature(*case, k=len(case.features))["distance_km"].to_numpy()
    return all(np.abs(table - limit).min() > 1e-5 for limit in limits)


def moved(case: Case, move: Callable[[Any], Any]) -> Case:
    """Move all coordinates, features and sites alike."""
    sites, features = (part.copy() for part in case)
    for part in (sites, features):
        part["geometry"] = gpd.GeoSeries(
            shapely.transform(part.geometry.to_numpy(), move), crs=4326, index=part.index
        )
    return Case(sites, features)


# ---------------------------------------------------------------------- bits: nos. 1, 2, 12


@given(cases(), st.data())
def test_permuted_sites_give_the_same_bits(case: Case, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(case.sites))))
    expected = {name: series.iloc[order] for name, series in measured(case).items()}
    assert_same_bits(measured(Case(case.sites.iloc[order], case.features)), expected)


@given(cases(), st.data())
def test_permuted_features_give_the_same_bits_and_the_same_names(
    case: Case, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(case.features))))
    permuted = Case(case.sites, case.features.iloc[order])
    assert_same_bits(measured(permuted), measured(case))
    layers = [(as_sites(part.sites), as_features(part.features)) for part in (case, permuted)]
    named, again = (nearest_feature(*part, k=3) for part in layers)
    pd.testing.assert_frame_equal(again, named)
    for measure in (measure_sum, measure_largest):
        expected, actual = (measure(*part, "amount", radius_km=FAR) for part in layers)
        pd.testing.assert_series_equal(actual.feature, expected.feature)
        pd.testing.assert_series_equal(actual.unknown, expected.unknown)


@given(cases(max_sites=9), st.data())
def test_any_company_of_sites_gives_each_site_the_same_bits(
    case: Case, data: st.DataObject
) -> None:
    everyone, features = measured(case), as_features(case.features)
    all_named = nearest_feature(case.sites, features, k=2)
    some = data.draw(st.lists(st.integers(0, len(case.sites) - 1), unique=True, min_size=1))
    for rows in (some, some[:1]):
        expected = {name: series.iloc[rows] for name, series in everyone.items()}
        assert_same_bits(measured(Case(case.sites.iloc[rows], case.features)), expected)
        named = nearest_feature(case.sites.iloc[rows], features, k=2)
        pd.testing.assert_frame_equal(named, all_named.loc[case.sites.index[rows]])


# ---------------------------------------------------------------------- nos. 3 to 6


@given(cases(), st.data())
def test_relabelled_ids_change_nothing_but_the_order_of_ties(
    case: Case, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(case.features) + len(case.sites))))
    known = [*case.features["site_id"], *case.sites["site_id"]]
    names = {old: f"n{order[i]:02d}" for i, old in enumerate(dict.fromkeys(known))}
    relabelled = Case(*(part.assign(site_id=part["site_id"].map(names)) for part in case))
    # ties are equal to a micrometre; sums are added in the order of ids
    assert_close(measured(relabelled), measured(case), km=2e-9)
    kept = {old: f"n{i:02d}" for i, old in enumerate(sorted(set(known)))}
    in_order = Case(*(part.assign(site_id=part["site_id"].map(kept)) for part in case))
    assert_same_bits(measured(in_order), measured(case))


@given(cases(), st.booleans())
def test_a_whole_turn_of_longitude_changes_nothing(case: Case, of_sites: bool) -> None:  # noqa: FBT001
    turned = moved(case, lambda xy: xy + np.where(xy[:, :1] < 0.0, [[360.0, 0.0]], [[-360.0, 0.0]]))
    mixed = Case(turned.sites, case.features) if of_sites else Case(case.sites, turned.features)
    assume(is_clear(case, RADIUS, FAR))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StandortWarning)  # "longitudes wrapped"
        assert_close(measured(mixed), measured(case), km=1e-6)


@given(cases(), st.sampled_from([180.0, -180.0]))
def test_both_names_of_the_antimeridian_are_one_place(case: Case, name: float) -> None:
    lat = np.array([10.0, -17.0, 90.0])
    features = [
        layer(np.full(3, lon), lat, site_id=list("abc"), amount=[1.0, 2.0, 3.0])
        for lon in (name, -name)
    ]
    with_features = [
        Case(case.sites, pd.concat([case.features, more], ignore_index=True)) for more in features
    ]
    assume(is_clear(with_features[0], RADIUS, FAR))
    assert_close(measured(with_features[0]), measured(with_features[1]), km=1e-8)


@given(cases(shapes=False), st.floats(-180.0, 180.0))
def test_turning_the_globe_changes_nothing(case: Case, angle: float) -> None:
    turned = moved(
        case,
        lambda xy: np.column_stack([(xy[:, 0] + angle + 180.0) % 360.0 - 180.0, xy[:, 1]]),
    )
    assume(is_clear(case, RADIUS, FAR))
    assert_close(measured(turned), measured(case), km=1e-6)


@given(cases())
def test_the_mirror_of_north_and_south_changes_nothing(case: Case) -> None:
    mirrored = moved(case, lambda xy: xy * [1.0, -1.0])
    assume(is_clear(case, RADIUS, FAR))
    assert_close(measured(mirrored), measured(case), km=1e-6)


# ---------------------------------------------------------------------- nos. 8 to 11


@given(cases(), st.data())
def test_a_duplicate_feature_leaves_the_nearest_and_adds_to_the_sums(
    case: Case, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(case.features) - 1))
    twin = case.features.iloc[[row]].assign(site_id="z-twin")
    # a site that is the original would meet its twin: take the original's name off the sites
    sites = case.sites.assign(site_id=[f"t{i}" for i in range(len(case.sites))])
    before, after = Case(sites, case.features), Case(sites, pd.concat([case.features, twin]))
    once, twice, alone = measured(before), measured(after), measured(Case(sites, twin))
    for name in ("nearest_distance", "nearest_distance_within"):
        assert np.array_equal(bits(twice[name]), bits(once[name]))
    assert (twice["count_within"] == once["count_within"] + alone["count_within"]).all()
    both = np.fmax(once["largest_within"], alone["largest_within"])
    np.testing.assert_array_equal(twice["largest_within"], both)
    unknown = once["sum_within"].isna()
    total = once["sum_within"] + alone["sum_within"].fillna(0.0)
    np.testing.assert_allclose(twice["sum_within"][~unknown], total[~unknown], rtol=1e-12)
    assert twice["sum_within"][unknown].isna().all()


@given(cases(), AMOUNTS, st.sampled_from([("0-first", 0.3), ("z-last", -0.4)]))
def test_a_feature_beyond_every_radius_changes_no_bit(
    case: Case, amount: float, how: tuple[str, float]
) -> None:
    name, shift = how
    lon, lat = case.sites.geometry.x.iloc[0], case.sites.geometry.y.iloc[0]
    # the antipode of the first site; all sites are within 700 km of it
    antipode = layer(
        [lon - 180.0 if lon > 0 else lon + 180.0],
        [-lat + (shift if abs(lat) < 80.0 else 0.0)],
        site_id=[name],
        amount=[amount],
    )
    more = Case(case.sites, pd.concat([antipode, case.features]))
    actual, expected = measured(more), measured(case)
    assert_same_bits({n: actual[n] for n in BOUNDED}, {n: expected[n] for n in BOUNDED})
    for name in ("nearest_distance", "neighbour_distance"):
        assert (actual[name] <= expected[name]).all()


@given(cases(shapes=False), st.data(), st.floats(0.0, 1.0), st.floats(1.0, 100.0))
def test_nearer_or_larger_is_never_worse(
    case: Case, data: st.DataObject, share: float, factor: float
) -> None:
    site = case.sites.iloc[[0]]
    row = data.draw(st.integers(0, len(case.features) - 1))
    before = Case(site, case.features)
    start, end = site.geometry.iloc[0], case.features.geometry.iloc[row]
    azimuth, _, length = GEOD.inv(start.x, start.y, end.x, end.y)
    lon, lat, _ = GEOD.fwd(start.x, start.y, azimuth, length * share)
    nearer = case.features.copy()
    nearer.iloc[row, nearer.columns.get_loc("geometry")] = shapely.Point(lon, lat)
    larger = case.features.copy()
    larger.iloc[row, larger.columns.get_loc("amount")] *= factor
    results = [measured(case) for case in (before, Case(site, nearer), Case(site, larger))]
    for name in METRICS:
        here, there, more = (result[name].iloc[0] for result in results)
        if name.startswith(("nearest", "neighbour")):
            assert there <= here + 1e-6
            assert more == here
        elif name == "count_within":
            assert there >= here or not is_clear(before, RADIUS)
            assert more == here
        elif not np.isnan([here, there, more]).any():
            assert there >= here * (1.0 - 1e-7) or not is_clear(before, FAR)
            assert more >= here


@given(cases(), st.sampled_from([1e-6, 1e-3, 1e3, 0.5]))
def test_another_place_of_the_quantity_scales_the_result(case: Case, place: float) -> None:
    scaled = case.features.assign(amount=case.features["amount"] * place)
    sites, features = as_sites(case.sites), as_features(case.features)
    prepared = as_features(scaled)
    for decay in (None, linear(400.0), exponential(50.0)):
        actual = sum_within(sites, prepared, "amount", radius_km=FAR, decay=decay)
        expected = sum_within(sites, features, "amount", radius_km=FAR, decay=decay) * place
        np.testing.assert_allclose(actual, expected, rtol=1e-12)
    largest = largest_within(sites, prepared, "amount", radius_km=FAR)
    expected = largest_within(sites, features, "amount", radius_km=FAR) * place
    np.testing.assert_array_equal(largest, expected)


# ---------------------------------------------------------------------- brute force, anywhere


@given(
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=6),
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=3, max_size=12),
)
def test_nearest_points_anywhere_equal_brute_force_to_a_millimetre(
    at: list[tuple[float, float]], to: list[tuple[float, float]]
) -> None:
    sites = layer(*zip(*at, strict=True))
    features = layer(*zip(*to, strict=True), feature_id=range(len(to)))
    expected = brute_nearest(all_pairs(sites, features), len(at), 3)
    actual = nearest_feature(sites, features, k=3)["distance_km"].to_numpy().reshape(-1, 3)
    np.testing.assert_allclose(actual, expected, rtol=0.0, atol=1e-6)
