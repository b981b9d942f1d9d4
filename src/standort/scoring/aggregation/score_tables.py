"""Score tables: scores with coverage and bounds, from partial values and a profile.

Unknown values never count as 0. A criterion without a layer is left out for all sites; a criterion
unknown at one site is left out there, as long as enough of its component is known; `score_min` and
`score_max` bound the score if everything were known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import checked
from standort.errors import AlignmentError, OptionError, gather, name_ids
from standort.scoring.aggregation.chosen_aggregation import profile_formula
from standort.scoring.aggregation.formulas import mean_of_known
from standort.scoring.aggregation.means import COMPONENT_AGGREGATIONS, column_of, range_problems
from standort.scoring.aggregation.vetoes_and_gates import excluded_sites, limit_columns
from standort.scoring.profile.problems import suggest
from standort.scoring.weights.effective_weights import basis_criteria, criterion_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.array_types import Flags, Floats
    from standort.scoring.profile.profile_model import Profile


@checked()
def score_table(
    values: pd.DataFrame, low: pd.DataFrame, high: pd.DataFrame, *, profile: Profile
) -> pd.DataFrame:
    """Score sites from their partial values.

    A high score means that a site is well placed by the standards of the profile. It does not mean
    that a project there will succeed, and scores of different profiles or bases are not comparable.

    Parameters
    ----------
    values
        Partial values in [0, 1]: index of the sites, a column for each criterion that can be
        computed in this study; NaN where a site's value is unknown.
    low
        The same table at its worst: 0 where unknown, otherwise the value or less.
    high
        The same table at its best: 1 where unknown, otherwise the value or more.
    profile
        The profile.

    Returns
    -------
    Index of `values`. A column per component (NaN if it has no layer, or if less of its weight
    than the coverage limit is known at a site), then `score` (NaN if a component it uses is),
    `score_arithmetic`, `score_geometric`, `score_minimum`, `score_min` and `score_max` (never
    NaN), `coverage` (known share of the weight of the criteria in the basis) and `basis` (their
    ids). A profile with gates adds `excluded`, the criteria whose gate a site fails, which leaves
    it without any score, and `gate_unknown`; one with vetoes adds `vetoed`, which changes no
    number, and `veto_unknown`.

    Raises
    ------
    AlignmentError
        If the tables differ in index or columns, or a column is not a criterion of the profile.
    OptionError
        If a value lies outside [0, 1] or outside its bounds, or a bound is NaN.

    Notes
    -----
    A criterion that is unknown at a site can take its component below the coverage limit there, and
    the score becomes NaN. An absent layer cannot.

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> values = pd.DataFrame({"neighbour_count": [1.0], "port_distance": [0.5]}, index=["a"])
    >>> table = score_table(values, values, values, profile=load_profile("net-zero"))
    >>> table[["firm_proximity", "net_zero_assets", "score_arithmetic", "coverage"]]
       firm_proximity  net_zero_assets  score_arithmetic  coverage
    a             1.0              0.5              0.75       1.0
    >>> table["score"].round(3).tolist(), bool((table["score_min"] < table["score"]).all())
    ([0.708], True)
    """
    _check(values, low, high, profile=profile)
    available = [c.id for c in profile.criteria if c.id in values.columns]
    columns, *bounds = (
        {name: column_of(table, name) for name in available} for table in (values, low, high)
    )
    components = component_columns(columns, profile=profile)
    unknown = np.full(len(values), np.nan)
    scores = {c.id: components.get(c.id, unknown) for c in profile.components}
    scores["score"] = aggregate_columns(components, profile=profile, size=len(values))
    for name in COMPONENT_AGGREGATIONS:
        scores[f"score_{name}"] = aggregate_columns(
            components, profile=profile, size=len(values), aggregation=name
        )
    # Rounding may put a bound past the score in the last bit; fmin and fmax pass over NaN.
    scores["score_min"] = np.fmin(_bound(bounds[0], 0.0, profile, len(values)), scores["score"])
    scores["score_max"] = np.fmax(_bound(bounds[1], 1.0, profile, len(values)), scores["score"])
    scores["coverage"] = _coverage(columns, profile=profile, size=len(values))
    _remove_scores(scores, excluded_sites(columns, profile=profile, size=len(values)))
    table = pd.DataFrame(scores, index=values.index)
    limits = limit_columns(columns, *bounds, profile=profile, size=len(values))
    for name, names in limits.items():
        table[name] = pd.Series(names, index=values.index, dtype="str")
    table["basis"] = ",".join(c.id for c in basis_criteria(columns, profile=profile))
    return table


def _remove_scores(table: dict[str, Floats], excluded: Flags) -> None:
    """Set all scores of sites that fail a gate to NaN."""
    for name in [name for name in table if name.startswith("score")]:
        table[name] = np.where(excluded, np.nan, table[name])


def component_columns(columns: Mapping[str, Floats], *, profile: Profile) -> dict[str, Floats]:
    """Return the mean of the known criteria of each component that has any criterion."""
    components = {}
    for component in profile.components:
        members = [c for c in profile.criteria_of(component.id) if c.id in columns and c.weight > 0]
        if members:
            components[component.id], _ = mean_of_known(
                [columns[c.id] for c in members],
                [c.weight for c in members],
                coverage_limit=profile.coverage_limit,
            )
    return components


def aggregate_columns(
    components: Mapping[str, Floats], *, profile: Profile, size: int, aggregation: str | None = None
) -> Floats:
    """Aggregate component columns to scores by the profile's aggregation, or another one."""
    used = [c for c in profile.components if c.id in components and c.weight > 0]
    if not used:
        return np.full(size, np.nan)
    formula = profile_formula(profile, aggregation)
    return formula([components[c.id] for c in used], [c.weight for c in used])


