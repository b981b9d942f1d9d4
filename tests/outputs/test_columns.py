"""Components are found wherever a profile puts them, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.results.columns import component_columns, criteria_of

if TYPE_CHECKING:
    from outputs.result_tables import Tables


def test_components_stand_between_coverage_and_clusters(tables: Tables) -> None:
    assert component_columns(tables.sites) == ["firm_proximity", "net_zero_assets"]


def test_without_clusters_they_end_at_the_first_criterion(tables: Tables) -> None:
    sites = tables.sites.drop(
        columns=[
            "cluster", "role", "tier", "lone_anchor", "cluster_distance_km",
            "major_cluster_distance_km",
        ]
    )  # fmt: skip
    assert component_columns(sites) == ["firm_proximity", "net_zero_assets"]


def test_other_tables_have_none(tables: Tables) -> None:
    assert component_columns(tables.contributions) == []


def test_a_manifest_without_criteria_tells_of_none(tables: Tables) -> None:
    assert criteria_of({}) == {}
    assert criteria_of(tables.manifest)["land"]["status"] == "not available"
