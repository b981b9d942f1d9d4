"""Monte Carlo propagation of input uncertainty to scores, ranks and types."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.arguments import MOST_DRAWS, SEED, between, checked, whole
from standort.random_numbers import name_keys, uniform
from standort.study.engine import Engine
from standort.study.places.places import draw_linkage, find_places
from standort.typology.probabilities import as_range
from standort.uncertainty.input_spreads import Spreads
from standort.uncertainty.layer_draws import drawn_layers, not_drawn
from standort.uncertainty.propagation.place_draws import PlaceDraws, PlaceScores
from standort.uncertainty.propagation.place_figures import place_table
from standort.uncertainty.propagation.replicates import draw_replicate
from standort.uncertainty.propagation.site_figures import SiteTally
from standort.uncertainty.propagation.uncertainty_result import Uncertainty
from standort.uncertainty.propagation.undrawn_emissions import (
    depending_places,
    depending_sites,
    emissions_are_drawn,
    without_intervals,
)
from standort.uncertainty.score_draws import (
    draw_parameters,
    exclude,
    has_limits,
    score_columns,
    scored_sites,
    value_columns,
    valued_criteria,
    vetoed,
)

if TYPE_CHECKING:
    from pathlib import Path

    from standort.array_types import Flags, Floats, Ints, Keys, Progress
    from standort.layers import Study
    from standort.scoring import Criterion, Profile
    from standort.uncertainty.layer_draws import DrawnLayer
    from standort.uncertainty.propagation.histograms import Spread
    from standort.uncertainty.propagation.replicates import Replicate
    from standort.uncertainty.score_draws import ParameterDraws


DRAWS = 10_000
#: number of times layers are drawn and all metrics measured; see docs/uncertainty.md
REPLICATES = 32
#: size of an array that fits in a core's cache, and of scores ranked together
_AT_ONCE, _RANKED_AT_ONCE = 32_768, 2_000_000


@checked(
    draws=whole(2, MOST_DRAWS),
    seed=SEED,
    replicates=whole(2, 10_000),
    top=between(0, 1, closed="neither"),
    workers=whole(1, 1024),
)
def monte_carlo(  # noqa: PLR0913 - one parameter for each setting of the method
    study: Study,
    profile: str | Path | Profile = "net-zero",
    *,
    draws: int = DRAWS,
    seed: int = 0,
    replicates: int = REPLICATES,
    spreads: Spreads | None = None,
    top: float = 0.1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Uncertainty:
    """Propagate input uncertainty to scores, ranks and types by Monte Carlo.

    Intervals cover the inputs that are drawn, with the assumed spreads, and no others
    (`Uncertainty.not_drawn` lists those). They are not a forecast. Near 0 or 1 an interval is
    one-sided and may exclude the score.

    Parameters
    ----------
    study
        The study.
    profile
        Name of a built-in profile, path of a TOML file, or a loaded profile.
    draws
        Number of draws. Weights, value functions, unknown values and thresholds are drawn in each.
    seed
        Random seed. Draws are keyed by feature and site, so the scores of a site do not depend on
        the other sites.
    replicates
        Number of times quantities, positions and planned features are drawn and all metrics
        measured, at least 2; draw d is scored on replicate d mod `replicates`. Standard errors
        include the effect of few replicates.
    spreads
        Spreads of the inputs about their recorded values; see `Spreads`.
    top
        Share of the scored sites that counts as the top, in (0, 1).
    workers
        Threads, at most one per replicate; by default two, or one on one core. Results do not
        depend on them.
    progress
        Called with a label, the number of draws done, and the total.

    Returns
    -------
    Intervals and probabilities, with their standard errors.

    Raises
    ------
    ProfileError, LayerError
        As `standort.score`.
    OptionError
        If an option is out of range, or `study` is not a Study.

    Notes
    -----
    Quantiles are read from histograms: scores in bins of 1/512; ranks exactly up to 16,000 sites,
    beyond that in bins of 1/512 of all sites. Memory does not grow with draws, except for draws of
    places, which are kept.

    Examples
    --------
    A plant at a port and one far from it, with uncertain breakpoints of the distance:

    >>> import geopandas
    >>> from standort.layers import Study
    >>> positions = geopandas.points_from_xy([4.0, 5.0], [52, 52], crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": ["near", "far"], "co2_t_per_yr": [1e6, 1e6]}, geometry=positions
    ... )
    >>> port = geopandas.GeoDataFrame({"feature_id": ["port"]}, geometry=positions[:1])
    >>> uncertainty = monte_carlo(Study.from_layers(emitters=plants, ports=port), draws=200)
    >>> uncertainty.sites[["rank_p05", "rank_p95"]].astype(int)
             rank_p05  rank_p95
    site_id
    near            1         1
    far             2         2
    """
    run = _Run.of(study, profile, draws, seed, min(replicates, draws), spreads or Spreads())
    tally = SiteTally(
        int(run.scored.sum()), draws, top, gates=run.limits("gate"), vetoes=run.limits("veto")
    )
    nowhere = PlaceDraws.empty(0, draws, ends=False)
    place_draws = nowhere if run.places is None else run.places.room(draws)
    lock, done = threading.Lock(), [0]

    def report(n: int) -> None:
        done[0] += n
        if progress is not None:
            progress(f"Drawing, {run.replicates} replicates", done[0], draws)

    def work(replicate: int) -> tuple[Spread, ...]:
        sums = tally.sums()
        measured = draw_replicate(
            run.engine, run.layers, run.recorded_places, seed=seed, replicate=replicate
        )
        numbers = np.arange(replicate, draws, run.replicates)
        step = max(1, _RANKED_AT_ONCE // max(tally.n, 1)) if tally.n else len(numbers)
        for start in range(0, len(numbers), min(step, 64)):
            some = numbers[start : start + min(step, 64)]
            scores, vetoes = run.score(measured, some, place_draws)
            tally.add(scores, sums, lock, vetoes)
            with lock:
                report(len(some))
        return sums

    report(0)
    threads = min(workers or min(2, os.cpu_count() or 1), run.replicates)
    with ThreadPoolExecutor(threads) as pool:
        for sums in pool.map(work, range(run.replicates)):
            tally.close_replicate(sums)
    return run.result(tally, place_draws)


@dataclass(frozen=True, eq=False)
class _Run:
    """A study prepared for draws."""

    engine: Engine
    layers: tuple[DrawnLayer, ...]
    scored: Flags
    places: PlaceScores | None
    parameters: ParameterDraws
    draws: int
    seed: int
    replicates: int
    spreads: Spreads

    @classmethod
    def of(
        cls,
        study: Study,
        profile: str | Path | Profile,
        draws: int,
        seed: int,
        replicates: int,
        spreads: Spreads,
    ) -> _Run:
        engine = Engine.of(study, profile)
        names = [criterion.id for criterion in engine.measured]
        places = find_places(engine)
        return cls(
            engine=engine,
            layers=drawn_layers(study, engine.measured, spreads),
            scored=scored_sites(engine),
            places=None if places is None else PlaceScores.of(places, engine, draws, seed, spreads),
            parameters=draw_parameters(engine.profile, names, draws, seed, spreads),
            draws=draws,
            seed=seed,
            replicates=replicates,
            spreads=spreads,
        )

    @property
    def recorded_places(self) -> Any:  # noqa: ANN401 - Places or None
        return None if self.places is None else self.places.places

    @cached_property
    def valued(self) -> tuple[Criterion, ...]:
        names = [criterion.id for criterion in self.engine.measured]
        return valued_criteria(names, profile=self.engine.profile)

    def limits(self, kind: str) -> bool:
        """Return whether any criterion has a limit of this kind, a gate or a veto."""
        return any(getattr(criterion, kind) is not None for criterion in self.valued)

    @cached_property
    def site_keys(self) -> Keys:
        return name_keys(self.engine.context.study.sites.index)

    @cached_property
    def emitter_keys(self) -> Keys:
        return name_keys(self.engine.context.study.emitters.index)

    def score(
        self, measured: Replicate, numbers: Ints, place_draws: PlaceDraws
    ) -> tuple[Floats, Flags | None]:
        """Return scores of the sites in some draws of a replicate, and where a veto applies.

        Draws of places are written into `place_draws`.
        """
        rows = np.flatnonzero(self.scored)
        scores = np.empty((len(numbers), len(rows)))
        vetoes = np.empty(scores.shape, dtype=bool) if self.limits("veto") else None
        same = measured.emitters is measured.sites and len(self.scored) <= _AT_ONCE
        per_step = max(1, _AT_ONCE // max(len(self.scored), 1))
        for start in range(0, len(numbers), per_step):
            some = slice(start, start + per_step)
            if same:
                columns = self._values(measured.sites, numbers[some], self.site_keys)
                # scoring all sites is faster than first selecting those to score
                scores[some] = self._scores(columns, numbers[some])[:, rows]
                if vetoes is not None:
                    vetoes[some] = self._vetoed(columns)[:, rows]
                self._score_places(columns, measured, numbers[some], place_draws)
                continue
            for first in range(0, len(rows), _AT_ONCE):
                block = rows[first : first + _AT_ONCE]
                metrics = {c.id: measured.sites[c.id][block] for c in self.valued}
                columns = self._values(metrics, numbers[some], self.site_keys[block])
                here = (some, slice(first, first + _AT_ONCE))
                scores[here] = self._scores(columns, numbers[some])
                if vetoes is not None:
                    vetoes[here] = self._vetoed(columns)
        if not same and self.places is not None and measured.places is not None:
            for number in numbers:
                one = np.array([number])
                columns = self._values(measured.emitters, one, self.emitter_keys)
                self._score_places(columns, measured, one, place_draws)
        return scores, vetoes

    def _values(self, metrics: dict[str, Floats], numbers: Ints, keys: Keys) -> dict[str, Floats]:
        return value_columns(metrics, self.valued, self.parameters, numbers, keys, seed=self.seed)

    def _scores(self, columns: dict[str, Floats], numbers: Ints) -> Floats:
        scores = score_columns(columns, self.parameters, numbers, profile=self.engine.profile)
        return exclude(scores, columns, profile=self.engine.profile)

    def _vetoed(self, columns: dict[str, Floats]) -> Flags:
        flags = vetoed(columns, profile=self.engine.profile)
        assert flags is not None  # called only for a profile with vetoes
        return flags

    def _score_places(
        self,
        columns: dict[str, Floats],
        measured: Replicate,
        numbers: Ints,
        place_draws: PlaceDraws,
    ) -> None:
        if self.places is not None and measured.places is not None:
            drawn = self.places.score(columns, measured.places, numbers)
            place_draws.put((slice(None), numbers), drawn)

    def result(self, tally: SiteTally, place_draws: PlaceDraws) -> Uncertainty:
        """Assemble the tables of all draws."""
        study = self.engine.context.study
        sites = tally.table(study.sites.index[self.scored]).reindex(study.sites.index)
        drawn_whole = emissions_are_drawn(self.engine, self.layers)
        if not drawn_whole:
            sites = without_intervals(sites, depending_sites(self.engine, study.sites))
        low, high = self.spreads.threshold
        numbers = np.arange(self.draws)
        thresholds = (
            low + (high - low) * uniform(self.seed, "threshold of advantage", numbers),
            low + (high - low) * uniform(self.seed, "threshold of linkage", numbers),
        )
        places, linkage = pd.DataFrame(), as_range(np.full((0, self.draws), np.nan))
        if self.places is not None:
            recorded = self.places.places
            linkage = draw_linkage(study, recorded, draws=self.draws, seed=self.seed)
            flags = {}
            if has_limits(self.engine.profile, "gate"):
                flags["p_excluded"] = np.isnan(place_draws.advantage)
            if has_limits(self.engine.profile, "veto"):
                flags["p_vetoed"] = place_draws.vetoed
            if not drawn_whole:
                place_draws = place_draws.without(depending_places(self.engine, recorded))
            places = place_table(
                recorded.table, place_draws.range, linkage, thresholds, self.replicates, flags
            )
        return Uncertainty(
            sites=sites,
            places=places,
            advantage_draws=place_draws.range,
            linkage_draws=linkage,
            threshold_draws=thresholds,
            settings={
                "draws": self.draws,
                "replicates": self.replicates,
                "seed": self.seed,
                "spreads": self.spreads.as_dict(),
                "score_bins": tally.score.bins,
                "rank_bins": tally.rank.bins,
            },
            drawn=_describe_draws(self.layers, self.spreads),
            not_drawn=tuple(map(str, not_drawn(study, self.engine.measured, self.layers))),
            vetoed_draws=place_draws.vetoed if has_limits(self.engine.profile, "veto") else None,
        )


def _describe_draws(layers: tuple[DrawnLayer, ...], spreads: Spreads) -> tuple[str, ...]:
    weights = (
        "uniform on the simplex"
        if spreads.concentration is None
        else f"Dirichlet, concentration {spreads.concentration:g}"
    )
    low, high = spreads.threshold
    return (
        f"weights of components and criteria: {weights}",
        f"breakpoints of each value function: lognormal, {spreads.breakpoints:.0%}, one factor",
        "unknown values of sites: uniform on [0, 1]",
        f"thresholds of the typology: uniform on [{low:g}, {high:g}]",
        *(factor for layer in layers for factor in layer.factors),
    )
