"""Studies of crowded emitters, each in a process of its own: memory stays bounded."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SCORE = """
import resource, sys
import geopandas, numpy as np
import standort

def run(n, places):
    draw = np.random.default_rng(0)
    at = np.arange(n) if places == 0 else draw.integers(0, places, n)
    lon, lat = draw.uniform(-0.08, 0.08, (2, at.max() + 1))[:, at]
    emitters = geopandas.GeoDataFrame(
        {"site_id": np.arange(n), "co2_t_per_yr": draw.choice([np.nan, 0.0, 1e5, 2e5], n)},
        geometry=geopandas.points_from_xy(lon + 4.0, lat + 52.0), crs=4326,
    )
    result = standort.score(standort.Study.from_layers(emitters=emitters))
    assert result.sites["neighbour_count_count"].eq(n - 1).all()
    assert len(result.contributions) and len(result.screening) and len(result.clusters) == 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before = run(500, 0)
print(run(int(sys.argv[1]), int(sys.argv[2])) - before)
"""


@pytest.mark.parametrize(("n", "places"), [(6_000, 0), (30_000, 10), (20_000, 1)])
def test_crowded_emitters_take_little_memory(n: int, places: int) -> None:
    """All pairs of 6,000 emitters, listed once, would take 900 MB."""
    command = [sys.executable, "-W", "ignore", "-c", _SCORE, str(n), str(places)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert float(done.stdout) < 300.0  # MB beyond a small study
