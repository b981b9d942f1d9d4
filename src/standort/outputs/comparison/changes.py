"""Two results side by side: which sites, clusters and places moved, and by which criterion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.clusters.tracking import track
from standort.results.cell_values import as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["cluster_changes", "criterion_changes", "place_changes", "site_changes"]

_SITE_COLUMNS = ("score", "rank", "tier", "cluster")
#: Counted from 1, or names of clusters: whole, though a file gives them as floats beside NULL.
_WHOLE = frozenset({"rank", "cluster"})
_CLUSTER_COLUMNS = ("name", "score", "co2_mt_per_yr", "n_sites")
_PLACE_COLUMNS = ("type", "type_set", "label", "advantage", "linkage", "margin")
_NO_CLUSTER = -1


def site_changes(
    before: pd.DataFrame, after: pd.DataFrame, *, inputs: Sequence[str] = ()
) -> pd.DataFrame:
    """Set the sites of two results beside each other, matched by their ids.

    A difference of scores is that of two runs; whether it comes from the site, from the layers or
    from the profile, it does not say. Ranks move when other sites do.

    Parameters
    ----------
    before, after
        Tables of sites, indexed by ``site_id``. Ids of different kinds are compared as text.
    inputs
        Columns of both tables that hold attributes of the input.

    Returns
    -------
    Index ``site_id``, in the order of `before`, then those added: ``name``, ``status`` (``kept``,
    ``added``, ``removed``), and of score, rank, tier and cluster one column ``<what>_before`` and
    one ``<what>_after``; ``change`` of the score, NaN where either is unknown; ``rank_change``,
    below 0 where a site went up; ``tier_changed``; ``input_changed``, the names of the input's
    columns in which the site itself differs, ``position`` among them.

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
    before, after = _of_one_kind(before, after)
    ids = before.index.append(after.index.difference(before.index, sort=False))
    kept = ids.isin(before.index) & ids.isin(after.index)
    table = pd.DataFrame(index=pd.Index(ids, name="site_id"))
    table["name"] = _joined("name", after, before, ids)
    table["status"] = np.where(kept, "kept", np.where(ids.isin(before.index), "removed", "added"))
    for what in _SITE_COLUMNS:
        for when, sites in (("before", before), ("after", after)):
            if what in sites:
                column = sites[what].reindex(ids)
                table[f"{what}_{when}"] = column.astype("Int64") if what in _WHOLE else column
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
    """Name the columns of the input in which each site differs."""
    differ = {name: _differ(before[name], after[name]).to_numpy() for name in inputs}
    if {"geometry"} <= set(before.columns) & set(after.columns):
        pair = (shapely.get_coordinates(t["geometry"].to_numpy()) for t in (before, after))
        differ["position"] = np.any(np.not_equal(*pair), axis=1)
    told = np.full(len(before), "", dtype=object)
    for name, at in differ.items():
        told[at] += np.where(told[at] == "", name, f", {name}")
    return pd.Series(told, index=before.index, dtype="str")


def cluster_changes(
    before: tuple[pd.DataFrame, pd.DataFrame], after: tuple[pd.DataFrame, pd.DataFrame]
) -> pd.DataFrame:
    """Tell which clusters went on, and what became of the others.

    Clusters are matched by the members they have in common, for their numbers change with any
    emitter that comes or goes. Where the sites that were scored are no emitters, members are not
    known, and clusters are matched by their largest emitter.

    Parameters
    ----------
    before, after
        Table of sites and table of clusters of each result.

    Returns
    -------
    One row per event of `standort.clusters.track`: ``event``, ``before`` and ``after`` (numbers of
    clusters), ``jaccard``, ``kept``, and of name, score, emissions [Mt/yr] and number of sites one
    column ``<what>_before`` and one ``<what>_after``; ``change`` of the score.
    """
    (sites_before, clusters_before), (sites_after, clusters_after) = before, after
    members = [_members(*pair) for pair in (before, after)]
    if all(found is not None for found in members):
        sites_before, sites_after = _of_one_kind(sites_before, sites_after)
        labels = [_labels(sites) for sites in (sites_before, sites_after)]
        emissions = [_emissions(sites) for sites in (sites_before, sites_after)]
        events = track(*labels, emissions_before=emissions[0], emissions_after=emissions[1])
    else:
        events = _by_anchor(clusters_before, clusters_after)
    table = events.copy()
    for what in _CLUSTER_COLUMNS:
        for when, clusters in (("before", clusters_before), ("after", clusters_after)):
            if what in clusters:
                table[f"{what}_{when}"] = _looked_up(clusters[what], events[when])
    table["change"] = _number(table, "score_after") - _number(table, "score_before")
    return table


