"""Scores of draws, in arrays of draws x sites.

Every operation is elementwise, so results do not depend on how draws or sites are grouped. On the
recorded inputs scores equal those of `standort.scoring.score_table` to the bit where every value is
known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from standort.layers.features import as_sites
from standort.random_numbers import name_keys, normal, uniform
from standort.scoring import score_table
from standort.scoring.aggregation.chosen_aggregation import profile_formula
from standort.scoring.aggregation.formulas import VECTORISED, arithmetic
from standort.scoring.aggregation.vetoes_and_gates import excluded_sites
from standort.scoring.weights.effective_weights import basis_criteria
from standort.uncertainty.weight_draws import draw_shares

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from standort.array_types import Flags, Floats, Ints, Keys
    from standort.scoring import Profile
    from standort.scoring.profile.criteria import ClusterCriterion, Criterion
    from standort.study.engine import Engine
    from standort.uncertainty.input_spreads import Spreads

    Columns = dict[str, Floats]

_SITES_AT_ONCE = 65_536
#: least share of the components that are there, so that no weight is infinite
_LEAST = 1e-9


@dataclass(frozen=True, eq=False)
class ParameterDraws:
    """Weights and value-function factors, drawn anew in each draw; arrays have an entry per draw.

    Parameters
    ----------
    components, criteria
        Weights by id; those of criteria are inside their component. Only their ratios matter.
    factors
        By criterion, the factor applied to the breakpoints of its value function.
    absent
        Weights of the components without any criterion that can be computed, beside `components`.
    """

    components: Mapping[str, Floats]
    criteria: Mapping[str, Floats]
    factors: Mapping[str, Floats]
    absent: Mapping[str, Floats] = field(default_factory=dict)


def draw_parameters(
    profile: Profile, available: Sequence[str], draws: int, seed: int, spreads: Spreads
) -> ParameterDraws:
    """Draw the weights and the factors on breakpoints of all draws.

    Parameters
    ----------
    profile
        The profile; for places scored as wholes, that of
        `standort.study.group_scores.as_wholes`.
    available
        Ids of the criteria that can be computed.
    draws, seed
        Number of draws, and random seed.
    spreads
        The assumptions.

    Returns
    -------
    The draws. A criterion of sites and a cluster criterion of the same id share their factors.
    """
    numbers = np.arange(draws)
    basis = basis_criteria(available, profile=profile)
    valued = valued_criteria(available, profile=profile)
    factors = {
        c.id: np.exp(spreads.breakpoints * normal(seed, "value functions", name, numbers))
        for c, name in zip(valued, name_keys(c.id for c in valued), strict=True)
    }
    if spreads.concentration == np.inf:
        there = {c.component for c in basis}
        every = {c.id: np.full(draws, c.weight) for c in profile.components}
        components = {name: weight for name, weight in every.items() if name in there}
        absent = {name: w for name, w in every.items() if name not in there and w.any()}
        inside = {c.id: np.full(draws, c.weight) for c in basis}
        return ParameterDraws(components, inside, factors, absent)
    shares = draw_shares(profile, available, numbers, seed, concentration=spreads.concentration)
    tables = (shares.components, shares.within)
    across, within = ({str(name): t[name].to_numpy() for name in t.columns} for t in tables)
    absent = _absent_weights(profile, across, numbers, seed, spreads.concentration)
    return ParameterDraws(across, within, factors, absent)


def _absent_weights(
    profile: Profile,
    there: Mapping[str, Floats],
    numbers: Ints,
    seed: int,
    concentration: float | None,
) -> dict[str, Floats]:
    """Return the weights of absent components, given those of the others, which add up to 1.

    The share of a part of a Dirichlet draw does not depend on the ratios inside the rest.
    """
    names = [c.id for c in profile.criteria]
    every = draw_shares(profile, names, numbers, seed, concentration=concentration).components
    absent = [str(name) for name in every if name not in there]
    rest = np.maximum(1.0 - every[absent].sum(axis=1).to_numpy(), _LEAST)
    return {name: every[name].to_numpy() / rest for name in absent}


def valued_criteria(available: Collection[str], *, profile: Profile) -> tuple[Criterion, ...]:
    """List the criteria whose value is needed: those of the basis, and those with a gate or veto.

    A criterion of weight 0 adds nothing to a score but may still exclude a site.

    Parameters
    ----------
    available
        Ids of the criteria that can be computed.
    profile
        The profile.

    Returns
    -------
    Criteria in profile order.

    Examples
    --------
    >>> from standort.scoring import parse_profile
    >>> own = {"extends": "net-zero", "id": "coastal", "version": "1"}
    >>> own |= {"gates": {"port_distance": 0.1}, "weights": {"port_distance": 0}}
    >>> profile = parse_profile(own)
    >>> [c.id for c in valued_criteria(["heat_demand", "port_distance"], profile=profile)]
    ['port_distance', 'heat_demand']
    """
    basis = {c.id for c in basis_criteria(available, profile=profile)}
    return tuple(
        c
        for c in profile.criteria
        if c.id in basis or (c.id in available and not (c.gate is None and c.veto is None))
    )


def value_columns(
    metrics: Mapping[str, Floats],
    criteria: Sequence[Criterion | ClusterCriterion],
    parameters: ParameterDraws,
    draws: Ints,
    keys: Keys,
    *,
    seed: int,
) -> Columns:
    """Apply the drawn value functions to metrics; draw unknown values uniformly from [0, 1].

    Parameters
    ----------
    metrics
        By criterion, shape (n,) [unit of the criterion]; NaN is unknown.
    criteria
        The criteria to evaluate.
    parameters
        The draws.
    draws
        Numbers of the draws.
    keys
        Random key of each site, shape (n,).
    seed
        Random seed.

    Returns
    -------
    Partial values by criterion, shape (len(draws), n), none unknown.

    Notes
    -----
    Multiplying all breakpoints by f gives at x the value that the profile's function has at x / f;
    this holds for logarithmic and logistic functions too.
    """
    columns = {}
    for criterion in criteria:
        metric = metrics[criterion.id]
        factor = parameters.factors[criterion.id][draws]
        values = criterion.value(metric[np.newaxis, :] / factor[:, np.newaxis])
        unknown = np.flatnonzero(np.isnan(metric))
        if unknown.size:
            named = name_keys([criterion.id])[0]
            values[:, unknown] = uniform(
                seed, "unknown values", named, draws[:, np.newaxis], keys[unknown]
            )
        columns[criterion.id] = values
    return columns


def score_columns(
    columns: Mapping[str, Floats], parameters: ParameterDraws, draws: Ints, *, profile: Profile
) -> Floats:
    """Score partial values of draws.

    Parameters
    ----------
    columns
        By criterion of the basis, shape (len(draws), n), in [0, 1].
    parameters
        The weights.
    draws
        Numbers of the draws.
    profile
        The profile.

    Returns
    -------
    Scores, shape (len(draws), n).
    """
    return _aggregate(*_components(columns, parameters, draws, profile), profile)


def score_range(
    columns: Mapping[str, Floats], parameters: ParameterDraws, draws: Ints, *, profile: Profile
) -> tuple[Floats, Floats, Floats]:
    """Score partial values of draws, also with the components of no layer at 0 and at 1.

    Parameters
    ----------
    columns, parameters, draws, profile
        As for `score_columns`.

    Returns
    -------
    The scores on the known components, the lowest and the highest, each of shape (len(draws), n);
    the same array three times where every component is known.
    """
    means, weights = _components(columns, parameters, draws, profile)
    scores = _aggregate(means, weights, profile)
    if not parameters.absent:
        return scores, scores, scores
    weights += [weight[draws, np.newaxis] for weight in parameters.absent.values()]
    low, high = (
        _aggregate(
            [*means, *[np.full(scores.shape, end)] * len(parameters.absent)], weights, profile
        )
        for end in (0.0, 1.0)
    )
    return scores, np.minimum(low, scores), np.maximum(high, scores)


def _components(
    columns: Mapping[str, Floats], parameters: ParameterDraws, draws: Ints, profile: Profile
) -> tuple[list[Floats], list[Floats]]:
    """Return the means of the components that are there, and their weights."""
    basis = basis_criteria(list(columns), profile=profile)
    means, weights = [], []
    for component, weight in parameters.components.items():
        members = [c.id for c in basis if c.component == component]
        inside = [parameters.criteria[name][draws, np.newaxis] for name in members]
        values = [columns[name] for name in members]
        means.append(values[0] if len(values) == 1 else arithmetic(values, inside))
        weights.append(weight[draws, np.newaxis])
    return means, weights


def has_limits(profile: Profile, kind: str | None = None) -> bool:
    """Return whether any criterion of a profile has a gate or a veto, or the given kind."""
    kinds = ("gate", "veto") if kind is None else (kind,)
    criteria = (*profile.criteria, *profile.cluster_criteria)
    return any(getattr(c, name) is not None for c in criteria for name in kinds)


def exclude(scores: Floats, columns: Mapping[str, Floats], *, profile: Profile) -> Floats:
    """Set the score of sites that fail a gate to NaN, as `score_table` does.

    Parameters
    ----------
    scores
        Scores, shape (n,) or (len(draws), n).
    columns
        By criterion, partial values of that shape.
    profile
        The profile.

    Returns
    -------
    The scores, NaN where a gate excludes a site; the same array if the profile has no gate.

    Examples
    --------
    >>> from standort.scoring import parse_profile
    >>> own = {"extends": "net-zero", "id": "coastal", "version": "1"}
    >>> profile = parse_profile({**own, "gates": {"port_distance": 0.1}})
    >>> drawn = {"port_distance": np.array([[0.05, 0.3], [0.12, 0.2]])}
    >>> exclude(np.full((2, 2), 0.7), drawn, profile=profile)
    array([[nan, 0.7],
           [0.7, 0.7]])
    """
    if all(criterion.gate is None for criterion in profile.criteria):
        return scores
    failing = excluded_sites(columns, profile=profile, size=scores.shape[-1])
    return np.where(failing, np.nan, scores)


def vetoed(columns: Mapping[str, Floats], *, profile: Profile) -> Flags | None:
    """Return where a veto of the profile applies; vetoes change no score.

    Parameters
    ----------
    columns
        By criterion, drawn partial values, shape (len(draws), n).
    profile
        The profile.

    Returns
    -------
    Flags of that shape; None if none of these criteria has a veto.
    """
    failing = [
        columns[c.id] < c.veto for c in profile.criteria if c.veto is not None and c.id in columns
    ]
    return reduce(np.logical_or, failing) if failing else None


def scored_sites(engine: Engine) -> Flags:
    """Return which sites have a score on the recorded inputs, or would if no gate excluded them."""
    sites = engine.context.study.sites
    ungated = tuple(c.model_copy(update={"gate": None}) for c in engine.profile.criteria)
    profile = engine.profile.model_copy(update={"criteria": ungated})
    scored = np.zeros(len(sites), dtype=bool)
    for start in range(0, len(sites), _SITES_AT_ONCE):
        rows = slice(start, start + _SITES_AT_ONCE)
        values = engine.evaluate(as_sites(sites.iloc[rows]))
        scores = score_table(values.partial_values, values.low, values.high, profile=profile)
        scored[rows] = scores["score"].notna().to_numpy()
    return scored


def _aggregate(components: list[Floats], weights: list[Floats], profile: Profile) -> Floats:
    """Aggregate all draws at once if the formula takes arrays of weights, else one by one."""
    formula = profile_formula(profile)
    if profile.aggregation in VECTORISED:
        return formula(components, weights)
    rows = []
    for draw in range(len(components[0])):
        numbers = [float(weight[draw, 0]) for weight in weights]
        used = [k for k, number in enumerate(numbers) if number > 0.0]
        rows.append(formula([components[k][draw] for k in used], [numbers[k] for k in used]))
    return np.stack(rows)
