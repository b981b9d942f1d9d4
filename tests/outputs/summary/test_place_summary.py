"""Summaries of places for a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console

from standort.outputs.summary.place_summary import (
    describe_history,
    describe_place,
    summarise_places,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACES = pd.DataFrame(
    {
        "kind": ["cluster", "initiative"],
        "year": pd.array([None, None], dtype="Int64"),
        "advantage": [0.8, 0.4],
        "advantage_p05": [float("nan")] * 2,
        "advantage_p95": [float("nan")] * 2,
        "linkage": [0.6, float("nan")],
        "linkage_p05": [0.5, float("nan")],
        "linkage_p95": [0.7, float("nan")],
        "type": ["forerunner", None],
        "type_set": ["forerunner", "dispersed_cluster | dispersed_sites"],
        "p_forerunner": [float("nan")] * 2,
        "entropy": [float("nan")] * 2,
        "indicative": [True, False],
        "threshold": "fixed: advantage 0.5, linkage 0.5",
        "type_geometric": ["forerunner", None],
        "type_arithmetic": ["forerunner", None],
        "type_minimum": ["dispersed_cluster", None],
        "agree": pd.array([False, None], dtype="boolean"),
    },
    index=["[bold]Rotterdam", "Black Country"],
)


def printed(parts: Sequence[object]) -> str:
    console = Console(width=100, record=True, file=io.StringIO())
    for part in parts:
        console.print(part)
    return console.export_text()


def test_both_axes_types_and_sets_are_shown() -> None:
    text = printed(summarise_places(PLACES, width=100))
    assert "[bold]Rotterdam" in text  # brackets are not markup
    assert "~0.60 (0.50-0.70)" in text  # few firms: use the interval
    assert "unknown" in text
    assert "dispersed cluster or dispersed sites" in " ".join(text.split())
    assert "0 of 1 place: the same type" in text
    assert "P(type)" not in text


def test_aggregations_are_not_mentioned_if_no_place_has_a_type() -> None:
    text = printed(summarise_places(PLACES.tail(1), width=100))
    assert "0 of 0" not in text
    assert "aggregation" not in text


def test_probabilities_are_shown_with_draws() -> None:
    drawn = PLACES.assign(p_forerunner=[0.75, float("nan")], entropy=[0.3, float("nan")])
    text = printed(summarise_places(drawn, width=100))
    assert "P(type)" in text
    assert "0.75" in text


def test_a_settled_transition_has_its_years() -> None:
    rows = pd.DataFrame(
        {
            "place": "North West",
            "year": [2020, 2021],
            "advantage": [0.7, 0.7],
            "linkage": [0.6, 0.6],
            "type": "forerunner",
            "settled_type": ["classic_cluster", "forerunner"],
            "from_type": [None, "classic_cluster"],
            "since": pd.array([None, 2020], dtype="Int64"),
        }
    )
    added = pd.DataFrame(
        {
            "place": ["North West"],
            "from_year": 2020,
            "year": 2021,
            "change": 0.0,
            "ports_added": 0.0,
        }
    )
    lines = describe_history(rows, added)
    assert lines[2] == "    2020 to 2021: advantage +0.000 = ports +0.000"
    assert "settled as forerunner in 2021 (since 2020; it was classic cluster)" in lines[3]


def test_a_veto_is_marked_behind_the_type_and_explained() -> None:
    row = {"type": "dispersed_cluster", "type_set": "dispersed_cluster"}
    vetoed = PLACES.assign(vetoed=["port_distance", ""])
    text = " ".join(printed(summarise_places(vetoed, width=100)).split())
    assert text.count("(veto)") == 2  # one place, and what it means
    assert "(veto)" not in printed(summarise_places(PLACES, width=100))
    nothing = pd.DataFrame({"place": [], "reasoning": [], "missing": []})
    lines = describe_place("Humber", nothing, nothing, {**row, "vetoed": "port_distance"})
    assert "vetoed by port distance: the advantage counts as low" in lines[-1]
    assert len(describe_place("Humber", nothing, nothing, {**row, "vetoed": ""})) == len(lines) - 1
