"""Tipping points of sites: the smallest changes that would alter a rank."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import checked
from standort.errors import OptionError
from standort.scoring import score_table
from standort.uncertainty.exclusions import describe_exclusion, listed_criteria
from standort.uncertainty.reweighting import as_columns
from standort.uncertainty.score_draws import has_limits
from standort.uncertainty.tipping.metric_changes import metric_tip
from standort.uncertainty.tipping.targets import Standing, find_targets
from standort.uncertainty.tipping.weight_changes import all_weights_tip, one_weight_tip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standort.array_types import Progress
    from standort.scoring import Profile
    from standort.study import Result
    from standort.uncertainty.tipping.targets import Target, Tip


#: columns of a table of tipping points, in order
TIPPING_COLUMNS = (
    "target",
    "rival",
    "kind",
    "changed",
    "before",
    "after",
    "change",
    "unit",
    "value_change",
    "score_after",
    "rank_after",
    "possible",
    "verified",
    "method",
    "weights",
)


@checked()
def tipping_points(
    result: Result, site_id: object, *, progress: Progress | None = None
) -> pd.DataFrame:
    """Find the smallest changes that alter the rank of a site.

    Each row changes one input and leaves all others as they are. It shows how near a site is to a
    border, not how likely the change is: a metric cannot always change, and weights are a matter
    of judgement. Two changes together may be smaller than either alone.

    Parameters
    ----------
    result
        A result of `standort.score`.
    site_id
        Id of a site that has a score.
    progress
        Called with a label, the number of targets done, and the total.

    Returns
    -------
    One row per target and input:

    - ``target``: overtakes, is overtaken by, enters or leaves the top tenth; ``rival`` is the site
      to pass, or the site at the border of the top tenth.
    - ``kind`` and ``changed``: a ``metric`` of the site, the weight of a ``criterion`` or a
      ``component``, or ``all weights``.
    - ``before``, ``after``, ``change`` and their ``unit``. For weights they are shares of the
      total; for all weights, ``change`` is the Euclidean length. NaN where the present metric is
      unknown: then ``after`` is the value it must have.
    - ``value_change``: the change of the partial value, for metrics only.
    - ``score_after`` and ``rank_after``: after scoring again. A metric changes only this site's
      score, weights change all scores.
    - ``possible``: False if no change within bounds reaches the target (reference points of the
      value function for a metric, 0 to 1 for shares).
    - ``verified``: whether scoring again with the change reaches the target.
    - ``method``: ``closed form`` or ``search``.
    - ``weights``: the new share of every criterion, as JSON, for changes of weights only.

    Raises
    ------
    OptionError
        If the site is unknown or has no score; the message gives the reason.

    Notes
    -----
    Sites of equal score share a rank; falling behind any of them counts as being overtaken, and
    overtaking means passing the next higher score. Of rivals with equal scores the lowest id is
    named. The top tenth is a tenth of the scored sites, rounded up. A change lies just past the
    tie, by the last bits of a number.

    Examples
    --------
    >>> import geopandas, standort
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": ["a", "b"], "co2_t_per_yr": [1e6, 1e6]},
    ...     geometry=geopandas.points_from_xy([4.3, 4.6], [52, 52]),
    ...     crs=4326,
    ... )
    >>> port = geopandas.GeoDataFrame(
    ...     {"feature_id": ["port"]}, geometry=geopandas.points_from_xy([4.0], [52]), crs=4326
    ... )
    >>> result = standort.score(standort.Study.from_layers(emitters=plants, ports=port))
    >>> changes = tipping_points(result, "b").query("kind == 'metric' and target == 'overtakes'")
    >>> changes.loc[changes["changed"] == "port_distance", ["before", "after", "unit", "verified"]]
           before     after unit  verified
    14  41.206693  20.60339   km      True
    """
    return tipping_table(
        pd.DataFrame(result.sites.drop(columns=result.sites.geometry.name)),
        site_id,
        profile=result.profile,
        progress=progress,
    )


@checked()
def tipping_table(
    sites: pd.DataFrame, site_id: object, *, profile: Profile, progress: Progress | None = None
) -> pd.DataFrame:
    """Find tipping points in a table of sites, such as one read from a file.

    Parameters
    ----------
    sites
        Index of the sites; the columns ``<criterion>_<unit>`` and ``<criterion>_value`` of a
        result.
    site_id
        Id of a site that has a score.
    profile
        The profile of the result.
    progress
        Called with a label, the number of targets done, and the total.

    Returns
    -------
    As `tipping_points`.

    Raises
    ------
    OptionError
        If the site is unknown or has no score, or the table has no criteria of the profile.
    """
    _check_not_excluded(sites, site_id, profile)
    if "score" in sites:  # sites without a score are not ranked
        own = sites.index.astype(str) == str(site_id)
        sites = sites[own | sites["score"].notna().to_numpy()]
    # of rivals with equal scores the lowest id counts, whatever the order of the rows
    sites = sites.iloc[np.argsort(sites.index.astype(str).to_numpy(), kind="stable")]
    standing = _standing(sites, site_id, profile)
    targets = find_targets(standing)
    rows: list[dict[str, object]] = []
    for done, target in enumerate(targets):
        if progress is not None:
            progress(target.name, done, len(targets))
        rows += _rows(standing, sites, target)
    if progress is not None:
        progress("", len(targets), len(targets))
    table = pd.DataFrame(rows, columns=list(TIPPING_COLUMNS))
    return table.astype({"rank_after": "Int64", "possible": bool, "verified": bool})


def _check_not_excluded(sites: pd.DataFrame, site_id: object, profile: Profile) -> None:
    """Raise if a gate excludes the site; the message names the gate."""
    if not has_limits(profile, "gate") or "excluded" not in sites:
        return
    row = sites[sites.index.astype(str) == str(site_id)].head(1)
    failed = listed_criteria(row["excluded"].iloc[0]) if len(row) else []
    if failed:
        values = {name: row.get(f"{name}_value", row["score"]).iloc[0] for name in failed}
        why = describe_exclusion(failed, profile=profile, values=values)
        msg = f"expected a site that has a score, {site_id!r} has none: {why}"
        raise OptionError(msg)


def _standing(sites: pd.DataFrame, site_id: object, profile: Profile) -> Standing:
    names = [c.id for c in profile.criteria if f"{c.id}_value" in sites]
    values = pd.DataFrame({name: sites[f"{name}_value"] for name in names}, index=sites.index)
    columns = as_columns(values, profile=profile)
    if not columns:
        msg = (
            f"expected columns such as 'port_distance_value' of profile {profile.id!r}, got none; "
            "give a result of that profile"
        )
        raise OptionError(msg)
    ids = sites.index.astype(str)
    at = np.flatnonzero(ids == str(site_id))
    if not at.size:
        close = get_close_matches(str(site_id), ids, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "ids are in the index of its sites"
        msg = f"expected the id of a site in this result, got {site_id!r}; {hint}"
        raise OptionError(msg)
    standing = Standing(columns, sites.index, int(at[0]), profile)
    if np.isnan(standing.score):
        msg = (
            f"expected a site that has a score, {site_id!r} has none because its coverage is too "
            "low; see the column coverage"
        )
        raise OptionError(msg)
    return standing


def _rows(standing: Standing, sites: pd.DataFrame, target: Target) -> Iterator[dict[str, object]]:
    """List the smallest change of each weight and metric that reaches the target."""
    yield from weight_rows(standing, target)
    for name in standing.columns:
        criterion = standing.profile.criterion(name)
        metric = float(sites[criterion.metric_column].iloc[standing.at])
        tip = metric_tip(standing, criterion, metric, target)
        yield metric_row(standing, target, name, metric, tip)


def weight_rows(standing: Standing, target: Target) -> Iterator[dict[str, object]]:
    """List the smallest changes of weights: all together, of a component, of a criterion."""
    profile, names = standing.profile, list(standing.columns)
    of = np.array([profile.criterion(name).component for name in names])
    groups = [("component", c.id, of == c.id) for c in profile.components]
    groups += [("criterion", name, np.array(names) == name) for name in names]
    tips = [(kind, name, one_weight_tip(standing, m, target)) for kind, name, m in groups]
    together = all_weights_tip(standing, target, [tip for _, _, tip in tips])
    yield _weight_row(standing, target, "all weights", "all", together)
    for kind, name, tip in tips:
        yield _weight_row(standing, target, kind, name, tip)


def _weight_row(
    standing: Standing, target: Target, kind: str, changed: str, tip: Tip | None
) -> dict[str, object]:
    row = _row(standing, target, kind, changed, "share" if kind != "all weights" else "distance")
    if tip is None:
        return row
    assert tip.weights is not None
    scores = standing.with_weights(tip.weights)
    shares = dict(zip(standing.columns, tip.weights.tolist(), strict=True))
    return {
        **row,
        **_numbers(tip),
        "score_after": float(scores[standing.at]),
        "rank_after": standing.rank(scores),
        "verified": target.reached(scores, standing.at),
        "weights": json.dumps(shares),
    }


def metric_row(
    standing: Standing,
    target: Target,
    name: str,
    metric: float,
    tip: Tip | None,
    *,
    is_value: bool = False,
) -> dict[str, object]:
    """Return a row for a changed metric or value, scored again with `score_table`."""
    criterion = standing.profile.criterion(name)
    kind, unit = ("value", "value") if is_value else ("metric", criterion.unit)
    row = {**_row(standing, target, kind, name, unit), "before": metric}
    if tip is None:
        return row
    value = tip.after if is_value else float(criterion.value(tip.after)[0])
    changed = pd.DataFrame({k: [c[standing.at]] for k, c in standing.columns.items()})
    changed[name] = value
    again = score_table(changed, changed.fillna(0), changed.fillna(1), profile=standing.profile)
    score = float(again["score"].iloc[0])
    scores = standing.scores.copy()
    scores[standing.at] = score
    return {
        **row,
        **_numbers(tip),
        "value_change": value - float(standing.columns[name][standing.at]),
        "score_after": score,
        "rank_after": standing.rank(scores),
        "verified": target.reached(scores, standing.at),
    }


def _row(
    standing: Standing, target: Target, kind: str, changed: str, unit: str
) -> dict[str, object]:
    return {
        "target": target.name,
        "rival": standing.ids[target.rival],
        "kind": kind,
        "changed": changed,
        "before": np.nan,
        "after": np.nan,
        "change": np.nan,
        "unit": unit,
        "value_change": np.nan,
        "score_after": np.nan,
        "rank_after": pd.NA,
        "possible": False,
        "verified": False,
        "method": None,
        "weights": None,
    }


def _numbers(tip: Tip) -> dict[str, object]:
    return {
        "before": tip.before,
        "after": tip.after,
        "change": tip.after - tip.before,
        "possible": True,
        "method": tip.method,
    }
