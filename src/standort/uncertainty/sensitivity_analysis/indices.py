"""Sobol indices and Morris effects of any function of independent factors, through SALib."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Function = Callable[[Floats], Floats]

__all__ = ["LEVELS", "morris_effects", "sobol_indices"]

#: values a factor takes in a Morris screening
LEVELS = 4
_RESAMPLES = 200


def sobol_indices(
    function: Function,
    factors: Sequence[str],
    *,
    samples: int = 1024,
    seed: int = 0,
    groups: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Share out the variance of a function over its factors (Sobol).

    An index says how much of the spread is due to a factor, not whether the spread matters, nor
    which way the factor works. It holds for the spreads that were assumed.

    Parameters
    ----------
    function
        Takes points of the unit cube, shape (n, number of factors), and gives n numbers.
    factors
        Names of the factors, which must be independent of each other.
    samples
        Points of the base sample, a power of 2; the function is asked ``samples`` x (number of
        factors or groups + 2) times.
    seed
        Of the scrambled sequence and the bootstrap.
    groups
        Name of the group of each factor; factors of one group are taken as one.

    Returns
    -------
    Index ``factor`` (or group): ``S1`` (alone), ``ST`` (with all that it does together with
    others), and ``S1_error``, ``ST_error``, half the width of their 95 % intervals by bootstrap.
    NaN where the function is constant. Small indices may come out below 0, within their error.

    Raises
    ------
    OptionError
        If `samples` is no power of 2, or SALib is not installed.

    Notes
    -----
    Saltelli et al. (2010), Computer Physics Communications 181, 259-270, through SALib (Herman and
    Usher 2017; Iwanaga et al. 2022).

    Examples
    --------
    Of a sum of .5 a + .3 b + .2 c the shares are .25, .09 and .04 of .38:

    >>> found = sobol_indices(lambda x: x @ np.array([0.5, 0.3, 0.2]), ["a", "b", "c"])
    >>> found["ST"].round(2).tolist()
    [0.66, 0.24, 0.11]
    """
    if samples < 2 or samples & (samples - 1):  # noqa: PLR2004 - one point has no variance
        msg = f"expected samples to be a power of 2, such as 1024, got {samples!r}"
        raise OptionError(msg)
    _need_salib()
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    problem = _problem(factors, groups)
    names = list(dict.fromkeys(groups or factors))
    points = sampling.sample(problem, samples, calc_second_order=False, scramble=True, seed=seed)
    found = np.asarray(function(points), dtype=np.float64)
    index = pd.Index(names, name="factor")
    columns = {"S1": "S1", "S1_error": "S1_conf", "ST": "ST", "ST_error": "ST_conf"}
    if np.ptp(found) == 0.0:
        return pd.DataFrame(np.nan, index=index, columns=list(columns))
    # SALib takes a seed of 0 for none; a generator it takes as it is
    chance = np.random.default_rng(seed)
    told = analysis.analyze(
        problem, found, calc_second_order=False, num_resamples=_RESAMPLES, seed=chance
    )
    return pd.DataFrame({ours: np.asarray(told[k]) for ours, k in columns.items()}, index=index)


def morris_effects(
    function: Function,
    factors: Sequence[str],
    *,
    trajectories: int = 20,
    seed: int = 0,
    groups: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Screen factors by the effect of each alone, from many points (Morris).

    For finding what hardly matters with few runs. An effect is that of moving a factor over its
    whole range; large effects of both signs cancel in ``mu`` but not in ``mu_star``.

    Parameters
    ----------
    function
        Takes points of the unit cube, shape (n, number of factors), and gives n numbers.
    factors
        Names of the factors.
    trajectories
        Walks through the cube, each changing every factor once; 20 or more. The function is asked
        ``trajectories`` x (number of factors or groups + 1) times.
    seed
        Of the walks and the bootstrap.
    groups
        Name of the group of each factor; factors of one group change together.

    Returns
    -------
    Index ``factor`` (or group): ``mu_star`` (mean size of the effect, in the place of the
    function), ``mu_star_error`` (half the width of its 95 % interval by bootstrap), ``mu`` (mean
    effect) and ``sigma`` (its standard deviation: not linear, or together with others). Of groups
    of several factors ``mu`` and ``sigma`` are NaN.

    Raises
    ------
    OptionError
        If there are fewer than two trajectories, or SALib is not installed.

    Notes
    -----
    Morris (1991), Technometrics 33, 161-174; mu_star of Campolongo, Cariboni and Saltelli (2007),
    Environmental Modelling and Software 22, 1509-1518.

    Examples
    --------
    >>> found = morris_effects(lambda x: 3 * x[:, 0] - x[:, 1], ["a", "b"])
    >>> found[["mu_star", "mu", "sigma"]].abs().round(3).to_numpy().tolist()
    [[3.0, 3.0, 0.0], [1.0, 1.0, 0.0]]
    """
    if trajectories < 2:  # noqa: PLR2004 - one has no spread
        msg = f"expected at least 2 trajectories, 20 or more to go by, got {trajectories!r}"
        raise OptionError(msg)
    _need_salib()
    from SALib.analyze import morris as analysis
    from SALib.sample import morris as sampling

    problem = _problem(factors, groups)
    points = sampling.sample(problem, trajectories, num_levels=LEVELS, seed=seed)
    found = np.asarray(function(points), dtype=np.float64)
    told = analysis.analyze(
        problem, points, found, num_levels=LEVELS, num_resamples=_RESAMPLES, seed=seed
    )
    columns = {"mu_star": "mu_star", "mu_star_error": "mu_star_conf", "mu": "mu", "sigma": "sigma"}
    index = pd.Index([str(name) for name in told["names"]], name="factor")
    table = pd.DataFrame(
        {
            ours: np.ma.filled(np.ma.asarray(told[k], dtype=float), np.nan)
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


def _need_salib() -> None:
    from importlib.util import find_spec

    if find_spec("SALib") is None:
        msg = "sensitivity needs the package SALib: pip install 'standort[sensitivity]'"
        raise OptionError(msg)
