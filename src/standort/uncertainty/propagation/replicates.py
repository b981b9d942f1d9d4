"""Replicates: all metrics measured on one realisation of the layers.

Measuring is expensive, so it is done in few replicates. Cheap inputs (weights, value functions,
unknown values, thresholds) are drawn anew in each draw, on the metrics of one replicate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.clusters import cluster_table, describe_groups, outline_groups
from standort.layers.features import as_sites
from standort.metric_table import CLUSTER_METRICS
from standort.study.context import Clusters
from standort.study.engine import Engine
from standort.study.evaluation import measure
from standort.study.group_scores import emissions_of, metric_of_wholes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame

    from standort.array_types import Floats
    from standort.scoring import Criterion
    from standort.study.context import Context
    from standort.study.group_scores import Groups
    from standort.study.places.places import Places
    from standort.uncertainty.layer_draws import DrawnLayer


#: number of sites measured at once, to limit the memory that measuring takes
_BLOCK = 65_536


@dataclass(frozen=True, eq=False)
class PlaceInputs:
    """Inputs for scoring places in a replicate, besides the metrics at the emitters.

    Parameters
    ----------
    emissions
        Emissions of the emitters, in input order [Mt/yr]; NaN is unknown.
    shares
        Share of each member in its place, see `member_shares`.
    density
        By cluster criterion, its metric for each place scored as a whole [unit of the criterion].
    """

    emissions: Floats
    shares: Floats
    density: dict[str, Floats]


@dataclass(frozen=True, eq=False)
class Replicate:
    """The metrics of one realisation of the layers.

    Parameters
    ----------
    sites
        By criterion, the metric of each site [unit of the criterion]; NaN is unknown.
    emitters
        The same for the emitters; the same object if they are the sites.
    places
        Inputs for scoring places; None in a study without emitters.
    """

    sites: dict[str, Floats]
    emitters: dict[str, Floats]
    places: PlaceInputs | None


def draw_replicate(
    engine: Engine,
    layers: Sequence[DrawnLayer],
    places: Places | None,
    *,
    seed: int,
    replicate: int,
) -> Replicate:
    """Draw the layers and measure everything again.

    Clusters and places keep their recorded members; their emissions, positions and density are
    drawn.

    Parameters
    ----------
    engine
        Engine of the recorded study, with its clusters.
    layers
        The layers to draw.
    places
        The places of the recorded study.
    seed, replicate
        Random seed and number of the replicate; a replicate does not depend on how many there are.

    Returns
    -------
    The replicate.
    """
    drawn = {layer.name: layer.draw(seed, replicate) for layer in layers}
    context = engine.context.with_layers(drawn)
    if engine.clusters is not None:
        labels = engine.clusters.labels
        table = cluster_table(context.layer("emitters"), labels)
        context = context.with_clusters(Clusters(labels, table, engine.clusters.hulls))
    study = context.study
    again = Engine(engine.profile, context, engine.criteria)
    sites = _metrics(again, study.sites, engine.measured)
    if "emitters" not in study.layers:
        return Replicate(sites, {}, None)
    same = study.sites is study.emitters
    emitters = sites if same else _metrics(again, study.emitters, engine.measured)
    return Replicate(sites, emitters, _place_inputs(again, context, places))


def _metrics(
    engine: Engine, sites: GeoDataFrame, criteria: Sequence[Criterion]
) -> dict[str, Floats]:
    """Measure the sites block by block and return the metrics."""
    metrics = {criterion.id: np.empty(len(sites)) for criterion in criteria}
    for start in range(0, len(sites), _BLOCK):
        rows = slice(start, start + _BLOCK)
        measured = measure(as_sites(sites.iloc[rows]), criteria, engine.context)
        for name, column in metrics.items():
            column[rows] = measured[name].value.to_numpy()
    return metrics


def _place_inputs(engine: Engine, context: Context, places: Places | None) -> PlaceInputs | None:
    """Measure the density of places scored as wholes."""
    if places is None:
        return None
    layer = context.layer("emitters")
    density: dict[str, Floats] = {}
    wholes = places.groups.take(places.are_wholes)
    if wholes.count:
        outline = outline_groups(layer, wholes.member, wholes.group)
        criteria = engine.profile.cluster_criteria
        if any(CLUSTER_METRICS[criterion.metric].needs_pairs for criterion in criteria):
            outline = describe_groups(layer, wholes.member, wholes.group)
        density = {criterion.id: metric_of_wholes(outline, criterion) for criterion in criteria}
    emissions = emissions_of(layer)
    return PlaceInputs(emissions, member_shares(places.groups, emissions), density)


def member_shares(groups: Groups, emissions: Floats) -> Floats:
    """Divide each group among its members: by known emissions, or equally if none emits.

    Parameters
    ----------
    groups
        The groups, none empty.
    emissions
        Emissions of the emitters in input order; NaN is unknown and counts as 0.

    Returns
    -------
    A share for each member of each group; those of a group sum to 1.

    Examples
    --------
    >>> from standort.study.group_scores import Groups
    >>> rows = np.array([0, 1, 2, 3])
    >>> groups = Groups(rows, np.array([0, 0, 1, 1]), rows, 2)
    >>> member_shares(groups, np.array([1.0, 3.0, np.nan, np.nan]))
    array([0.25, 0.75, 0.5 , 0.5 ])
    """
    weight = np.nan_to_num(emissions[groups.rows], nan=0.0)
    mass = np.bincount(groups.group, weights=weight, minlength=groups.count)
    weight = np.where(mass[groups.group] > 0.0, weight, 1.0)
    mass = np.bincount(groups.group, weights=weight, minlength=groups.count)
    return weight / mass[groups.group]
