"""Interactive maps show every site in its colour and escape all texts."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import folium
import pytest

from standort.errors import OptionError
from standort.outputs.figures.interactive_map import explore_map
from standort.outputs.geopackage.qgis_styles import NO_SCORE_COLOUR, SCORE_CLASSES, score_colour

if TYPE_CHECKING:
    from outputs.result_tables import Tables


def _draw(tables: Tables) -> folium.Map:
    components = ("firm_proximity", "net_zero_assets")
    return explore_map(tables.sites, tables.clusters, tables.cluster_hulls, components=components)


def _layers(drawn: folium.Map) -> dict[str, Any]:
    return {
        child.layer_name: child.data["features"]
        for child in drawn._children.values()
        if isinstance(child, folium.GeoJson)
    }


def _page(drawn: folium.Map) -> str:
    root: Any = drawn.get_root()
    return str(root.render())


def test_sites_clusters_and_hulls_can_be_switched(tables: Tables) -> None:
    drawn = _draw(tables)
    assert list(_layers(drawn)) == ["cluster hulls", "clusters", "sites"]
    assert any(isinstance(c, folium.LayerControl) for c in drawn._children.values())


def test_each_site_has_its_colour_and_the_best_is_on_top(tables: Tables) -> None:
    sites = _layers(_draw(tables))["sites"]
    assert [site["properties"]["id"] for site in sites] == [
        "north-field", "islet", "drax", "saltend", "killingholme", "immingham",
    ]  # fmt: skip
    for site in sites:
        score = tables.sites.loc[site["properties"]["id"], "score"]
        assert site["properties"]["colour"] == score_colour(score)


def test_a_popup_shows_scores_components_and_cluster(tables: Tables) -> None:
    best = _layers(_draw(tables))["sites"][-1]["properties"]
    assert best == {
        "site": "Immingham works",
        "id": "immingham",
        "emissions": "3.1 Mt/yr",
        "score": "0.83",
        "range": "0.60 to 0.90",
        "firm proximity": "0.86",
        "net-zero assets": "0.80",
        "rank": "1",
        "cluster": "No. 0",
        "colour": "#253494",
    }


def test_unknown_values_are_shown_as_unknown(tables: Tables) -> None:
    unscored = _layers(_draw(tables))["sites"][0]["properties"]
    assert (unscored["score"], unscored["emissions"]) == ("-", "unknown")
    assert unscored["colour"] == NO_SCORE_COLOUR
    assert unscored["cluster"] == "adjacent"


def test_clusters_grow_with_emissions(tables: Tables) -> None:
    clusters = _layers(_draw(tables))["clusters"]
    radii = [cluster["properties"]["radius"] for cluster in clusters]
    assert (radii[1] / radii[0]) ** 2 == pytest.approx(5.4 / 5.3)


def test_names_are_escaped_in_the_page(tables: Tables) -> None:
    attack = "<script>alert(1)</script>"
    tables.sites["name"] = attack
    tables.clusters["name"] = attack
    assert attack not in _page(_draw(tables))


def test_the_page_is_complete_and_its_data_are_json(tables: Tables) -> None:
    drawn = _draw(tables)
    page = _page(drawn)
    for scores in SCORE_CLASSES:
        assert scores.label in page
    text = json.dumps(_layers(drawn)["sites"], allow_nan=False)
    assert "NaN" not in text
    assert "fitBounds" in page


def test_a_result_without_clusters_is_drawn(tables: Tables) -> None:
    drawn = explore_map(tables.sites, tables.clusters.iloc[:0], tables.cluster_hulls.iloc[:0])
    assert list(_layers(drawn)) == ["sites"]


def test_without_folium_the_message_says_what_to_install(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "folium", None)
    with pytest.raises(OptionError, match=r"pip install standort\[plot\]"):
        _draw(tables)
