"""Write the golden files of this folder, and the tables of the documentation: ``make golden``.

Run it when a profile or a score is meant to change; look at the difference, and announce it in the
changelog. Nothing else in the tests depends on the content of the built-in profiles.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from acceptance import face_validity
from scoring import weights_page

from standort.layers import read_study
from standort.scoring import load_profile
from standort.scoring.profile.loading import profile_names
from standort.study import score

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SAMPLE = ROOT / "sample_layers" / "north_sea.gpkg"
SITES, CLUSTERS = HERE / "north_sea_sites.csv", HERE / "north_sea_clusters.csv"
PROFILES = HERE / "profiles.json"

_OF_SITES = ["score", "score_min", "score_max", "coverage", "cluster", "tier"]
_OF_CLUSTERS = ["anchor", "n_sites", "n_unknown", "co2_mt_per_yr", "diameter_km", "score"]


def golden_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score the sample and keep what the golden tables hold, by id and by cluster."""
    result = score(read_study(SAMPLE))
    sites = pd.DataFrame(result.sites[_OF_SITES]).sort_index()
    return sites, pd.DataFrame(result.clusters[_OF_CLUSTERS])


def golden_profiles() -> dict[str, dict[str, Any]]:
    """Return version, content hash and criteria of the built-in profiles."""
    return {
        profile.id: {
            "version": profile.version,
            "content_hash": profile.content_hash,
            "criteria": [criterion.id for criterion in profile.criteria],
        }
        for profile in map(load_profile, profile_names())
    }


def read_golden(path: Path) -> pd.DataFrame:
    """Read a golden table; its first column is the index."""
    return pd.read_csv(path, index_col=0)


def read_profiles() -> dict[str, dict[str, Any]]:
    """Read what the golden file holds of the built-in profiles."""
    profiles: dict[str, dict[str, Any]] = json.loads(PROFILES.read_text(encoding="utf-8"))
    return profiles


def same_version(old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]) -> list[str]:
    """Return the profiles whose content changed although their version did not."""
    return [
        name
        for name in sorted(old.keys() & new.keys())
        if old[name]["version"] == new[name]["version"] and old[name] != new[name]
    ]


def replace_table(page: Path, table: list[str]) -> None:
    """Replace the table of a page that has the same head."""
    before, after = page.read_text(encoding="utf-8").split("\n".join(table[:2]) + "\n")
    rest = re.sub(r"\A(\|.*\n)*", "", after)
    page.write_text(before + "\n".join(table) + "\n" + rest, encoding="utf-8")


def main() -> None:
    """Write all golden files, and the tables of the documentation."""
    profiles = golden_profiles()
    if unchanged := same_version(read_profiles(), profiles):
        sys.exit(
            f"The content of {', '.join(unchanged)} changed and the version did not; raise it. If "
            f"that version was never released, restore {PROFILES.name} first."
        )
    tables = golden_tables()
    PROFILES.write_text(json.dumps(profiles, indent=2) + "\n", encoding="utf-8")
    for table, path in zip(tables, (SITES, CLUSTERS), strict=True):
        table.to_csv(path, float_format="%.12g", lineterminator="\n")
    with contextlib.redirect_stdout(None):
        names = weights_page.run_examples()
    replace_table(weights_page.PAGE, weights_page.table_of_weights(names))
    for rows in (
        face_validity.table_of_checks(face_validity.checks()),
        face_validity.table_of_landings(face_validity.landings()),
    ):
        replace_table(ROOT / "docs" / "typology.md", rows)


if __name__ == "__main__":
    main()
