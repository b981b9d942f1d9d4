"""What each criterion adds to the score of a unit, and which member adds most to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.outputs.wording import MEMBERS_MEAN
from standort.scoring import as_wholes, contributions, criterion_weights
from standort.study.grouping import density_of_wholes, emissions_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from standort.scoring import Profile
    from standort.study.known import Known

    Floats = NDArray[np.float64]

__all__ = ["unit_contributions"]

_COLUMNS = (
    "unit",
    "component",
    "criterion",
    "metric",
    "measured_in",
    "value",
    "partial_value",
    "weight",
    "contribution",
    "feature",
    "feature_name",
)


def unit_contributions(known: Known | None) -> pd.DataFrame:
    """Lay out what the criteria add to the score of each unit; the rows of a unit add up to it.

    Parameters
    ----------
    known
        The units, the profile and what the emitters' criteria came to; None without emitters.

    Returns
    -------
    Columns ``unit``, ``component``, ``criterion``, ``metric``, ``measured_in`` (the unit of
    measurement), ``value`` (of the unit as a whole; NaN where the partial value is the mean over
    members), ``partial_value``, ``weight``, ``contribution``, and the member that adds most to a
    mean, ``feature`` and ``feature_name``.
    """
    if known is None or known.units.table.empty:
        return pd.DataFrame(columns=list(_COLUMNS))
    profile, table, wholes = known.engine.profile, known.units.table, known.units.are_wholes
    largest = _largest_members(known)
    parts = []
    for at, own_profile in ((wholes, as_wholes(profile)), (~wholes, profile)):
        if at.any():
            parts += _rows(table[at], known.means[at], largest, own_profile, profile)
    rows = pd.concat(parts, ignore_index=True)
    order = rows["unit"].map({unit: place for place, unit in enumerate(table.index)})
    return rows.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


def _rows(
    table: pd.DataFrame,
    means: pd.DataFrame,
    largest: Mapping[str, pd.Series[Any]],
    profile: Profile,
    of_sites: Profile,
) -> list[pd.DataFrame]:
    """Lay out the rows of units that are scored by one profile, criterion by criterion."""
    own = {} if profile is of_sites else {c.id: c for c in of_sites.cluster_criteria}
    measured = {name: density_of_wholes(table, criterion) for name, criterion in own.items()}
    values = pd.DataFrame(
        {
            c.id: measured[c.id][1] if c.id in measured else means[c.id].to_numpy()
            for c in profile.criteria
            if c.id in measured or c.id in means
        },
        index=table.index,
    )
    shares = contributions(values, profile=profile)
    weights = criterion_weights(list(values.columns), profile=profile)
    nobody = pd.Series(None, index=table.index, dtype=object)
    parts = []
    for name in weights.index:
        criterion = profile.criterion(name)
        is_mean = name not in measured
        feature = largest[f"{name}_feature"].reindex(table.index) if is_mean else nobody
        named = largest[f"{name}_name"].reindex(table.index) if is_mean else nobody
        told = (
            *(table.index, criterion.component, name),
            *(MEMBERS_MEAN if is_mean else criterion.metric, criterion.unit),
            np.full(len(table), np.nan) if is_mean else measured[name][0],
            *(values[name].to_numpy(), float(weights[name]), shares[name].to_numpy()),
            *(feature.to_numpy(), named.to_numpy()),
        )
        parts.append(pd.DataFrame(dict(zip(_COLUMNS, told, strict=True))))
    return parts


def _largest_members(known: Known) -> dict[str, pd.Series[Any]]:
    """Find of each unit and criterion the member that adds most to the mean; ties by id."""
    layer, groups = known.engine.context.layer("emitters"), known.units.groups
    emissions = emissions_of(layer)[groups.rows]
    units = known.units.table.index
    ids = layer.ids.to_numpy(dtype=object)[groups.member]
    names = layer.table["name"].to_numpy(dtype=object) if "name" in layer.table else None
    found: dict[str, pd.Series[Any]] = {}
    for criterion in known.means.columns:
        column = known.of_emitters.partial_values[criterion].to_numpy(dtype=np.float64)
        part = pd.Series(emissions * column[groups.rows])
        best = part.dropna().groupby(groups.group[part.notna()]).idxmax()
        at = best.to_numpy()
        index = units[best.index.to_numpy()]
        found[f"{criterion}_feature"] = pd.Series(ids[at], index=index, dtype=object)
        named = np.full(len(at), None) if names is None else names[groups.member[at]]
        found[f"{criterion}_name"] = pd.Series(named, index=index, dtype=object)
    return found
