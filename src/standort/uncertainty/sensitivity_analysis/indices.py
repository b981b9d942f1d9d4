"""Sobol indices and Morris effects of a function of independent factors, computed by SALib."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from standort.arguments import MOST_ROWS, SEED, checked, whole
from standort.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from standort.array_types import Floats


Function: TypeAlias = "Callable[[Floats], Floats]"

#: number of values that a factor takes in a Morris screening
LEVELS = 4
_RESAMPLES = 200


@checked(samples=whole(2, 2**20), seed=SEED)
def sobol_indices(
    function: Function,
    factors: Sequence[str],
    *,
    samples: int = 1024,
    seed: int = 0,
    groups: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Decompose the variance of a function by factor (Sobol).

    An index is the share of the variance due to a factor. It does not say whether the variance
    matters or in which direction the factor acts, and it holds for the assumed spreads only.

    Parameters
    ----------
    function
        Takes points of the unit cube, shape (n, number of factors), and returns n numbers.
    factors
        Names of the factors, which must be independent.
    samples
        Points of the base sample, a power of 2; the function is evaluated at ``samples`` x (number
        of factors or groups + 2) points.
    seed
        Random seed of the scrambled sequence and the bootstrap.
    groups
        Name of the group of each factor; factors of one group are treated as one.

    Returns
    -------
    Index ``factor`` (or group): ``S1`` (first order), ``ST`` (total, including interactions), and
    ``S1_error``, ``ST_error``, half the width of their bootstrap 95 % intervals. NaN if the
    function is constant. Small indices may be negative, within their error.

    Raises
    ------
    OptionError
        If `samples` is not a power of 2, or SALib is not installed.

    Notes
    -----
    Saltelli et al. (2010), Computer Physics Communications 181, 259-270, with SALib (Herman and
    Usher 2017; Iwanaga et al. 2022).

    Examples
    --------
    For .5 a + .3 b + .2 c the shares are .25, .09 and .04 of .38:

    >>> indices = sobol_indices(lambda x: x @ np.array([0.5, 0.3, 0.2]), ["a", "b", "c"])
    >>> indices["ST"].round(2).tolist()
    [0.66, 0.24, 0.11]
    """
    if samples & (samples - 1):
        msg = f"expected samples to be a power of 2, such as 1024, got {samples!r}"
        raise OptionError(msg)
    _check_factors(factors)
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    problem = _problem(factors, groups)
    names = list(dict.fromkeys(groups or factors))
    points = sampling.sample(problem, samples, calc_second_order=False, scramble=True, seed=seed)
    outputs = np.asarray(function(points), dtype=np.float64)
    index = pd.Index(names, name="factor")
    columns = {"S1": "S1", "S1_error": "S1_conf", "ST": "ST", "ST_error": "ST_conf"}
    if np.ptp(outputs) == 0.0:
        return pd.DataFrame(np.nan, index=index, columns=list(columns))
    # SALib treats a seed of 0 as none, so pass a generator
    generator = np.random.default_rng(seed)
    analysed = analysis.analyze(
        problem, outputs, calc_second_order=False, num_resamples=_RESAMPLES, seed=generator
    )
    return pd.DataFrame({ours: np.asarray(analysed[k]) for ours, k in columns.items()}, index=index)


@checked(trajectories=whole(2, MOST_ROWS), seed=SEED)
def morris_effects(
    function: Function,
    factors: Sequence[str],
    *,
    trajectories: int = 20,
    seed: int = 0,
    groups: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Screen factors by their elementary effects (Morris).

    Finds factors that hardly matter, with few runs. An effect is the change of the function when a
    factor moves over its whole range; effects of opposite sign cancel in ``mu`` but not in
    ``mu_star``.

    Parameters
    ----------
    function
        Takes points of the unit cube, shape (n, number of factors), and returns n numbers.
    factors
        Names of the factors.
    trajectories
        Trajectories through the cube, each changing every factor once; 20 or more. The function is
        evaluated at ``trajectories`` x (number of factors or groups + 1) points.
    seed
        Random seed of the trajectories and the bootstrap.
    groups
        Name of the group of each factor; factors of one group change together.

    Returns
    -------
    Index ``factor`` (or group): ``mu_star`` (mean absolute effect, in the unit of the
    function), ``mu_star_error`` (half the width of its bootstrap 95 % interval), ``mu`` (mean
    effect) and ``sigma`` (standard deviation of the effect: non-linearity or interactions). For
    groups of several factors ``mu`` and ``sigma`` are NaN.

    Raises
    ------
    OptionError
        If there are fewer than two trajectories, or SALib is not installed.

    Notes
    -----
    Morris (1991), Technometrics 33, 161-174; mu_star is due to Campolongo, Cariboni and Saltelli
    (2007), Environmental Modelling and Software 22, 1509-1518.

    Examples
    --------
    >>> effects = morris_effects(lambda x: 3 * x[:, 0] - x[:, 1], ["a", "b"])
    >>> effects[["mu_star", "mu", "sigma"]].abs().round(3).to_numpy().tolist()
    [[3.0, 3.0, 0.0], [1.0, 1.0, 0.0]]
    """
    _check_factors(factors)
    from SALib.analyze import morris as analysis
    from SALib.sample import morris as sampling

    problem = _problem(factors, groups)
    points = sampling.sample(problem, trajectories, num_levels=LEVELS, seed=seed)
    outputs = np.asarray(function(points), dtype=np.float64)
    analysed = analysis.analyze(
        problem, points, outputs, num_levels=LEVELS, num_resamples=_RESAMPLES, seed=seed
    )
    columns = {"mu_star": "mu_star", "mu_star_error": "mu_star_conf", "mu": "mu", "sigma": "sigma"}
    index = pd.Index([str(name) for name in analysed["names"]], name="factor")
    table = pd.DataFrame(
        {
            ours: np.ma.filled(np.ma.asarray(analysed[k], dtype=float), np.nan)
            for ours, k in columns.items()
        },
        index=index,
    )
    if groups is not None:
        several = [name for name in index if list(groups).count(name) > 1]
        table.loc[several, ["mu", "sigma"]] = np.nan
    return table


def _problem(factors: Sequence[str], groups: Sequence[str] | None) -> dict[str, object]:
    problem: dict[str, object] = {
        "num_vars": len(factors),
        "names": list(factors),
        "bounds": [[0.0, 1.0]] * len(factors),
    }
    return problem if groups is None else {**problem, "groups": list(groups)}


def _check_factors(factors: Sequence[str]) -> None:
    from importlib.util import find_spec

    if not factors:
        msg = "expected at least one factor, got none; name what the function takes"
        raise OptionError(msg)
    if find_spec("SALib") is None:
        msg = "sensitivity needs the package SALib: pip install 'standort[sensitivity]'"
        raise OptionError(msg)
