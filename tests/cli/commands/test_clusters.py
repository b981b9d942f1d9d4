"""`standort clusters`: settings, flags, files, figures and wrong input."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from cli.runs import run

if TYPE_CHECKING:
    from pathlib import Path

GRID = ("--eps-km", "5:15:5", "--min-samples", "2:3", "--chosen-min-samples", "3")


def test_settings_stability_and_clusters_are_printed(study_path: Path) -> None:
    """Five plants in a row, 4.8 km apart, are one cluster at 5 km and more."""
    done = run("clusters", study_path, *GRID, columns=160)
    assert done.exit_code == 0, done.output
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["5", "2", "1", "83%", "83%", "19", "1.00", "1.00"] in [row[:8] for row in rows]
    assert "one cluster holds 100% of clustered sites" in done.stdout
    assert "No plateau" in done.stdout
    assert "No knee: too few neighbours" in done.stdout
    assert "Alpha works" in done.stdout
    assert "1 cluster: 5 sites in clusters, 0 adjacent, 1 dispersed; 1 lone anchor." in done.stdout


@pytest.mark.parametrize(
    ("columns", "shown", "hidden"),
    [
        (160, {"unknown", "Elong.", "Near", "Satellites"}, ""),
        # a single cluster has no nearest other and no satellites, so nothing is lost
        (60, {"unknown", "Elong."}, ""),
        (50, set[str](), "unknown, Elong."),
    ],
)
def test_hidden_columns_are_named_unless_they_are_empty(
    study_path: Path, columns: int, shown: set[str], hidden: str
) -> None:
    done = run("clusters", study_path, *GRID, columns=columns).stdout
    (head,) = (line for line in done.splitlines() if line.startswith(" No."))
    assert set(head.split()) & {"unknown", "Elong.", "Near", "Satellites"} == shown
    hint = f"Columns hidden (terminal too narrow): {hidden}; --out writes all columns."
    text = " ".join(done.split())
    assert (hint in text) if hidden else ("Columns hidden" not in text)


def test_file_holds_sites_with_shares_clusters_and_tables(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "clusters.gpkg"
    done = run("clusters", study_path, *GRID, "--out", out)
    assert done.exit_code == 0, done.output
    names = {str(name) for name, _ in pyogrio.list_layers(out)}
    tables = {
        "stability",
        "k_distances",
        "hierarchy",
        "lone_anchors",
        "agreements",
        "split",
        "settings",
        "manifest",
    }
    assert names == {"sites", "clusters", "cluster_hulls", *tables}
    sites = gpd.read_file(out, layer="sites").set_index("site_id")
    assert sites["clustered_share"].tolist() == [1.0, 1.0, 1.0, 1.0, 1.0, 0.0]
    assert sites.loc["far", "cluster"] == -1
    clusters = gpd.read_file(out, layer="clusters")
    assert clusters["n_sites"].tolist() == [5]
    assert clusters["stable_id"].str.len().tolist() == [12]
    again = run("clusters", study_path, *GRID, "--out", out)
    assert again.exit_code == 0, again.output


def test_figure_is_drawn(study_path: Path, tmp_path: Path) -> None:
    plot = tmp_path / "choice.png"
    done = run("clusters", study_path, *GRID, "--plot", plot)
    assert done.exit_code == 0, done.output
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_distances_from_a_file_separate_clusters(study_path: Path, tmp_path: Path) -> None:
    """A mountain between b and c makes two clusters of one."""
    table = pd.DataFrame(
        [("a", "b", 5.0), ("c", "d", 5.0), ("d", "e", 5.0), ("c", "e", 10.0), ("b", "c", 60.0)],
        columns=["from_id", "to_id", "distance_km"],
    )
    for name in ("roads.csv", "roads.parquet"):
        path = tmp_path / name
        if name.endswith("csv"):
            table.to_csv(path, index=False)
        else:
            table.to_parquet(path)
        done = run("clusters", study_path, *GRID, "--distances", path, "--chosen-min-samples", "2")
        assert done.exit_code == 0, done.output
        assert "2 clusters: 5 sites in clusters" in done.stdout
    short = run("clusters", study_path, *GRID, "--distances", path, "--distances-reach-km", "7")
    assert short.exit_code == 2
    assert "reach of 7 km" in short.stderr


def test_ids_that_look_unknown_are_read_from_distances(tmp_path: Path) -> None:
    ids = ["NA", "null", "None", "nan", "N/A"]
    at = gpd.points_from_xy([4.0, 4.01, 4.02, 4.03, 4.04], [52.0] * 5, crs=4326)
    plants = gpd.GeoDataFrame({"site_id": ids, "co2_t_per_yr": 1e5}, geometry=at)
    plants.to_file(tmp_path / "s.gpkg", layer="emitters")
    pairs = [(a, b, 1.0) for a, b in pairwise(ids)]
    table = pd.DataFrame(pairs, columns=["from_id", "to_id", "distance_km"])
    table.to_csv(tmp_path / "pairs.csv", index=False)
    done = run(
        "clusters",
        tmp_path / "s.gpkg",
        *GRID,
        "--distances",
        tmp_path / "pairs.csv",
        "--distances-reach-km",
        "30",
    )
    assert done.exit_code == 0, done.output
    assert "5 sites in clusters" in done.stdout


def test_mode_star_and_maximum_diameter_are_passed_on(study_path: Path) -> None:
    dense = run("clusters", study_path, *GRID, "--mode", "emission", "--chosen-eps-km", "6")
    assert "1 cluster: 4 sites in clusters" in dense.stdout
    star = run("clusters", study_path, *GRID, "--star", "--chosen-eps-km", "6")
    assert "1 cluster: 3 sites in clusters" in star.stdout
    split = run("clusters", study_path, *GRID, "--max-diameter-km", "10")
    assert "Split: cluster 0, 19 km wide, into no. 0, no. 1." in split.stdout


def test_a_reference_is_compared(study_path: Path) -> None:
    done = run("clusters", study_path, *GRID, "--reference", "name")
    assert "Agreement with the reference, without noise (5 sites)" in done.stdout
    missing = run("clusters", study_path, *GRID, "--reference", "region")
    assert missing.exit_code == 2
    assert "expected a column 'region' in the emitters" in missing.stderr


def test_changes_since_an_earlier_run_are_listed(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "clusters.gpkg"
    run("clusters", study_path, *GRID, "--out", out)
    same = run("clusters", study_path, *GRID, "--before", out)
    assert "Changes: 1 continued." in same.stdout
    split = run("clusters", study_path, *GRID, "--before", out, "--max-diameter-km", "10")
    assert "born: cluster 1" in split.stdout or "split: cluster 0, now 1" in split.stdout
    wrong = run("clusters", study_path, "--before", study_path)
    assert wrong.exit_code == 2
    assert "for --before" in wrong.stderr


@pytest.mark.parametrize("text", ["5:x", "", "5:1:1", "1:2:0", "1:2:3:4", "-5", "nan", "1:1e9:1"])
def test_wrong_grids_are_refused(study_path: Path, text: str) -> None:
    done = run("clusters", study_path, f"--eps-km={text}")
    assert done.exit_code == 2
    assert "expected --eps-km as FROM:TO:STEP" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--min-emissions-mt", "2"), "--min-emissions-mt 2 has no effect in mode 'count'"),
        (("--distances-reach-km", "7"), "--distances-reach-km 7 has no effect without --distances"),
        (
            ("--position-sd-km", "1", "--distances", "pairs.csv"),
            "--position-sd-km 1 has no effect with --distances",
        ),
    ],
)
def test_options_without_effect_are_refused(
    study_path: Path, options: tuple[str, ...], message: str
) -> None:
    done = run("clusters", study_path, *GRID, *options)
    assert done.exit_code == 2
    assert message in done.stderr


def test_diagnostics_without_clusters_are_unknown(study_path: Path) -> None:
    grid = ("--eps-km", "1:2:1", "--min-samples", "4", "--chosen-eps-km", "1")
    done = run("clusters", study_path, *grid)
    assert done.exit_code == 0, done.output
    assert "0 clusters: 0 sites in clusters" in done.stdout
    assert "No plateau: there are no clusters under any setting." in done.stdout
    assert "Density-based validity (DBCV): unknown" in done.stdout
    assert "nan" not in done.stdout


def test_validity_is_a_range_where_trees_tie(tmp_path: Path) -> None:
    chance = np.random.default_rng(7)
    centre = np.repeat([0.0, 0.25], 16)
    points = gpd.points_from_xy(centre + chance.normal(0, 0.03, 32), chance.normal(0, 0.03, 32))
    plants = {"site_id": [f"p{i}" for i in range(32)], "co2_t_per_yr": 1e5}
    path, out = tmp_path / "plants.gpkg", tmp_path / "out.gpkg"
    gpd.GeoDataFrame(plants, geometry=points, crs=4326).to_file(path, layer="emitters")
    grid = ("--eps-km", "6:7:1", "--min-samples", "3", "--chosen-eps-km", "6")
    done = run("clusters", path, *grid, "--out", out, columns=120)
    assert done.exit_code == 0, done.output
    (line,) = re.findall(r"Density-based validity.*", done.stdout)
    found = re.search(r": (\S+) \(-1 to 1\); (\S+) to (\S+) by which of equally short", line)
    assert found is not None, line
    value, low, high = map(float, found.groups())
    assert -1 <= low <= value <= high <= 1
    assert low < high
    settings = pyogrio.read_dataframe(out, layer="settings").set_index("setting")["value"]
    assert [round(float(settings[f"validity{end}"]), 2) for end in ("", "_min", "_max")] == [
        value,
        low,
        high,
    ]


def test_other_files_are_not_overwritten(study_path: Path, tmp_path: Path) -> None:
    before = study_path.read_bytes()
    own = run("clusters", study_path, "--out", study_path)
    assert own.exit_code == 2
    assert "than the input" in own.stderr
    other = tmp_path / "other.gpkg"
    other.write_bytes(before)
    done = run("clusters", study_path, "--out", other)
    assert done.exit_code == 2
    assert "would be lost" in done.stderr
    assert other.read_bytes() == before
    assert run("clusters", study_path, "--plot", tmp_path / "a.txt").exit_code == 2
    unread = run("clusters", study_path, "--distances", tmp_path / "none.csv")
    assert unread.exit_code == 2
    assert "cannot read distances" in unread.stderr
