"""The benchmarks run, small, and their contenders agree. Nothing here looks at a clock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: all cases but the first
OTHERS = (
    "sum,dbscan,nearest_together,sum_together,sum_databases,nearest_databases,dbscan_package,"
    "command,surface,start,many,monte_carlo,crowds"
)


def run(folder: Path, *options: str) -> dict[str, Any]:
    out = folder / "figures.json"
    subprocess.run(
        [sys.executable, "-m", "benchmarks.run", "--smoke", "--out", str(out), *options],
        check=True,
        cwd=ROOT,
    )
    report: dict[str, Any] = json.loads(out.read_text())
    return report


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Run every case; memory, for which each contender starts a process, of one case only."""
    folder = tmp_path_factory.mktemp("smoke")
    nearest: dict[str, dict[str, Any]] = run(folder, "--only", "nearest")["cases"]
    others: dict[str, dict[str, Any]] = run(folder, "--no-memory", "--only", OTHERS)["cases"]
    return nearest | others


@pytest.mark.parametrize("case", ["nearest", "nearest_together"])
def test_no_peer_finds_a_nearer_feature(case: str, cases: dict[str, dict[str, Any]]) -> None:
    agreement = cases[case]["agreement"]
    assert agreement["sites_where_peer_is_nearer_by_1_mm"] == 0
    # what the projection does to distances between 36 and 66 degrees north
    assert 0.0 < agreement["largest_planar_error"] < 0.03


@pytest.mark.parametrize("case", ["sum", "sum_together"])
def test_sums_equal_those_of_the_peer(case: str, cases: dict[str, dict[str, Any]]) -> None:
    agreement = cases[case]["agreement"]
    assert agreement["sum_of_ours"] > 0.0
    assert agreement["sites_that_differ_without_a_feature_at_the_radius"] == 0
    assert agreement["sites_that_differ_by_1e-9"] <= 10


def test_cores_are_parted_as_by_the_peer(cases: dict[str, dict[str, Any]]) -> None:
    agreement = cases["dbscan"]["agreement"]
    assert agreement["clusters"] > 10
    assert agreement["core_partition_equals_geocentric"] == 1
    assert agreement["noise_that_differs_from_geocentric"] == 0
    # the haversine formula takes the Earth for a sphere: 0.3 % at most
    assert agreement["cores_that_differ_from_sphere"] < 0.01 * agreement["cores"]


def test_the_command_writes_what_the_script_writes(cases: dict[str, dict[str, Any]]) -> None:
    agreement = cases["command"]["agreement"]
    assert agreement["sites"] >= 150
    differences = {k: v for k, v in agreement.items() if k.startswith("median_difference")}
    shares = {k: v for k, v in agreement.items() if k.startswith("share_of_sites")}
    assert len(differences) == 5
    assert max(differences.values()) < 0.01
    assert len(shares) == 5
    assert min(shares.values()) > 0.9


def test_cells_of_a_surface_are_counted(cases: dict[str, dict[str, Any]]) -> None:
    figures = cases["surface"]["agreement"]
    assert figures["cells"] == 113
    assert figures["cells_per_second"] == figures["cells"] / figures["seconds"]


def test_crowds_are_counted_and_clustered_as_by_the_peers(
    cases: dict[str, dict[str, Any]],
) -> None:
    means = cases["crowds"]["agreement"]
    for kind in ("100_places", "within_25_km"):
        for ours, peer in (("count", "sklearn BallTree"), ("dbscan", "sklearn DBSCAN")):
            expected = means[f"mean {peer}, {kind}, 8,000"]
            # the peers' Earth is a sphere
            assert means[f"mean {ours}, {kind}, 8,000"] == pytest.approx(expected, rel=1e-3)


def test_start_is_measured(cases: dict[str, dict[str, Any]]) -> None:
    assert list(cases["start"]["contenders"]) == [
        "standort score north_sea.gpkg",
        "libraries alone",
        "standort --help",
        "import standort",
    ]
    assert cases["start"]["agreement"]["times_the_libraries"] > 0.0


def peers(case: str, cases: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if case not in cases:
        pytest.skip("the packages of benchmarks/peers.txt are not installed")
    actual: dict[str, Any] = cases[case]["agreement"]
    return actual


def test_databases_find_the_sums_of_their_plane(cases: dict[str, dict[str, Any]]) -> None:
    agreement = peers("sum_databases", cases)
    assert agreement["sites_where_duckdb_differs_without_a_feature_at_the_radius"] == 0
    assert agreement["sites_where_sedona_differs_without_a_feature_at_the_radius"] == 0
    # distances on it are up to 1.7 % off, and so is who is within the radius
    assert agreement["sum_of_planar"] == pytest.approx(agreement["sum_of_ours"], rel=0.01)


def test_no_database_finds_a_nearer_feature(cases: dict[str, dict[str, Any]]) -> None:
    agreement = peers("nearest_databases", cases)
    assert agreement["sites_where_peer_is_nearer_by_1_mm"] == 0
    assert 0.0 < agreement["largest_planar_error"] < 0.03


def test_where_the_package_finds_other_cores_pyproj_agrees_with_us(
    cases: dict[str, dict[str, Any]],
) -> None:
    agreement = peers("dbscan_package", cases)
    differ = agreement["cores_that_differ_from_geocentric"]
    assert agreement["cores_that_differ_from_geocentric_where_ours_are_right"] == differ
    assert differ < 0.001 * agreement["cores"]
    assert agreement["borders_in_another_cluster_than_of_geocentric"] == 0


def test_draws_give_the_figures_of_a_plain_loop(cases: dict[str, dict[str, Any]]) -> None:
    figures = cases["monte_carlo"]["agreement"]
    for name in ("rank_p05", "rank_p95"):
        assert figures[f"largest_difference_of_{name}_from_the_loop"] == 0
    for name in ("score_p05", "score_p95"):
        assert figures[f"largest_difference_of_{name}_from_the_loop"] < 1 / 512
    assert figures["largest_difference_of_p_top10_from_the_loop"] < 1e-12
    assert figures["times_the_product_1000"] > 1.0


def test_many_sites_are_all_written(cases: dict[str, dict[str, Any]]) -> None:
    if "many" not in cases:
        pytest.skip("the real studies are not on this machine")
    agreement = cases["many"]["agreement"]
    assert agreement["rows_missing_of_9000"] == 0
    assert 0.0 < agreement["mean_score_of_9000"] < 1.0


def test_memory_is_measured_in_a_process_of_its_own(cases: dict[str, dict[str, Any]]) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("the system keeps no peak memory in /proc")
    contenders = cases["nearest"]["contenders"]
    for one in contenders.values():
        assert 0.05 < one["peak_gib"] < 4.0
