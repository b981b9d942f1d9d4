"""Monte Carlo: a whole study, how time and memory grow with sites, and how near that is to a limit.

The limit is one product of matrices, sites x criteria by criteria x draws: no score can be made
with less. Value functions, powers, ranks and quantiles come on top of it.

    python -m benchmarks.drawing SITES DRAWS      one size alone, for its memory
"""

from __future__ import annotations

import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from benchmarks.timing import command_memory_gib, timed
from standort.layers import read_study
from standort.scoring import load_profile
from standort.uncertainty import Spreads, monte_carlo
from standort.uncertainty.propagation.histograms import Spread
from standort.uncertainty.propagation.site_figures import SiteTally
from standort.uncertainty.score_draws import draw_parameters, score_columns, value_columns

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.timing import Run
    from standort.uncertainty.score_draws import ParameterDraws

    Floats = NDArray[np.float64]

__all__ = ["time_draws"]

_SEED = 20_240_901
_PROFILE = load_profile("net-zero")
_NAMES = [criterion.id for criterion in _PROFILE.criteria]
_AT_ONCE = 32_768
#: draws of each size of the curve: few, since the time of one does not depend on their number
_DRAWS = {1_000: 2_000, 10_000: 400, 100_000: 40, 1_000_000: 12}
#: draws and sites of the product, which is at its best with many at once that fit in the cache:
#: with a dozen draws it waits for memory
_PRODUCT_DRAWS = 512
_MULTIPLIED_AT_ONCE = 1_024
#: sites and draws that the plain loop, which keeps every draw, is given
_PLAIN = (4_505, 500)


def time_draws(
    study: Path, repeat: int, *, smoke: bool, memory: bool
) -> tuple[dict[str, list[Run]], dict[str, float], dict[str, float]]:
    """Time Monte Carlo on a study, on ever more made up sites, and beside a plain loop.

    Returns
    -------
    Runs by contender, peak memory [GiB] by contender, and figures: time of a draw, how many
    times its part of the matrix product that is, how far figures are from the plain loop,
    and the errors that the replicates leave.
    """
    whole = 20 if smoke else 10_000
    sizes = {1_000: 100} if smoke else _DRAWS
    name = f"monte_carlo, {whole:,} draws, {study.name}"
    read = read_study(study)
    runs: dict[str, list[Run]] = {name: []}
    for _ in range(1 if smoke else repeat):
        run, actual = timed(partial(monte_carlo, read, draws=whole))
        runs[name].append(run)
    figures = {
        f"{figure}_error_{kind}": error
        for figure, errors in actual.errors.items()
        for kind, error in errors.items()
    }
    peaks: dict[str, float] = {}
    for n, draws in sizes.items():
        some, of_size = _time_size(n, draws)
        runs, figures = {**runs, **some}, {**figures, **of_size}
        if memory:
            command = [sys.executable, "-m", "benchmarks.drawing", str(n), str(draws)]
            peaks[f"{draws:,} draws, {n:,} sites"] = command_memory_gib(command)
    some, of_plain = _compare_plain(*((1_000, 100) if smoke else _PLAIN))
    return {**runs, **some}, peaks, {**figures, **of_plain}


def _time_size(n: int, draws: int) -> tuple[dict[str, list[Run]], dict[str, float]]:
    """Time draws on made up sites, once the memory of the counts is there, and the product."""
    metrics = _metrics(n)
    parameters = draw_parameters(_PROFILE, _NAMES, 2 * draws, _SEED, Spreads())
    tally = SiteTally(n, 2 * draws, 0.1)
    _draw(tally, metrics, parameters, np.arange(draws))  # which makes the memory
    drawn, _ = timed(partial(_draw, tally, metrics, parameters, np.arange(draws, 2 * draws)))
    laid_out, _ = timed(partial(tally.table, pd.RangeIndex(n)))
    values = np.stack([np.minimum(metrics[name], 1.0) for name in _NAMES], axis=1)
    weights = np.random.default_rng(_SEED).dirichlet(np.ones(len(_NAMES)), _PRODUCT_DRAWS).T.copy()
    with threadpool_limits(1):  # threads that wait for one another take processor seconds too
        _multiply(values[:_MULTIPLIED_AT_ONCE], weights)
        product, _ = timed(partial(_multiply, values, weights))
    runs = {
        f"{draws:,} draws, {n:,} sites": [drawn],
        f"  quantiles, {n:,} sites": [laid_out],
        f"  matrix product, {_PRODUCT_DRAWS} draws, {n:,} sites": [product],
    }
    a_draw, least = drawn.cpu_s / draws, product.cpu_s / _PRODUCT_DRAWS
    return runs, {
        f"milliseconds_a_draw_{n}": 1e3 * a_draw,
        f"milliseconds_a_product_{n}": 1e3 * least,
        f"times_the_product_{n}": a_draw / least,
    }


