"""A criterion of wind potential for the emitters of Europe round Aachen, on a real raster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from standort.errors import StandortWarning
from standort.layers import read_study
from standort.scoring import load_profile, profile_text
from standort.study import score

if TYPE_CHECKING:
    from pathlib import Path

    from standort.layers import Study
    from standort.study import Result

WIND = """
[[criteria]]
id = "wind_potential"
component = "physical_conditions"
title = "Technical potential of wind within 25 km"
rationale = "Power from nearby"
metric = "technical_potential"
radius_km = 25
technology = "onshore_wind"
unit = "twh_per_yr"
source = { raster = "wind", unit = "m_per_s" }
value.kind = "goalpost"
value.worst = { x = 0, source = "assumption" }
value.best = { x = 12, source = "assumption" }
"""


@pytest.fixture(scope="module")
def study(real_data: Path, europe_study_path: Path) -> Study:
    with pytest.warns(StandortWarning):
        europe = read_study(europe_study_path)
    near = europe.emitters.cx[5.3:7.2, 49.9:51.6].reset_index()
    raster = real_data / "real" / "resource_rasters_aachen" / "gwa100-like.tif"
    return europe.with_layer("sites", near[["site_id", "geometry"]]).with_raster("wind", raster)


@pytest.fixture(scope="module")
def profile_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profile") / "wind.toml"
    path.write_text(profile_text("net-zero") + WIND)
    return path


@pytest.fixture(scope="module")
def result(study: Study, profile_path: Path) -> Result:
    return score(study, profile_path)


def test_potentials_are_a_few_terawatt_hours(result: Result) -> None:
    """Of 1,963 km2 at 3 MW/km2, 51.6 TWh/yr at full load, some 20 % at 6 m/s."""
    wholly = result.sites["wind_potential_coverage"] > 1 - 1e-6
    assert wholly.sum() > 30
    assert result.sites.loc[wholly, "wind_potential_twh_per_yr"].between(7, 13).all()


def test_sites_off_the_raster_are_unknown_and_not_without_wind(result: Result) -> None:
    off = result.sites["wind_potential_coverage"] < 0.5
    assert 0 < off.sum() < len(off)
    assert result.sites.loc[off, "wind_potential_twh_per_yr"].isna().all()
    assert result.sites.loc[~off, "wind_potential_twh_per_yr"].notna().all()
    counts = result.manifest["criteria"]["wind_potential"]["sites"]
    assert counts["too_little_known"] == off.sum()
    assert sum(counts.values()) == len(off)


def test_other_criteria_are_what_they_are_without_the_raster(study: Study, result: Result) -> None:
    plain = score(study, load_profile("net-zero")).sites
    for name in plain.columns.difference(["rank", "basis", "coverage", "geometry"]):
        if name.startswith("score") or name == "cluster":
            continue
        same = (plain[name] == result.sites[name]) | (
            plain[name].isna() & result.sites[name].isna()
        )
        assert np.asarray(same, dtype=bool).all(), name
