"""What a site or place measures in worlds: its metrics with one layer drawn again and again.

A world of a layer is the layer as it may be: its quantities, its places, what is built. A metric
depends on the worlds of the layers it is measured against, and of no others, so each is measured
once for every world (every pair of worlds where two layers have a part in it).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.clusters import cluster_table, describe_groups
from standort.errors import OptionError
from standort.layers.features import as_sites
from standort.outputs.limit_wording import tell_gates
from standort.results.place_lookup import find_place
from standort.study.evaluation import measure
from standort.study.group_scores import (
    Clusters,
    Groups,
    as_wholes,
    emissions_of,
    metric_of_wholes,
)
from standort.study.places import find_places, score_places
from standort.uncertainty.propagation.replicates import member_shares
from standort.uncertainty.score_draws import has_limits, scored_sites
from standort.uncertainty.sensitivity_analysis.catchment_realisations import measure_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers.features import Sites
    from standort.scoring import Criterion, Profile
    from standort.scoring.profile.criteria import ClusterCriterion
    from standort.study.chain import Engine
    from standort.study.context import Context
    from standort.uncertainty.layer_draws import DrawnLayer

    Floats = NDArray[np.float64]
    Progress = Callable[[str, int, int], None]

__all__ = ["Asked", "Worlds", "ask_place", "ask_site", "measure_worlds", "refuse_excluded"]

#: layers that a floating catchment depends on: no criterion depends on more
_PAIR = 2


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked about: rows that are measured, and how they become one thing.

    Parameters
    ----------
    frame
        The sites, or the members of the place.
    at
        Row of the site among them; None for a place.
    profile
        By which it is scored.
    averaged
        Criteria measured at the rows.
    own
        Criteria measured on the place as a whole.
    groups
        The place, its members as positions among the emitters; None for a site.
    """

    frame: GeoDataFrame
    at: int | None
    profile: Profile
    averaged: tuple[Criterion, ...]
    own: tuple[ClusterCriterion, ...] = ()
    groups: Groups | None = None


@dataclass(frozen=True, eq=False)
class Worlds:
    """Metrics by criterion; the leading axes are the worlds of the layers named in `layers`.

    Parameters
    ----------
    metrics
        Shape (worlds, ..., rows) [unit of the criterion]; NaN is unknown.
    layers
        By criterion, the drawn layers it depends on, in the order of the axes.
    shares
        Share of each member in the place, shape (worlds, members); None for a site.
    """

    metrics: dict[str, Floats]
    layers: dict[str, tuple[str, ...]]
    shares: Floats | None = None
    unknown: dict[str, bool] = field(default_factory=dict)


def ask_site(engine: Engine, site_id: object, *, among_all: bool) -> Asked:
    """Ask about a site, alone or among all that have a rank, or would if no gate excluded them."""
    sites = engine.context.study.sites
    found = np.flatnonzero(sites.index.astype(str) == str(site_id))
    if not found.size:
        msg = f"expected the id of a site of the study, got {site_id!r}; ids are in study.sites"
        raise OptionError(msg)
    at = int(found[0])
    if not among_all:
        return Asked(sites.iloc[[at]], 0, engine.profile, engine.measured)
    ranked = scored_sites(engine)
    ranked[at] = True
    before = int(np.count_nonzero(ranked[:at]))
    return Asked(sites[ranked], before, engine.profile, engine.measured)


def ask_place(engine: Engine, place: object) -> Asked:
    """Ask about a place by its name, or about a cluster by its number."""
    places = find_places(engine)
    names = [] if places is None else [str(name) for name in places.table.index]
    if places is not None and str(place) not in names and str(place).isdigit():
        numbers = places.table["cluster"].astype("string").fillna("").tolist()
        names = numbers if str(place) in numbers else names
    if places is None or str(place) not in names:
        msg = (
            f"expected a place or the number of a cluster, got {place!r}; places are "
            f"{', '.join(names[:5])}{' ...' if len(names) > 5 else ''}"  # noqa: PLR2004 - enough to see
        )
        raise OptionError(msg)
    chosen = np.array([name == str(place) for name in names])
    groups = places.groups.take(chosen)
    frame = engine.context.study.emitters.iloc[groups.rows]
    if not places.are_wholes[chosen][0]:
        return Asked(frame, None, engine.profile, engine.measured, groups=groups)
    own = engine.profile.cluster_criteria
    components = {c.component for c in own}
    averaged = tuple(c for c in engine.measured if c.component not in components)
    return Asked(frame, None, as_wholes(engine.profile), averaged, own, groups)


def refuse_excluded(engine: Engine, asked: Asked, name: object) -> None:
    """Refuse what a gate leaves without a score on the recorded inputs, and name the gate."""
    if not has_limits(engine.profile, "gate"):
        return
    if asked.at is not None:
        found = engine.evaluate(as_sites(asked.frame.iloc[[asked.at]]))
        values, row = found.partial_values, engine.scores(found)
    else:
        places = find_places(engine)
        assert places is not None
        every = engine.evaluate(as_sites(engine.context.study.emitters))
        scores, values = score_places(places, engine, every)
        at = find_place(places.table, name)
        row, values = scores.loc[[at]], values.loc[[at]]
    excluded = str(row["excluded"].iloc[0]) if "excluded" in row else ""
    if excluded:
        worth: dict[str, object] = {str(k): v for k, v in values.iloc[0].items()}
        msg = (
            f"expected a site or place that has a score, {name!r} has none: "
            f"{tell_gates(excluded, engine.profile, worth)}"
        )
        raise OptionError(msg)


