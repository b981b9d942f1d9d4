"""How often the intervals of linkage hold the truth, on networks with known ties.

`PYTHONPATH=src:tests python -m acceptance.linkage_coverage` writes the table of docs/validation.md.
"""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).resolve().parents[2] / "docs" / "validation.md"
FIRMS = (5, 10, 20)
COMPLETENESS = (0.2, 0.4, 0.6, 0.8, 1.0)
#: places of each cell, draws of each place, and seed of the truths
UNITS, DRAWS, SEED = 12, 200, 1


def cover(
    network: str,
    recording: str,
    n: int,
    completeness: float,
    **options: int,
) -> pd.DataFrame:
    """Return, for each of some places, the true degree, its bounds and its interval.

    Options are ``units``, the number of places, ``draws`` and ``seed``.
    """
    units, draws, seed = (options[name] for name in ("units", "draws", "seed"))
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


def coverage_table(units: int, draws: int, firms: Sequence[int] = FIRMS) -> list[str]:
    """Return the table of docs/validation.md: share of places held, and mean width."""
    heads = ["recorded", "firms", *(f"{share:.0%} on record" for share in COMPLETENESS)]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for recording, n in itertools.product(RECORDINGS, firms):
        cells = []
        for share in COMPLETENESS:
            options = {"units": units, "draws": draws, "seed": SEED}
            parts = [cover(network, recording, n, share, **options) for network in NETWORKS]
            found = summarise(pd.concat(parts), ["completeness"]).iloc[0]
            assert found["region holds"] == 1.0
            cells.append(f"{found['interval holds']:.2f}, {found['width']:.2f}")
        lines.append(f"| {recording} | {n} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    from regression.make_golden import replace_table

    replace_table(PAGE, coverage_table(UNITS, DRAWS))
