"""Trajectories of places through the typology over the years.

A trajectory describes changes; it neither explains nor predicts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import SHARE, between, checked, whole
from standort.errors import LayerError, OptionError, gather, name_ids
from standort.typology.four_types import TYPES, classify, held_by_veto
from standort.typology.probabilities import PROBABILITY_COLUMNS
from standort.typology.thresholds import (
    FIXED,
    Threshold,
    Thresholds,
    find_thresholds,
)

if TYPE_CHECKING:
    from standort.array_types import Flags


#: Margin beyond a threshold, consecutive periods and probability that a transition requires;
#: assumptions.
DELTA = 0.05
PERIODS = 2
LEAST_PROBABILITY = 0.5

#: Whether advantage and linkage are high in each of `TYPES`.
_HIGH = dict(zip(TYPES, ((True, True), (False, True), (True, False), (False, False)), strict=True))


@checked(
    threshold=SHARE, delta=between(0, 1, closed="left"), periods=whole(1), least_probability=SHARE
)
def trajectory(
    places: pd.DataFrame,
    *,
    threshold: float | tuple[float, float] = FIXED,
    delta: float = DELTA,
    periods: int = PERIODS,
    least_probability: float = LEAST_PROBABILITY,
) -> pd.DataFrame:
    """Follow each place through the years and record its transitions to other types.

    Noise makes a place near a border change its type back and forth. A transition is therefore
    recorded only after the place has been clear of every border that it crossed for several
    periods. All years must be scored with one profile, or the change may be due to the profile.

    Parameters
    ----------
    places
        A row per place and year, in any order: ``place``, ``year``, ``advantage``, ``linkage``
        [0, 1], NaN if unknown. Optional columns: ``p_<type>`` (otherwise no probability is
        required); ``profile``, the hash of the profile; ``vetoed``, the criteria whose veto applies
        in that year (empty or missing for none), which makes the advantage clearly low. The periods
        of a place are its rows in order of years, regardless of gaps.
    threshold
        A number, or a pair for advantage and linkage, the same for all years.
    delta
        The place must exceed the threshold by more than this, in [0, 1), on each axis on which the
        new type differs from the old.
    periods
        Number of consecutive periods required, at least 1.
    least_probability
        Least probability of the new type required in each of these periods, in [0, 1].

    Returns
    -------
    A row per place and year, sorted by place and year, with the columns

    - ``place``, ``year``, ``advantage``, ``linkage``; ``type`` of this year alone, missing if
      advantage or linkage is unknown;
    - ``settled_type``: the first known type, until a transition;
    - ``from_type``, ``since``: in the year in which a transition is recorded, the previous settled
      type and the first of the periods that support the transition; else missing;
    - ``advantage_change``, ``linkage_change``: since the previous period of the place; NaN in the
      first.

    A year with unknown values interrupts the consecutive periods; it neither supports nor reverses
    a transition.

    Raises
    ------
    LayerError
        If a column is missing, a place has a year twice, an id or year is missing, or there are
        several profiles.
    OptionError
        If an option or a value is out of range.

    Examples
    --------
    A stylised example, without measurements: networks grow while advantage is steady.

    >>> places = pd.DataFrame(
    ...     {
    ...         "place": "North West",
    ...         "year": [2016, 2019, 2021, 2023],
    ...         "advantage": [0.70, 0.70, 0.71, 0.71],
    ...         "linkage": [0.35, 0.52, 0.60, 0.65],
    ...     }
    ... )
    >>> history = trajectory(places)
    >>> history[["year", "type", "settled_type", "since"]]
       year             type     settled_type  since
    0  2016  classic_cluster  classic_cluster   <NA>
    1  2019       forerunner  classic_cluster   <NA>
    2  2021       forerunner  classic_cluster   <NA>
    3  2023       forerunner       forerunner   2021
    """
    _check_rows(places)
    ordered = places.sort_values(["place", "year"], kind="stable").reset_index(drop=True)
    advantage, linkage = ordered["advantage"].astype(float), ordered["linkage"].astype(float)
    limits = _fixed(threshold)
    vetoed = ordered.get("vetoed")
    kinds = classify(advantage, linkage, threshold=limits, vetoed=vetoed)
    supporting = _supporting(ordered, limits, delta, least_probability)
    year = ordered["year"].astype("Int64")
    settled, left, since = _settle(ordered["place"], kinds, supporting, periods)
    by_place = ordered["place"]
    return pd.DataFrame(
        {
            "place": by_place,
            "year": year,
            "advantage": advantage,
            "linkage": linkage,
            "type": kinds,
            "settled_type": pd.Series(settled, dtype=object),
            "from_type": pd.Series(left, dtype=object),
            "since": pd.Series([None if k is None else year[k] for k in since], dtype="Int64"),
            "advantage_change": advantage.groupby(by_place, sort=False).diff(),
            "linkage_change": linkage.groupby(by_place, sort=False).diff(),
        }
    )


def _supporting(
    places: pd.DataFrame, limits: Thresholds, delta: float, least_probability: float
) -> dict[tuple[str, str], Flags]:
    """Flag the rows that support a transition, for each pair of old and new type."""
    clear = {}
    for axis, limit in (("advantage", limits.advantage), ("linkage", limits.linkage)):
        beyond = places[axis].to_numpy(dtype=np.float64) - limit
        clear[axis] = {True: beyond > delta, False: beyond < -delta}
    if "vetoed" in places:
        held = held_by_veto(places["vetoed"], places.index)
        clear["advantage"][True] &= ~held
        clear["advantage"][False] |= held
    supporting = {}
    for old, new in ((old, new) for old in TYPES for new in TYPES if old != new):
        rows = np.ones(len(places), dtype=bool)
        for axis, was, is_now in zip(("advantage", "linkage"), _HIGH[old], _HIGH[new], strict=True):
            if was != is_now:
                rows &= clear[axis][is_now]
        if PROBABILITY_COLUMNS[0] in places:
            rows &= places[f"p_{new}"].to_numpy(dtype=np.float64) >= least_probability
        supporting[old, new] = rows
    return supporting


def _settle(
    place: pd.Series, kinds: pd.Series, supporting: dict[tuple[str, str], Flags], periods: int
) -> tuple[list[str | None], list[str | None], list[int | None]]:
    """Return for each row the settled type and, at a transition, old type and first row."""
    settled: list[str | None] = []
    left: list[str | None] = []
    since: list[int | None] = []
    state: str | None = None
    candidate: str | None = None
    run = 0
    for row, (name, kind) in enumerate(zip(place, kinds, strict=True)):
        if row == 0 or name != place[row - 1]:
            state, candidate, run = None, None, 0
        if state is None:
            state = kind
        supports = kind is not None and kind != state and bool(supporting[state, kind][row])
        run = (run + 1 if kind == candidate else 1) if supports else 0
        candidate = kind if supports else None
        moved = run >= periods
        left.append(state if moved else None)
        since.append(row - periods + 1 if moved else None)
        if moved:
            state, candidate, run = kind, None, 0
        settled.append(state)
    return settled, left, since


def _fixed(threshold: Threshold) -> Thresholds:
    if isinstance(threshold, str) or (isinstance(threshold, Thresholds) and threshold.in_sample):
        msg = (
            f"a trajectory needs thresholds that are the same for all years, got {threshold!r}; "
            "use a number or a pair"
        )
        raise OptionError(msg)
    empty = pd.Series(dtype=float)
    return find_thresholds(empty, empty, threshold=threshold)


def _check_rows(places: pd.DataFrame) -> None:
    needed = ["place", "year", "advantage", "linkage"]
    if any(name in places for name in PROBABILITY_COLUMNS):
        needed += PROBABILITY_COLUMNS
    lacking = [name for name in needed if name not in places]
    if lacking:
        msg = f"table of places: expected columns {name_ids(lacking)}; add them"
        raise LayerError(msg)
    problems = []
    unnamed = int(places[["place", "year"]].isna().any(axis=1).sum())
    if unnamed:
        problems.append(
            f"expected a place and a year in each row; {unnamed} rows lack one: fill it in"
        )
    years = pd.to_numeric(places["year"], errors="coerce").astype(float)
    fractions = places.loc[places["year"].notna() & (years % 1 != 0), "year"].unique().tolist()
    if fractions:
        problems.append(f"expected whole years, got {name_ids(fractions)}; correct them")
    twice = places.loc[places.duplicated(["place", "year"]), "place"].unique().tolist()
    if twice:
        problems.append(
            f"expected each year of a place once; not so for {name_ids(twice)}: drop one"
        )
    profiles = places["profile"].unique().tolist() if "profile" in places else []
    if len(profiles) > 1:
        problems.append(
            f"expected one profile for all years, got {name_ids(profiles)}; score them again"
        )
    if problems:
        raise LayerError(gather(problems, of="table of places"))
