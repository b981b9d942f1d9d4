"""The chain as a whole: closed forms, contributions that add up, kinds of studies, ranks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from study.small_studies import all_layers, emitters, points, study_of, without_criterion

from standort.errors import LayerError, ProfileError, StandortWarning
from standort.scoring import Profile, load_profile
from standort.study import Result, score

NET_ZERO = load_profile("net-zero")
COMPONENTS = ["physical_conditions", "firm_proximity", "net_zero_assets"]


def aggregated_by(aggregation: str) -> Profile:
    return NET_ZERO.model_copy(update={"aggregation": aggregation})


def closed_form(components: pd.DataFrame) -> pd.Series[float]:
    """Floored geometric mean of method A.1 over the components that are there."""
    product = np.ones(len(components))
    for name in components:
        product = product * (0.01 + 0.99 * components[name].to_numpy())
    score = (np.cbrt(product) - 0.01) / 0.99
    return pd.Series(score, components.index)


def test_score_is_the_floored_geometric_mean(full_result: Result) -> None:
    sites = full_result.sites
    np.testing.assert_allclose(sites["score"], closed_form(sites[COMPONENTS]), atol=1e-14)
    np.testing.assert_array_equal(sites["score"], sites["score_geometric"])
    mean = sites[COMPONENTS].mean(axis=1, skipna=False)
    np.testing.assert_allclose(sites["score_arithmetic"], mean, atol=1e-14)
    least = sites[COMPONENTS].min(axis=1, skipna=False)
    np.testing.assert_array_equal(sites["score_minimum"], least)
    assert sites["score"].notna().sum() == 58


def test_component_is_the_mean_of_its_known_values(full_result: Result) -> None:
    sites = full_result.sites
    basis = full_result.manifest["basis"]
    for component in COMPONENTS:
        members = [c.id for c in NET_ZERO.criteria_of(component) if c.id in basis]
        values = sites[[f"{name}_value" for name in members]]
        enough = values.notna().mean(axis=1) >= 0.6 - 1e-9
        expected = values.mean(axis=1).where(enough)
        np.testing.assert_allclose(sites[component], expected, atol=1e-14)


@pytest.mark.parametrize(
    ("port_km", "n_neighbours"), [(5.0, 4), (30.0, 4), (100.0, 4), (5.0, 0), (65.0, 2)]
)
def test_score_of_two_components_by_hand(port_km: float, n_neighbours: int) -> None:
    """One criterion of assets; of firms only number and distance, as no emission is known."""
    from oracles import GEOD

    lon = GEOD.fwd(0, 0, 90, port_km * 1e3)[0]
    others = [GEOD.fwd(0, 0, 0, 1e3 + i)[1] for i in range(n_neighbours)]
    layer = emitters([0.0] * (1 + n_neighbours), [0.0, *others], [np.nan] * (1 + n_neighbours))
    site = score(study_of({"emitters": layer, "ports": points([lon], [0.0])})).sites.iloc[0]
    assets = float(np.interp(port_km, [5, 30, 100], [1, 0.5, 0]))
    count = float(np.interp(n_neighbours, [0, 4, 30], [0, 0.5, 1]))
    near = 1.0 if n_neighbours == 4 else 0.0  # 4 at 1 km, or infinitely far
    firms = (count + near) / 2
    expected = (np.sqrt((0.01 + 0.99 * assets) * (0.01 + 0.99 * firms)) - 0.01) / 0.99
    assert site["firm_proximity"] == pytest.approx(firms, abs=1e-6)
    assert site["net_zero_assets"] == pytest.approx(assets, abs=1e-6)
    assert site["score"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("aggregation", ["geometric", "arithmetic", "minimum"])
def test_contributions_add_up_to_the_score_of_every_site(aggregation: str) -> None:
    result = score(study_of(all_layers(3)), aggregated_by(aggregation))
    rows = result.contributions
    sums = rows.groupby("site_id", sort=False)["contribution"].sum(min_count=1)
    np.testing.assert_allclose(
        sums.loc[result.sites.index], result.sites["score"], rtol=0, atol=1e-13
    )
    np.testing.assert_array_equal(result.sites["score"], result.sites[f"score_{aggregation}"])
    unknown = rows["partial_value"].isna()
    assert unknown.any()
    assert rows.loc[unknown, "contribution"].isna().all()
    weight = rows.groupby("site_id", sort=False)["weight"].sum()
    np.testing.assert_allclose(weight, 1.0, atol=1e-12)


# ------------------------------------------------------------------ kinds of studies


def test_a_study_with_only_emitters() -> None:
    layers = all_layers()
    # emitters form clusters nearby, which are an asset: without that
    profile = without_criterion(load_profile("net-zero"), "nearby_clusters")
    result = score(study_of({"emitters": layers["emitters"]}), profile)
    known = result.sites["score"].notna()
    # one component: the score is the component, under any aggregation
    for name in ("firm_proximity", "score_arithmetic", "score_minimum"):
        np.testing.assert_allclose(
            result.sites.loc[known, "score"], result.sites.loc[known, name], atol=1e-14
        )
    assert known.any()
    assert not {"physical_conditions", "net_zero_assets"} & set(result.sites.columns)
    assert len(result.clusters) > 0
    assert result.clusters["score"].notna().all()


def test_a_study_with_sites_and_no_emitters() -> None:
    layers = all_layers()
    sites = layers["emitters"].drop(columns="co2_t_per_yr")
    result = score(study_of(layers, emitters=None, sites=sites))
    assert result.sites["score"].notna().all()
    assert "tier" not in result.sites
    assert (len(result.clusters), len(result.cluster_hulls)) == (0, 0)
    assert not {"emitters", "member"} & set(result.manifest["counts"])
    assert result.manifest["counts"]["clusters"] == 0
    reason = result.manifest["criteria"]["neighbour_count"]["reason"]
    assert reason == {"kind": "no_layer", "layer": "emitters"}


def test_a_study_with_an_empty_layer_of_emitters() -> None:
    layers = all_layers()
    sites = layers["emitters"].drop(columns="co2_t_per_yr")
    result = score(study_of(layers, emitters=layers["emitters"].iloc[:0], sites=sites))
    assert (result.sites["neighbour_count_count"] == 0.0).all()
    assert (result.sites["firm_proximity"] == 0.0).all()
    assert (result.sites["tier"] == "dispersed").all()
    assert result.sites["score"].notna().all()
    assert len(result.clusters) == 0


def test_nothing_to_measure_is_an_error_that_says_what_to_add() -> None:
    study = study_of({"sites": points([4.0], [52.0], id_name="site_id")})
    with pytest.raises(LayerError, match=r"can measure nothing here.*layers sites; add emitters"):
        score(study)


def test_an_unknown_profile_is_an_error() -> None:
    study = study_of({"emitters": emitters([4.0], [52.0], [1.0])})
    with pytest.raises((ProfileError, OSError), match="net-zro"):
        score(study, "net-zro")


def test_all_emissions_unknown() -> None:
    layer = all_layers()["emitters"].assign(co2_t_per_yr=np.nan)
    result = score(study_of({"emitters": layer}))
    assert result.manifest["basis"] == ["neighbour_count", "neighbour_distance"]
    assert result.sites["score"].notna().all()
    assert result.clusters["co2_mt_per_yr"].isna().all()
    assert result.clusters["score"].notna().all()
    assert not result.sites["lone_anchor"].fillna(value=False).any()


# ------------------------------------------------------------------ sites of their own


def own_sites(layer: object) -> Result:
    return score(study_of(all_layers(), sites=layer))


def test_sites_that_are_no_emitters() -> None:
    sites = points(
        [3.9, 4.2, 60.0], [51.5, 51.6, 10.0], id_name="site_id", site_id=["new", "port", "desert"]
    )
    result = own_sites(sites).sites
    assert result.index.tolist() == ["new", "port", "desert"]
    assert result["cluster"].isna().all()
    assert result["role"].isna().all()
    assert result["tier"].iloc[2] == "dispersed"
    assert result.loc["desert", ["neighbour_count_count", "score"]].tolist() == [0.0, 0.0]
    assert (result["neighbour_count_count"].iloc[:2] > 0).all()


def test_a_site_in_the_place_of_an_emitter_counts_it_unless_ids_agree(full_result: Result) -> None:
    """Decision 2: the same thing only by id, never by distance 0."""
    places = all_layers()["emitters"].iloc[:10]
    same = own_sites(places).sites
    with pytest.warns(StandortWarning, match="stand where"):
        other = own_sites(places.assign(site_id=[f"other{i}" for i in range(10)])).sites
    counted = full_result.sites.iloc[:10]["neighbour_count_count"]
    np.testing.assert_array_equal(same["neighbour_count_count"], counted)
    np.testing.assert_array_equal(other["neighbour_count_count"], counted + 1)
    anchors = full_result.sites.iloc[:10]["anchor_emissions_mt_per_yr"]
    np.testing.assert_array_equal(other["anchor_emissions_mt_per_yr"], anchors)
    assert other["cluster"].isna().all()


def test_a_site_with_the_id_of_an_emitter_elsewhere_is_scored_where_it_is(
    full_result: Result,
) -> None:
    site = all_layers()["emitters"].iloc[[0]]
    moved = own_sites(site.set_geometry(site.geometry.translate(1.0, 0.0))).sites.iloc[0]
    assert moved["cluster"] is pd.NA or moved["cluster"] == full_result.sites["cluster"].iloc[0]
    assert moved["role"] == full_result.sites["role"].iloc[0]
    assert moved["port_distance_km"] != full_result.sites["port_distance_km"].iloc[0]


def test_clusters_stand_on_the_emitters_whatever_the_sites(full_result: Result) -> None:
    sites = points([3.9], [51.5], id_name="site_id")
    pd.testing.assert_frame_equal(
        pd.DataFrame(own_sites(sites).clusters),
        pd.DataFrame(full_result.clusters),
        check_exact=True,
    )


# ------------------------------------------------------------------ ranks


def test_rank_1_is_the_best_and_no_score_has_no_rank(full_result: Result) -> None:
    sites = full_result.sites
    assert sites["rank"].isna().equals(sites["score"].isna())
    known = sites.dropna(subset="score").sort_values("score", ascending=False)
    assert known["rank"].iloc[0] == 1
    expected = [1 + int((known["score"] > own).sum()) for own in known["score"]]
    assert known["rank"].astype(int).tolist() == expected


def test_ties_share_the_better_rank() -> None:
    # two pairs of twins, each twin with the other next door; u has unknown neighbours only
    layer = emitters(
        [0, 0, 5, 5, 9, 9], [0] * 6, [1e6, 1e6, 3e6, 3e6, np.nan, np.nan], site_id=list("abcduv")
    )
    sites = score(study_of({"emitters": layer})).sites
    assert sites["rank"].tolist() == [3, 3, 1, 1, pd.NA, pd.NA]


def test_progress_is_reported(full_study: object) -> None:
    calls: list[tuple[str, int, int]] = []
    study = study_of(all_layers())
    score(study, progress=lambda label, done, total: calls.append((label, done, total)))
    assert calls[0][1] == 0
    assert all(before < after for (_, before, _), (_, after, _) in pairwise(calls))
    assert all(label for label, _, _ in calls[:-1])
    assert calls[-1][1] == calls[-1][2] == len(load_profile("net-zero").criteria)


@pytest.mark.parametrize("feature_id", ["q", None])
def test_a_column_feature_id_of_emitters_plays_no_part(feature_id: str | None) -> None:
    layer = all_layers()["emitters"]
    ids = [f"z{99 - i}" for i in range(60)] if feature_id is None else feature_id
    actual = score(study_of({"emitters": layer.assign(feature_id=ids)}))
    expected = score(study_of({"emitters": layer}))
    assert actual.clusters["anchor"].tolist() == expected.clusters["anchor"].tolist()
    name = "neighbour_distance_feature"
    assert actual.sites[name].tolist() == expected.sites[name].tolist()
    np.testing.assert_array_equal(actual.sites["score"], expected.sites["score"])
