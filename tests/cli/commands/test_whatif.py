"""`standort whatif`: adding and removing features, and ranking candidates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from cli.runs import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def port_path(tmp_path: Path) -> Path:
    """Write two candidate ports, one near the emitters in a row."""
    path = tmp_path / "ports.gpkg"
    ports = gpd.GeoDataFrame(
        {"feature_id": ["near", "nowhere"], "name": ["<New> Quay", "No Quay"]},
        geometry=gpd.points_from_xy([4.28, 20.0], [52.0, 40.0]),
        crs=4326,
    )
    ports.to_file(path, layer="ports")
    return path


def test_whatif_shows_which_sites_gain_and_lose(study_path: Path, port_path: Path) -> None:
    result = run("whatif", study_path, "--add", f"ports={port_path}", "--remove", "p2")
    assert result.exit_code == 0, result.output
    assert result.output.startswith(
        "What if: 'near', 'nowhere' added to ports; 'p2' removed from ports."
    )
    assert "lose (largest: Far [out], -" in result.output
    assert "gain (largest: Epsilon, +" in result.output


def test_whatif_as_json_and_file(study_path: Path, port_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "changes.csv"
    result = run("whatif", study_path, "--add", f"ports={port_path}", "--format", "json", "-o", out)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["what_if"]["added"] == {"ports": ["near", "nowhere"]}
    assert report["counts"]["gain"] == (pd.read_csv(out)["change"] > 1e-9).sum() > 0


def test_best_next_ranks_candidates(study_path: Path, port_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "ranked.gpkg"
    result = run("whatif", study_path, "--best-next", f"ports={port_path}", "--out", out)
    assert result.exit_code == 0, result.output
    assert "2 candidates for ports, each added alone: <New> Quay (near) adds most" in result.output
    assert "2 sites gain, most Epsilon (e), +" in result.output
    ranked = gpd.read_file(out, layer="candidates")
    assert ranked["feature_id"].tolist() == ["near", "nowhere"]
    assert ranked["total_gain"].tolist()[1] == 0.0
    assert ranked["best_site_name"].fillna("").tolist() == ["Epsilon", ""]
    as_json = run("whatif", study_path, "--best-next", f"ports={port_path}", "--format", "json")
    rows = json.loads(as_json.stdout)
    assert [row["feature_id"] for row in rows] == ["near", "nowhere"]
    assert [row["best_site_name"] for row in rows] == ["Epsilon", None]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--remove", "p3"], "no feature 'p3' in any layer; look the ids up"),
        (["--remove", "ports=zz"], "no feature 'zz' in layer 'ports'"),
        (["--add", "ports"], "expected LAYER=FILE"),
        (["--add", "harbours=x.gpkg"], "'harbours' is not a layer of a study"),
        ([], "nothing to change"),
    ],
)
def test_wrong_options_are_one_error(study_path: Path, options: list[str], message: str) -> None:
    result = run("whatif", study_path, *options)
    assert result.exit_code == 2
    assert message in result.stderr


def test_ranking_and_editing_are_refused_together(study_path: Path, port_path: Path) -> None:
    at = f"ports={port_path}"
    result = run("whatif", study_path, "--best-next", at, "--add", at)
    assert result.exit_code == 2
    assert "not both" in result.stderr


def test_best_next_is_accepted_once(study_path: Path, port_path: Path) -> None:
    given = f"ports={port_path}"
    result = run("whatif", study_path, "--best-next", given, "--best-next", given)
    assert result.exit_code == 2
    assert "--best-next is given 2 times" in result.stderr
