"""Scoring: value functions, weights, aggregation and profiles. Arithmetic only, no geometry.

From metric to score: a criterion's value function turns a metric into a partial value
(`criterion.value(metric)`), `score_table` turns partial values into components and scores, and
`contributions` tells what each criterion adds.
"""

from standort.scoring.aggregation import (
    COMPONENT_AGGREGATIONS,
    aggregate,
    arithmetic,
    geometric,
    minimum,
    weighted_mean,
)
from standort.scoring.comparing import check_comparable
from standort.scoring.contributions import contributions
from standort.scoring.decays import DistanceDecay
from standort.scoring.definition import defined_profile, profile_definition
from standort.scoring.filters import Filter, FilterOutcome, apply_filter
from standort.scoring.profiles import (
    ClusterCriterion,
    ClusterSettings,
    Component,
    Criterion,
    Profile,
    load_profile,
    parse_profile,
    profile_names,
    profile_text,
)
from standort.scoring.raising import possible_raises, reference_points, unknown_spans
from standort.scoring.scores import score_table
from standort.scoring.value_functions import (
    ValueFunction,
    goalpost,
    log_piecewise,
    logistic,
    out_of_range_share,
    piecewise,
)
from standort.scoring.weighting import basis_criteria, criterion_weights

__all__ = [
    "COMPONENT_AGGREGATIONS",
    "ClusterCriterion",
    "ClusterSettings",
    "Component",
    "Criterion",
    "DistanceDecay",
    "Filter",
    "FilterOutcome",
    "Profile",
    "ValueFunction",
    "aggregate",
    "apply_filter",
    "arithmetic",
    "basis_criteria",
    "check_comparable",
    "contributions",
    "criterion_weights",
    "defined_profile",
    "geometric",
    "goalpost",
    "load_profile",
    "log_piecewise",
    "logistic",
    "minimum",
    "out_of_range_share",
    "parse_profile",
    "piecewise",
    "possible_raises",
    "profile_definition",
    "profile_names",
    "profile_text",
    "reference_points",
    "score_table",
    "unknown_spans",
    "weighted_mean",
]
