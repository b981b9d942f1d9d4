"""Storage that emitters compete for, and clusters nearby: criteria that need more than a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from oracles import geodesic_matrix
from study.small_studies import all_layers, emitters, points, study_of

from standort.layers.features import as_sites
from standort.scoring import Filter, load_profile
from standort.scoring.profile.discounts import Discount
from standort.study import evaluation as measuring
from standort.study import score
from standort.study.context import Context

if TYPE_CHECKING:
    import pandas as pd

    from standort.scoring import Profile
    from standort.study import Result

PROFILE = load_profile("net-zero")
#: two clusters 111.3 km apart on the equator, and a plant by itself half way
TWO_CLUSTERS = [0.0, 0.01, 0.02, 0.03, 0.5, 1.0, 1.01, 1.02, 1.03]


def nearby(actual: Result) -> pd.Series[float]:
    metric: pd.Series[float] = actual.sites["nearby_clusters_mt_per_yr"]
    return metric


def test_nearby_clusters_by_hand() -> None:
    """Each cluster counts at its nearest member; a site's own does not count."""
    mt = [1.0, 1.0, 1.0, 1.0, 5.0, 2.0, 2.0, 2.0, 2.0]
    result = score(study_of({"emitters": emitters(TWO_CLUSTERS, [0] * 9, np.array(mt) * 1e6)}))
    km = 111.31949079327357
    west, east = 4 * np.exp(-np.array([0.97, 0.47]) * km / 100)
    to_east = [8 * np.exp(-(1.0 - lon) * km / 100) for lon in TWO_CLUSTERS[:4]]
    to_west = [4 * np.exp(-(lon - 0.03) * km / 100) for lon in TWO_CLUSTERS[5:]]
    both = [8 * np.exp(-0.5 * km / 100) + east]
    assert to_west[0] == pytest.approx(west)
    assert nearby(result).tolist() == pytest.approx([*to_east, *both, *to_west], rel=1e-9)
    # the larger cluster is number 0
    assert result.sites["nearby_clusters_feature"].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1]


def test_nearby_clusters_equal_brute_force_over_members() -> None:
    rng = np.random.default_rng(3)
    centre = rng.uniform([3.0, 51.0], [6.0, 53.0], (12, 2))
    lon, lat = (np.repeat(centre, 6, axis=0) + rng.normal(0, 0.03, (72, 2))).T
    amount = rng.lognormal(13, 1, 72)
    sites = score(study_of({"emitters": emitters(lon, lat, amount)})).sites
    cluster = sites["cluster"].to_numpy(dtype=int)
    distance = geodesic_matrix(lon, lat, lon, lat) / 1e3
    expected = np.zeros(72)
    for i in range(72):
        for c in set(cluster.tolist()) - {-1, cluster[i]}:
            nearest = distance[i, cluster == c].min()
            if nearest <= 300:
                expected[i] += amount[cluster == c].sum() / 1e6 * np.exp(-nearest / 100)
    assert len(set(cluster.tolist())) > 4
    np.testing.assert_allclose(sites["nearby_clusters_mt_per_yr"], expected, rtol=1e-8)


def test_members_of_unknown_emissions_could_make_nearby_clusters_worth_more() -> None:
    amount = [1e6, 1e6, 1e6, np.nan, 5e6, 2e6, 2e6, np.nan, np.nan]
    result = score(study_of({"emitters": emitters(TWO_CLUSTERS, [0] * 9, amount)}))
    assert result.sites["nearby_clusters_unknown"].tolist() == [2, 2, 2, 2, 3, 1, 1, 1, 1]
    assert (result._evaluation.high["nearby_clusters"] == 1.0).all()
    value = result._evaluation.partial_values["nearby_clusters"]
    assert result._evaluation.low["nearby_clusters"].equals(value)


def test_clusters_of_only_unknown_emissions_leave_the_nearby_unknown() -> None:
    amount = [1e6] * 4 + [5e6] + [np.nan] * 4
    result = score(study_of({"emitters": emitters(TWO_CLUSTERS, [0] * 9, amount)}))
    assert nearby(result).isna().tolist() == [True] * 4 + [False] * 5
    assert nearby(result).iloc[4] == pytest.approx(4 * np.exp(-0.47 * 1.1131949), rel=1e-6)


