"""Contributions of criteria to the score of each place, and the member that adds most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.metric_table import MEMBERS_MEAN
from standort.scoring import as_wholes, contributions, criterion_weights
from standort.study.group_scores import density_of_wholes, emissions_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from standort.array_types import Ints
    from standort.scoring import Profile
    from standort.study.screening.screening_inputs import ScreeningInputs

    Objects = NDArray[np.object_]

_COLUMNS = (
    "place",
    "component",
    "criterion",
    "metric",
    "unit",
    "value",
    "partial_value",
    "weight",
    "contribution",
    "feature",
    "feature_name",
)


def place_contributions(inputs: ScreeningInputs | None) -> pd.DataFrame:
    """Return the contributions of criteria to the score of each place; they add up to it.

    Parameters
    ----------
    inputs
        The places, the profile and the values of the emitters; None without emitters.

    Returns
    -------
    Columns ``place``, ``component``, ``criterion``, ``metric``, ``unit``, ``value`` (of the place
    as a whole; NaN where the partial value is the mean over members), ``partial_value``,
    ``weight``, ``contribution``, and the member that adds most to a mean, ``feature`` and
    ``feature_name``.
    """
    if inputs is None or inputs.places.table.empty:
        return pd.DataFrame(columns=list(_COLUMNS))
    profile, table, wholes = inputs.engine.profile, inputs.places.table, inputs.places.are_wholes
    largest = _largest_members(inputs)
    blocks = [
        _columns(inputs, np.flatnonzero(at), largest, own_profile)
        for at, own_profile in ((wholes, as_wholes(profile)), (~wholes, profile))
        if at.any()
    ]
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in _COLUMNS}
    order = np.argsort(columns["place"], kind="stable")
    rows: dict[str, Any] = {name: column[order] for name, column in columns.items()}
    rows["place"] = table.index[rows["place"]]
    for name in ("feature", "feature_name"):  # None where there is none
        rows[name] = pd.Series(rows[name], dtype=object)
    return pd.DataFrame(rows)


def _columns(
    inputs: ScreeningInputs,
    at: Ints,
    largest: Mapping[str, tuple[Objects, Objects]],
    profile: Profile,
) -> dict[str, Any]:
    """Return the rows of places scored by one profile; `at` and ``place`` are positions."""
    table, means = inputs.places.table.iloc[at], inputs.means.iloc[at]
    of_sites = inputs.engine.profile
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
    unknown, no_member = np.full(len(at), np.nan), np.full(len(at), None)
    rows = []
    for name in weights.index:
        criterion = profile.criterion(name)
        is_mean = name not in measured
        names = (criterion.component, name, MEMBERS_MEAN if is_mean else criterion.metric)
        value = unknown if is_mean else measured[name][0]
        numbers = (value, values[name].to_numpy(), weights[name], shares[name].to_numpy())
        member = (
            [of_places[at] for of_places in largest[name]] if is_mean else [no_member, no_member]
        )
        rows.append((at, *names, criterion.unit, *numbers, *member))
    return {
        name: np.stack([np.broadcast_to(part, len(at)) for part in column], axis=1).ravel()
        for name, column in zip(_COLUMNS, zip(*rows, strict=True), strict=True)
    }


def _largest_members(inputs: ScreeningInputs) -> dict[str, tuple[Objects, Objects]]:
    """Return the member that adds most to the mean of each criterion and place; ties by id.

    Returns
    -------
    By criterion, the ids and the names of these members; None where there is none.
    """
    layer, groups = inputs.engine.context.layer("emitters"), inputs.places.groups
    emissions = emissions_of(layer)[groups.rows]
    ids = layer.ids.to_numpy(dtype=object)[groups.member]
    names = layer.table["name"].to_numpy(dtype=object) if "name" in layer.table else None
    largest = {}
    for criterion in inputs.means.columns:
        column = inputs.of_emitters.partial_values[criterion].to_numpy(dtype=np.float64)
        part = emissions * column[groups.rows]
        there = np.flatnonzero(~np.isnan(part))
        best_first = there[np.lexsort([-part[there], groups.group[there]])]
        place, first = np.unique(groups.group[best_first], return_index=True)
        at = best_first[first]
        feature, named = np.full((2, len(inputs.places.table)), None)
        feature[place] = ids[at]
        if names is not None:
            named[place] = names[groups.member[at]]
        largest[str(criterion)] = feature, named
    return largest
