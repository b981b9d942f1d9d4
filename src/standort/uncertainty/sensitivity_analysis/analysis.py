"""Sensitivity: which uncertain input moves a score, a rank or a margin, and which does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from standort.errors import OptionError
from standort.outputs.note_text import format_reason
from standort.random_numbers import check_seed
from standort.study.chain import Engine
from standort.uncertainty.input_spreads import Spreads
from standort.uncertainty.layer_draws import drawn_layers, not_drawn
from standort.uncertainty.score_draws import has_limits
from standort.uncertainty.sensitivity_analysis.factors import Factors, Model
from standort.uncertainty.sensitivity_analysis.indices import morris_effects, sobol_indices
from standort.uncertainty.sensitivity_analysis.realisations import (
    ask_place,
    ask_site,
    measure_worlds,
    refuse_excluded,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes

    from standort.layers import Study
    from standort.scoring import Profile
    from standort.uncertainty.layer_draws import DrawnLayer
    from standort.uncertainty.sensitivity_analysis.realisations import Asked

    Progress = Callable[[str, int, int], None]

__all__ = ["Sensitivity", "sensitivity"]

_WORLDS = 16


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity:
    """What `sensitivity` gives.

    Parameters
    ----------
    indices
        Index ``factor``, largest first; columns of `sobol_indices` or of `morris_effects`.
    factors
        Every factor: ``factor``, ``varied``, and ``how`` it was varied or why it could not be.
    mean, deviation
        Mean and standard deviation of what was asked about, over all runs.
    recorded
        What it is with nothing varied; a value that is unknown counts as one half.
    settings
        Method, target, seed, numbers of runs and worlds.
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

    def plot(self, *, n: int = 15, ax: Axes | None = None) -> Axes:
        """Draw the indices with their bootstrap intervals; see `standort.outputs.plot_sensitivity`.

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
    worlds: int = _WORLDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Sensitivity:
    """Tell which uncertain inputs move the score, rank or margin of a site or place.

    The inputs and spreads are those of `monte_carlo`. An index says what part of the spread goes
    back to an input, given those spreads: an input of a narrow assumed spread looks harmless. It
    says nothing about inputs that were not varied; `Sensitivity.factors` lists them.

    Parameters
    ----------
    study
        The study.
    profile
        Name of a built-in profile, path of a TOML file, or a loaded profile.
    site, place
        What is asked about, one of the two: the id of a site; the name of a place or the number of
        a cluster. Neither: the site of the highest score.
    target
        ``score``; ``rank`` among all sites that no gate excludes (1 is best); ``margin``, score
        less the threshold of the typology, which is drawn too. A place has no rank.
    method
        ``sobol`` shares out the variance; ``morris`` screens with few runs.
    samples
        Base sample of Sobol, a power of 2.
    trajectories
        Walks of Morris.
    weights
        ``group``: all weights are one factor. ``separate``: each is a factor, drawn as an
        independent gamma variate whose share of the sum is the weight, so that factors are
        independent although weights are not.
    spreads
        How far inputs may be from what is recorded; see `Spreads`.
    worlds
        How often each layer is drawn. A layer is one factor; its worlds are the values it takes.
    seed
        Where chance comes from.
    progress
        Called with a label, steps done and all steps.

    Returns
    -------
    Indices or effects, and every factor that was varied or could not be.

    Raises
    ------
    ProfileError, LayerError
        As `standort.score`.
    OptionError
        If an option is out of range, there is no such site or place, a gate excludes it, or SALib is
        not installed.

    Notes
    -----
    Factors are drawn from the central 98 % of their distributions. With few worlds the variance of
    a layer is itself an estimate: of 16, its standard error is about a third of it; bootstrap
    intervals do not know that.

    Examples
    --------
    >>> import geopandas
    >>> from standort.layers import Study
    >>> places = geopandas.points_from_xy([4.0, 4.3], [52, 52], crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": ["near", "far"], "co2_t_per_yr": [1e6, 1e6]}, geometry=places
    ... )
    >>> port = geopandas.GeoDataFrame({"feature_id": ["port"]}, geometry=places[:1])
    >>> study = Study.from_layers(emitters=plants, ports=port)
    >>> found = sensitivity(study, site="far", samples=64, worlds=4)
    >>> found.indices.index[0], found.settings["runs"]
    ('weights', 704)
    """
    _check(site, place, target, method, worlds)
    check_seed(seed)
    engine = Engine.of(study, profile)
    chosen = spreads or Spreads()
    asked, of = _asked(engine, site, place, target)
    layers = drawn_layers(study, engine.measured, chosen)
    measured = measure_worlds(engine, asked, layers, worlds=worlds, seed=seed, progress=progress)
    recorded = measure_worlds(engine, asked, (), worlds=1, seed=seed)
    factors = Factors.of(asked, measured, layers, chosen, target=target, weights=weights)
    if not factors.names:
        msg = "expected something to vary, all spreads are 0; give larger ones"
        raise OptionError(msg)
    model = Model(asked, measured, factors, worlds, target, chosen)
    runs: list[np.ndarray] = []

    def ask(points: np.ndarray) -> np.ndarray:
        runs.append(model.run(points, progress))
        return runs[-1]

    if method == "sobol":
        indices = sobol_indices(
            ask, factors.names, samples=samples, seed=seed, groups=factors.groups
        ).sort_values("ST", ascending=False, kind="stable")
    else:
        indices = morris_effects(
            ask, factors.names, trajectories=trajectories, seed=seed, groups=factors.groups
        ).sort_values("mu_star", ascending=False, kind="stable")
    return Sensitivity(
        indices=indices,
        factors=_told(engine, factors, layers, target),
        mean=float(np.mean(runs[0])),
        deviation=float(np.std(runs[0])),
        recorded=model.recorded(recorded),
        settings={
            "method": method,
            "target": target,
            "of": of,
            "runs": len(runs[0]),
            "worlds": worlds,
            "seed": seed,
            "weights": weights,
            "profile": engine.profile.id,
            "spreads": chosen.as_dict(),
        },
    )


def _asked(engine: Engine, site: object, place: object, target: str) -> tuple[Asked, str]:
    """Find what is asked about, and its name."""
    if place is not None:
        whole = ask_place(engine, place)
        refuse_excluded(engine, whole, place)
        return whole, str(place)
    if site is None:
        from standort.layers.features import as_sites

        sites = engine.context.study.sites
        scores = engine.scores(engine.evaluate(as_sites(sites)))["score"]
        if scores.isna().all():
            gated = has_limits(engine.profile, "gate")
            why = "see their coverage" + (", and the gates of the profile" if gated else "")
            msg = f"expected a site that has a score, none has; {why}"
            raise OptionError(msg)
        site = scores.idxmax()
    asked = ask_site(engine, site, among_all=target == "rank")
    refuse_excluded(engine, asked, site)
    return asked, str(site)


def _told(
    engine: Engine, factors: Factors, layers: tuple[DrawnLayer, ...], target: str
) -> pd.DataFrame:
    """List every factor that was varied, and what could not be, with the reason."""
    rows: list[tuple[str, bool, str]] = [(name, True, how) for name, how in factors.told.items()]
    rows += [(name, False, how) for name, how in factors.left.items()]
    for text in not_drawn(engine.context.study, layers):
        name, _, why = text.partition(": ")
        rows.append((name, False, why or "it is not drawn"))
    rows += _told_limits(engine.profile, target)
    rows += [
        (f"criterion {criterion.id}", False, format_reason(reason))
        for criterion, reason in engine.criteria
        if reason is not None
    ]
    rows.append(("place of what is asked about", False, "held; monte_carlo draws it"))
    choice = "a choice of method, not a quantity; see factorial"
    rows += [
        (name, False, choice)
        for name in ("aggregation", "distance decay", "radius", "eps of clusters")
    ]
    if target != "margin":
        rows.append(("threshold of the typology", False, f"has no part in the {target}"))
    return pd.DataFrame(rows, columns=["factor", "varied", "how"])


def _told_limits(profile: Profile, target: str) -> list[tuple[str, bool, str]]:
    """Say what gates and vetoes have to do with what is asked."""
    rows = []
    if has_limits(profile, "gate"):
        why = "not applied: a run in which it failed one would give no number"
        if target == "rank":
            why += "; of the others, those that fail one in a run are left out of it"
        rows.append(("gates on what is asked about", False, why))
    if has_limits(profile, "veto"):
        rows.append(("vetoes", False, "they cap a class and change no score"))
    return rows


def _check(site: object, place: object, target: str, method: str, worlds: int) -> None:
    if site is not None and place is not None:
        msg = f"expected a site or a place, got both {site!r} and {place!r}; leave one out"
        raise OptionError(msg)
    if target not in ("score", "rank", "margin"):
        msg = f"expected the target to be score, rank or margin, got {target!r}"
        raise OptionError(msg)
    if place is not None and target == "rank":
        msg = "expected the target score or margin for a place, got 'rank'; places are not ranked"
        raise OptionError(msg)
    if method not in ("sobol", "morris"):
        msg = f"expected the method to be sobol or morris, got {method!r}; see also factorial"
        raise OptionError(msg)
    if worlds < 2:  # noqa: PLR2004 - one has no spread
        msg = f"expected at least 2 worlds, got {worlds!r}; 16 is usual"
        raise OptionError(msg)