def _metrics(n: int) -> dict[str, Floats]:
    """Make metrics up, round the middle of each value function."""
    rng = np.random.default_rng(_SEED)
    return {
        c.id: c.value.model_dump()["points"][1]["x"] * rng.lognormal(0.0, 1.0, n)
        for c in _PROFILE.criteria
    }


def _draw(
    tally: SiteTally,
    metrics: dict[str, Floats],
    parameters: ParameterDraws,
    numbers: NDArray[np.intp],
) -> None:
    """Score and tally draws of one replicate, as `monte_carlo` does once it is measured."""
    sums = (Spread(tally.n), Spread(tally.n), Spread(tally.n))
    step = max(1, min(64, 2_000_000 // tally.n))
    for start in range(0, len(numbers), step):
        scores = _scores(metrics, parameters, numbers[start : start + step])
        tally.add(scores, sums, threading.Lock())
    tally.close_replicate(sums)


def _draw_all(metrics: dict[str, Floats], draws: int) -> pd.DataFrame:
    """Do it from beginning to end."""
    n = len(metrics[_NAMES[0]])
    parameters = draw_parameters(_PROFILE, _NAMES, draws, _SEED, Spreads())
    tally = SiteTally(n, draws, 0.1)
    _draw(tally, metrics, parameters, np.arange(draws))
    return tally.table(pd.RangeIndex(n))


def _scores(
    metrics: dict[str, Floats], parameters: ParameterDraws, numbers: NDArray[np.intp]
) -> Floats:
    n = len(metrics[_NAMES[0]])
    keys = np.arange(n, dtype=np.uint64)
    scores = np.empty((len(numbers), n))
    rows = max(1, _AT_ONCE // n)
    for first in range(0, len(numbers), rows):
        some = slice(first, first + rows)
        for start in range(0, n, _AT_ONCE):
            block = slice(start, start + _AT_ONCE)
            part = {name: column[block] for name, column in metrics.items()}
            columns = value_columns(
                part, _PROFILE.criteria, parameters, numbers[some], keys[block], seed=_SEED
            )
            scores[some, block] = score_columns(
                columns, parameters, numbers[some], profile=_PROFILE
            )
    return scores


def _multiply(values: Floats, weights: Floats) -> float:
    """Multiply values and weights, so few sites at a time that the scores stay in the cache."""
    scores = np.empty((_MULTIPLIED_AT_ONCE, weights.shape[1]))
    total = 0.0
    for start in range(0, len(values), _MULTIPLIED_AT_ONCE):
        some = values[start : start + _MULTIPLIED_AT_ONCE]
        total += float(np.matmul(some, weights, out=scores[: len(some)])[0, 0])
    return total


def _compare_plain(n: int, draws: int) -> tuple[dict[str, list[Run]], dict[str, float]]:
    """Do the same draws in a plain loop that keeps them all, and compare the figures."""
    metrics = _metrics(n)
    name = f"{draws:,} draws, {n:,} sites"
    ours, actual = timed(partial(_draw_all, metrics, draws))
    plain, expected = timed(partial(_loop, metrics, draws))
    figures = {
        f"largest_difference_of_{figure}_from_the_loop": float(
            np.abs(actual[figure].to_numpy() - expected[figure]).max()
        )
        for figure in ("score_p05", "score_p95", "rank_p05", "rank_p95", "p_top10")
    }
    return {name: [ours], f"{name}, plain loop": [plain]}, figures


def _loop(metrics: dict[str, Floats], draws: int) -> dict[str, Floats]:
    """Score draw after draw in a plain loop, and keep all scores and ranks."""
    parameters = draw_parameters(_PROFILE, _NAMES, draws, _SEED, Spreads())
    scores, ranks = [], []
    for draw in range(draws):
        score: Any = 1.0
        for component, weight in parameters.components.items():
            mean: Any = 0.0
            for criterion in _PROFILE.criteria_of(component):
                points = criterion.value.model_dump()["points"]
                xs = (
                    np.array([point["x"] for point in points])
                    * parameters.factors[criterion.id][draw]
                )
                x = metrics[criterion.id]
                if criterion.value.kind == "log_piecewise":
                    x, xs = np.log(np.maximum(x, 1e-300)), np.log(xs)
                value = np.interp(x, xs, [point["value"] for point in points])
                mean = mean + parameters.criteria[criterion.id][draw] * value
            score = score * (0.01 + 0.99 * mean) ** weight[draw]
        scores.append((score - 0.01) / 0.99)
        ranks.append(pd.Series(-scores[-1]).rank(method="min").to_numpy())
    rank = np.stack(ranks)
    low, high = np.quantile(scores, [0.05, 0.95], axis=0, method="inverted_cdf")
    first, last = np.quantile(rank, [0.05, 0.95], axis=0, method="inverted_cdf")
    top = (rank <= np.ceil(0.1 * rank.shape[1])).mean(axis=0)
    return {
        "score_p05": low,
        "score_p95": high,
        "rank_p05": first,
        "rank_p95": last,
        "p_top10": top,
    }


if __name__ == "__main__":
    _draw_all(_metrics(int(sys.argv[1])), int(sys.argv[2]))
