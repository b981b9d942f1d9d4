"""Put the parts of a result together: the table of sites, the names of features, the manifest."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd

from standort.layers.content_hash import content_hash
from standort.metrics.measurement import WHOLLY, RasterMeasurement
from standort.results.manifest import creation_time, package_versions, plain
from standort.roles import ROLES
from standort.scoring import basis_criteria, elicitation_summary, limit_names, profile_definition
from standort.study.context import CLUSTERS, as_decay, tell_raster

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from geopandas import GeoDataFrame

    from standort.layers import Study
    from standort.scoring import Criterion, Profile
    from standort.study.context import Context
    from standort.study.evaluation import Evaluation

__all__ = [
    "absent_components",
    "assemble_sites",
    "beside_rank",
    "build_manifest",
    "count_sites",
    "feature_names",
    "no_clusters",
    "ranked",
]

#: the one column of a site that depends on what other sites are scored
RANK = "rank"

#: how much of a raster is known round a site, and what stands between the criterion and that in
#: the name of a count
_KNOWN = ("wholly_known", "partly_known", "too_little_known")
_OF = ":"
#: the column that names the gates a site fails
_EXCLUDED = "excluded"

#: columns of the score table in the order people look for them
_SCORES = (
    "score",
    "score_min",
    "score_max",
    "score_arithmetic",
    "score_geometric",
    "score_minimum",
    "coverage",
)


def assemble_sites(
    sites: GeoDataFrame,
    scores: pd.DataFrame,
    tiers: pd.DataFrame,
    evaluation: Evaluation,
    profile: Profile,
) -> GeoDataFrame:
    """Join what came in with what came out; the input's columns give way to ours of one name."""
    absent = absent_components(evaluation.partial_values.columns, profile)
    components = [c.id for c in profile.components if c.id not in absent]
    criteria = _criteria_columns(evaluation, profile)
    told = scores[[*limit_names(profile), "basis"]]
    ours = pd.concat([scores[[*_SCORES, *components]], tiers, criteria, told], axis=1)
    given = pd.DataFrame(sites.drop(columns=sites.geometry.name))
    taken = {*ours.columns, RANK}
    given = given.rename(columns=_out_of_the_way(list(given.columns), taken))
    table = pd.concat([given, ours], axis=1)
    return geopandas.GeoDataFrame(table, geometry=sites.geometry.to_numpy(), crs=sites.crs)


def ranked(sites: GeoDataFrame) -> GeoDataFrame:
    """Add the rank of each score beside it: 1 is the highest, equal scores share a rank."""
    rank = sites["score"].rank(method="min", ascending=False).astype("Int64")
    sites.insert(sites.columns.get_loc("score") + 1, RANK, rank)
    return sites


def beside_rank(sites: GeoDataFrame, figures: pd.DataFrame) -> GeoDataFrame:
    """Set columns of our own after the rank; the input's columns of one name give way."""
    renamed = _out_of_the_way(list(sites.columns), set(figures.columns))
    table = sites.rename(columns=renamed)
    at = table.columns.get_loc(RANK) + 1
    for number, name in enumerate(figures.columns):
        table.insert(at + number, name, figures[name])
    return table


def absent_components(available: Collection[str], profile: Profile) -> list[str]:
    """Name the components that no criterion of the basis belongs to."""
    there = {criterion.component for criterion in basis_criteria(available, profile=profile)}
    return [component.id for component in profile.components if component.id not in there]


