"""Styles are well-formed, cover every score once and name columns that results have."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from standort.outputs.geopackage.qgis_styles import (
    NO_SCORE_COLOUR,
    SCORE_CLASSES,
    STYLES,
    TYPE_COLOURS,
    cluster_style,
    place_style,
    score_colour,
    site_style,
)
from standort.typology import TYPES

if TYPE_CHECKING:
    from outputs.result_tables import Tables


def _filters() -> dict[str, str]:
    root = ET.fromstring(site_style())  # noqa: S314 - our own text
    return {rule.get("filter", ""): rule.get("symbol", "") for rule in root.iter("rule")}


def test_classes_span_the_whole_range_without_gaps() -> None:
    assert [scores.low for scores in SCORE_CLASSES] == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert [scores.high for scores in SCORE_CLASSES[:-1]] == [s.low for s in SCORE_CLASSES[1:]]
    assert SCORE_CLASSES[-1].high == 1.0


@pytest.mark.parametrize("score", [0.0, 0.1999, 0.2, 0.5, 0.8, 1.0])
def test_each_score_meets_exactly_one_rule_and_its_colour(score: float) -> None:
    met = []
    for filter_, symbol in _filters().items():
        if "NULL" not in filter_:
            condition = filter_.replace('"score"', "score").replace("AND", "and")
            met += [symbol] if eval(condition, {"score": score}) else []  # noqa: S307 - ours
    assert len(met) == 1
    assert score_colour(score) == SCORE_CLASSES[int(met[0]) - 1].colour


def test_sites_without_a_score_are_drawn_grey() -> None:
    assert _filters()['"score" IS NULL'] == "0"
    assert score_colour(math.nan) == score_colour(None) == NO_SCORE_COLOUR


def test_colours_darken_as_scores_rise() -> None:
    def luminance(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lights = [luminance(scores.colour) for scores in SCORE_CLASSES]
    assert lights == sorted(lights, reverse=True)


@pytest.mark.parametrize("layer", ["sites", "clusters", "cluster_hulls"])
def test_each_layer_has_a_well_formed_style_with_a_symbol_per_rule(layer: str) -> None:
    root = ET.fromstring(STYLES[layer])  # noqa: S314 - our own text
    assert root.tag == "qgis"
    symbols = {symbol.get("name") for symbol in root.iter("symbol")}
    assert symbols == {rule.get("symbol") for rule in root.iter("rule")} or symbols == {"0"}


def test_places_have_a_rule_for_each_type_and_one_for_the_rest() -> None:
    root = ET.fromstring(place_style())  # noqa: S314 - our own text
    filters = [rule.get("filter") for rule in root.iter("rule")]
    assert filters == [*(f"\"type\" = '{name}'" for name in TYPES), "ELSE"]
    symbols = {symbol.get("name") for symbol in root.iter("symbol")}
    assert symbols == {rule.get("symbol") for rule in root.iter("rule")}
    assert set(TYPE_COLOURS) == set(TYPES)
    assert 'fieldName="place"' in place_style()


def test_columns_in_styles_are_columns_of_results(tables: Tables) -> None:
    named = set(re.findall(r"&quot;(\w+)&quot;", site_style()))
    assert named == {"score"}
    assert named <= set(tables.sites.columns)
    named = set(re.findall(r"&quot;(\w+)&quot;", cluster_style()))
    label = re.findall(r'fieldName="(\w+)"', cluster_style())
    assert named | set(label) == {"co2_mt_per_yr", "name"}
    assert named | set(label) <= set(tables.clusters.columns)
