"""Trade-offs: how much a small rise of a criterion adds to the score of each site.

Under a weighted sum that is the weight, everywhere. Under other aggregations it depends on the
site: the weaker a component, the more it adds. Trade-off rates are local; see `possible_raises` for
the effect of a whole step.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import checked
from standort.errors import AlignmentError, OptionError, gather
from standort.scoring.aggregation.chosen_aggregation import profile_orness
from standort.scoring.aggregation.formulas import geometric, power_mean
from standort.scoring.aggregation.means import column_of, range_problems
from standort.scoring.aggregation.score_tables import component_columns
from standort.scoring.aggregation.vetoes_and_gates import excluded_sites
from standort.scoring.profile.problems import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from standort.array_types import Floats
    from standort.scoring.profile.profile_model import Profile


@checked()
def trade_off_rates(values: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Return the rate at which each criterion raises the score of each site.

    Parameters
    ----------
    values
        Partial values in [0, 1] as for `score_table`: index of the sites or clusters, a column per
        criterion; NaN where a value is unknown.
    profile
        The profile.

    Returns
    -------
    Index of `values`, a column per criterion in profile order: dA / dv, score per partial value
    [1], at least 0. Where the score has a kink (minimum or OWA with tied components) it is the rate
    for a rise of this criterion alone: raising one of two weakest components adds nothing to the
    minimum. NaN where the value is unknown, and in the whole row where there is no score.

    Raises
    ------
    AlignmentError
        If a column is not a criterion of the profile.
    OptionError
        If a value lies outside [0, 1].

    Notes
    -----
    dA/dv_j = dA/dc_k w_j / (known weight of component k). Power mean with c' = e + (1 - e)
    c: dA/dc_k = W_k (c'_k / M)^(p - 1), the geometric mean being p = 0.

    Examples
    --------
    A rise of the weaker component adds more:

    >>> from standort.scoring.profile.loading import load_profile
    >>> values = pd.DataFrame({"neighbour_count": [0.9], "port_distance": [0.1]}, index=["a"])
    >>> trade_off_rates(values, load_profile("net-zero")).round(3)
       neighbour_count  port_distance
    a            0.174          1.437
    """
    known = [criterion.id for criterion in profile.criteria]
    problems = [
        f"column {name!r} is not a criterion of profile {profile.id!r}; {suggest(name, known)}"
        for name in values.columns
        if name not in known
    ]
    if problems:
        raise AlignmentError(gather(problems, of="partial values"))
    problems = range_problems(values)
    if problems:
        raise OptionError(gather(problems, of="partial values"))
    columns = {name: column_of(values, name) for name in known if name in values.columns}
    components = component_columns(columns, profile=profile)
    used = [c for c in profile.components if c.id in components and c.weight > 0]
    if not used:
        return pd.DataFrame(np.nan, index=values.index, columns=list(columns))
    total = sum(c.weight for c in used)
    rates = _RATES[profile.aggregation](
        [components[c.id] for c in used], [c.weight / total for c in used], profile
    )
    unscored = reduce(np.logical_or, (np.isnan(components[c.id]) for c in used))
    unscored = unscored | excluded_sites(columns, profile=profile, size=len(values))
    of_component = {c.id: rate for c, rate in zip(used, rates, strict=True)}
    table = {}
    for name, column in columns.items():
        rate = of_component.get(profile.criterion(name).component, np.zeros(len(values)))
        table[name] = np.where(
            unscored | np.isnan(column), np.nan, rate * _share_of_known(name, columns, profile)
        )
    return pd.DataFrame(table, index=values.index)


@checked()
def substitution_rates(values: pd.DataFrame, profile: Profile, *, of: str) -> pd.DataFrame:
    """Return the marginal rates of substitution of one criterion for each other.

    Parameters
    ----------
    values, profile
        As for `trade_off_rates`.
    of
        Id of the criterion to give up.

    Returns
    -------
    Index of `values`, a column per criterion: a small rise of it makes up for giving up this many
    times as much of `of`. NaN where either is unknown, or `of` adds nothing.

    Raises
    ------
    AlignmentError
        If a column is not a criterion of the profile, or `of` has no column.
    OptionError
        If a value lies outside [0, 1].

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> values = pd.DataFrame({"neighbour_count": [0.9], "port_distance": [0.1]}, index=["a"])
    >>> rates = substitution_rates(values, load_profile("net-zero"), of="neighbour_count")
    >>> rates["port_distance"].round(2).tolist()
    [8.27]
    """
    rates = trade_off_rates(values, profile)
    if of not in rates.columns:
        msg = f"there are no values of a criterion {of!r}; {suggest(of, map(str, rates.columns))}"
        raise AlignmentError(msg)
    given_up = column_of(rates, of)
    given_up = np.where(given_up > 0.0, given_up, np.nan)
    table = {str(name): column_of(rates, str(name)) / given_up for name in rates.columns}
    return pd.DataFrame(table, index=rates.index)