def _out_of_the_way(given: list[str], ours: set[str]) -> dict[str, str]:
    """Rename the input's columns that bear a name of ours, each to a name that is free.

    Case does not tell names apart: in a GeoPackage it would not either.
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


def _criteria_columns(evaluation: Evaluation, profile: Profile) -> pd.DataFrame:
    """Lay out metric, partial value, deciding feature and unknowns, or coverage, of each criterion.

    Which columns there are follows from the metric, not from what it found: tables of any two
    sets of sites have the same columns.
    """
    columns: dict[str, Any] = {}
    for name, measured in evaluation.measurements.items():
        criterion = profile.criterion(name)
        columns[criterion.metric_column] = measured.value
        columns[f"{name}_value"] = evaluation.partial_values[name]
        if isinstance(measured, RasterMeasurement):
            columns[f"{name}_coverage"] = measured.coverage
        elif criterion.metric != "count_within":
            columns[f"{name}_feature"] = measured.feature
        if criterion.column is not None:
            columns[f"{name}_unknown"] = measured.unknown
        if measured.overstated is not None:
            columns[f"{name}_overstated"] = measured.overstated
    return pd.DataFrame(columns, index=evaluation.partial_values.index)


def no_clusters() -> tuple[GeoDataFrame, GeoDataFrame]:
    """Give the tables of clusters and hulls of a study without emitters: empty ones."""
    index = pd.RangeIndex(0, name="cluster")
    empty = geopandas.GeoDataFrame(index=index, geometry=[], crs="EPSG:4326")
    return empty, empty.copy()


def feature_names(study: Study, clusters: pd.DataFrame) -> dict[str | None, pd.Series[Any]]:
    """Give the names of features by layer, where a layer has any; of clusters under None."""
    tables: list[tuple[str | None, pd.DataFrame]] = [*study.layers.items(), (None, clusters)]
    return {name: table["name"].dropna() for name, table in tables if "name" in table}


def build_manifest(
    context: Context,
    profile: Profile,
    criteria: pd.DataFrame,
    counts: Mapping[str, int],
    sources: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write down what the result was computed from and with.

    `counts` is of sites and clusters, `sources` of layers that are not in the study.
    """
    every = {**context.study.sources, **(sources or {})}
    versions = package_versions()
    available = criteria.loc[criteria["available"], "criterion"].tolist()
    status, remarks = _criteria_status(context, profile, criteria, counts)
    notes = [f"{name}: {note}" for name, s in every.items() for note in s.notes]
    return {
        "standort": versions.get("standort", ""),
        "created": creation_time().isoformat(),
        "profile": {
            "id": profile.id,
            "version": profile.version,
            "hash": profile.content_hash,
            "aggregation": profile.aggregation,
            "coverage_limit": profile.coverage_limit,
            **elicitation_summary(profile),
            "definition": profile_definition(profile),
        },
        "basis": [c.id for c in basis_criteria(available, profile=profile)],
        "criteria": status,
        "counts": {
            **{name: count for name, count in counts.items() if _OF not in name},
            **_emitter_counts(context.study),
        },
        "options": plain(profile.clusters.model_dump()),
        "year": context.study.year,
        "inputs": {
            name: {
                **_source(s),
                **({} if name in (sources or {}) else _content(context, profile, name)),
            }
            for name, s in every.items()
        },
        "packages": versions,
        "warnings": [*notes, *remarks, *_tell_gates(profile, counts)],
    }


def _criteria_status(
    context: Context, profile: Profile, criteria: pd.DataFrame, counts: Mapping[str, int]
) -> tuple[dict[str, Any], list[str]]:
    """Tell of each criterion whether it was computed, why not, and how its filter went."""
    status: dict[str, Any] = {}
    remarks: list[str] = []
    for row in criteria.itertuples():
        if not row.available:
            status[str(row.criterion)] = {"status": "not available", "reason": row.reason}
            continue
        criterion = profile.criterion(str(row.criterion))
        tell = _tell_layer if criterion.source is None else _tell_raster
        status[criterion.id], told = tell(context, criterion, counts)
        remarks += told
    return status, remarks


def _tell_raster(
    context: Context, criterion: Criterion, counts: Mapping[str, int]
) -> tuple[dict[str, Any], list[str]]:
    """Tell which file a criterion was measured on, and how much of it is known round the sites."""
    keys = {kind: f"{criterion.id}{_OF}{kind}" for kind in _KNOWN}
    of = {kind: counts[key] for kind, key in keys.items() if key in counts}
    raster = context.raster(criterion)
    entry = tell_raster(criterion, raster, *context.raster_file(criterion), of)
    unknown, total = of.get("too_little_known", 0), sum(of.values())
    if not unknown:
        return entry, []
    remark = (
        f"{criterion.id}: too little of raster {raster.name!r} is known at {unknown:,} of "
        f"{total:,} sites"
    )
    if unknown == total:
        remark += "; check that it covers them and that its CRS is right"
    return entry, [remark]


def _tell_layer(
    context: Context, criterion: Criterion, _counts: Mapping[str, int]
) -> tuple[dict[str, Any], list[str]]:
    """Tell how many features counted, and how the filter went."""
    remarks = []
    features, outcome = context.passing(criterion), context.filtered(criterion)
    entry: dict[str, Any] = {"status": "computed", "features": len(features)}
    decay = as_decay(criterion.decay)
    if decay is not None:
        entry |= {"decay": decay.name, "half_distance_km": decay.half_distance_km}
    if criterion.filter is not None:
        entry["filter"] = plain(criterion.filter.model_dump())
        entry["kept"] = f"{len(features)} of {len(outcome.passes)}"
    if not len(features):
        remarks.append(
            f"{criterion.id}: none of the {len(outcome.passes)} features of layer "
            f"{criterion.layer or CLUSTERS!r} counts, so it is worth the least at every site"
        )
    for column, count in outcome.unknown.items():
        remarks.append(
            f"{criterion.id}: {count} of {len(outcome.passes)} features of layer "
            f"{criterion.layer!r} do not pass the filter because {column!r} is unknown"
        )
    remarks += [
        f"{criterion.id}: the filter on {column!r} was skipped, layer "
        f"{criterion.layer!r} has no such column"
        for column in outcome.skipped
    ]
    return entry, remarks


