"""Candidate features ranked by the total change of scores that each would cause.

Gains are exact and equal to those of `what_if`. A feature of one layer affects only the criteria of
that layer and the sites within its reach, so only those are measured again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from standort.arguments import checked
from standort.errors import OptionError, name_ids
from standort.layers.attributes.ids import id_texts
from standort.layers.features import Sites, as_features, as_sites
from standort.metric_table import METRICS
from standort.scoring import apply_filter, reference_points, score_table
from standort.study.chain import score
from standort.study.engine import Engine
from standort.study.evaluation import availability, evaluate
from standort.study.whatif.edits import edit_study, prepare_added
from standort.study.whatif.scenario import what_if

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.array_types import Floats, Ints, Progress
    from standort.layers import Study
    from standort.layers.features import Features
    from standort.scoring import Criterion, Profile
    from standort.study.context import Context
    from standort.study.evaluation import Evaluation


_KM = 1_000.0
#: Slightly more than half the circumference of the Earth: no two positions are farther apart [m].
_FARTHEST = 20_040_000.0
#: Tolerance within which a pair counts as within the limit [m]; measuring more sites is harmless.
_SLACK = 0.001
_EMITTERS = "emitters"
_COLUMNS = (
    "total_gain",
    "sites_gaining",
    "sites_losing",
    "sites_scored",
    "sites_excluded",
    "co2_mt_per_yr",
    "best_site",
    "best_gain",
)


class _Change(NamedTuple):
    """Effect of a candidate on scores."""

    of_scores: pd.Series[float]
    """Changes of the scores known with and without it."""
    scored: int
    """Number of sites that gain a score."""
    excluded: int
    """Number of sites that lose their score."""


@checked()
def best_next(
    study: Study,
    profile: str | Path | Profile = "net-zero",
    *,
    candidates: Mapping[str, GeoDataFrame],
    progress: Progress | None = None,
) -> GeoDataFrame:
    """Rank candidate features by the total change of scores that each alone would cause.

    The total weights all sites equally, whatever they emit, and measures access, not use. It is the
    gain of the first feature built; rank the others again once it exists, since two candidates side
    by side add little more than one. A total can be negative where a new emitter competes for
    stores.

    Under a profile with gates, a candidate may give sites a score, or take it away. Such a site has
    no change of score and is not part of the total but counted separately; among equal totals, the
    candidate with the larger net number of newly scored sites comes first.

    Parameters
    ----------
    study
        The study; not changed.
    profile
        As for `score`.
    candidates
        Features by the layer they would join: one layer, which the study must have.
    progress
        Called with a label, the number of candidates done and the number in all.

    Returns
    -------
    The candidates, best first, ties by id: ``rank``, ``total_gain`` (sum of the changes of scores),
    ``sites_gaining``, ``sites_losing``, ``sites_scored`` and ``sites_excluded`` (sites that gain or
    lose their score), ``co2_mt_per_yr`` (known emissions of the sites that gain [Mt/yr]; NaN if
    none is known), ``best_site`` with its ``best_gain`` (None and 0 if no site gains), then the
    attributes of the layer, and the geometry.

    Raises
    ------
    LayerError
        If the study lacks the layer, or a candidate has an error or an existing id.
    OptionError
        If there is not one layer of candidates, or it is ``sites``, which changes no score.

    Notes
    -----
    Only sites within reach of a candidate are measured again, and only for the criteria of its
    layer. Emitters also change clusters, so each goes through `what_if`, as does each candidate of
    a layer that makes a criterion available.

    Examples
    --------
    >>> import geopandas
    >>> from standort.layers import Study
    >>> def points(ids, name, lon, **columns):
    ...     positions = geopandas.points_from_xy(lon, [52.0] * len(ids))
    ...     return geopandas.GeoDataFrame({name: ids, **columns}, geometry=positions, crs=4326)
    >>> study = Study.from_layers(
    ...     emitters=points(["a", "b"], "site_id", [4.0, 7.0], co2_t_per_yr=[1e6, 1e6]),
    ...     ports=points(["p"], "feature_id", [4.0]),
    ... )
    >>> wanted = points(["near a", "near b"], "feature_id", [4.1, 7.1])
    >>> best_next(study, candidates={"ports": wanted})[["rank", "best_site"]]
                rank best_site
    feature_id
    near b         1         b
    near a         2      None
    """
    if len(candidates) != 1 or "sites" in candidates:
        msg = (
            f"expected candidates of one layer of features or emitters, got "
            f"{name_ids(list(candidates)) if candidates else 'none'}; rank one layer at a time"
        )
        raise OptionError(msg)
    ((layer, frame),) = candidates.items()
    offered: Any = prepare_added(study, layer, frame)
    engine = Engine.of(study, profile)
    ways = _Incremental if _is_incremental(engine, layer, offered) else _OneByOne
    way = ways.of(engine, layer, offered)
    rows = []
    for position in range(len(offered)):
        if progress is not None:
            progress(f"candidates of {layer}", position, len(offered))
        rows.append(_summarise(way.change(position), study))
    if progress is not None:
        progress("", len(offered), len(offered))
    return _ranked(offered, rows)


def _is_incremental(engine: Engine, layer: str, offered: GeoDataFrame) -> bool:
    """Return whether only the criteria of a layer change, and only for sites within reach."""
    if layer == _EMITTERS or any(
        c.demand is not None and c.demand.layer == layer for c in engine.profile.criteria
    ):
        return False
    study = engine.context.study
    edited, _ = edit_study(study, add={layer: offered.reset_index()})
    was, is_ = (availability(s, engine.profile)["available"] for s in (study, edited))
    return bool((was == is_).all())


@dataclass(frozen=True)
class _OneByOne:
    """Effects of candidates by scoring the whole study again for each."""

    engine: Engine
    layer: str
    offered: GeoDataFrame
    before: Any

    @classmethod
    def of(cls, engine: Engine, layer: str, offered: GeoDataFrame) -> _OneByOne:
        before = score(engine.context.study, engine.profile)
        return cls(engine, layer, offered, before)

    def change(self, position: int) -> _Change:
        """Score the study with the candidate."""
        one = self.offered.iloc[[position]].reset_index()
        study, profile = self.engine.context.study, self.engine.profile
        after = what_if(study, profile, add={self.layer: one}, before=self.before)
        return _Change(after.sites["change"].dropna(), after.sites_scored, after.sites_excluded)


@dataclass(frozen=True)
class _Incremental:
    """Effects of candidates by measuring the criteria of a layer at the sites within reach."""

    engine: Engine
    layer: str
    sites: Sites
    features: Features
    existing: NDArray[np.intp]
    position: NDArray[np.intp]
    base: Evaluation
    scores: Floats
    touched: Mapping[str, tuple[Ints, ...]]

    @classmethod
    def of(cls, engine: Engine, layer: str, offered: GeoDataFrame) -> _Incremental:
        study = engine.context.study
        sites = as_sites(study.sites)
        base = engine.evaluate(sites)
        together, _ = edit_study(study, add={layer: offered.reset_index()})
        features = as_features(together.layers[layer])
        ids, new = id_texts(features.ids), id_texts(offered.index)
        is_new = ids.isin(new)
        at = ids.get_indexer(new)
        of_layer = [c for c in engine.measured if c.layer == layer]
        touched = {c.id: _reached(c, base, sites, features, at) for c in of_layer}
        return cls(
            engine,
            layer,
            sites,
            features,
            np.flatnonzero(~is_new),
            at,
            base,
            engine.scores(base)["score"].to_numpy(),
            touched,
        )

    def change(self, position: int) -> _Change:
        """Score the sites that the candidate can reach."""
        parts = [sites[position] for sites in self.touched.values()]
        anywhere = np.unique(np.concatenate([np.array([], dtype=np.intp), *parts]))
        if not len(anywhere):
            return _Change(pd.Series(dtype=float), 0, 0)
        context = self._context(position)
        values = self.base.partial_values.iloc[anywhere].copy()
        for name, reached in self.touched.items():
            at = reached[position]
            if len(at):
                criterion = self.engine.profile.criterion(name)
                measured = evaluate(_some(self.sites, at), [criterion], context)
                rows = np.searchsorted(anywhere, at)
                column = values[name].to_numpy(copy=True)
                column[rows] = measured.partial_values[name].to_numpy()
                values[name] = column
        profile = self.engine.profile
        # bounds do not enter the score
        now = score_table(values, values.fillna(0.0), values.fillna(1.0), profile=profile)["score"]
        before = self.scores[anywhere]
        change: pd.Series[float] = (now - before).dropna()
        is_there, was_there = now.notna().to_numpy(), ~np.isnan(before)
        scored, excluded = int((is_there & ~was_there).sum()), int((was_there & ~is_there).sum())
        return _Change(change, scored, excluded)

    def _context(self, position: int) -> Context:
        """Return the context with one candidate among the features of the layer."""
        with_one = np.sort(np.append(self.existing, self.position[position]))
        return self.engine.context.with_features(self.layer, self.features.subset(with_one))


def _reached(
    criterion: Criterion, base: Evaluation, sites: Sites, features: Features, position: Ints
) -> tuple[Ints, ...]:
    """Return, for each candidate, the sites whose value of a criterion it could change.

    A candidate that does not pass the filter, or whose outcome is unknown, changes no value.
    """
    passes = apply_filter(features.table, criterion.filter).passes[position]
    parts: list[list[Ints]] = [[np.array([], dtype=np.intp)] for _ in position]
    order = np.argsort(position[passes])
    kept = np.flatnonzero(passes)[order]
    metric = np.asarray(base.measurements[criterion.id].value, dtype=np.float64)
    limit, radius = _limits(criterion, metric)
    if len(kept):
        for site, which in _pairs(sites, features.subset(position[kept]), radius, limit):
            for one in np.unique(which):
                parts[kept[one]].append(site[which == one])
    return tuple(np.sort(np.concatenate(some)) for some in parts)


def _limits(criterion: Criterion, metric: Floats) -> tuple[Floats, float]:
    """Return the distance within which a feature matters at each site [m], and the largest of them.

    Beyond its last reference point a value function is flat, except for an S-curve.
    """
    row = METRICS[criterion.metric]
    if not row.distance:
        radius = (criterion.radius_km or np.inf) * _KM
        return np.full(len(metric), radius), radius
    # the farthest of k is no farther than k times their mean
    limit = metric * _KM * (criterion.k or 1)
    if row.one_feature_decides and criterion.value.kind != "logistic":
        limit = np.minimum(limit, max(reference_points(criterion.value)) * _KM)
    if criterion.max_distance_km is not None:
        limit = np.minimum(limit, criterion.max_distance_km * _KM)
    return limit, min(float(np.max(limit, initial=0.0)), _FARTHEST)


def _pairs(
    sites: Sites, candidates: Features, radius: float, limit: Floats
) -> Iterator[tuple[Ints, Ints]]:
    """Yield the sites and candidates no farther apart than the limit of the site."""
    for pairs in candidates.index.pairs_within(sites.lon, sites.lat, radius=max(radius, 1.0)):
        site = pairs.site[pairs.row]
        near = pairs.distance <= limit[site] + _SLACK
        yield site[near], pairs.feature[near]


def _some(sites: Sites, at: Ints) -> Sites:
    """Select some of the sites."""
    ids = None if sites.ids is None else sites.ids[at]
    return Sites(sites.lon[at], sites.lat[at], sites.index[at], ids)


def _summarise(effect: _Change, study: Study) -> dict[str, object]:
    """Summarise the effect of a candidate; `math.fsum` is independent of the order of sites."""
    change = effect.of_scores
    gaining = change[change > 0]
    emissions = 0.0
    if "co2_t_per_yr" in study.sites and len(gaining):
        known = study.sites["co2_t_per_yr"].reindex(gaining.index).dropna()
        emissions = math.fsum(known) / 1e6 if len(known) else math.nan
    # of equal gains the smaller id, as text
    best = min(gaining.items(), key=lambda item: (-item[1], str(item[0])), default=(None, 0.0))
    losing = int((change < 0).sum())
    counts = (len(gaining), losing, effect.scored, effect.excluded)
    values = (math.fsum(change), *counts, emissions, best[0], float(best[1]))
    return dict(zip(_COLUMNS, values, strict=True))


def _ranked(offered: GeoDataFrame, rows: list[dict[str, object]]) -> GeoDataFrame:
    """Sort the candidates by total, then by sites newly scored, then by id."""
    effects = pd.DataFrame(rows, columns=list(_COLUMNS), index=offered.index)
    best = effects["best_site"]
    effects["best_site"] = best.astype(object).where(best.notna(), None)
    taken = [name for name in offered.columns if name in {*_COLUMNS, "rank"}]
    given = offered.rename(columns={name: f"input_{name}" for name in taken})
    table = pd.concat([effects, given], axis=1)
    totals = effects["total_gain"].astype(float).tolist()
    scored = (effects["sites_scored"] - effects["sites_excluded"]).astype(int).tolist()
    merits = [(-total, -sites) for total, sites in zip(totals, scored, strict=True)]
    keys = [(merit, str(id_)) for merit, id_ in zip(merits, effects.index, strict=True)]
    order = sorted(range(len(table)), key=keys.__getitem__)
    ranked = table.iloc[order]
    # equal candidates share the rank of the first of them
    first = {merits[at]: rank for rank, at in reversed([*enumerate(order, start=1)])}
    ranked.insert(0, "rank", np.array([first[merits[at]] for at in order], dtype="int64"))
    return type(offered)(ranked, geometry=offered.geometry.name, crs=offered.crs)