def test_a_site_that_is_no_emitter_has_no_cluster_of_its_own() -> None:
    layer = emitters(TWO_CLUSTERS, [0] * 9, [1e6] * 9)
    sites = points([0.0, 0.0], [0.0, 0.0], id_name="site_id", site_id=["new", "x00"])
    actual = nearby(score(study_of({"emitters": layer, "sites": sites})))
    assert actual["new"] == pytest.approx(actual["x00"] + 4.0, rel=1e-12)


def test_no_cluster_is_known_none() -> None:
    result = score(study_of({"emitters": emitters([0, 5], [0, 0], [1e6, 1e6])}))
    assert nearby(result).tolist() == [0.0, 0.0]
    assert result.sites["nearby_clusters_feature"].isna().all()


def test_storage_access_by_hand() -> None:
    """90 Mt of 150 over .9 of 4 Mt/yr, and of 120 Mt over .9 of 3: 41.67 and 44.44 years."""
    layers = {
        "emitters": emitters([0.0, 1.0], [0.0, 0.0], [1e6, 3e6], site_id=["a", "b"]),
        "co2_storage": points([0.5, 3.0, 3.1], [0.0] * 3, capacity_mt=[150.0, 120.0, 99.0]),
    }
    sites = score(study_of(layers)).sites
    both, east = 150 / 3.6, 120 / 2.7
    assert sites["co2_storage_access_yr"].tolist() == pytest.approx([both, both + east])
    assert sites["co2_storage_access_value"].tolist() == [1.0, 1.0]
    assert sites["co2_storage_access_feature"].tolist() == ["x00", "x01"]
    assert sites["co2_storage_access_overstated"].tolist() == [0, 0]


def stores_of(maturity: list[str | None] | None, capacity: list[float]) -> Result:
    lon = [0.5 + 0.1 * i for i in range(len(capacity))]
    stores = points(lon, [0.0] * len(lon), capacity_mt=capacity)
    if maturity is not None:
        stores["maturity"] = maturity
    plants = emitters([0.0, 1.0], [0.0, 0.0], [1e6, 3e6])
    return score(study_of({"emitters": plants, "co2_storage": stores}))


@pytest.mark.parametrize(
    ("word", "factor"),
    [("proven", 1), ("Contingent ", 1), ("effective", 0.5), ("theoretical", 0.25)],
)
def test_the_capacity_of_a_store_counts_by_its_maturity(word: str, factor: float) -> None:
    """A store of 150 Mt, shared by .9 of 4 Mt/yr; the filter asks for the capacity as given."""
    sites = stores_of([word], [150.0]).sites
    assert sites["co2_storage_access_yr"].tolist() == pytest.approx([factor * 150 / 3.6] * 2)
    assert sites["co2_storage_distance_km"].notna().all()


@pytest.mark.parametrize("maturity", [None, [None, None], ["", " "]])
def test_stores_of_which_nothing_is_said_count_in_full(maturity: list[str | None] | None) -> None:
    result = stores_of(maturity, [150.0, 210.0])
    assert result.sites["co2_storage_access_yr"].tolist() == pytest.approx([100.0] * 2)
    (note,) = [note for note in result.notes if note.startswith("CO2 storage access:")]
    assert note == (
        "CO2 storage access: every feature of layer 'co2_storage' counts in full: nothing is known "
        "of its 'maturity'"
    )


def test_a_store_of_unknown_maturity_is_a_store_of_unknown_capacity() -> None:
    maturity = ["effective", None, "speculative", "proven"]
    result = stores_of(maturity, [180.0, 360.0, 360.0, np.nan])
    known = stores_of(["effective"], [180.0]).sites["co2_storage_access_yr"]
    assert result.sites["co2_storage_access_yr"].tolist() == known.tolist()
    assert result.sites["co2_storage_access_unknown"].tolist() == [2, 2]
    assert (result._evaluation.high["co2_storage_access"] == 1.0).all()
    assert (
        "CO2 storage access: how much of 2 of 3 features of layer 'co2_storage' counts is unknown, "
        "since 'maturity' is empty or a word the profile does not know"
    ) in result.notes


