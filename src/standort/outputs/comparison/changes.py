"""Tables of changes between two results: sites, clusters, places and criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.clusters.tracking import track
from standort.results.cell_values import as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standort.array_types import Flags

_SITE_COLUMNS = ("score", "rank", "tier", "cluster")
#: Whole numbers, which a file with NULLs returns as floats.
_WHOLE = frozenset({"rank", "cluster"})
_CLUSTER_COLUMNS = ("name", "score", "co2_mt_per_yr", "n_sites")
_PLACE_COLUMNS = ("type", "type_set", "label", "advantage", "linkage", "margin")
_NO_CLUSTER = -1


def site_changes(
    before: pd.DataFrame, after: pd.DataFrame, *, inputs: Sequence[str] = ()
) -> pd.DataFrame:
    """Compare the sites of two results, matched by their ids.

    A difference of scores is one between two runs: it may come from the site, the layers or the
    profile. Ranks also change when other sites do.

    Parameters
    ----------
    before, after
        Tables of sites, indexed by ``site_id``. Ids of different types are compared as text.
    inputs
        Columns of both tables that hold attributes of the input.

    Returns
    -------
    Index ``site_id``, in the order of `before`, then those added: ``name``, ``status`` (``kept``,
    ``added``, ``removed``), and for score, rank, tier and cluster the columns ``<name>_before`` and
    ``<name>_after``; ``change`` of the score, NaN if either is unknown; ``rank_change``, negative
    if a site rose; ``tier_changed``; ``input_changed``, the names of the attributes that differ,
    including ``position``.

    Examples
    --------
    >>> before = pd.DataFrame({"score": [0.5, 0.2], "rank": [1, 2]}, index=["a", "b"])
    >>> after = pd.DataFrame({"score": [0.5, 0.6], "rank": [2, 1]}, index=["a", "c"])
    >>> site_changes(before, after)[["status", "change", "rank_change"]]
              status  change  rank_change
    site_id
    a           kept     0.0            1
    b        removed     NaN         <NA>
    c          added     NaN         <NA>
    """
    before, after = _with_same_ids(before, after)
    ids = before.index.append(after.index.difference(before.index, sort=False))
    kept = ids.isin(before.index) & ids.isin(after.index)
    table = pd.DataFrame(index=pd.Index(ids, name="site_id"))
    table["name"] = _joined("name", after, before, ids)
    table["status"] = np.where(kept, "kept", np.where(ids.isin(before.index), "removed", "added"))
    for name in _SITE_COLUMNS:
        for when, sites in (("before", before), ("after", after)):
            if name in sites:
                column = sites[name].reindex(ids)
                table[f"{name}_{when}"] = column.astype("Int64") if name in _WHOLE else column
    table["change"] = _number(table, "score_after") - _number(table, "score_before")
    table["rank_change"] = table["rank_after"] - table["rank_before"]
    if {"tier_before", "tier_after"} <= set(table.columns):
        table["tier_changed"] = kept & _differ(table["tier_before"], table["tier_after"])
    common = ids[kept]
    changed = _input_changes(before.loc[common], after.loc[common], inputs)
    return table.assign(input_changed=changed.reindex(ids, fill_value=""))


def _input_changes(
    before: pd.DataFrame, after: pd.DataFrame, inputs: Sequence[str]
) -> pd.Series[str]:
    """Return the names of the attributes in which each site differs."""
    differ = {name: _differ(before[name], after[name]).to_numpy() for name in inputs}
    if {"geometry"} <= set(before.columns) & set(after.columns):
        pair = (shapely.get_coordinates(t["geometry"].to_numpy()) for t in (before, after))
        differ["position"] = np.any(np.not_equal(*pair), axis=1)
    names = np.full(len(before), "", dtype=object)
    for name, at in differ.items():
        names[at] += np.where(names[at] == "", name, f", {name}")
    return pd.Series(names, index=before.index, dtype="str")


def cluster_changes(
    before: tuple[pd.DataFrame, pd.DataFrame], after: tuple[pd.DataFrame, pd.DataFrame]
) -> pd.DataFrame:
    """Compare the clusters of two results: continued, merged, split, born or died.

    Clusters are matched by their common members, because their numbers change with every emitter
    added or removed. If the scored sites are not the emitters, members are unknown, and clusters
    are matched by their largest emitter.

    Parameters
    ----------
    before, after
        Table of sites and table of clusters of each result.

    Returns
    -------
    One row per event of `standort.clusters.track`: ``event``, ``before`` and ``after`` (numbers of
    clusters), ``jaccard``, ``kept``, and for name, score, emissions [Mt/yr] and number of sites the
    columns ``<name>_before`` and ``<name>_after``; ``change`` of the score.
    """
    (sites_before, clusters_before), (sites_after, clusters_after) = before, after
    members = [_members(*pair) for pair in (before, after)]
    if all(table is not None for table in members):
        sites_before, sites_after = _with_same_ids(sites_before, sites_after)
        labels = [_labels(sites) for sites in (sites_before, sites_after)]
        emissions = [_emissions(sites) for sites in (sites_before, sites_after)]
        events = track(*labels, emissions_before=emissions[0], emissions_after=emissions[1])
    else:
        events = _by_anchor(clusters_before, clusters_after)
    table = events.copy()
    for name in _CLUSTER_COLUMNS:
        for when, clusters in (("before", clusters_before), ("after", clusters_after)):
            if name in clusters:
                table[f"{name}_{when}"] = _look_up(clusters[name], events[when])
    table["change"] = _number(table, "score_after") - _number(table, "score_before")
    return table


def place_changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Compare the places of two results and their types.

    Parameters
    ----------
    before, after
        Tables of places, indexed by ``place``.

    Returns
    -------
    Index ``place``: ``kind``, ``status``, ``<name>_before`` and ``<name>_after`` for type,
    type_set, label, advantage, linkage and margin if available, and ``type_changed``: the types
    differ, or neither is known and the two sets of possible types have no type in common.

    Examples
    --------
    >>> before = pd.DataFrame({"type": ["dispersed cluster"], "advantage": [0.6]}, index=["hynet"])
    >>> after = pd.DataFrame({"type": ["forerunner"], "advantage": [0.6]}, index=["hynet"])
    >>> place_changes(before, after)["type_changed"].tolist()
    [True]
    """
    ids = before.index.append(after.index.difference(before.index, sort=False))
    kept = ids.isin(before.index) & ids.isin(after.index)
    table = pd.DataFrame(index=pd.Index(ids, name="place"))
    for name in ("name", "kind"):
        if name in after or name in before:
            table[name] = _joined(name, after, before, ids)
    table["status"] = np.where(kept, "kept", np.where(ids.isin(before.index), "removed", "added"))
    for name in _PLACE_COLUMNS:
        for when, places in (("before", before), ("after", after)):
            if name in places:
                table[f"{name}_{when}"] = places[name].reindex(ids)
    if {"type_before", "type_after"} <= set(table.columns):
        changed = _differ(table["type_before"], table["type_after"])
        table["type_changed"] = kept & (changed | _disjoint(table))
    return table