def _share_of_known(name: str, columns: dict[str, Floats], profile: Profile) -> Floats:
    """Return the criterion's share of the known weight of its component."""
    criterion = profile.criterion(name)
    known = np.zeros(len(columns[name]))
    for member in profile.criteria_of(criterion.component):
        if member.id in columns:
            known = known + np.where(np.isnan(columns[member.id]), 0.0, member.weight)
    return np.asarray(criterion.weight / np.where(known > 0.0, known, 1.0), dtype=np.float64)


def _of_arithmetic(
    columns: Sequence[Floats], weights: Sequence[float], _profile: Profile
) -> list[Floats]:
    return [np.full(len(column), w) for column, w in zip(columns, weights, strict=True)]


def _of_geometric(
    columns: Sequence[Floats], weights: Sequence[float], profile: Profile
) -> list[Floats]:
    floor = profile.floor
    mean = floor + (1.0 - floor) * geometric(columns, weights, floor=floor)
    return [
        w * mean / (floor + (1.0 - floor) * column)
        for column, w in zip(columns, weights, strict=True)
    ]


def _of_power_mean(
    columns: Sequence[Floats], weights: Sequence[float], profile: Profile
) -> list[Floats]:
    exponent, floor = profile.exponent, profile.floor
    assert exponent is not None
    mean = floor + (1.0 - floor) * power_mean(columns, weights, exponent=exponent, floor=floor)
    return [
        w * np.power((floor + (1.0 - floor) * column) / mean, exponent - 1.0)
        for column, w in zip(columns, weights, strict=True)
    ]


def _of_minimum(
    columns: Sequence[Floats], _weights: Sequence[float], _profile: Profile
) -> list[Floats]:
    return [
        reduce(
            np.multiply,
            ((other > column) * 1.0 for k, other in enumerate(columns) if k != own),
            np.ones(len(column)),
        )
        for own, column in enumerate(columns)
    ]


def _of_owa(columns: Sequence[Floats], weights: Sequence[float], profile: Profile) -> list[Floats]:
    """Rank a rising component ahead of those it ties with."""
    orness = profile_orness(profile)
    if orness == 0.0:
        return _of_minimum(columns, weights, profile)
    exponent = np.full(len(columns[0]), 1.0 / orness - 1.0)
    rates = []
    for own, (column, weight) in enumerate(zip(columns, weights, strict=True)):
        before = np.zeros(len(column))
        for k, (other, w) in enumerate(zip(columns, weights, strict=True)):
            if k != own:
                before = before + np.where(other > column, w, 0.0)
        # np.power(0, 0) is 1: with orness 1 the best component has all the weight.
        reached = np.power(np.minimum(before + weight, 1.0), exponent)
        passed = np.where(before > 0.0, np.power(before, exponent), 0.0)
        rates.append(reached - passed)
    return rates


def _of_topsis(
    columns: Sequence[Floats], weights: Sequence[float], _profile: Profile
) -> list[Floats]:
    near, far = (
        np.sqrt(reduce(np.add, (np.square(w * g) for g, w in zip(gaps, weights, strict=True))))
        for gaps in (columns, [1.0 - column for column in columns])
    )
    length = np.sqrt(sum(w * w for w in weights))
    inside = (near > 0.0) & (far > 0.0)
    over, under = np.where(inside, near, 1.0), np.where(inside, far, 1.0)
    return [
        # At the worst and at the ideal the rate is that of a step towards the other.
        np.where(
            inside,
            w * w * (c * under / over + (1.0 - c) * over / under) / np.square(over + under),
            w / length,
        )
        for c, w in zip(columns, weights, strict=True)
    ]


_RATES: dict[str, Callable[..., list[Floats]]] = {
    "arithmetic": _of_arithmetic,
    "geometric": _of_geometric,
    "power_mean": _of_power_mean,
    "minimum": _of_minimum,
    "owa": _of_owa,
    "topsis": _of_topsis,
}
