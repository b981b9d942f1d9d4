"""Metrics of a site or place, measured in random realisations of each layer.

A realisation of a layer is one draw of its quantities, positions and planned features. A metric
depends only on the layers it uses, so it is measured once for each realisation of its layer, or for
each pair of realisations if it uses two layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.clusters import cluster_table, describe_groups
from standort.errors import OptionError
from standort.layers.features import as_sites
from standort.results.place_lookup import find_place
from standort.scoring import as_wholes
from standort.study.context import Clusters
from standort.study.evaluation import measure
from standort.study.group_scores import Groups, emissions_of, metric_of_wholes
from standort.study.places.places import find_places, score_places
from standort.uncertainty.exclusions import describe_exclusion, listed_criteria
from standort.uncertainty.propagation.replicates import member_shares
from standort.uncertainty.score_draws import has_limits, scored_sites
from standort.uncertainty.sensitivity_analysis.catchment_realisations import measure_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geopandas import GeoDataFrame

    from standort.array_types import Floats, Progress
    from standort.layers.features import Sites
    from standort.scoring import Criterion, Profile
    from standort.scoring.profile.criteria import ClusterCriterion
    from standort.study.context import Context
    from standort.study.engine import Engine
    from standort.uncertainty.layer_draws import DrawnLayer


#: number of layers that a floating catchment uses; no criterion uses more
_PAIR = 2


@dataclass(frozen=True, eq=False)
class Subject:
    """Subject of a sensitivity analysis: a site, or a place with its members.

    Parameters
    ----------
    frame
        The sites, or the members of the place.
    at
        Row of the site in `frame`; None for a place.
    profile
        The profile to score with.
    averaged
        Criteria measured at the rows of `frame`.
    own
        Criteria measured on the place as a whole.
    groups
        The place, its members as row numbers of the emitters; None for a site.
    """

    frame: GeoDataFrame
    at: int | None
    profile: Profile
    averaged: tuple[Criterion, ...]
    own: tuple[ClusterCriterion, ...] = ()
    groups: Groups | None = None


@dataclass(frozen=True, eq=False)
class Realisations:
    """Metrics in all realisations of the layers.

    Parameters
    ----------
    metrics
        By criterion, shape (realisations, ..., rows) with an axis of realisations for each of its
        `layers` [unit of the criterion]; NaN is unknown.
    layers
        By criterion, the drawn layers it uses, in the order of the axes.
    shares
        Share of each member in the place, shape (realisations, members); None for a site.
    """

    metrics: dict[str, Floats]
    layers: dict[str, tuple[str, ...]]
    shares: Floats | None = None


def site_subject(engine: Engine, site_id: object, *, among_all: bool) -> Subject:
    """Return a site as the subject, alone or among all sites known well enough to be ranked."""
    sites = engine.context.study.sites
    rows = np.flatnonzero(sites.index.astype(str) == str(site_id))
    if not rows.size:
        msg = f"expected the id of a site of the study, got {site_id!r}; ids are in study.sites"
        raise OptionError(msg)
    at = int(rows[0])
    if not among_all:
        return Subject(sites.iloc[[at]], 0, engine.profile, engine.measured)
    ranked = scored_sites(engine)
    ranked[at] = True
    before = int(np.count_nonzero(ranked[:at]))
    return Subject(sites[ranked], before, engine.profile, engine.measured)


def place_subject(engine: Engine, place: object) -> Subject:
    """Return a place as the subject, by its name or the number of its cluster."""
    places = find_places(engine)
    names = [] if places is None else [str(name) for name in places.table.index]
    name = None if places is None else find_place(places.table, place)
    if places is None or name is None:
        msg = (
            f"expected a place or the number of a cluster, got {place!r}; places are "
            f"{', '.join(names[:5])}{' ...' if len(names) > 5 else ''}"  # noqa: PLR2004 - enough to see
        )
        raise OptionError(msg)
    chosen = np.array([each == name for each in names])
    groups = places.groups.take(chosen)
    frame = engine.context.study.emitters.iloc[groups.rows]
    if not places.are_wholes[chosen][0]:
        return Subject(frame, None, engine.profile, engine.measured, groups=groups)
    own = engine.profile.cluster_criteria
    components = {c.component for c in own}
    averaged = tuple(c for c in engine.measured if c.component not in components)
    return Subject(frame, None, as_wholes(engine.profile), averaged, own, groups)


def check_not_excluded(engine: Engine, subject: Subject, name: object) -> None:
    """Raise if a gate excludes the subject on the recorded inputs; the message names the gate."""
    if not has_limits(engine.profile, "gate"):
        return
    if subject.at is not None:
        evaluation = engine.evaluate(as_sites(subject.frame.iloc[[subject.at]]))
        values, row = evaluation.partial_values, engine.scores(evaluation)
    else:
        places = find_places(engine)
        assert places is not None
        every = engine.evaluate(as_sites(engine.context.study.emitters))
        scores, values = score_places(places, engine, every)
        at = find_place(places.table, name)
        row, values = scores.loc[[at]], values.loc[[at]]
    failed = listed_criteria(row["excluded"].iloc[0]) if "excluded" in row else []
    if failed:
        known: dict[str, object] = {str(k): v for k, v in values.iloc[0].items()}
        why = describe_exclusion(failed, profile=engine.profile, values=known)
        msg = f"expected a site or place that has a score, {name!r} has none: {why}"
        raise OptionError(msg)


def measure_realisations(
    engine: Engine,
    subject: Subject,
    layers: Sequence[DrawnLayer],
    *,
    realisations: int,
    seed: int,
    progress: Progress | None = None,
) -> Realisations:
    """Measure the subject in all realisations of the layers.

    Parameters
    ----------
    engine
        The recorded study.
    subject
        The subject; its own position stays as recorded.
    layers
        The layers to draw.
    realisations
        Number of realisations of each layer.
    seed
        Random seed: realisation 3 of a layer is that of replicate 3 of `monte_carlo`.
    progress
        Called with a label, the number of measurements done, and the total.

    Returns
    -------
    The metrics.
    """
    drawn = {layer.name: layer for layer in layers if layer.name != "sites"}
    needed = {
        c.id: tuple(name for name in _layers_of(c) if name in drawn) for c in subject.averaged
    }
    metrics = {
        c.id: np.empty((realisations,) * len(needed[c.id]) + (len(subject.frame),))
        for c in subject.averaged
    }
    parts = {
        part: [c for c in subject.averaged if needed[c.id] == part] for part in needed.values()
    }
    total = sum(realisations ** len(part) * _steps(part, parts[part]) for part in parts)
    total += realisations if subject.groups is not None else 0
    frames = {
        name: [layer.draw(seed, r) for r in range(realisations)] for name, layer in drawn.items()
    }
    sites = as_sites(subject.frame)
    done = 0
    for part, criteria in parts.items():
        drawn_part = {name: frames[name] for name in part}
        for numbers, measured in _measured(engine, sites, criteria, drawn_part):
            for name, metric in measured.items():
                metrics[name][numbers] = metric
            done += 1
            if progress is not None:
                progress("measuring", done, total)
    shares: Floats | None = None
    whole: dict[str, Floats] = {}
    if subject.groups is not None:
        shares, whole = _of_place(engine, subject, frames.get("emitters"), realisations)
    emitter_axis = ("emitters",) if "emitters" in drawn else ()
    used = {**needed, **dict.fromkeys(whole, emitter_axis)}
    return Realisations({**metrics, **whole}, used, shares)


def _steps(part: tuple[str, ...], criteria: Sequence[Criterion]) -> int:
    """Count measurements per realisation; criteria of one layer are measured together."""
    return 1 if len(part) < _PAIR else len(criteria)


def _measured(
    engine: Engine,
    sites: Sites,
    criteria: Sequence[Criterion],
    frames: Mapping[str, Sequence[GeoDataFrame]],
) -> Iterator[tuple[tuple[int, ...], dict[str, Floats]]]:
    """Measure criteria in all realisations of the layers they use, one layer or a pair."""
    if len(frames) < _PAIR:
        names = list(frames)
        for numbers in product(*(range(len(each)) for each in frames.values())):
            chosen = {name: frames[name][r] for name, r in zip(names, numbers, strict=True)}
            measured = measure(sites, criteria, _context(engine, chosen))
            yield numbers, {name: np.asarray(each.value) for name, each in measured.items()}
        return
    recorded = engine.context
    supply, demand = (
        [recorded.with_layers({name: frame}) for frame in each] for name, each in frames.items()
    )
    for criterion in criteria:
        for pair, metric in measure_pairs(sites, criterion, recorded, supply, demand):
            yield pair, {criterion.id: metric}


def _layers_of(criterion: Criterion) -> list[str]:
    """Name the layers a criterion uses; rasters are not layers."""
    if criterion.source is not None:
        return []
    names: list[str] = [criterion.layer or "emitters"]
    if criterion.demand is not None and criterion.demand.layer not in names:
        names.append(criterion.demand.layer)
    return names


def _context(engine: Engine, drawn: dict[str, GeoDataFrame]) -> Context:
    """Replace layers by drawn ones; clusters keep their members."""
    if not drawn:
        return engine.context
    context = engine.context.with_layers(drawn)
    clusters = engine.clusters
    if clusters is not None and "emitters" in drawn:
        table = cluster_table(context.layer("emitters"), clusters.labels)
        clusters = Clusters(clusters.labels, table, clusters.hulls)
    return context.with_clusters(clusters)


def _of_place(
    engine: Engine, subject: Subject, frames: list[GeoDataFrame] | None, realisations: int
) -> tuple[Floats, dict[str, Floats]]:
    """Return members' shares and the place's own metrics in each realisation of the emitters."""
    groups = subject.groups
    assert groups is not None
    shares: list[Floats] = []
    metrics: dict[str, list[Any]] = {c.id: [] for c in subject.own}
    for r in range(realisations if frames is not None else 1):
        context = engine.context if frames is None else _context(engine, {"emitters": frames[r]})
        layer = context.layer("emitters")
        shares.append(member_shares(groups, emissions_of(layer)))
        if not subject.own:
            continue
        table = describe_groups(layer, groups.member, groups.group)
        for criterion in subject.own:
            metrics[criterion.id].append(metric_of_wholes(table, criterion))
    stacked = {name: np.stack(each) for name, each in metrics.items()}
    if frames is None:
        return np.stack(shares), {name: each[0] for name, each in stacked.items()}
    return np.stack(shares), stacked