def test_a_discount_changes_no_other_criterion() -> None:
    layers = all_layers()
    maturity = ["theoretical", "effective", None, "proven"] * 2
    plain = score(study_of(layers)).sites
    stores = layers["co2_storage"].assign(maturity=maturity)
    sites = score(study_of(layers, co2_storage=stores)).sites
    metrics = [criterion.metric_column for criterion in PROFILE.criteria]
    moved = {name for name in metrics if not plain[name].equals(sites[name])}
    assert moved == {"co2_storage_access_yr"}


def test_a_discount_of_a_sum_and_of_a_maximum() -> None:
    layers = all_layers(seed=3)
    plants = layers["renewables"].assign(status=["operating", "planned", None] * 10)
    factors = {"operating": 1.0, "planned": 0.5}
    discount = Discount(column="status", factors=factors, source="assumption")
    before = PROFILE.criterion("renewable_capacity")
    halved = plants.assign(capacity_mw=plants["capacity_mw"] * ([1.0, 0.5, np.nan] * 10))
    for metric, unit in (("sum_within", "gw"), ("largest_within", "mw")):
        options = {"metric": metric, "unit": unit, "radius_km": 40.0}
        plain = before.model_copy(update=options)
        by_status = plain.model_copy(update={"discount": discount})
        actual, expected = (
            measuring.measure(as_sites(study.sites), [criterion], Context(study))[criterion.id]
            for study, criterion in (
                (study_of(layers, renewables=plants), by_status),
                (study_of(layers, renewables=halved), plain),
            )
        )
        assert actual.value.equals(expected.value)
        assert actual.unknown.equals(expected.unknown)


def place_profile(place: str) -> Profile:
    criteria = [
        criterion.model_copy(update={"measured_to": place})
        if criterion.id == "nearby_clusters"
        else criterion
        for criterion in PROFILE.criteria
    ]
    return PROFILE.model_copy(update={"criteria": tuple(criteria)})


@pytest.mark.parametrize(
    ("place", "of_west", "of_east"),
    [("nearest_member", 0.03, 1.0), ("centroid", 0.015, 1.021), ("anchor", 0.0, 1.03)],
)
def test_nearby_clusters_are_measured_to_what_the_profile_says(
    place: str, of_west: float, of_east: float
) -> None:
    """The anchor is the first of equals; the centroid is weighted by emissions."""
    mt = np.array([1.0, 1.0, 1.0, 1.0, 5.0, 1.0, 2.0, 2.0, 5.0])
    study = study_of({"emitters": emitters(TWO_CLUSTERS, [0] * 9, mt * 1e6)})
    actual = nearby(score(study, place_profile(place)))
    km = 1.1131949079327357
    to_east = [10 * np.exp(-(of_east - lon) * km) for lon in TWO_CLUSTERS[:4]]
    to_west = [4 * np.exp(-(lon - of_west) * km) for lon in TWO_CLUSTERS[5:]]
    assert actual.iloc[:4].tolist() == pytest.approx(to_east, rel=1e-6)
    assert actual.iloc[5:].tolist() == pytest.approx(to_west, rel=1e-6)


def test_a_site_within_the_hull_of_another_cluster_is_at_no_distance_to_it() -> None:
    """The hull has a margin of 2 km; the plant by itself is half a degree from both."""
    study = study_of({"emitters": emitters(TWO_CLUSTERS, [0] * 9, [1e6] * 9)})
    result = score(study, place_profile("hull"))
    km = 1.1131949079327357
    margin = np.exp(2 / 100)
    expected = 4 * np.exp(-(1.0 - 0.03) * km) * margin
    assert nearby(result).iloc[3] == pytest.approx(expected, rel=1e-4)
    hull = result.cluster_hulls.geometry.iloc[1]
    inside = points([hull.centroid.x], [hull.centroid.y], id_name="site_id", site_id=["new"])
    alone = score(
        study_of({"emitters": study.emitters.reset_index(), "sites": inside}), place_profile("hull")
    )
    assert nearby(alone)["new"] == pytest.approx(4 + expected * np.exp(-0.015 * km), rel=2e-2)


