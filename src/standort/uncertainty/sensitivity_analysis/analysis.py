"""Sensitivity of a score, rank or margin to the uncertain inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from standort.arguments import MOST_ROWS, SEED, checked, whole
from standort.errors import OptionError
from standort.outputs.note_text import format_reason
from standort.study.engine import Engine
from standort.uncertainty.input_spreads import Spreads
from standort.uncertainty.layer_draws import drawn_layers, not_drawn
from standort.uncertainty.score_draws import has_limits
from standort.uncertainty.sensitivity_analysis.factors import Factors, Model
from standort.uncertainty.sensitivity_analysis.indices import morris_effects, sobol_indices
from standort.uncertainty.sensitivity_analysis.realisations import (
    check_not_excluded,
    measure_realisations,
    place_subject,
    site_subject,
)

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from standort.array_types import Progress
    from standort.layers import Study
    from standort.scoring import Profile
    from standort.uncertainty.layer_draws import DrawnLayer
    from standort.uncertainty.sensitivity_analysis.realisations import Subject


_REALISATIONS = 16


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity:
    """Result of `sensitivity`.

    Parameters
    ----------
    indices
        Index ``factor``, largest first; columns of `sobol_indices` or of `morris_effects`.
    factors
        Every factor: ``factor``, ``varied``, and ``how`` it was varied or why it was not.
    mean, deviation
        Mean and standard deviation of the target over all runs.
    recorded
        The target with nothing varied; an unknown value counts as one half.
    settings
        Method, target, seed, and numbers of runs and realisations.
    """

    indices: pd.DataFrame
    factors: pd.DataFrame
    mean: float
    deviation: float
    recorded: float
    settings: dict[str, Any]

    def __repr__(self) -> str:
        varied = int(self.factors["varied"].sum())
        return (
            f"<Sensitivity ({self.settings['method']}) of the {self.settings['target']} of "
            f"{self.settings['of']}: {varied} factors varied, {len(self.factors) - varied} not>"
        )

    @checked(n=whole(1))
    def plot(self, *, n: int = 15, ax: Axes | None = None) -> Axes:
        """Plot the indices with their bootstrap intervals; see `standort.outputs.plot_sensitivity`.

        Parameters
        ----------
        n, ax
            As for `plot_sensitivity`.

        Returns
        -------
        The axes.
        """
        from standort.outputs.figures.sensitivity_plot import plot_sensitivity

        target = f"{self.settings['target']} of {self.settings['of']}"
        return plot_sensitivity(self.indices, target=target, n=n, ax=ax)


@checked(
    samples=whole(2, 2**20),
    trajectories=whole(2, MOST_ROWS),
    realisations=whole(2, 10_000),
    seed=SEED,
)
def sensitivity(  # noqa: PLR0913 - one parameter for each setting of the method
    study: Study,
    profile: str | Path | Profile = "net-zero",
    *,
    site: object = None,
    place: object = None,
    target: Literal["score", "rank", "margin"] = "score",
    method: Literal["sobol", "morris"] = "sobol",
    samples: int = 1024,
    trajectories: int = 20,
    weights: Literal["group", "separate"] = "group",
    spreads: Spreads | None = None,
    realisations: int = _REALISATIONS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Sensitivity:
    """Attribute the spread of a score, rank or margin to the uncertain inputs.

    The inputs and spreads are those of `monte_carlo`. An index is the part of the spread due to an
    input, given the assumed spreads: an input with a narrow assumed spread looks harmless. Indices
    do not cover inputs that were not varied; `Sensitivity.factors` lists them.

    Parameters
    ----------
    study
        The study.
    profile
        Name of a built-in profile, path of a TOML file, or a loaded profile.
    site, place
        Subject of the analysis: the id of a site, or the name of a place or number of a cluster;
        by default the site with the highest score.
    target
        ``score``; ``rank`` among all sites that no gate excludes (1 is best); ``margin``, the
        score minus the threshold of the typology, which is drawn too. Places have no rank.
    method
        ``sobol`` decomposes the variance; ``morris`` screens factors with few runs.
    samples
        Base sample of the Sobol method, a power of 2.
    trajectories
        Trajectories of the Morris method.
    weights
        ``group``: all weights are one factor. ``separate``: each weight is a factor, drawn as an
        independent gamma variate whose share of the sum is the weight, so that factors are
        independent although weights are not.
    spreads
        Spreads of the inputs about their recorded values; see `Spreads`.
    realisations
        Number of random realisations of each layer. A layer is one factor; its realisations are
        the values it takes.
    seed
        Random seed.
    progress
        Called with a label, the number of steps done, and the total.

    Returns
    -------
    Indices or effects, and all factors, varied or not.

    Raises
    ------
    ProfileError, LayerError
        As `standort.score`.
    OptionError
        If an option is out of range, the site or place is unknown or excluded by a gate, or SALib
        is not installed.

    Notes
    -----
    Factors are drawn from the central 98 % of their distributions. With few realisations the
    variance of a layer is itself uncertain: with 16, its standard error is about a third of it.
    Bootstrap intervals do not include that.

    Examples
    --------
    >>> import geopandas
    >>> from standort.layers import Study
    >>> positions = geopandas.points_from_xy([4.0, 4.3], [52, 52], crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": ["near", "far"], "co2_t_per_yr": [1e6, 1e6]}, geometry=positions
    ... )
    >>> port = geopandas.GeoDataFrame({"feature_id": ["port"]}, geometry=positions[:1])
    >>> study = Study.from_layers(emitters=plants, ports=port)
    >>> result = sensitivity(study, site="far", samples=64, realisations=4)
    >>> result.indices.index[0], result.settings["runs"]
    ('weights', 704)
    """
    _check(site, place, target)
    engine = Engine.of(study, profile)
    chosen = spreads or Spreads()
    subject, name = _subject(engine, site, place, target)
    layers = drawn_layers(study, engine.measured, chosen)
    measured = measure_realisations(
        engine, subject, layers, realisations=realisations, seed=seed, progress=progress
    )
    recorded = measure_realisations(engine, subject, (), realisations=1, seed=seed)
    factors = Factors.of(subject, measured, layers, chosen, target=target, weights=weights)
    if not factors.names:
        msg = "expected at least one factor that varies, all spreads are 0; give larger ones"
        raise OptionError(msg)
    model = Model(subject, measured, factors, realisations, target, chosen)
    runs: list[np.ndarray] = []

    def run(points: np.ndarray) -> np.ndarray:
        runs.append(model.run(points, progress))
        return runs[-1]

    if method == "sobol":
        indices = sobol_indices(
            run, factors.names, samples=samples, seed=seed, groups=factors.groups
        ).sort_values("ST", ascending=False, kind="stable")
    else:
        indices = morris_effects(
            run, factors.names, trajectories=trajectories, seed=seed, groups=factors.groups
        ).sort_values("mu_star", ascending=False, kind="stable")
    return Sensitivity(
        indices=indices,
        factors=_factor_table(engine, factors, layers, target),
        mean=float(np.mean(runs[0])),
        deviation=float(np.std(runs[0])),
        recorded=model.recorded(recorded),
        settings={
            "method": method,
            "target": target,
            "of": name,
            "runs": len(runs[0]),
            "realisations": realisations,
            "seed": seed,
            "weights": weights,
            "profile": engine.profile.id,
            "spreads": chosen.as_dict(),
        },
    )


def _subject(engine: Engine, site: object, place: object, target: str) -> tuple[Subject, str]:
    """Return the subject of the analysis and its name."""
    if place is not None:
        subject = place_subject(engine, place)
        check_not_excluded(engine, subject, place)
        return subject, str(place)
    if site is None:
        from standort.layers.features import as_sites

        sites = engine.context.study.sites
        scores = engine.scores(engine.evaluate(as_sites(sites)))["score"]
        if scores.isna().all():
            gated = has_limits(engine.profile, "gate")
            where = "coverage of the sites" + (" and the gates of the profile" if gated else "")
            msg = f"expected at least one site with a score, got none; check the {where}"
            raise OptionError(msg)
        site = scores.idxmax()
    subject = site_subject(engine, site, among_all=target == "rank")
    check_not_excluded(engine, subject, site)
    return subject, str(site)


def _factor_table(
    engine: Engine, factors: Factors, layers: tuple[DrawnLayer, ...], target: str
) -> pd.DataFrame:
    """List the factors that were varied, and those that were not, with the reason."""
    rows: list[tuple[str, bool, str]] = [(name, True, how) for name, how in factors.varied.items()]
    rows += [(name, False, why) for name, why in factors.not_varied.items()]
    inputs = not_drawn(engine.context.study, engine.measured, layers)
    rows += [(each.what, False, each.why) for each in inputs]
    rows += _limit_rows(engine.profile, target)
    rows += [
        (f"criterion {criterion.id}", False, format_reason(reason))
        for criterion, reason in engine.criteria
        if reason is not None
    ]
    rows.append(("position of the site or place itself", False, "held; monte_carlo draws it"))
    choice = "a choice of method, not a quantity; see factorial"
    rows += [
        (name, False, choice)
        for name in ("aggregation", "distance decay", "radius", "eps of clusters")
    ]
    if target != "margin":
        rows.append(("threshold of the typology", False, f"does not affect the {target}"))
    return pd.DataFrame(rows, columns=["factor", "varied", "how"])


def _limit_rows(profile: Profile, target: str) -> list[tuple[str, bool, str]]:
    """Describe the role of gates and vetoes."""
    rows = []
    if has_limits(profile, "gate"):
        why = "not applied: a run in which one failed would have no result"
        if target == "rank":
            why += "; other sites that fail one in a run are left out of that run"
        rows.append(("gates on the site or place itself", False, why))
    if has_limits(profile, "veto"):
        rows.append(("vetoes", False, "they cap the type and change no score"))
    return rows


def _check(site: object, place: object, target: str) -> None:
    if site is not None and place is not None:
        msg = f"expected a site or a place, got both {site!r} and {place!r}; leave one out"
        raise OptionError(msg)
    if place is not None and target == "rank":
        msg = "expected the target score or margin for a place, got 'rank'; places are not ranked"
        raise OptionError(msg)