def place_changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Set the places of two results beside each other, and tell whose type changed.

    Parameters
    ----------
    before, after
        Tables of places, indexed by ``place``.

    Returns
    -------
    Index ``place``: ``kind``, ``status``, ``<what>_before`` and ``<what>_after`` of type, type_set,
    label, advantage, linkage and margin as far as there are, and ``type_changed``: one has a type
    that the other has not, or neither has one and nothing that it can be is in both sets.

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
    for what in ("name", "kind"):
        if what in after or what in before:
            table[what] = _joined(what, after, before, ids)
    table["status"] = np.where(kept, "kept", np.where(ids.isin(before.index), "removed", "added"))
    for what in _PLACE_COLUMNS:
        for when, places in (("before", before), ("after", after)):
            if what in places:
                table[f"{what}_{when}"] = places[what].reindex(ids)
    if {"type_before", "type_after"} <= set(table.columns):
        moved = _differ(table["type_before"], table["type_after"])
        table["type_changed"] = kept & (moved | _apart(table))
    return table


def criterion_changes(
    before: pd.DataFrame, after: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell by which criteria the scores of the sites in both results moved.

    Contributions add up to scores, so their changes add up to the change of a score. A criterion
    may contribute otherwise though its own value stayed: under an aggregation that does not add,
    what one criterion is worth depends on the others.

    Parameters
    ----------
    before, after
        Tables of contributions.

    Returns
    -------
    By criterion: ``sites_measured``, ``sites_decided`` and ``sites_valued``, how many sites have
    another metric, deciding feature and partial value than before; ``change``, the sum of the
    changes of contributions. And long, one row per site and criterion with any difference:
    ``site_id``, ``criterion``, metric, deciding feature and contribution before and after, and
    ``change``.
    """
    keys = ["site_id", "criterion"]
    wanted = [*keys, "value", "partial_value", "contribution", "feature"]
    pair = [table[wanted] for table in _ids_of_one_kind(before, after)]
    both = pair[0].merge(pair[1], on=keys, how="outer", suffixes=("_before", "_after"))
    common = set(pair[0]["site_id"]) & set(pair[1]["site_id"])
    both = both.loc[both["site_id"].isin(common)]
    given = [_number(both, f"contribution_{when}") for when in ("before", "after")]
    scored = [_scored(both, contribution) for contribution in given]
    # A criterion that only one result has, or knows, adds nothing in the other.
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
    """Tell of each row whether its site has a score: then some criterion contributes to it."""
    return contribution.notna().groupby(rows["site_id"]).transform("any")


def _of_one_kind(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write ids as text if the two results hold them as different kinds."""
    if _kind(before.index) == _kind(after.index):
        return before, after
    return before.set_axis(before.index.astype(str)), after.set_axis(after.index.astype(str))


def _ids_of_one_kind(
    before: pd.DataFrame, after: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    if _kind(before["site_id"]) == _kind(after["site_id"]):
        return before, after
    first, second = (t.assign(site_id=t["site_id"].astype(str)) for t in (before, after))
    return first, second


def _kind(ids: pd.Index[Any] | pd.Series[Any]) -> str:
    return "number" if pd.api.types.infer_dtype(ids) == "integer" else "text"


def _joined(
    what: str, first: pd.DataFrame, second: pd.DataFrame, ids: pd.Index[Any]
) -> pd.Series[Any]:
    """Take a column from one table, and from the other what it lacks."""
    columns = [t[what].reindex(ids).astype(object) for t in (first, second) if what in t]
    if not columns:
        return pd.Series(None, index=ids, dtype=object)
    return columns[0] if len(columns) == 1 else columns[0].where(columns[0].notna(), columns[1])


def _number(table: pd.DataFrame, name: str) -> pd.Series[float]:
    if name not in table:
        return pd.Series(np.nan, index=table.index)
    return pd.to_numeric(table[name], errors="coerce").astype(float)


def _differ(first: pd.Series[Any], second: pd.Series[Any]) -> pd.Series[bool]:
    """Compare cell by cell; missing is the same as missing, and as nothing else."""
    one, other = first.astype(object), second.astype(object)
    missing = one.isna(), other.isna()
    same = (one.where(~missing[0], 0) == other.where(~missing[1], 0)) & ~missing[0] & ~missing[1]
    return ~(same | (missing[0] & missing[1]))


def _apart(places: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell of which places nothing that they could be is what they can be now."""
    if not {"type_set_before", "type_set_after"} <= set(places.columns):
        return np.zeros(len(places), dtype=bool)
    sets = (places[f"type_set_{when}"].map(_in_set) for when in ("before", "after"))
    apart = [bool(one and other and not one & other) for one, other in zip(*sets, strict=True)]
    return np.array(apart, dtype=bool)


def _in_set(told: object) -> frozenset[str]:
    """Take a set of types apart; empty if there is none."""
    return frozenset((as_text(told) or "").split(" | ")) - {""}


def _members(sites: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame | None:
    """Give the members of clusters; None if the sites are not the emitters they are made of."""
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


def _looked_up(column: pd.Series[Any], numbers: pd.Series[Any]) -> Sequence[Any]:
    found = column.to_dict()
    return [None if pd.isna(n) else found.get(int(n)) for n in numbers]