def test_the_manifest_says_what_clusters_are_measured_to() -> None:
    study = study_of({"emitters": emitters(TWO_CLUSTERS, [0] * 9, [1e6] * 9)})
    for place in ("nearest_member", "hull"):
        criteria = score(study, place_profile(place)).manifest["criteria"]
        assert criteria["nearby_clusters"]["measured_to"] == place
    plain = PROFILE.criterion("nearby_clusters").model_copy(update={"measured_to": None})
    unset = PROFILE.model_copy(
        update={"criteria": tuple(plain if c.id == plain.id else c for c in PROFILE.criteria)}
    )
    assert nearby(score(study, unset)).equals(nearby(score(study)))


def test_demand_that_is_unknown_makes_the_access_an_upper_bound() -> None:
    layers = {
        "emitters": emitters([0.0, 1.0, 9.0], [0.0] * 3, [1e6, np.nan, 1e6]),
        "co2_storage": points([0.5, 9.5], [0.0] * 2, capacity_mt=[150.0, 120.0]),
    }
    result = score(study_of(layers))
    assert result.sites["co2_storage_access_overstated"].tolist() == [1, 1, 0]
    low = result._evaluation.low["co2_storage_access"].tolist()
    high = result._evaluation.high["co2_storage_access"].tolist()
    assert (low, high) == ([0.0, 0.0, 1.0], [1.0, 1.0, 1.0])
    text = result.explain("x00").to_text(width=200)
    assert "because 1 feature within reach is shared with emitters" in text


def test_scoring_a_subset_changes_neither_access_nor_clusters_nearby() -> None:
    layers = all_layers(seed=8)
    full = score(study_of(layers)).sites
    for few in ([5], [3, 40, 17]):
        sites = layers["emitters"].iloc[few].drop(columns="co2_t_per_yr")
        part = score(study_of(layers, sites=sites)).sites
        for name in ("co2_storage_access_yr", "nearby_clusters_mt_per_yr"):
            np.testing.assert_array_equal(part[name], full.loc[part.index, name])


def test_every_criterion_of_the_profile_is_computed() -> None:
    result = score(study_of(all_layers()))
    status = {name: entry["status"] for name, entry in result.manifest["criteria"].items()}
    assert status == {criterion.id: "computed" for criterion in PROFILE.criteria}
    decay = result.manifest["criteria"]["nearby_clusters"]
    assert decay["decay"] == "exponential(100 km)"
    assert decay["half_distance_km"] == pytest.approx(100 * np.log(2))


@pytest.mark.parametrize(
    ("metric", "column", "radius_km", "unit"),
    [
        ("sum_within", "capacity_mw", 40.0, "mw"),
        ("largest_within", "capacity_mw", 40.0, "mw"),
        ("count_within", None, 40.0, "count"),
        ("nearest_distance", None, None, "km"),
        ("neighbour_distance", None, None, "km"),
    ],
)
def test_with_features_in_doubt_a_metric_is_that_of_all_that_may_pass(
    metric: str, column: str | None, radius_km: float | None, unit: str
) -> None:
    """Most are put together from the features that pass and those in doubt."""
    layers = all_layers(seed=3)
    plants = layers["renewables"].assign(technology=["wind", "sun", None] * 10)
    before = PROFILE.criterion("renewable_capacity")
    criterion = before.model_copy(
        update={
            "metric": metric,
            "column": column,
            "radius_km": radius_km,
            "unit": unit,
            "k": 2 if metric == "neighbour_distance" else None,
            "filter": Filter.model_validate({"technology": "wind"}),
        }
    )
    study = study_of(layers, renewables=plants)
    sites, context = as_sites(study.sites), Context(study)
    passing, all_of_them = (
        measuring._measure(sites, criterion, features, context)
        for features in (context.passing(criterion), context.maybe_passing(criterion))
    )
    actual = measuring._measure_with_doubtful(sites, criterion, context, passing)
    assert actual is not None
    np.testing.assert_allclose(actual.value, all_of_them.value, rtol=1e-12)
    np.testing.assert_array_equal(actual.unknown, all_of_them.unknown)
    assert not actual.value.equals(passing.value)