def measure_worlds(
    engine: Engine,
    asked: Asked,
    layers: Sequence[DrawnLayer],
    *,
    worlds: int,
    seed: int,
    progress: Progress | None = None,
) -> Worlds:
    """Measure what is asked about in all worlds.

    Parameters
    ----------
    engine
        The recorded study.
    asked
        What is asked about; its own place stays as recorded.
    layers
        What is drawn.
    worlds
        How often each layer is drawn.
    seed
        Where chance comes from: world 3 of a layer is that of replicate 3 of `monte_carlo`.
    progress
        Called with a label, the measurements done, and all of them.

    Returns
    -------
    The metrics.
    """
    drawn = {layer.name: layer for layer in layers if layer.name != "sites"}
    needed = {c.id: tuple(name for name in _layers_of(c) if name in drawn) for c in asked.averaged}
    metrics = {
        c.id: np.empty((worlds,) * len(needed[c.id]) + (len(asked.frame),)) for c in asked.averaged
    }
    parts = {part: [c for c in asked.averaged if needed[c.id] == part] for part in needed.values()}
    total = sum(worlds ** len(part) * _steps(part, parts[part]) for part in parts)
    total += worlds if asked.groups is not None else 0
    frames = {name: [layer.draw(seed, r) for r in range(worlds)] for name, layer in drawn.items()}
    sites = as_sites(asked.frame)
    done = 0
    for part, criteria in parts.items():
        drawn_part = {name: frames[name] for name in part}
        for numbers, found in _measured(engine, sites, criteria, drawn_part):
            for name, metric in found.items():
                metrics[name][numbers] = metric
            done += 1
            if progress is not None:
                progress("measuring", done, total)
    shares: Floats | None = None
    whole: dict[str, Floats] = {}
    if asked.groups is not None:
        shares, whole = _of_place(engine, asked, frames.get("emitters"), worlds)
    of_emitters = ("emitters",) if "emitters" in drawn else ()
    return Worlds({**metrics, **whole}, {**needed, **dict.fromkeys(whole, of_emitters)}, shares)


def _steps(part: tuple[str, ...], criteria: Sequence[Criterion]) -> int:
    """Tell how often a part is measured in a world: those of one layer are measured together."""
    return 1 if len(part) < _PAIR else len(criteria)


def _measured(
    engine: Engine,
    sites: Sites,
    criteria: Sequence[Criterion],
    frames: Mapping[str, Sequence[GeoDataFrame]],
) -> Iterator[tuple[tuple[int, ...], dict[str, Floats]]]:
    """Measure criteria in all worlds of the layers they depend on, one layer or a pair."""
    if len(frames) < _PAIR:
        names = list(frames)
        for numbers in product(*(range(len(each)) for each in frames.values())):
            chosen = {name: frames[name][r] for name, r in zip(names, numbers, strict=True)}
            found = measure(sites, criteria, _context(engine, chosen))
            yield numbers, {name: np.asarray(each.value) for name, each in found.items()}
        return
    recorded = engine.context
    supply, demand = (
        [recorded.with_layers({name: frame}) for frame in each] for name, each in frames.items()
    )
    for criterion in criteria:
        for pair, metric in measure_pairs(sites, criterion, recorded, supply, demand):
            yield pair, {criterion.id: metric}


def _layers_of(criterion: Criterion) -> list[str]:
    """Name the layers a metric is measured against; a raster is none."""
    if criterion.source is not None:
        return []
    names: list[str] = [criterion.layer or "emitters"]
    if criterion.demand is not None and criterion.demand.layer not in names:
        names.append(criterion.demand.layer)
    return names


def _context(engine: Engine, drawn: dict[str, GeoDataFrame]) -> Context:
    """Put drawn layers in place; clusters keep their members."""
    if not drawn:
        return engine.context
    context = engine.context.with_layers(drawn)
    clusters = engine.clusters
    if clusters is not None and "emitters" in drawn:
        table = cluster_table(context.layer("emitters"), clusters.labels)
        clusters = Clusters(clusters.labels, table, clusters.hulls)
    return context.with_clusters(clusters)


def _of_place(
    engine: Engine, asked: Asked, frames: list[GeoDataFrame] | None, worlds: int
) -> tuple[Floats, dict[str, Floats]]:
    """Give the members' shares and the place's own metrics in each world of the emitters."""
    groups = asked.groups
    assert groups is not None
    shares: list[Floats] = []
    found: dict[str, list[Any]] = {c.id: [] for c in asked.own}
    for r in range(worlds if frames is not None else 1):
        context = engine.context if frames is None else _context(engine, {"emitters": frames[r]})
        layer = context.layer("emitters")
        shares.append(member_shares(groups, emissions_of(layer)))
        if not asked.own:
            continue
        table = describe_groups(layer, groups.member, groups.group)
        for criterion in asked.own:
            found[criterion.id].append(metric_of_wholes(table, criterion))
    stacked = {name: np.stack(each) for name, each in found.items()}
    if frames is None:
        return np.stack(shares), {name: each[0] for name, each in stacked.items()}
    return np.stack(shares), stacked
