"""Places: who belongs to them, how they are scored, and what is said where links are unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from study.small_studies import all_layers, emitters, points, study_of

from standort.linkages import LAYERS, linkage
from standort.study import Result, score

if TYPE_CHECKING:
    from standort.layers import Study

DISPERSED = "dispersed sites (no regions given)"


def initiatives(**members: list[str]) -> pd.DataFrame:
    """Build a table of initiatives."""
    rows = [(name, site) for name, sites in members.items() for site in sites]
    return pd.DataFrame(rows, columns=["initiative", "site_id"])


def members_of(result: Result, place: str) -> set[str]:
    table = result.place_members
    return set(table.loc[table["place"] == place, "site_id"])


def two_clusters(**columns: Any) -> Any:  # noqa: ANN401
    """Four sites at 4 E, four at 5 E, and two far from both; ids x00 to x09."""
    lon = [4.0, 4.01, 4.02, 4.03, 5.0, 5.01, 5.02, 5.03, 7.0, 8.0]
    tonnes = [4e6, 1e6, 1e6, np.nan, 2e6, 1e5, 1e5, 1e5, 3e5, 5e5]
    return emitters(lon, [52.0] * 10, tonnes, **columns)


def two_cluster_study(**layers: Any) -> Study:  # noqa: ANN401
    ports = points([4.0, 5.05], [52.0, 52.1])
    return study_of({"emitters": two_clusters(), "ports": ports, **layers})


def test_a_place_that_is_a_cluster_has_the_score_of_the_cluster_to_the_bit(
    full_result: Result,
) -> None:
    places = full_result.places[full_result.places["kind"] == "cluster"]
    assert len(places) == len(full_result.clusters) > 0
    for name in ("score", "score_min", "score_max", "score_minimum"):
        expected = full_result.clusters[name].to_numpy()
        own = "advantage" if name == "score" else name.replace("score", "advantage")
        np.testing.assert_array_equal(places[own].to_numpy(), expected)


def test_an_initiative_of_the_members_of_a_cluster_has_its_score_to_the_bit() -> None:
    declared = initiatives(Park=["x03", "x01", "x00", "x02"])
    result = score(two_cluster_study(initiatives=declared))
    cluster = result.places[result.places["cluster"] == 0].iloc[0]
    park = result.places.loc["Park"]
    same = ["n_sites", "co2_mt_per_yr", "advantage", "advantage_min", "advantage_max"]
    assert park[same].tolist() == cluster[same].tolist()
    assert park["geometry"].equals(cluster["geometry"])


def test_an_emitter_may_belong_to_several_places_and_then_to_no_unclustered_sites() -> None:
    declared = initiatives(Park=["x00", "x08"], Valley=["x00", "x04"])
    result = score(two_cluster_study(initiatives=declared))
    own = result.place_members
    assert set(own.loc[own["site_id"] == "x00", "place"]) == {"Park", "Valley", "x00"}
    assert members_of(result, DISPERSED) == {"x09"}
    assert result.places["kind"].tolist() == [*["cluster"] * 2, *["initiative"] * 2, "unclustered"]


def test_unclustered_sites_are_by_region() -> None:
    region = [*["Holland"] * 8, "Twente", None]
    result = score(two_cluster_study(emitters=two_clusters(region=region)))
    assert members_of(result, "dispersed sites of Twente") == {"x08"}
    assert members_of(result, "dispersed sites of no region") == {"x09"}


def test_partial_values_of_a_place_are_emission_weighted_means() -> None:
    declared = initiatives(Park=["x00", "x04", "x08"])
    result = score(two_cluster_study(initiatives=declared))
    sites = result.sites.loc[["x00", "x04", "x08"]]
    weights = sites["co2_t_per_yr"].to_numpy()
    expected = (sites["port_distance_value"].to_numpy() * weights).sum() / weights.sum()
    facts = result._typed_places.facts
    assert facts.loc["Park", "port_distance_value"] == pytest.approx(expected, rel=1e-15)


def test_a_single_site_is_scored_as_that_site() -> None:
    result = score(two_cluster_study(initiatives=initiatives(Alone=["x04"])))
    expected = result.sites.loc["x04", "score"]
    assert result.places.loc["Alone", "advantage"] == pytest.approx(expected, rel=1e-15)


def test_a_group_of_unclustered_sites_is_no_place_of_its_own() -> None:
    # as a whole, 400 km wide, it would be the nearest neighbour of nobody but rich in emissions
    result = score(two_cluster_study())
    alone = result.sites.loc[["x08", "x09"]]
    weights = alone["co2_t_per_yr"].to_numpy()
    expected = (alone["firm_proximity"].to_numpy() * weights).sum() / weights.sum()
    actual = result.places.loc[DISPERSED, "firm_proximity"]
    assert actual == pytest.approx(expected, rel=1e-12)


def test_places_do_not_depend_on_the_order_of_rows() -> None:
    layers = all_layers()
    ids = layers["emitters"]["site_id"].tolist()
    declared = initiatives(Park=ids[:9], Valley=ids[5:20])
    chance = np.random.default_rng(3)
    first = score(study_of(layers, initiatives=declared)).places
    order = chance.permutation(len(ids))
    again = score(
        study_of(
            layers,
            emitters=layers["emitters"].iloc[order],
            initiatives=declared.iloc[chance.permutation(len(declared))],
        )
    ).places
    pd.testing.assert_frame_equal(
        pd.DataFrame(first.drop(columns="geometry")), pd.DataFrame(again.drop(columns="geometry"))
    )
    assert first.geometry.to_wkb().tolist() == again.geometry.to_wkb().tolist()


def test_other_initiatives_change_no_bit_of_a_place() -> None:
    few = score(two_cluster_study(initiatives=initiatives(Park=["x00", "x04", "x08"])))
    declared = initiatives(Able=["x01", "x02"], Park=["x00", "x04", "x08"], Zoo=["x09", "x05"])
    many = score(two_cluster_study(initiatives=declared))
    columns = ["advantage", "advantage_min", "advantage_max", "firm_proximity", "net_zero_assets"]
    assert few.places.loc["Park", columns].tolist() == many.places.loc["Park", columns].tolist()


def test_sites_scored_besides_the_emitters_change_no_place() -> None:
    plain = score(two_cluster_study()).places
    sites = points([4.5, 6.0], [52.0, 52.0], id_name="site_id")
    other = score(two_cluster_study(sites=sites)).places
    pd.testing.assert_frame_equal(
        pd.DataFrame(plain.drop(columns="geometry")), pd.DataFrame(other.drop(columns="geometry"))
    )


def test_a_member_that_is_not_an_emitter_is_noted() -> None:
    declared = initiatives(Park=["x00", "x01", "ghost"], Gone=["lost"])
    result = score(two_cluster_study(initiatives=declared))
    assert (
        "2 members not among the emitters of this study: 'ghost', 'lost'" in result.place_notes[0]
    )
    assert "without an emitter in this study: 'Gone'" in result.place_notes[1]
    assert result.places.loc["Park", "n_sites"] == 2


def test_clusters_of_one_name_are_distinguished() -> None:
    names = ["Works", *[None] * 3, "Works", *[None] * 5]
    result = score(two_cluster_study(emitters=two_clusters(name=names)))
    assert result.places.index[:2].tolist() == ["Works (x00)", "Works (x04)"]


def test_a_cluster_named_as_an_initiative_gives_way() -> None:
    result = score(two_cluster_study(initiatives=initiatives(x00=["x00", "x01"])))
    assert result.places.index.is_unique
    assert result.places.loc["x00", "kind"] == "initiative"


def test_without_emitters_there_are_no_places() -> None:
    sites = points([4.0], [52.0], id_name="site_id")
    result = score(study_of({"sites": sites, "ports": points([4.1], [52.0])}))
    assert result.places.empty
    assert result.screening.empty
    assert result.solution_families.empty


def test_without_links_a_place_has_a_set_of_types_and_it_says_what_to_collect() -> None:
    result = score(two_cluster_study())
    assert result.places["type"].isna().all()
    assert all(" | " in types for types in result.places["type_set"])
    assert set(result.places["label"]) == {"undecided by the data"}
    text = " ".join(result.notes)
    assert "collect a column firm of the emitters, linkages (firm_u, firm_v, kind)" in text
    assert "memberships (firm, organisation) and assets (asset, firm)" in text
    assert "a table initiatives (initiative, site_id)" in text


RING = pd.DataFrame({"firm_u": list("abcd"), "firm_v": list("bcda"), "kind": "formal"})
COUNCIL = pd.DataFrame({"firm": list("abc"), "organisation": "council", "kind": "body"})


#: A search that shows all ties of all layers.
COMPLETE = pd.DataFrame(
    {"layer": list(LAYERS), "source": "survey", "method": "roster", "detect_lo": 1.0}
).assign(detect_hi=1.0)


def linked_study(**layers: Any) -> Study:  # noqa: ANN401
    firms = two_clusters(firm=[*"abcd", *"efgh", "a", None])
    return two_cluster_study(
        **{"emitters": firms, "linkages": RING, "memberships": COUNCIL, **layers}
    )


def test_linkage_of_a_place_is_that_of_its_firms() -> None:
    result = score(linked_study(collection=COMPLETE))
    firms = pd.DataFrame({"firm": list("abcd")})
    expected = linkage(firms, RING, COUNCIL, collection=COMPLETE).loc["all"]
    actual = result.places.iloc[0]
    for name in ("linkage", "linkage_recorded", "linkage_p05", "linkage_p95", "n_firms"):
        assert actual[name] == expected[name]
    assert actual["linkage"] == actual["linkage_recorded"]
    assert actual["effort_formal"] == 1.0
    assert actual["type_on_record"] == "classic_cluster"


def test_records_without_a_search_have_bounds_only() -> None:
    result = score(linked_study())
    actual = result.places.iloc[0]
    assert pd.isna(actual["linkage"])
    assert pd.isna(actual["effort_formal"])
    assert 0.0 < actual["linkage_recorded"] < actual["linkage_upper"]
    assert any("no table 'collection'" in note for note in result.place_notes)


def test_a_linkage_that_cannot_be_high_narrows_the_set() -> None:
    result = score(linked_study(collection=COMPLETE))
    wide, narrow = result.places.iloc[0], result.with_thresholds((0.5, 0.99)).places.iloc[0]
    assert wide["linkage"] < 0.99
    assert set(narrow["type_set"].split(" | ")) <= {"classic_cluster", "dispersed_sites"}


def test_links_leave_advantage_untouched() -> None:
    bare, linked = score(two_cluster_study()).places, score(linked_study()).places
    assert bare["advantage"].tolist() == linked["advantage"].tolist()


def test_aggregations_stand_side_by_side() -> None:
    row = score(linked_study(collection=COMPLETE)).places.iloc[0]
    for how in ("geometric", "arithmetic", "minimum"):
        high = row[f"advantage_{how}"] >= 0.5
        assert row[f"type_{how}"] == ("classic_cluster" if high else "dispersed_sites")


def test_draws_give_probabilities_and_leave_the_columns() -> None:
    result = score(linked_study())
    n = len(result.places)
    draws = np.tile(np.array([0.2, 0.8, 0.8, 0.8]), (n, 1))
    drawn = result.with_thresholds(0.5, advantage_draws=draws, linkage_draws=draws * 0.0 + 0.9)
    assert drawn.places["p_forerunner"].tolist() == [0.75] * n
    assert drawn.places["advantage_p05"].iloc[0] == pytest.approx(0.29)
    assert drawn.places.columns.tolist()[:18] == result.places.columns.tolist()[:18]
    assert result.places["p_forerunner"].isna().all()


def test_the_plane_shows_places_but_no_unclustered_sites() -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    FigureCanvasAgg(figure)
    drawn = score(linked_study()).plot.typology(ax=figure.add_subplot())
    texts = " ".join(text.get_text() for text in drawn.texts)
    assert "x00" in texts
    assert "x04 (linkage unknown)" in texts
    assert "no regions" not in texts
