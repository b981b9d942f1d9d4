"""The four types of Rattle and Taylor (2025), from advantage and linkage.

|                | high linkage      | low linkage     |
|----------------|-------------------|-----------------|
| high advantage | forerunner        | classic_cluster |
| low advantage  | dispersed_cluster | dispersed_sites |

A veto of the profile limits the type: the advantage of a vetoed place counts as low, whatever its
value. A forerunner becomes a dispersed cluster, a classic cluster becomes dispersed sites.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from standort.arguments import SHARE, checked
from standort.errors import AlignmentError, OptionError, gather, name_ids
from standort.typology.thresholds import (
    FIXED,
    Threshold,
    find_thresholds,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats


Bounds: TypeAlias = "tuple[pd.Series[float], pd.Series[float]]"

#: The types in the order of the paper, 1 to 4.
TYPES = ("forerunner", "dispersed_cluster", "classic_cluster", "dispersed_sites")


@checked(threshold=SHARE)
def classify(
    advantage: pd.Series[float],
    linkage: pd.Series[float],
    *,
    threshold: Threshold = FIXED,
    vetoed: pd.Series | None = None,
) -> pd.Series:
    """Return the type of each place.

    A type is a region of a plane, not a verdict: 0.49 and 0.51 get different types. Check the
    margin and the probabilities (`type_places`). The types do not account for politics, prices or
    governance, which also delayed forerunners.

    Parameters
    ----------
    advantage, linkage
        Values of each place in [0, 1], on the same index. NaN is unknown.
    threshold
        Least value that is high; see `find_thresholds`.
    vetoed
        Criteria whose veto applies to each place; empty or missing for none. The advantage of a
        vetoed place counts as low, whatever its value. By default there are no vetoes.

    Returns
    -------
    Series ``type`` of `TYPES`; missing if advantage or linkage is unknown, see `possible_types`.

    Raises
    ------
    AlignmentError
        If the indices differ.
    OptionError
        If a value is outside [0, 1] or the threshold is invalid.

    Notes
    -----
    Rattle and Taylor (2025), doi 10.1002/geo2.70000, table 2.

    Examples
    --------
    >>> names = ["Rotterdam", "Black Country", "North West 2016", "elsewhere"]
    >>> advantage = pd.Series([0.8, 0.3, 0.7, 0.2], index=names)
    >>> linkage = pd.Series([0.7, 0.6, 0.3, 0.1], index=names)
    >>> classify(advantage, linkage)
    Rotterdam                 forerunner
    Black Country      dispersed_cluster
    North West 2016      classic_cluster
    elsewhere            dispersed_sites
    Name: type, dtype: object

    A high advantage does not compensate for a veto:

    >>> classify(advantage[:1], linkage[:1], vetoed=pd.Series(["port_distance"], names[:1]))
    Rotterdam    dispersed_cluster
    Name: type, dtype: object
    """
    check_axes({"advantage": advantage, "linkage": linkage})
    limits = find_thresholds(advantage, linkage, threshold=threshold)
    a, b = advantage.to_numpy(dtype=np.float64), linkage.to_numpy(dtype=np.float64)
    high = a >= limits.advantage
    if vetoed is not None:
        high &= ~held_by_veto(vetoed, advantage.index)
    names = np.array(TYPES, dtype=object)[_type_codes(high, b >= limits.linkage)]
    names[np.isnan(a) | np.isnan(b)] = None
    return pd.Series(names, index=advantage.index, name="type", dtype=object)


@checked(threshold=SHARE)
def possible_types(
    advantage: pd.Series[float],
    linkage: pd.Series[float],
    *,
    threshold: Threshold = FIXED,
    advantage_bounds: Bounds | None = None,
    linkage_bounds: Bounds | None = None,
    vetoed: pd.Series | None = None,
) -> pd.Series:
    """Return the types that each place can have, given unknown values.

    Parameters
    ----------
    advantage, linkage, threshold
        As for `classify`.
    advantage_bounds, linkage_bounds
        Lowest and highest possible value of each place. Without them, a known value stands for
        itself, and an unknown one may be anything from 0 to 1.
    vetoed
        As for `classify`; it applies to unknown advantages too.

    Returns
    -------
    Series ``type_set``: the possible types in the order of `TYPES`, joined by ``" | "``.

    Raises
    ------
    AlignmentError, OptionError
        As for `classify`, and if a lowest value exceeds its highest.

    Examples
    --------
    Without data on linkages:

    >>> possible_types(pd.Series([0.8]), pd.Series([float("nan")])).tolist()
    ['forerunner | classic_cluster']
    """
    check_axes({"advantage": advantage, "linkage": linkage})
    limits = find_thresholds(advantage, linkage, threshold=threshold)
    low_a, high_a = _reach("advantage", advantage, advantage_bounds)
    low_b, high_b = _reach("linkage", linkage, linkage_bounds)
    may_be_high, may_be_low = high_a >= limits.advantage, low_a < limits.advantage
    if vetoed is not None:
        held = held_by_veto(vetoed, advantage.index)
        may_be_high, may_be_low = may_be_high & ~held, may_be_low | held
    can_be = {
        (True, True): may_be_high & (high_b >= limits.linkage),
        (False, True): may_be_low & (high_b >= limits.linkage),
        (True, False): may_be_high & (low_b < limits.linkage),
        (False, False): may_be_low & (low_b < limits.linkage),
    }
    flags = np.column_stack(list(can_be.values()))
    sets = [join_types(np.array(TYPES)[row]) for row in flags]
    return pd.Series(sets, index=advantage.index, name="type_set", dtype=object)


@checked(threshold=SHARE)
def compare_aggregations(
    advantages: pd.DataFrame,
    linkage: pd.Series[float],
    *,
    threshold: Threshold = FIXED,
    vetoed: pd.Series | None = None,
) -> pd.DataFrame:
    """Compare the types under several aggregations of advantage.

    Where they differ, one weak component decides the type, and whether a strong one may compensate
    for it is a matter of judgement, not of data.

    Parameters
    ----------
    advantages
        A column per aggregation, named after it, in [0, 1]; NaN is unknown.
    linkage, threshold, vetoed
        As for `classify`.

    Returns
    -------
    Column ``type_<aggregation>`` for each aggregation: the type or, if linkage is unknown, the set
    of possible types; and ``agree``: whether all are equal. Missing if an advantage is.

    Raises
    ------
    AlignmentError, OptionError
        As for `classify`.

    Examples
    --------
    >>> advantages = pd.DataFrame({"geometric": [0.44], "arithmetic": [0.63], "minimum": [0.1]})
    >>> compare_aggregations(advantages, pd.Series([0.7])).T
                                    0
    type_geometric  dispersed_cluster
    type_arithmetic        forerunner
    type_minimum    dispersed_cluster
    agree                       False
    """
    types = {}
    for name in advantages.columns:
        one = classify(advantages[name], linkage, threshold=threshold, vetoed=vetoed)
        possible = possible_types(advantages[name], linkage, threshold=threshold, vetoed=vetoed)
        types[f"type_{name}"] = one.where(one.notna() | advantages[name].isna(), possible)
    return _side_by_side(types, advantages.index)


@checked(thresholds=SHARE)
def compare_thresholds(
    advantage: pd.Series[float], linkage: pd.Series[float], *, thresholds: Mapping[str, Threshold]
) -> pd.DataFrame:
    """Compare the types under several thresholds.

    Where they differ, the convention decides the type.

    Parameters
    ----------
    advantage, linkage
        As for `classify`.
    thresholds
        Thresholds by name.

    Returns
    -------
    Column ``type_<name>`` for each threshold, and ``agree`` as in `compare_aggregations`.

    Raises
    ------
    AlignmentError, OptionError
        As for `classify`.

    Examples
    --------
    >>> advantage, linkage = pd.Series([0.2, 0.4]), pd.Series([0.1, 0.6])
    >>> compare_thresholds(advantage, linkage, thresholds={"fixed": 0.5, "sample": "median"})
            type_fixed      type_sample  agree
    0  dispersed_sites  dispersed_sites   True
    1  dispersed_cluster     forerunner  False
    """
    if not thresholds:
        msg = "expected at least one threshold by name, got none; name one"
        raise OptionError(msg)
    types = {
        f"type_{name}": classify(advantage, linkage, threshold=threshold)
        for name, threshold in thresholds.items()
    }
    return _side_by_side(types, advantage.index)


def held_by_veto(vetoed: pd.Series, index: pd.Index) -> Flags:
    """Flag the places to which a veto applies.

    Parameters
    ----------
    vetoed
        Criteria whose veto applies to each place; empty or missing for none.
    index
        Index of the places; must equal that of `vetoed`.

    Returns
    -------
    One flag per place.

    Raises
    ------
    AlignmentError
        If the indices differ.

    Examples
    --------
    >>> vetoed = pd.Series(["port_distance", "", None])
    >>> held_by_veto(vetoed, vetoed.index).tolist()
    [True, False, False]
    """
    if not vetoed.index.equals(index):
        msg = "expected places and their vetoes in the same order; give both one index"
        raise AlignmentError(msg)
    criteria = vetoed.astype(object).where(vetoed.notna(), "")
    return np.array([str(names) != "" for names in criteria], dtype=bool)


def join_types(names: Iterable[str]) -> str:
    """Format a set of types as text.

    >>> join_types(["forerunner", "classic_cluster"])
    'forerunner | classic_cluster'
    """
    return " | ".join(names)


def _type_codes(high_advantage: Flags, high_linkage: Flags) -> NDArray[np.intp]:
    """Return the position in `TYPES` for each pair of high and low."""
    return np.asarray(2 * ~high_linkage + ~high_advantage, dtype=np.intp)


def check_axes(columns: Mapping[str, pd.Series[float]]) -> None:
    """Raise unless the columns have one index and all values are in [0, 1]."""
    (first, reference), *others = columns.items()
    for name, column in others:
        if not column.index.equals(reference.index):
            differing = column.index.symmetric_difference(reference.index).tolist()
            difference = f"differ in {name_ids(differing)}" if differing else "differ in order"
            msg = (
                f"expected {first} and {name} of the same places in the same order; they "
                f"{difference}: align them first"
            )
            raise AlignmentError(msg)
    problems = []
    for name, column in columns.items():
        numbers = column.to_numpy(dtype=np.float64)
        outside = (numbers < 0.0) | (numbers > 1.0)
        if outside.any():
            came = f"{numbers[outside][0]:g} at {name_ids(column.index[outside].tolist())}"
            problems.append(f"expected {name} in [0, 1], got {came}; correct it")
    if problems:
        raise OptionError(gather(problems, of="places"))


def _reach(name: str, column: pd.Series[float], bounds: Bounds | None) -> tuple[Floats, Floats]:
    """Return the lowest and the highest possible value of each place."""
    known = column.to_numpy(dtype=np.float64)
    if bounds is None:
        bounds = column, column
    check_axes({name: column, f"lowest {name}": bounds[0], f"highest {name}": bounds[1]})
    low, high = (bound.to_numpy(dtype=np.float64) for bound in bounds)
    if (low > high).any():
        crossed = name_ids(column.index[low > high].tolist())
        msg = f"expected the lowest {name} below the highest; not so at {crossed}: swap them"
        raise OptionError(msg)
    low, high = np.where(np.isnan(low), known, low), np.where(np.isnan(high), known, high)
    return np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=1.0)


def _side_by_side(types: Mapping[str, pd.Series], index: pd.Index) -> pd.DataFrame:
    table = pd.DataFrame(dict(types), index=index, dtype=object)
    first, *others = (table[name] for name in table.columns)
    same = pd.Series(data=True, index=index)
    for other in others:
        same &= other == first
    return table.assign(agree=same.astype("boolean").mask(table.isna().any(axis=1)))
