"""Table of sites of a result: inputs, scores, clusters and criteria; counts of sites."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import geopandas
import pandas as pd

from standort.metric_table import METRICS
from standort.metrics.measurement import WHOLLY
from standort.results.columns import RANK, criterion_columns, site_columns
from standort.scoring import basis_criteria

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from geopandas import GeoDataFrame

    from standort.layers import Study
    from standort.metrics import Measurement
    from standort.results.schema import ResultColumn
    from standort.scoring import Criterion, Profile
    from standort.study.evaluation import Evaluation

    #: Numbers of sites by property: ("scored",), ("port_distance", "excluded").
    Counts = Counter[tuple[str, ...]]

#: How much of a raster is known around a site.
RASTER_KNOWN = ("wholly_known", "partly_known", "too_little_known")


def describe_sites(
    evaluation: Evaluation, profile: Profile, *, clusters: bool
) -> list[ResultColumn]:
    """Return the columns that scoring adds to the table of sites.

    They follow from the profile and the metrics, not from the values: tables of any two sets of
    sites have the same columns.
    """
    absent = absent_components(evaluation.partial_values.columns, profile)
    criteria = [
        column
        for name, measured in evaluation.measurements.items()
        for column in _criterion_columns(profile.criterion(name), measured)
    ]
    components = [c.id for c in profile.components if c.id not in absent]
    return site_columns(profile, criteria, components=components, clusters=clusters)


def _criterion_columns(criterion: Criterion, measured: Measurement) -> list[ResultColumn]:
    row = METRICS[criterion.metric]
    return criterion_columns(
        criterion,
        from_raster=row.on_raster,
        has_feature=row.has_feature,
        has_overstated=measured.overstated is not None,
    )


def assemble_sites(
    sites: GeoDataFrame,
    scores: pd.DataFrame,
    tiers: pd.DataFrame,
    evaluation: Evaluation,
    columns: Iterable[ResultColumn],
) -> GeoDataFrame:
    """Join inputs and results; rename clashing inputs.

    Parameters
    ----------
    sites
        The sites of the study.
    scores, tiers
        Scores and clusters, on the index of the sites.
    evaluation
        The criteria at the sites.
    columns
        The columns of results and their order, see `describe_sites`.

    Returns
    -------
    A copy of `sites` with the columns added.
    """
    columns = list(columns)
    results = pd.DataFrame(
        {column.name: _cells(column, scores, tiers, evaluation) for column in columns},
        index=sites.index,
    )
    given = pd.DataFrame(sites.drop(columns=sites.geometry.name))
    given = given.rename(columns=renamed_inputs(list(given.columns), {*results.columns, RANK}))
    table = pd.concat([given, results], axis=1)
    return geopandas.GeoDataFrame(table, geometry=sites.geometry.to_numpy(), crs=sites.crs)


def _cells(
    column: ResultColumn, scores: pd.DataFrame, tiers: pd.DataFrame, evaluation: Evaluation
) -> pd.Series[Any]:
    """Return the cells of a column of results."""
    if column.criterion is None:
        return tiers[column.name] if column.kind == "cluster" else scores[column.name]
    if column.kind == "partial_value":
        return evaluation.partial_values[column.criterion]
    measured: Any = evaluation.measurements[column.criterion]
    parts = {"metric": "value", "raster_coverage": "coverage"}
    cells: pd.Series[Any] = getattr(measured, parts.get(column.kind, column.kind))
    return cells


def ranked(sites: GeoDataFrame) -> GeoDataFrame:
    """Insert the rank of each score: 1 is the highest, equal scores share a rank."""
    rank = sites["score"].rank(method="min", ascending=False).astype("Int64")
    sites.insert(sites.columns.get_loc("score") + 1, RANK, rank)
    return sites


def beside_rank(sites: GeoDataFrame, figures: pd.DataFrame) -> GeoDataFrame:
    """Insert columns of results after the rank; rename clashing inputs."""
    renamed = renamed_inputs(list(sites.columns), set(figures.columns))
    table = sites.rename(columns=renamed)
    at = table.columns.get_loc(RANK) + 1
    for number, name in enumerate(figures.columns):
        table.insert(at + number, name, figures[name])
    return table


def renamed_inputs(given: list[str], ours: set[str]) -> dict[str, str]:
    """Rename columns of the input that have the name of a result, each to a free name.

    Names are compared without case, as in a GeoPackage.
    """
    our_names = {name.casefold() for name in ours}
    taken, renamed = our_names | {name.casefold() for name in given}, {}
    for name in given:
        if name.casefold() in our_names:
            free = f"input_{name}"
            while free.casefold() in taken:
                free = f"input_{free}"
            taken.add(free.casefold())
            renamed[name] = free
    return renamed


def absent_components(available: Collection[str], profile: Profile) -> list[str]:
    """Return the components without a criterion in the basis."""
    there = {criterion.component for criterion in basis_criteria(available, profile=profile)}
    return [component.id for component in profile.components if component.id not in there]


def no_clusters() -> tuple[GeoDataFrame, GeoDataFrame]:
    """Return empty tables of clusters and hulls, for a study without emitters."""
    index = pd.RangeIndex(0, name="cluster")
    empty = geopandas.GeoDataFrame(index=index, geometry=[], crs="EPSG:4326")
    return empty, empty.copy()


def feature_names(study: Study, clusters: pd.DataFrame) -> dict[str | None, pd.Series[Any]]:
    """Return the names of features by layer, if it has names; those of clusters under None."""
    tables: list[tuple[str | None, pd.DataFrame]] = [*study.layers.items(), (None, clusters)]
    return {name: table["name"].dropna() for name, table in tables if "name" in table}


def count_sites(sites: pd.DataFrame, columns: Iterable[ResultColumn]) -> Counts:
    """Count sites: all, scored, of each tier, excluded by each gate, and by raster coverage.

    Counts of parts of the sites add up to the counts of all sites.
    """
    counts: Counts = Counter()
    counts["sites",] = len(sites)
    counts["scored",] = int(sites["score"].notna().sum())
    for column in columns:
        if column.name == "tier":
            tiers = sites["tier"].value_counts()
            for tier in ("member", "adjacent", "dispersed"):
                counts[tier,] = int(tiers.get(tier, 0))
        elif column.name == "lone_anchor":
            counts["lone_anchors",] = int(sites["lone_anchor"].fillna(value=False).sum())
        elif column.kind == "raster_coverage":
            counts.update(_count_known(sites, column))
        elif column.name == "excluded":
            gates = sites["excluded"].str.split(",").explode()
            for name, n in gates[gates != ""].value_counts().items():
                counts[str(name), "excluded"] = int(n)
    return counts


def _count_known(sites: pd.DataFrame, column: ResultColumn) -> Counts:
    """Count the sites at which a raster is known wholly, partly or too little."""
    criterion = str(column.criterion)
    unknown = sites[f"{criterion}_value"].isna()
    wholly = ~unknown & (sites[column.name] >= WHOLLY)
    known = (wholly, ~unknown & ~wholly, unknown)
    return Counter(
        {(criterion, kind): int(at.sum()) for kind, at in zip(RASTER_KNOWN, known, strict=True)}
    )
