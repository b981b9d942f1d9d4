"""How often the intervals of linkage hold the truth, on networks with known ties.

python -m benchmarks.validation.linkage_coverage --units 40 --write docs/validation.md
"""

from __future__ import annotations

import argparse
import itertools
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from acceptance.linked_networks import (
    LAYERS,
    NETWORKS,
    RECORDINGS,
    draw_truth,
    record,
    tables,
)

from standort.linkages import linkage

FIRMS = (5, 10, 20, 50, 100, 200)
COMPLETENESS = (0.2, 0.4, 0.6, 0.8, 1.0)
#: Places of more firms than this are fewer, because they take long.
_MANY = 50


def cover(
    network: str, recording: str, n: int, completeness: float, *, units: int, draws: int, seed: int
) -> pd.DataFrame:
    """Return, for each of some places, the true degree, its bounds and its interval."""
    true, known, searches = {}, {}, []
    for number in range(units):
        rng = np.random.default_rng([seed, number, n, round(100 * completeness)])
        place = f"place {number}"
        truth = draw_truth(rng, network, n)
        found = record(rng, truth, recording, completeness)
        true[place] = truth, truth.tied, truth.members
        known[place] = truth, found.tied, found.members
        asked = found.search["firms"]
        if asked != "all":
            asked = ";".join(f"{place} {name}" for name in str(asked).split(";"))
        search = {**found.search, "unit": place, "source": "made up", "firms": asked}
        searches += [{"layer": layer, **search} for layer in LAYERS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        full = linkage(*tables(true), draws=0)["linkage_recorded"]
        table = linkage(*tables(known), collection=pd.DataFrame(searches), draws=draws)
    return table.assign(true=full, network=network, recording=recording, completeness=completeness)


def summarise(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return shares of the places whose truth is held, and mean widths."""
    slack = 1e-9
    true = table["true"]
    held = pd.DataFrame(
        {
            **{name: table[name] for name in by},
            "interval holds": (table["linkage_p05"] - slack <= true)
            & (true <= table["linkage_p95"] + slack),
            "above": true > table["linkage_p95"] + slack,
            "below": true < table["linkage_p05"] - slack,
            "width": table["linkage_p95"] - table["linkage_p05"],
            "region holds": (table["linkage_lower"] - slack <= true)
            & (true <= table["linkage_upper"] + slack),
            "recorded L is too low by": true - table["linkage_recorded"],
        }
    )
    return held.groupby(by).mean()


def main() -> None:
    """Print the table, or write it into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=40, help="places of each cell")
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--firms", type=int, nargs="*", default=FIRMS)
    parser.add_argument("--completeness", type=float, nargs="*", default=COMPLETENESS)
    parser.add_argument("--out", type=Path, help="CSV table of all places")
    given = parser.parse_args()
    parts = []
    for network, recording, n, share in itertools.product(
        NETWORKS, RECORDINGS, given.firms, given.completeness
    ):
        units = given.units if n <= _MANY else max(given.units // 4, 1)
        options = {"units": units, "draws": given.draws, "seed": given.seed}
        parts.append(cover(network, recording, n, share, **options))
    table = pd.concat(parts)
    if given.out is not None:
        table.to_csv(given.out)
    for _by in (["recording", "completeness"], ["recording", "n_firms"], ["network"]):
        pass
    summarise(table, ["network", "recording", "n_firms", "completeness"])


if __name__ == "__main__":
    main()