def count_sites(sites: GeoDataFrame) -> dict[str, int]:
    """Count sites, those with a score, and those of each tier; counts of parts add up."""
    counts = {"sites": len(sites), "scored": int(sites["score"].notna().sum())}
    if "tier" in sites:
        tiers = sites["tier"].value_counts()
        counts |= {tier: int(tiers.get(tier, 0)) for tier in ("member", "adjacent", "dispersed")}
        counts["lone_anchors"] = int(sites["lone_anchor"].fillna(value=False).sum())
    return {**counts, **_coverage_counts(sites), **_excluded_counts(sites)}


def _coverage_counts(sites: pd.DataFrame) -> dict[str, int]:
    """Count for each criterion of a raster how much of it is known round how many sites."""
    counts, names = {}, [str(name) for name in sites.columns]
    for before, name in pairwise(names[names.index("score") :]):
        criterion = name.removesuffix("_coverage")
        if name == criterion or before != f"{criterion}_value":
            continue
        unknown = sites[before].isna()
        wholly = ~unknown & (sites[name] >= WHOLLY)
        known = (wholly, ~unknown & ~wholly, unknown)
        for kind, at in zip(_KNOWN, known, strict=True):
            counts[f"{criterion}{_OF}{kind}"] = int(at.sum())
    return counts


def _excluded_counts(sites: pd.DataFrame) -> dict[str, int]:
    """Count the sites that each gate excludes; a column of that name in the input is not ours."""
    names = [str(name) for name in sites.columns]
    if _EXCLUDED not in names[names.index("score") :]:
        return {}
    told = sites[_EXCLUDED].str.split(",").explode()
    return {
        f"{name}{_OF}{_EXCLUDED}": int(n) for name, n in told[told != ""].value_counts().items()
    }


def _tell_gates(profile: Profile, counts: Mapping[str, int]) -> list[str]:
    """Say how many sites each gate leaves without a score."""
    found = [(c, counts.get(f"{c.id}{_OF}{_EXCLUDED}", 0)) for c in profile.criteria]
    return [
        f"{c.id}: its gate of {c.gate:g} leaves {n:,} of {counts['sites']:,} sites without a score"
        for c, n in found
        if n
    ]


def _emitter_counts(study: Study) -> dict[str, int]:
    if "emitters" not in study.layers:
        return {}
    emissions = study.emitters["co2_t_per_yr"].to_numpy(dtype=float)
    return {"emitters": len(emissions), "unknown_emissions": int(np.isnan(emissions).sum())}


def _source(source: Any) -> dict[str, Any]:  # noqa: ANN401 - a LayerSource or one made by hand
    return {
        "path": None if source.path is None else source.path.name,
        "layer": source.layer,
        "sha256": source.sha256,
        "crs": source.crs,
        "operation": source.operation,
        "rows_read": source.rows_read,
        "rows_kept": source.rows_kept,
        "unknown": dict(source.unknown),
        "notes": list(source.notes),
    }


def _content(context: Context, profile: Profile, name: str) -> dict[str, Any]:
    """Hash what a layer holds, and once more with columns that only the profile knows."""
    held = {**context.study.layers, **context.study.tables}
    if name not in held:
        return {}
    known = {column.name for column in ROLES[name].columns}
    asked = sorted(_asked_columns(profile, name) & set(held[name].columns) - known)
    told: dict[str, Any] = {"content": content_hash(held[name], name)}
    if asked:
        told["content_asked"] = {
            "columns": asked,
            "hash": content_hash(held[name], name, also=asked),
        }
    return told


def _asked_columns(profile: Profile, name: str) -> set[str]:
    """Name the columns of a layer that criteria measure or filter by."""
    asked: set[str] = set()
    for criterion in profile.criteria:
        if criterion.layer == name:
            asked |= {criterion.column} if criterion.column else set()
            asked |= set(criterion.filter.columns) if criterion.filter is not None else set()
        if criterion.demand is not None and criterion.demand.layer == name:
            asked.add(criterion.demand.column)
    return asked