def criterion_changes(
    before: pd.DataFrame, after: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Attribute the changes of scores to criteria, for the sites in both results.

    Contributions add up to scores, so their changes add up to the change of a score. The
    contribution of a criterion may change although its own value did not: under an aggregation
    that is not additive it depends on the other criteria.

    Parameters
    ----------
    before, after
        Tables of contributions.

    Returns
    -------
    By criterion: ``sites_measured``, ``sites_decided`` and ``sites_valued``, the numbers of sites
    whose metric, driver and partial value changed; ``change``, the sum of the changes of
    contributions. And one row per site and criterion with any difference: ``site_id``,
    ``criterion``, metric, driver and contribution before and after, and ``change``.
    """
    keys = ["site_id", "criterion"]
    wanted = [*keys, "value", "partial_value", "contribution", "feature"]
    pair = [table[wanted] for table in _with_same_site_ids(before, after)]
    both = pair[0].merge(pair[1], on=keys, how="outer", suffixes=("_before", "_after"))
    common = set(pair[0]["site_id"]) & set(pair[1]["site_id"])
    both = both.loc[both["site_id"].isin(common)]
    given = [_number(both, f"contribution_{when}") for when in ("before", "after")]
    scored = [_scored(both, contribution) for contribution in given]
    # A criterion that only one result has, or knows, contributes nothing to the other.
    change = given[1].fillna(0.0) - given[0].fillna(0.0)
    both = both.assign(change=change.where(scored[0] & scored[1]))
    differs = {
        name: _differ(both[f"{column}_before"], both[f"{column}_after"])
        for name, column in (
            ("sites_measured", "value"),
            ("sites_decided", "feature"),
            ("sites_valued", "partial_value"),
        )
    }
    counted = both.assign(**differs).groupby("criterion", sort=False)
    summary = counted[list(differs)].sum().join(counted["change"].sum())
    order = pd.concat([table["criterion"] for table in pair]).drop_duplicates()
    moved = np.logical_or.reduce([*differs.values(), both["change"].fillna(0.0) != 0])
    return summary.reindex(order.rename("criterion")), both.loc[moved].reset_index(drop=True)


def _scored(rows: pd.DataFrame, contribution: pd.Series[float]) -> pd.Series[bool]:
    """Return for each row whether its site has a score: then some criterion contributes to it."""
    return contribution.notna().groupby(rows["site_id"]).transform("any")


def _with_same_ids(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Convert ids to text if their types differ between the results."""
    if _kind(before.index) == _kind(after.index):
        return before, after
    return before.set_axis(before.index.astype(str)), after.set_axis(after.index.astype(str))


def _with_same_site_ids(
    before: pd.DataFrame, after: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    if _kind(before["site_id"]) == _kind(after["site_id"]):
        return before, after
    first, second = (t.assign(site_id=t["site_id"].astype(str)) for t in (before, after))
    return first, second


def _kind(ids: pd.Index[Any] | pd.Series[Any]) -> str:
    return "number" if pd.api.types.infer_dtype(ids) == "integer" else "text"


def _joined(
    name: str, first: pd.DataFrame, second: pd.DataFrame, ids: pd.Index[Any]
) -> pd.Series[Any]:
    """Return a column of one table, filled from the other."""
    columns = [t[name].reindex(ids).astype(object) for t in (first, second) if name in t]
    if not columns:
        return pd.Series(None, index=ids, dtype=object)
    return columns[0] if len(columns) == 1 else columns[0].where(columns[0].notna(), columns[1])


def _number(table: pd.DataFrame, name: str) -> pd.Series[float]:
    if name not in table:
        return pd.Series(np.nan, index=table.index)
    return pd.to_numeric(table[name], errors="coerce").astype(float)


def _differ(first: pd.Series[Any], second: pd.Series[Any]) -> pd.Series[bool]:
    """Compare cell by cell; a missing cell equals a missing cell only."""
    one, other = first.astype(object), second.astype(object)
    missing = one.isna(), other.isna()
    same = (one.where(~missing[0], 0) == other.where(~missing[1], 0)) & ~missing[0] & ~missing[1]
    return ~(same | (missing[0] & missing[1]))


def _disjoint(places: pd.DataFrame) -> Flags:
    """Return which places have no possible type in common before and after."""
    if not {"type_set_before", "type_set_after"} <= set(places.columns):
        return np.zeros(len(places), dtype=bool)
    sets = (places[f"type_set_{when}"].map(_types_in) for when in ("before", "after"))
    disjoint = [bool(one and other and not one & other) for one, other in zip(*sets, strict=True)]
    return np.array(disjoint, dtype=bool)


def _types_in(type_set: object) -> frozenset[str]:
    """Read the types in a cell ``type_set``."""
    return frozenset((as_text(type_set) or "").split(" | ")) - {""}


def _members(sites: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame | None:
    """Return the members of clusters; None if the sites are not the emitters."""
    if "cluster" not in sites or "role" not in sites:
        return None if len(clusters) else sites
    inside = _labels(sites)["cluster"] != _NO_CLUSTER
    counted = int(clusters["n_sites"].sum()) if "n_sites" in clusters else 0
    return sites.loc[inside] if int(inside.sum()) == counted else None


def _labels(sites: pd.DataFrame) -> pd.DataFrame:
    given = sites["cluster"] if "cluster" in sites else pd.Series(_NO_CLUSTER, index=sites.index)
    return pd.DataFrame({"cluster": pd.to_numeric(given).fillna(_NO_CLUSTER).astype("int64")})


def _emissions(sites: pd.DataFrame) -> pd.Series[float] | None:
    column = "co2_t_per_yr"
    return pd.to_numeric(sites[column]).astype(float) if column in sites else None


def _by_anchor(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Match clusters whose largest emitter is the same."""
    anchors = [
        {str(anchor): number for number, anchor in table["anchor"].items()}
        if "anchor" in table
        else {}
        for table in (before, after)
    ]
    events: list[tuple[str, Any, Any]] = [
        ("continued", number, anchors[1][anchor])
        for anchor, number in anchors[0].items()
        if anchor in anchors[1]
    ]
    events += [("died", n, None) for a, n in anchors[0].items() if a not in anchors[1]]
    events += [("born", None, n) for a, n in anchors[1].items() if a not in anchors[0]]
    table = pd.DataFrame(events, columns=["event", "before", "after"])
    return table.astype({"before": "Int64", "after": "Int64"}).assign(jaccard=np.nan, kept=np.nan)


def _look_up(column: pd.Series[Any], numbers: pd.Series[Any]) -> Sequence[Any]:
    by_number = column.to_dict()
    return [None if pd.isna(n) else by_number.get(int(n)) for n in numbers]
