"""The columns of the tables of a result, declared once: kind, unit and meaning of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from standort.errors import ProfileError
from standort.results.schema import ResultColumn, Schema
from standort.scoring import limit_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import pandas as pd

    from standort.results.schema import ColumnKind
    from standort.scoring import Component, Criterion, Profile

#: The one column of a site that depends on which other sites are scored.
RANK = "rank"
#: What the name of a standard error ends in.
_ERROR = "_error"


class _Declared(NamedTuple):
    """The declaration of a column in any table."""

    kind: ColumnKind
    meaning: str
    unit: str | None = None


_SCORES = {
    "score": _Declared("score", "locational advantage [0, 1]; empty where too little is known"),
    "score_min": _Declared("bound", "score if all missing data took their worst values"),
    "score_max": _Declared("bound", "score if all missing data took their best values"),
    "score_arithmetic": _Declared("score", "score under the arithmetic mean of components"),
    "score_geometric": _Declared("score", "score under the geometric mean of components"),
    "score_minimum": _Declared("score", "score under the minimum of components"),
    "coverage": _Declared("coverage", "share of the weight of the criteria used that is known"),
}
_CLUSTER_ROLE = {
    "cluster": _Declared("cluster", "number of the cluster; empty for sites of no cluster"),
    "role": _Declared("cluster", "core, border or noise in the sense of DBSCAN"),
    "tier": _Declared("cluster", "member of a cluster, adjacent to one, or dispersed"),
    "lone_anchor": _Declared("cluster", "whether it is an isolated large emitter"),
    "cluster_distance_km": _Declared(
        "cluster", "distance to the nearest member of a cluster", "km"
    ),
    "major_cluster_distance_km": _Declared(
        "cluster", "distance to the nearest member of a major cluster", "km"
    ),
}
_LIMITS = {
    "excluded": _Declared("limit", "criteria whose gate excludes it; then it has no score"),
    "gate_unknown": _Declared(
        "limit", "criteria for which it is unknown whether their gate excludes it"
    ),
    "vetoed": _Declared("limit", "criteria whose veto holds; its class is capped"),
    "veto_unknown": _Declared("limit", "criteria for which it is unknown whether their veto holds"),
}
_BASIS = {"basis": _Declared("basis", "criteria the score uses, separated by commas")}
_SITE_DRAWS = {
    "score_p05": _Declared("draws", "5 % quantile of the score over Monte Carlo draws"),
    "score_p50": _Declared("draws", "median of the score over Monte Carlo draws"),
    "score_p95": _Declared("draws", "95 % quantile of the score over Monte Carlo draws"),
    "rank_p05": _Declared("draws", "5 % quantile of the rank over Monte Carlo draws"),
    "rank_p95": _Declared("draws", "95 % quantile of the rank over Monte Carlo draws"),
    "p_excluded": _Declared("draws", "share of draws in which a gate excludes it"),
    "p_vetoed": _Declared("draws", "share of draws in which a veto holds against it"),
}
_GROUP = {
    "name": _Declared("description", "name of the largest emitter"),
    "n_sites": _Declared("description", "number of emitters", "count"),
    "n_unknown": _Declared("description", "number of emitters of unknown emissions", "count"),
    "co2_mt_per_yr": _Declared("description", "known emissions of CO2", "mt_per_yr"),
    "mean_pairwise_distance_km": _Declared(
        "description", "mean distance between members, weighted by emissions", "km"
    ),
    "mean_pairwise_distance_min_km": _Declared(
        "bound", "least that this mean can be, whatever the unknown emissions are", "km"
    ),
    "mean_pairwise_distance_max_km": _Declared(
        "bound", "largest that this mean can be, whatever the unknown emissions are", "km"
    ),
}
_CLUSTERS = {
    "cluster": _Declared("id", "number of the cluster, the largest emissions first"),
    **_GROUP,
    "anchor": _Declared("description", "id of the largest emitter"),
    "anchor_mt_per_yr": _Declared("description", "emissions of the largest emitter", "mt_per_yr"),
    "diameter_km": _Declared("description", "largest distance between two members", "km"),
    "major": _Declared("description", "whether it emits at least as much as a major cluster"),
    **_SCORES,
    **_LIMITS,
    **_BASIS,
}
_PLACES = {
    "place": _Declared("id", "name of the cluster, initiative or group of unclustered sites"),
    **_GROUP,
    "kind": _Declared("description", "cluster, initiative or unclustered"),
    "year": _Declared("description", "year of the study"),
    "cluster": _Declared("cluster", "number of the cluster, if it is one"),
    "advantage": _Declared("score", "locational advantage of the place as a whole [0, 1]"),
    "advantage_p05": _Declared("draws", "5 % quantile of the advantage over Monte Carlo draws"),
    "advantage_p50": _Declared("draws", "median of the advantage over Monte Carlo draws"),
    "advantage_p95": _Declared("draws", "95 % quantile of the advantage over Monte Carlo draws"),
    **{
        name.replace("score", "advantage"): declared._replace(
            meaning=declared.meaning.replace("score", "advantage")
        )
        for name, declared in _SCORES.items()
        if name.startswith("score_")
    },
    "advantage_coverage": _SCORES["coverage"],
    "linkage": _Declared(
        "linkage", "degree of linkage between its firms, where nearly all ties are on record [0, 1]"
    ),
    "linkage_p05": _Declared(
        "draws", "5 % quantile of the linkage if the searches missed few ties"
    ),
    "linkage_p50": _Declared("draws", "median of the linkage in the middle of the stated ranges"),
    "linkage_p95": _Declared(
        "draws", "95 % quantile of the linkage if the searches missed many ties"
    ),
    "linkage_recorded": _Declared("linkage", "linkage by the ties on record; the true one or less"),
    "linkage_lower": _Declared("bound", "linkage if nothing beyond stated totals was missed"),
    "linkage_upper": _Declared("bound", "linkage if all that may have been missed exists"),
    **{
        f"effort_{layer}": _Declared(
            "linkage", f"share of true {layer} ties that would be on record"
        )
        for layer in ("formal", "informal", "infrastructure")
    },
    "examined": _Declared("linkage", "share of pairs of firms that anybody examined"),
    "n_firms": _Declared("linkage", "number of its firms", "count"),
    "linkage_coverage": _Declared("linkage", "share of its firms with data on links"),
    "indicative": _Declared(
        "linkage", "whether it has so few firms that only the interval should be used"
    ),
    "chertow_3_2": _Declared(
        "linkage", "whether at least three firms exchange two resources (Chertow 2007)"
    ),
    "linkage_statement": _Declared("linkage", "stated shares of true ties that searches show"),
    "linkage_missing": _Declared("linkage", "data to collect for the linkage to be known"),
    "type": _Declared("type", "type of Rattle and Taylor (2025); empty if the data allow several"),
    "type_set": _Declared("type", "all types that the data allow"),
    "label": _Declared("type", "type, or why there is none"),
    "type_on_record": _Declared(
        "type", "type by the known components and the ties on record, which may be too few"
    ),
    **{
        f"p_{name}{end}": _Declared("draws", f"{share} of draws in which it is {what}")
        for name, what in (
            ("forerunner", "a forerunner"),
            ("dispersed_cluster", "a dispersed cluster"),
            ("classic_cluster", "a classic cluster"),
            ("dispersed_sites", "dispersed sites"),
        )
        for end, share in (
            ("", "share"),
            ("_low", "least share over the stated ranges"),
            ("_high", "greatest share over the stated ranges"),
        )
    },
    "p_excluded": _SITE_DRAWS["p_excluded"],
    "p_vetoed": _SITE_DRAWS["p_vetoed"],
    "entropy": _Declared("draws", "entropy of the probabilities of the types [0, 1]"),
    "margin": _Declared("type", "distance to the nearest border between types"),
    "margin_axis": _Declared("type", "axis on which that border lies"),
    "margin_sd": _Declared("draws", "margin in standard deviations of the draws"),
    "margin_advantage_sd": _Declared("draws", "the same on the axis of advantage"),
    "margin_linkage_sd": _Declared("draws", "the same on the axis of linkage"),
    "threshold": _Declared("type", "thresholds of advantage and linkage"),
    "type_geometric": _Declared("type", "type under the geometric mean of components"),
    "type_arithmetic": _Declared("type", "type under the arithmetic mean of components"),
    "type_minimum": _Declared("type", "type under the minimum of components"),
    "agree": _Declared("type", "whether the three aggregations agree"),
    **_LIMITS,
    **_BASIS,
}
_CONTRIBUTIONS = {
    "component": _Declared("contribution", "component of the criterion"),
    "criterion": _Declared("contribution", "criterion"),
    "metric": _Declared("contribution", "metric that was measured"),
    "unit": _Declared("contribution", "unit of the metric"),
    "value": _Declared("contribution", "the metric, in that unit"),
    "partial_value": _Declared("contribution", "partial value of the metric [0, 1]"),
    "weight": _Declared("contribution", "weight of the criterion in the score"),
    "contribution": _Declared("contribution", "contribution of the criterion to the score"),
    "feature": _Declared("contribution", "id of the driver: the feature that decides the metric"),
    "feature_name": _Declared("contribution", "name of that feature"),
}
_NEXT_BEST = {
    "next_feature": _Declared("contribution", "id of the next nearest feature"),
    "next_feature_name": _Declared("contribution", "name of the next nearest feature"),
    "next_value": _Declared("contribution", "distance of the next nearest feature, in the unit"),
}
_REASONING = _Declared("screening", "the reasoning, step by step")
_SITE_ID = {"site_id": _Declared("id", "id of the site")}
_PLACE = {"place": _Declared("id", "name of the place")}
_TABLES: dict[str, dict[str, _Declared]] = {
    "sites": _SITE_ID,
    "clusters": _CLUSTERS,
    "cluster_hulls": {"cluster": _CLUSTERS["cluster"]},
    "places": _PLACES,
    "place_members": {**_PLACE, **_SITE_ID},
    "contributions": {**_SITE_ID, **_CONTRIBUTIONS, **_NEXT_BEST},
    "place_contributions": {
        **_PLACE,
        **_CONTRIBUTIONS,
        "feature": _Declared("contribution", "id of the member that adds most to a mean"),
        "feature_name": _Declared("contribution", "name of that member"),
    },
    "screening": {
        **_PLACE,
        "approach": _Declared(
            "screening", "place-based approach (Rattle and Taylor 2025, table 1)"
        ),
        "verdict": _Declared("screening", "true, false or unknown"),
        "reasoning": _REASONING,
        "missing": _Declared("screening", "facts to collect for a verdict"),
    },
    "solution_families": {
        **_PLACE,
        "family": _Declared("screening", "family of solutions"),
        "verdict": _Declared("screening", "true, false or unknown"),
        "evidence": _Declared("screening", "facts in favour of it"),
        "missing": _Declared("screening", "facts to collect for a verdict"),
        "reasoning": _REASONING,
    },
    "manifest": {
        "key": _Declared("id", "path through the manifest, joined by points"),
        "value": _Declared("description", "value, as JSON"),
    },
}


def check_components(profile: Profile) -> None:
    """Raise if a component has the id of another column of sites, clusters or places.

    Parameters
    ----------
    profile
        The profile.

    Raises
    ------
    ProfileError
        If one does: its scores would replace that column, or be replaced by it.
    """
    taken = {*_SCORES, *_CLUSTER_ROLE, *_LIMITS, *_BASIS, *_SITE_DRAWS, *_CLUSTERS, *_PLACES}
    clashing = [component.id for component in profile.components if component.id in taken]
    if clashing:
        msg = (
            f"profile {profile.id!r}: expected ids of components that are not columns of results, "
            f"got {', '.join(clashing)}; rename these components"
        )
        raise ProfileError(msg)


def site_columns(
    profile: Profile,
    criteria: Iterable[ResultColumn],
    *,
    components: Collection[str],
    clusters: bool,
) -> list[ResultColumn]:
    """Return the columns that scoring adds to the table of sites, in their order.

    Parameters
    ----------
    profile
        The profile.
    criteria
        The columns of the criteria, see `criterion_columns`.
    components
        Ids of the components that have a score.
    clusters
        Whether the study has emitters to find clusters among.

    Returns
    -------
    The columns: scores, components, clusters, criteria, limits, basis. The rank and figures of
    draws come beside the score later.
    """
    limits = {name: _LIMITS[name] for name in limit_names(profile)}
    return [
        *_own("sites", _SCORES),
        *(_component("sites", c) for c in profile.components if c.id in components),
        *_own("sites", _CLUSTER_ROLE if clusters else {}),
        *criteria,
        *_own("sites", {**limits, **_BASIS}),
    ]


def criterion_columns(
    criterion: Criterion, *, from_raster: bool, has_feature: bool, has_overstated: bool
) -> list[ResultColumn]:
    """Return the columns of one criterion in the table of sites.

    Parameters
    ----------
    criterion
        The criterion.
    from_raster
        Whether it was measured on a raster.
    has_feature
        Whether one feature decides its metric.
    has_overstated
        Whether the shares of features within reach may be too high.

    Returns
    -------
    The columns.
    """
    title = criterion.title[:1].lower() + criterion.title[1:]
    rows: list[tuple[ColumnKind, str, str, str | None, bool]] = [
        ("metric", criterion.metric_column, title, criterion.unit, True),
        ("partial_value", f"{criterion.id}_value", f"{title}: partial value", None, True),
        (
            "raster_coverage",
            f"{criterion.id}_coverage",
            f"{title}: known share of the raster within reach",
            None,
            from_raster,
        ),
        (
            "feature",
            f"{criterion.id}_feature",
            f"{title}: driver, the feature that decides the metric",
            None,
            has_feature,
        ),
        (
            "unknown",
            f"{criterion.id}_unknown",
            f"{title}: features within reach of unknown quantity",
            "count",
            criterion.column is not None,
        ),
        (
            "overstated",
            f"{criterion.id}_overstated",
            f"{title}: features within reach shared with emitters of unknown demand",
            "count",
            has_overstated,
        ),
    ]
    return [
        ResultColumn("sites", name, kind, meaning, unit, criterion.id, criterion.component)
        for kind, name, meaning, unit, there in rows
        if there
    ]


def draw_columns(names: Iterable[str]) -> list[ResultColumn]:
    """Return the columns that Monte Carlo draws add to the table of sites.

    Parameters
    ----------
    names
        Their names, such as ``score_p05``, ``p_top10`` and ``score_p05_error``.

    Returns
    -------
    The columns.

    Examples
    --------
    >>> [column.meaning for column in draw_columns(["p_top10"])]
    ['share of draws in which it ranks among the top 10 %']
    """
    columns = []
    for name in names:
        figure = name.removesuffix(_ERROR)
        percent = figure.removeprefix("p_top")
        share = _Declared("draws", f"share of draws in which it ranks among the top {percent} %")
        columns.append(_or_its_error("sites", name, _SITE_DRAWS.get(figure, share)))
    return columns


def describe_tables(
    tables: Mapping[str, pd.DataFrame],
    profile: Profile,
    sites: Iterable[ResultColumn],
    *,
    also: Iterable[str] = (),
) -> Schema:
    """Describe all columns of the tables of a result.

    Parameters
    ----------
    tables
        By name; an index with a name counts as a column.
    profile
        The profile.
    sites
        The columns that scoring and draws added to the table of sites, see `site_columns` and
        `draw_columns`.
    also
        Tables that are not available yet, described as declared.

    Returns
    -------
    The schema. Columns of sites that nothing declares are attributes of the input.
    """
    scored = {column.name: column for column in sites}
    scored[RANK] = ResultColumn(
        "sites", RANK, "score", "rank by score: 1 is the highest, equal scores share a rank"
    )
    components = {c.id: c for c in profile.components}
    columns = []
    for table, frame in tables.items():
        index = [] if frame.index.name is None else [str(frame.index.name)]
        names = [*index, *(str(name) for name in frame.columns if name != _geometry(frame))]
        own = scored if table == "sites" else {}
        columns += [_describe(table, name, own, components) for name in names]
    columns += [column for table in also for column in _own(table, _TABLES[table])]
    return Schema(tuple(columns))


def _describe(
    table: str, name: str, own: Mapping[str, ResultColumn], components: Mapping[str, Component]
) -> ResultColumn:
    """Describe one column by the first declaration that fits."""
    if name in own:
        return own[name]
    declared = _TABLES.get(table, {})
    if name in declared:
        return ResultColumn(table, name, *declared[name])
    if name in components and table in {"clusters", "places"}:
        return _component(table, components[name])
    figure = name.removesuffix(_ERROR)
    if figure in declared:
        return _or_its_error(table, name, declared[figure])
    return ResultColumn(table, name, "input", "attribute of the input")


def _or_its_error(table: str, name: str, declared: _Declared) -> ResultColumn:
    """Describe a figure of draws, or the standard error of one."""
    column = ResultColumn(table, name, *declared)
    if not name.endswith(_ERROR):
        return column
    return replace(column, kind="error", meaning=f"standard error: {column.meaning}")


def _geometry(frame: pd.DataFrame) -> str | None:
    """Return the name of the column of geometries; None in a plain table."""
    geometry = getattr(frame, "geometry", None)
    return None if geometry is None else str(geometry.name)


def _own(table: str, declared: Mapping[str, _Declared]) -> list[ResultColumn]:
    return [ResultColumn(table, name, *column) for name, column in declared.items()]


def _component(table: str, component: Component) -> ResultColumn:
    meaning = f"score of the component {component.title}"
    return ResultColumn(table, component.id, "component", meaning, component=component.id)
