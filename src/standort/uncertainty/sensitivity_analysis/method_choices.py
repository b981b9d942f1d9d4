"""Factorial sensitivity of ranks to method choices."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.arguments import checked, positive
from standort.errors import OptionError
from standort.layers.features import as_sites
from standort.scoring import load_profile
from standort.scoring.profile.decays import (
    CutoffDecay,
    ExponentialDecay,
    GaussianDecay,
    LinearDecay,
)
from standort.study.engine import Engine
from standort.study.metric_options import as_decay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from standort.array_types import Progress
    from standort.layers import Study
    from standort.scoring import Criterion, DistanceDecay, Profile


#: decays of one parameter, made from the distance at which they are one half
_DECAYS: dict[str, Callable[[float], DistanceDecay]] = {
    "exponential": lambda half: ExponentialDecay(kind="exponential", scale_km=half / np.log(2.0)),
    "gaussian": lambda half: GaussianDecay(
        kind="gaussian", bandwidth_km=half / float(np.sqrt(2.0 * np.log(2.0)))
    ),
    "linear": lambda half: LinearDecay(kind="linear", reach_km=2.0 * half),
    "cutoff": lambda half: CutoffDecay(kind="cutoff", reach_km=half),
}
#: aggregations that need no options, and the options of the others
_PLAIN = ("geometric", "arithmetic", "minimum", "topsis")
_OPTIONS = ("exponent", "orness", "quantifier")
_FACTORS = ("aggregation", "decay", "radius_factor", "eps_km")
_TOP = 10


@dataclass(frozen=True, eq=False, repr=False)
class Factorial:
    """Result of `factorial`.

    Parameters
    ----------
    runs
        One row per combination: its levels, ``rank_shift`` (R_s: mean absolute change of
        rank relative to the unchanged profile), ``largest_shift``, ``top_tenth_kept`` (share of
        the profile's top tenth that remains in it) and ``scored`` (number of scored sites).
    effects
        One row per factor and level: ``rank_shift`` (its mean over the runs with that level) and
        ``effect`` (that mean minus the mean over all runs) [ranks].
    spreads
        Index ``factor``: ``spread``, the largest effect of its levels minus the smallest; the
        factor with the largest spread is first.
    sites
        Index of the sites: ``rank`` under the unchanged profile, ``rank_best`` and ``rank_worst``
        over all runs, ``rank_shift`` (mean absolute change) and ``top_tenth`` (share of runs in
        which the site is in the top tenth).
    factors
        Every factor: ``factor``, ``varied``, and ``how`` it was varied or why it was not.
    """

    runs: pd.DataFrame
    effects: pd.DataFrame
    spreads: pd.DataFrame
    sites: pd.DataFrame
    factors: pd.DataFrame

    def __repr__(self) -> str:
        return (
            f"<Factorial of {len(self.runs)} runs of {len(self.sites)} sites: ranks move by "
            f"{self.runs['rank_shift'].mean():.1f} on average>"
        )


@checked(radius_factor=positive(), eps_km=positive("km"))
def factorial(  # noqa: PLR0913 - one parameter for each choice of method
    study: Study,
    profile: str | Path | Profile = "net-zero",
    *,
    aggregation: Sequence[str] | None = None,
    decay: Sequence[str] | None = None,
    radius_factor: Sequence[float] | None = None,
    eps_km: Sequence[float] | None = None,
    progress: Progress | None = None,
) -> Factorial:
    """Score a study under every combination of method choices, and compare the ranks.

    Method choices have no probability distribution, so the range of ranks is not an interval. A
    small shift means that the choices tried hardly matter for the order; it does not cover choices
    that were not tried, nor scores, which differ throughout.

    Parameters
    ----------
    study
        The study.
    profile
        Name of a built-in profile, path of a TOML file, or a loaded profile.
    aggregation
        Names of aggregations that need no options; by default the profile's own, geometric,
        arithmetic and minimum.
    decay
        Kinds (exponential, gaussian, linear, cutoff) or "profile". Each criterion keeps the
        distance at which its decay is one half, so that kinds differ in shape only; a decay
        without such a distance is unchanged. By default "profile", exponential, gaussian and
        linear.
    radius_factor
        Factors on the radius of every criterion that has one; by default 0.5, 1 and 2.
    eps_km
        Neighbourhood radii of clusters [km]; by default 0.5, 1 and 2 times the profile's.
    progress
        Called with a label, the number of runs done, and the total.

    Returns
    -------
    Runs, effects, and the range of each site's rank. Sites without a score are left out.

    Raises
    ------
    ProfileError, LayerError
        As `standort.score`.
    OptionError
        If a level is not a valid choice, or fewer than two sites have a score.

    Notes
    -----
    R_s = 1/n sum |rank - rank of the profile| (Saisana, Saltelli and Tarantola 2005, Journal of the
    Royal Statistical Society A 168, 307-323). Every combination is scored as by
    `standort.score`; value functions are unchanged, so a larger radius counts more features and
    increases scores.

    Examples
    --------
    >>> import geopandas
    >>> from standort.layers import Study
    >>> positions = geopandas.points_from_xy([4.0, 4.1, 4.5], [52, 52, 52], crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": ["a", "b", "c"], "co2_t_per_yr": [1e6, 1e6, 9e6]}, geometry=positions
    ... )
    >>> port = geopandas.GeoDataFrame({"feature_id": ["port"]}, geometry=positions[2:])
    >>> study = Study.from_layers(emitters=plants, ports=port)
    >>> result = factorial(study, decay=["profile"], eps_km=[10])
    >>> len(result.runs), result.spreads.index[0]
    (9, 'aggregation')
    """
    chosen = load_profile(profile)
    levels = _levels(chosen, aggregation, decay, radius_factor, eps_km)
    recorded = Engine.of(study, chosen)
    sites = as_sites(study.sites)
    scores = recorded.scores(recorded.evaluate(sites))["score"]
    base = scores.rank(method="min", ascending=False)
    if base.notna().sum() < 2:  # noqa: PLR2004 - a single site always has rank 1
        msg = f"expected at least two sites with a score, got {base.notna().sum()}"
        raise OptionError(msg)
    rows: list[dict[str, Any]] = []
    ranks: list[pd.Series[float]] = []
    total = int(np.prod([len(each) for each in levels.values()]))
    for kind, factor, eps in product(levels["decay"], levels["radius_factor"], levels["eps_km"]):
        other = _changed(chosen, kind, factor, eps)
        engine = Engine.of(study, other)
        evaluation = engine.evaluate(sites)
        for name in levels["aggregation"]:
            if progress is not None:
                progress(f"{name}, {kind}, radius x {factor:g}, eps {eps:g} km", len(rows), total)
            again = Engine(_aggregated(other, name), engine.context, engine.criteria)
            rank = again.scores(evaluation)["score"].rank(method="min", ascending=False)
            ranks.append(rank)
            level = dict(zip(_FACTORS, (name, kind, factor, eps), strict=True))
            rows.append({**level, **_shifts(rank, base)})
    if progress is not None:
        progress("", total, total)
    order = [levels["aggregation"].index(row["aggregation"]) for row in rows]
    runs = pd.DataFrame(rows).iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
    effects = _effects(runs, levels)
    return Factorial(
        runs=runs,
        effects=effects,
        spreads=_spreads(effects),
        sites=_of_sites(base, ranks),
        factors=_factor_table(chosen, recorded, levels),
    )


def _levels(
    profile: Profile,
    aggregation: Sequence[str] | None,
    decay: Sequence[str] | None,
    radius_factor: Sequence[float] | None,
    eps_km: Sequence[float] | None,
) -> dict[str, list[Any]]:
    """Fill in the default levels; raise if a level is not a valid choice."""
    default = dict.fromkeys([str(profile.aggregation), "geometric", "arithmetic", "minimum"])
    eps = profile.clusters.eps_km
    levels: dict[str, list[Any]] = {
        "aggregation": list(default if aggregation is None else dict.fromkeys(aggregation)),
        "decay": list(
            ["profile", "exponential", "gaussian", "linear"]
            if decay is None
            else dict.fromkeys(decay)
        ),
        "radius_factor": list(
            [0.5, 1.0, 2.0] if radius_factor is None else dict.fromkeys(map(float, radius_factor))
        ),
        "eps_km": list(
            [0.5 * eps, eps, 2.0 * eps] if eps_km is None else dict.fromkeys(map(float, eps_km))
        ),
    }
    for name, given in levels.items():
        if not given:
            msg = f"expected at least one level of {name}, got none; omit it for the default"
            raise OptionError(msg)
    unknown = [kind for kind in levels["decay"] if kind not in ("profile", *_DECAYS)]
    if unknown:
        msg = (
            f"expected a decay of one parameter, got {unknown[0]!r}; choose from profile, "
            f"{', '.join(_DECAYS)}"
        )
        raise OptionError(msg)
    for name in levels["aggregation"]:
        _aggregated(profile, name)
    return levels


def _aggregated(profile: Profile, name: str) -> Profile:
    """Return the profile with another aggregation, its own or one that needs no options."""
    if name == profile.aggregation:
        return profile
    if name not in _PLAIN:
        msg = (
            f"expected an aggregation that needs no options ({', '.join(_PLAIN)}) or the "
            f"profile's own, got {name!r}; use a profile with that aggregation and its options"
        )
        raise OptionError(msg)
    return profile.model_copy(update={"aggregation": name, **dict.fromkeys(_OPTIONS)})


def _changed(profile: Profile, kind: str, factor: float, eps: float) -> Profile:
    """Return the profile with these choices in its criteria and cluster settings."""
    criteria = tuple(_with_choices(c, kind, factor) for c in profile.criteria)
    clusters = profile.clusters.model_copy(update={"eps_km": eps})
    return profile.model_copy(update={"criteria": criteria, "clusters": clusters})


def _with_choices(criterion: Criterion, kind: str, factor: float) -> Criterion:
    update: dict[str, Any] = {}
    if criterion.radius_km is not None:
        update["radius_km"] = criterion.radius_km * factor
    half = _half_distance(criterion)
    if kind != "profile" and half is not None:
        update["decay"] = _DECAYS[kind](half)
    return criterion.model_copy(update=update) if update else criterion


def _half_distance(criterion: Criterion) -> float | None:
    """Return the distance at which the decay is one half [km]; None if there is none."""
    decay = as_decay(criterion.decay)
    half = None if decay is None else decay.half_distance_km
    return half if half is not None and 0.0 < half < np.inf else None


def _shifts(rank: pd.Series[float], base: pd.Series[float]) -> dict[str, float]:
    """Compare ranks of the sites ranked in both."""
    shift = (rank - base).abs()
    top = -(-int(base.notna().sum()) // _TOP)
    before, after = base <= top, rank <= top
    return {
        "rank_shift": float(shift.mean()),
        "largest_shift": float(shift.max()),
        "top_tenth_kept": float((before & after).sum() / before.sum()),
        "scored": int(rank.notna().sum()),
    }


def _effects(runs: pd.DataFrame, levels: dict[str, list[Any]]) -> pd.DataFrame:
    mean = runs["rank_shift"].mean()
    rows = []
    for factor, given in levels.items():
        for level in given:
            shift = runs.loc[runs[factor] == level, "rank_shift"].mean()
            rows.append((factor, str(level), shift, shift - mean))
    return pd.DataFrame(rows, columns=["factor", "level", "rank_shift", "effect"])


def _spreads(effects: pd.DataFrame) -> pd.DataFrame:
    by_factor = effects.groupby("factor", sort=False)["effect"]
    spread = (by_factor.max() - by_factor.min()).rename("spread").to_frame()
    return spread.sort_values("spread", ascending=False, kind="stable")


def _of_sites(base: pd.Series[float], ranks: list[pd.Series[float]]) -> pd.DataFrame:
    every = pd.concat(ranks, axis=1)
    top = -(-int(base.notna().sum()) // _TOP)
    return pd.DataFrame(
        {
            "rank": base.astype("Int64"),
            "rank_best": every.min(axis=1).astype("Int64"),
            "rank_worst": every.max(axis=1).astype("Int64"),
            "rank_shift": every.sub(base, axis=0).abs().mean(axis=1),
            "top_tenth": (every <= top).mean(axis=1).where(every.notna().any(axis=1)),
        }
    )


def _factor_table(profile: Profile, engine: Engine, levels: dict[str, list[Any]]) -> pd.DataFrame:
    """List the factors that were varied, and those that were not, with the reason."""
    decays = [c.id for c in engine.measured if _half_distance(c) is not None]
    radii = [c.id for c in engine.measured if c.radius_km is not None]
    scope = {
        "aggregation": "all components",
        "decay": f"of {', '.join(decays)}",
        "radius_factor": f"radius of {', '.join(radii)}",
        "eps_km": "clusters, and the criteria that use them",
    }
    without_effect = {
        "decay": not decays,
        "radius_factor": not radii,
        "eps_km": engine.clusters is None,
        "aggregation": len({c.component for c in engine.measured}) < 2,  # noqa: PLR2004 - nothing to aggregate
    }
    rows = []
    for factor, given in levels.items():
        if without_effect[factor]:
            rows.append((factor, False, "no available criterion depends on it"))
        elif len(given) == 1:
            rows.append((factor, False, f"only one level: {given[0]}"))
        else:
            rows.append((factor, True, f"{', '.join(map(str, given))}: {scope[factor]}"))
    unchanged = [c.id for c in engine.measured if c.decay is not None and c.id not in decays]
    rows += [(f"decay of {name}", False, "it is nowhere one half") for name in unchanged]
    reason = "not a choice of method; see sensitivity and monte_carlo"
    rows += [(name, False, reason) for name in ("weights", "value functions", "layers")]
    settings = f"held at {profile.clusters.min_samples}; see standort clusters"
    rows.append(("min_samples of clusters", False, settings))
    return pd.DataFrame(rows, columns=["factor", "varied", "how"])
