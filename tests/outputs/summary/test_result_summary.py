"""Summaries fit the terminal, count correctly and name the missing criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from rich.console import Console

from standort.outputs.summary.result_summary import summarise
from standort.outputs.summary.summary_sentences import summary_lines
from standort.results.notes import Note
from standort.results.schema import ResultColumn, Schema

if TYPE_CHECKING:
    from outputs.result_tables import Tables


def _print(tables: Tables, width: int, top: int = 3) -> str:
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(
            summarise(tables.sites, tables.clusters, tables.manifest, top=top, width=width)
        )
    return capture.get()


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(
    tables: Tables, width: int
) -> None:
    tables.sites["name"] = "A works with a name much longer than any terminal has room for, Ltd"
    printed = _print(tables, width)
    assert max(len(line) for line in printed.splitlines()) <= width
    for number in ("0.83", "0.60-0.90", "0.71", "5.30", *(("3.10", "2.20") if width > 80 else ())):
        assert number in printed


def test_best_sites_come_first_and_unscored_ones_not_at_all(tables: Tables) -> None:
    lines = _print(tables, 100, top=6).splitlines()
    start = next(number for number, line in enumerate(lines) if "Best placed" in line)
    table = lines[start : start + 10]
    ranked = [line.split()[1] for line in table if line.strip()[:1].isdigit()]
    assert ranked == ["immingham", "killingholme", "saltend", "drax", "islet"]


def test_titles_count_what_is_left_out(tables: Tables) -> None:
    assert "Best placed sites (3 of 6)" in _print(tables, 80)
    assert "Largest clusters by emissions of CO2\n" in _print(tables, 80)


def test_components_and_anchors_are_shown_on_wide_terminals(tables: Tables) -> None:
    narrow, wide = _print(tables, 80), _print(tables, 120)
    assert "Net-zero" not in narrow
    assert "Net-zero" in wide
    assert "Anchor" in wide


def test_piped_text_has_no_colours_and_leaves_brackets_alone(tables: Tables) -> None:
    tables.sites["name"] = "[bold]Works[/bold] [1]"
    printed = _print(tables, 120)
    assert "\x1b" not in printed
    assert "[bold]Works[/bold] [1]" in printed


def test_sites_excluded_by_a_gate_are_counted_apart_from_unknown_ones(tables: Tables) -> None:
    sites = tables.sites.copy()
    first, second = sites.index[sites["score"].notna()][:2]
    sites.loc[[first, second], "score"] = float("nan")
    sites["excluded"] = ""
    sites.loc[first, "excluded"] = "port_distance"
    sites.loc[second, "excluded"] = "port_distance,co2_storage_distance"
    gates = ResultColumn("sites", "excluded", "limit", "gates")
    schema = Schema((*Schema.of(tables.manifest).columns, gates)).to_entries()
    lines = summary_lines(sites, tables.clusters, {**tables.manifest, "schema": schema})
    assert lines[1].startswith("1 site has no score ('north-field'): too little is known about it")
    assert lines[2] == (
        f"2 sites are excluded by gates ({first!r}, {second!r}): port distance at 2, "
        "CO2 storage distance at 1."
    )
    # without a gate in the profile a column of that name is one of the input's
    assert "gates" not in " ".join(summary_lines(sites, tables.clusters, tables.manifest))


def test_lines_name_the_criteria_used_and_those_missing(tables: Tables) -> None:
    unknown = "unknown: CO2 storage distance at 1"
    basis = "neighbour emissions, CO2 storage distance, port distance"
    assert summary_lines(tables.sites, tables.clusters, tables.manifest) == [
        "5 of 6 sites scored by profile net-zero 1.0.",
        f"1 site has no score ('north-field'): too little is known about it ({unknown}).",
        "2 clusters: 4 in clusters, 1 adjacent to one, 1 dispersed.",
        f"Scores use 3 of the 5 criteria: {basis}.",
        "Not available:",
        "  heat demand: the study has no layer 'heat_demand'",
        "  land: the study has no layer 'land'",
    ]


def test_lone_anchors_are_counted_and_unknown_ones_are_not(tables: Tables) -> None:
    flags = pd.array([True, None, False, False, None, True], dtype="boolean")
    sites = tables.sites.assign(lone_anchor=flags)
    lines = summary_lines(sites, tables.clusters, tables.manifest)
    assert "2 clusters: 4 in clusters, 1 adjacent to one, 1 dispersed; 2 lone anchors." in lines
    manifest = {**tables.manifest, "options": {"lone_anchor_mt_per_yr": 1.5}}
    lines = summary_lines(sites, tables.clusters, manifest)
    assert (
        "A lone anchor is an isolated large emitter: 1.5 Mt/yr of CO2 or more, in no cluster."
        in lines
    )
    assert "lone anchor" not in " ".join(summary_lines(tables.sites, tables.clusters, manifest))


def test_notes_of_the_manifest_come_last(tables: Tables) -> None:
    notes = [
        Note("filter_unknown", "port_distance", "ports", "size", counts={"n": 4, "of": 9}),
        Note("no_features", "pipeline_distance", "pipelines", counts={"of": 142}),
        Note("layer", layer="ports", text="converted to WGS84"),
    ]
    manifest = {**tables.manifest, "notes": [note.to_entry() for note in notes]}
    lines = summary_lines(tables.sites, tables.clusters, manifest)
    assert lines[-4:] == [
        "Notes:",
        "  port distance: 4 of 9 features of layer 'ports' excluded: 'size' unknown",
        (
            "  pipeline distance: none of the 142 features of layer 'pipelines' counts, so this "
            "criterion has its lowest value everywhere"
        ),
        "  ports: converted to WGS84",
    ]


def test_at_most_three_unscored_sites_are_named(tables: Tables) -> None:
    sites = tables.sites.assign(score=float("nan"))
    text = " ".join(summary_lines(sites, tables.clusters, tables.manifest))
    assert "6 sites have no score ('immingham', 'killingholme', 'saltend' and 3 more): " in text


def test_emissions_give_way_to_names(tables: Tables) -> None:
    sites = tables.sites.rename(index={"immingham": "a-long-id-of-a-works-on-the-humber"})
    sites["name"] = "A works with quite a long name"
    console = Console(width=80)
    with console.capture() as capture:
        console.print(summarise(sites, tables.clusters.iloc[:0], tables.manifest, width=80))
    printed = capture.get()
    assert "Mt/yr" not in printed
    assert "A works" in printed
    assert "Mt/yr" in _print(tables, 80)


def test_ranges_are_explained_below_the_tables(tables: Tables) -> None:
    lines = _print(tables, 80).splitlines()
    assert lines.index(
        "Range: the score if all missing data took their worst or best values."
    ) > next(i for i, line in enumerate(lines) if "Best placed" in line)


def test_a_result_without_clusters_or_scores_is_summarised(tables: Tables) -> None:
    sites = tables.sites.assign(score=float("nan"))
    console = Console(width=80)
    with console.capture() as capture:
        console.print(summarise(sites, tables.clusters.iloc[:0], tables.manifest))
    assert "Largest clusters" not in capture.get()
    assert "0 of 6 sites scored" in capture.get()
    assert "6 sites have no score (" in capture.get()


def test_vetoed_sites_are_counted_by_criterion(tables: Tables) -> None:
    vetoes = ["port_distance", "port_distance,co2_storage_distance", "", "", "", ""]
    sites = tables.sites.assign(vetoed=vetoes, veto_unknown=["", "", "", "", "port_distance", ""])
    assert "veto" not in " ".join(summary_lines(sites, tables.clusters, tables.manifest))
    criteria = [{"id": "port_distance", "veto": 0.5}]
    manifest = {**tables.manifest, "profile": {"definition": {"criteria": criteria}}}
    text = " ".join(summary_lines(sites, tables.clusters, manifest))
    assert (
        "2 sites are vetoed ('immingham', 'killingholme'): port distance at 2, CO2 storage "
        "distance at 1. Scores do not change; their class is capped" in text
    )
    assert "Whether a veto holds is unknown for 1 site ('north-field')" in text
    best = {**manifest, "counts": {"sites": 9, "scored": 9}}
    lines = summary_lines(sites, tables.clusters, best)
    assert "The column vetoed shows which vetoes hold against each site: port distance." in lines
