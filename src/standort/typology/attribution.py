"""Attribution of a change in advantage or linkage to its components."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from standort.arguments import WEIGHT, between, checked
from standort.errors import LayerError, OptionError, WeightError, gather, name_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.array_types import Floats


@checked(weights=WEIGHT, floor=between(0, 1, closed="right"))
def attribute_change(
    components: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    aggregation: Literal["geometric", "arithmetic"] = "geometric",
    floor: float = 0.01,
) -> pd.DataFrame:
    """Split each change of a score into the contributions of its components.

    This is arithmetic, not causation: it shows which number changed, not why.

    Parameters
    ----------
    components
        A row per place and year: ``place``, ``year`` and a column per component in [0, 1], NaN
        if unknown. Each year of a place is compared with its previous one.
    weights
        Weight of each component, the same for all years; only ratios matter. A component of
        weight 0 contributes nothing and may be unknown.
    aggregation
        Aggregation of the components. The minimum cannot be split.
    floor
        Floor of the geometric mean, as in the profile, in (0, 1).

    Returns
    -------
    A row per place and pair of years, sorted by place and year: ``place``, ``from_year``, ``year``,
    ``change`` of the score, ``<component>_added`` (which sum to the change) and, for the geometric
    mean, ``log_change`` and ``<component>_log_added`` (which sum to it). NaN if a component of
    positive weight is unknown in either year.

    Raises
    ------
    LayerError
        If a column is missing, a value is outside [0, 1], or a place has a year twice.
    WeightError
        If a weight is negative or not finite, or all are 0.
    OptionError
        If the aggregation cannot be split, or the floor is not in (0, 1).

    Notes
    -----
    Arithmetic: dA = sum W_k dc_k. Geometric, with floor e, c' = e + (1 - e) c and A' = e + (1 - e)
    A: d ln A' = sum W_k d ln c'_k. In terms of A, each part is multiplied by the logarithmic mean
    of the two A' and divided by (1 - e): the LMDI of Ang (2004), doi 10.1016/j.enpol.2003.10.010.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"place": "A", "year": [2000, 2020], "density": [0.8, 0.4], "assets": [0.5, 0.5]}
    ... )
    >>> attribute_change(table, {"density": 1, "assets": 1}, aggregation="arithmetic").round(3)
      place  from_year  year  change  density_added  assets_added
    0    A       2000  2020    -0.2           -0.2           0.0
    """
    if aggregation not in {"geometric", "arithmetic"}:
        msg = (
            "only changes of the aggregations geometric and arithmetic can be split, got "
            f"{aggregation!r}; choose one of the two"
        )
        raise OptionError(msg)
    if not 0.0 < floor < 1.0:
        msg = f"expected a floor above 0 and below 1, got {floor!r}; correct it"
        raise OptionError(msg)
    shares = _shares(weights)
    _check_rows(components, list(shares))
    ordered = components.sort_values(["place", "year"], kind="stable").reset_index(drop=True)
    later = np.flatnonzero((ordered["place"] == ordered["place"].shift()).to_numpy(dtype=bool))
    columns = {name: ordered[name].to_numpy(dtype=np.float64) for name in shares}
    table = pd.DataFrame(
        {
            "place": ordered["place"].to_numpy()[later],
            "from_year": ordered["year"].to_numpy()[later - 1],
            "year": ordered["year"].to_numpy()[later],
        }
    )
    split = _split_arithmetic if aggregation == "arithmetic" else _split_geometric
    parts = split(
        {name: column[later - 1] for name, column in columns.items()},
        {name: column[later] for name, column in columns.items()},
        shares,
        floor,
    )
    return table.assign(**parts)


Pair = dict[str, "Floats"]


def _split_arithmetic(
    before: Pair, after: Pair, shares: Mapping[str, float], _floor: float
) -> dict[str, Floats]:
    added = {name: share * (after[name] - before[name]) for name, share in shares.items()}
    return {"change": _total(added), **{f"{name}_added": part for name, part in added.items()}}


def _split_geometric(
    before: Pair, after: Pair, shares: Mapping[str, float], floor: float
) -> dict[str, Floats]:
    floored = [{name: floor + (1.0 - floor) * c[name] for name in shares} for c in (before, after)]
    logs = {
        name: share * (np.log(floored[1][name]) - np.log(floored[0][name]))
        for name, share in shares.items()
    }
    log_change = _total(logs)
    start = np.exp(_total({name: w * np.log(floored[0][name]) for name, w in shares.items()}))
    # The logarithmic mean of start and end; (exp(x) - 1) / x is 1 for no change.
    unchanged = log_change == 0.0
    ratio = np.where(unchanged, 1.0, np.expm1(log_change) / np.where(unchanged, 1.0, log_change))
    added = {name: start * ratio * part / (1.0 - floor) for name, part in logs.items()}
    return {
        "change": start * np.expm1(log_change) / (1.0 - floor),
        **{f"{name}_added": part for name, part in added.items()},
        "log_change": log_change,
        **{f"{name}_log_added": part for name, part in logs.items()},
    }


def _total(parts: Mapping[str, Floats]) -> Floats:
    """Sum columns one by one, so that bits do not depend on other places."""
    first, *others = parts.values()
    total = first.copy()
    for part in others:
        total += part
    return total


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    valid = all(math.isfinite(weight) and weight >= 0.0 for weight in weights.values())
    if not valid or not total > 0.0:
        msg = (
            f"expected finite weights >= 0, at least one of them > 0, got {dict(weights)}; "
            "correct the weights"
        )
        raise WeightError(msg)
    return {name: weight / total for name, weight in weights.items() if weight > 0.0}


def _check_rows(components: pd.DataFrame, names: list[str]) -> None:
    lacking = [name for name in ("place", "year", *names) if name not in components]
    if lacking:
        msg = f"table of components: expected columns {name_ids(lacking)}; add them"
        raise LayerError(msg)
    problems = []
    twice = components.loc[components.duplicated(["place", "year"]), "place"].unique().tolist()
    if twice:
        problems.append(
            f"expected each year of a place once; not so for {name_ids(twice)}: drop one"
        )
    for name in names:
        numbers = components[name].to_numpy(dtype=np.float64)
        outside = (numbers < 0.0) | (numbers > 1.0)
        if outside.any():
            places = components.loc[outside, "place"].tolist()
            problems.append(
                f"expected {name} in [0, 1], got {numbers[outside][0]:g} at {name_ids(places)}"
            )
    if problems:
        raise LayerError(gather(problems, of="table of components"))