def _bound(limits: Mapping[str, Floats], otherwise: float, profile: Profile, size: int) -> Floats:
    """Score the whole profile, with the worst or best value where a layer is absent."""
    absent = np.full(size, otherwise)
    columns = {c.id: limits.get(c.id, absent) for c in profile.criteria}
    components = component_columns(columns, profile=profile)
    return aggregate_columns(components, profile=profile, size=size)


def _coverage(columns: Mapping[str, Floats], *, profile: Profile, size: int) -> Floats:
    weights = criterion_weights(columns, profile=profile)
    if weights.empty:
        return np.full(size, np.nan)
    names = [str(name) for name in weights.index]
    _, coverage = mean_of_known(
        [columns[name] for name in names], weights.tolist(), coverage_limit=0.0
    )
    return coverage


def _check(
    values: pd.DataFrame, low: pd.DataFrame, high: pd.DataFrame, *, profile: Profile
) -> None:
    problems = _column_problems(values, profile=profile)
    problems += _index_problems(values)
    for name, table in (("low", low), ("high", high)):
        if not table.index.equals(values.index):
            problems.append(f"{name} and values differ in index; pass the same sites in one order")
        if set(table.columns) != set(values.columns):
            differing = sorted(set(map(str, table.columns)) ^ set(map(str, values.columns)))
            problems.append(
                f"{name} and values differ in columns {name_ids(differing)}; add to both"
            )
    if problems:
        raise AlignmentError(gather(problems, of="partial values"))
    if _all_in_order(values, low, high):
        return
    problems = [problem for table in (values, low, high) for problem in range_problems(table)]
    for name in values.columns:
        problems += _bound_problems(str(name), values, low, high)
    if problems:
        raise OptionError(gather(problems, of="partial values"))


def _all_in_order(values: pd.DataFrame, low: pd.DataFrame, high: pd.DataFrame) -> bool:
    """Check in one pass whether every value lies between its bounds, in [0, 1]."""
    names = list(values.columns)
    value, least, most = (table[names].to_numpy(np.float64) for table in (values, low, high))
    bounded = ((least >= 0.0) & (least <= most) & (most <= 1.0)).all()  # False where NaN
    return bool(bounded and not ((value < least) | (value > most)).any())


def _column_problems(values: pd.DataFrame, *, profile: Profile) -> list[str]:
    known = [criterion.id for criterion in profile.criteria]
    problems = [
        f"column {name!r} is not a criterion of profile {profile.id!r}; {suggest(name, known)}"
        for name in values.columns
        if name not in known
    ]
    if values.columns.has_duplicates:
        twice = values.columns[values.columns.duplicated()].tolist()
        problems.append(f"columns {name_ids(twice)} occur more than once; drop one")
    return problems


def _index_problems(values: pd.DataFrame) -> list[str]:
    if not values.index.has_duplicates:
        return []
    twice = values.index[values.index.duplicated()].unique().tolist()
    return [f"expected each site once, got {name_ids(twice)} more often; make site_id unique"]


def _bound_problems(
    name: str, values: pd.DataFrame, low: pd.DataFrame, high: pd.DataFrame
) -> list[str]:
    value, least, most = (column_of(table, name) for table in (values, low, high))
    unbounded = np.isnan(least) | np.isnan(most)
    outside = (least > value) | (value > most) | (least > most)
    problems = []
    if unbounded.any():
        ids = name_ids(values.index[unbounded].tolist())
        problems.append(
            f"expected bounds of {name} everywhere, got NaN at {ids}; use 0 and 1 there"
        )
    if outside.any():
        ids = name_ids(values.index[outside].tolist())
        problems.append(f"expected {name} between its low and high, not so at {ids}; correct them")
    return problems
