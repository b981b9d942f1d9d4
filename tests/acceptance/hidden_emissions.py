"""How often intervals hold the truth when emissions are unknown: the table of docs/validation.md.

Synthetic worlds are scored with all their emissions, which is the truth. Then some emissions are
hidden at random, and `monte_carlo` draws them; nothing else is drawn. An interval is right if it
holds the score, or the rank, of the full data.

    PYTHONPATH=src:tests python -m acceptance.hidden_emissions    # writes the table, takes minutes
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from study.small_studies import emitters, points, study_of

from standort.study import score
from standort.uncertainty import Spreads, monte_carlo
from standort.uncertainty.propagation.monte_carlo import REPLICATES

if TYPE_CHECKING:
    from standort.layers import Study

__all__ = ["coverage_table", "covered", "hidden", "world"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "validation.md"
#: sectors: share of the sites, and mean and deviation of the logarithm of their emissions [t/yr]
SECTORS = {
    "cement": (0.3, 13.0, 1.0),
    "chemicals": (0.35, 12.0, 1.8),
    "paper": (0.25, 11.0, 1.3),
    "steel": (0.1, 13.5, 1.5),
}
WORLDS, SITES = 100, 100
SHARES = (0.3,)
#: a rounded quantile may miss by a bin of the histogram of scores
HAIR = 1e-9


def world(seed: int, n: int = SITES) -> dict[str, Any]:
    """Return the layers of a world: sites of four sectors, two thirds in dense groups.

    There are few other layers, so that emissions decide much of the score and of its order.
    """
    rng = np.random.default_rng([seed, n])
    share = [s for s, _, _ in SECTORS.values()]
    sector = rng.choice(list(SECTORS), n, p=share)
    mean, deviation = (np.array([SECTORS[name][i] for name in sector]) for i in (1, 2))
    middle = rng.random((8, 2)) * [4.0, 2.5]
    lon, lat = (middle[rng.integers(0, 8, n)] + rng.normal(0, 0.06, (n, 2))).T
    alone = rng.random(n) < 1 / 3
    lon[alone], lat[alone] = rng.random((2, alone.sum())) * [[4.0], [2.5]]
    amount = np.minimum(rng.lognormal(mean, deviation), 9e7)

    places = 3 + rng.random(6) * 4, 50 + rng.random(6) * 2.5
    return {
        "emitters": emitters(3 + lon, 50 + lat, amount, sector=sector),
        "co2_storage": points(*places, capacity_mt=rng.lognormal(6, 0.8, 6)),
        "ports": points(*(axis[:3] for axis in places)),
    }


def hidden(layers: dict[str, Any], share: float, seed: int) -> Study:
    """Return the study with the emissions of a random share of the sites hidden."""
    emitting = layers["emitters"].copy()
    lost = np.random.default_rng([seed, 7]).random(len(emitting)) < share
    emitting.loc[lost, "co2_t_per_yr"] = np.nan
    return study_of({**layers, "emitters": emitting})


def covered(seed: int, share: float, *, n: int = SITES, **options: Any) -> pd.DataFrame:  # noqa: ANN401
    """Return which intervals of a world hold the truth, and their widths, a row for each site.

    Left out are sites of which too little is known for a score, which have no interval, and those
    whose score no hidden emission can move, whose interval has no width.
    """
    layers = world(seed, n)
    study = hidden(layers, share, seed)
    drawn = monte_carlo(study, seed=seed, spreads=Spreads.none(), **options).sites
    drawn = drawn[drawn["score_p05"].notna()]
    truth = pd.DataFrame(score(study_of(layers)).sites.loc[drawn.index, ["score"]])
    truth["rank"] = truth["score"].rank(method="min", ascending=False)
    moved = drawn["score_p95"] > drawn["score_p05"]
    rows = {}
    for name in ("score", "rank"):
        low, high = drawn[f"{name}_p05"], drawn[f"{name}_p95"]
        rows[name] = (low - HAIR <= truth[name]) & (truth[name] <= high + HAIR)
        rows[f"{name}_width"] = high - low
    return pd.DataFrame(rows)[moved]


def coverage_table(worlds: int = WORLDS, **options: Any) -> list[str]:  # noqa: ANN401
    """Return the table of docs/validation.md; options are those of `monte_carlo`."""
    given = {"draws": REPLICATES, **options}  # all draws of a replicate are equal here
    lines = [
        "| emissions hidden | scores held | mean width | ranks held | mean width | sites moved |",
        "|---|---|---|---|---|---|",
    ]
    for share in SHARES:
        rows = pd.concat([covered(seed, share, **given) for seed in range(worlds)])
        lines.append(
            f"| {share:.0%} | {rows['score'].mean():.3f} | {rows['score_width'].mean():.3f} | "
            f"{rows['rank'].mean():.3f} | {rows['rank_width'].mean():.1f} of {SITES} | "
            f"{len(rows) / worlds / SITES:.0%} |"
        )
    return lines


if __name__ == "__main__":
    from regression.make_golden import replace_table

    replace_table(PAGE, coverage_table())
