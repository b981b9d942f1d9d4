"""Write the golden tables of the sample study: ``python tests/regression/make_north_sea.py``.

Run it when a score is meant to change; look at the difference, and say in the change note why.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from standort.layers import read_study
from standort.study import score

__all__ = ["CLUSTERS", "SAMPLE", "SITES", "golden_tables", "read_golden"]

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parents[1] / "sample_layers" / "north_sea.gpkg"
SITES, CLUSTERS = HERE / "north_sea_sites.csv", HERE / "north_sea_clusters.csv"

_OF_SITES = ["score", "score_min", "score_max", "coverage", "cluster", "tier"]
_OF_CLUSTERS = ["anchor", "n_sites", "n_unknown", "co2_mt_per_yr", "diameter_km", "score"]


def golden_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score the sample and keep what the golden tables hold, by id and by cluster."""
    result = score(read_study(SAMPLE))
    sites = pd.DataFrame(result.sites[_OF_SITES]).sort_index()
    return sites, pd.DataFrame(result.clusters[_OF_CLUSTERS])


def read_golden(path: Path) -> pd.DataFrame:
    """Read a golden table; its first column is the index."""
    return pd.read_csv(path, index_col=0)


if __name__ == "__main__":
    for table, path in zip(golden_tables(), (SITES, CLUSTERS), strict=True):
        table.to_csv(path, float_format="%.12g", lineterminator="\n")
