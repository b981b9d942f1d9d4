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
from standort.scoring.averaging import ordered_average, orness, owa, power_mean, topsis
from standort.scoring.best_worst import bwm
from standort.scoring.choosing import elicitation_summary, profile_aggregation, weight_table
from standort.scoring.comparing import check_comparable
from standort.scoring.contributions import contributions
from standort.scoring.decays import DistanceDecay
from standort.scoring.definition import as_wholes, defined_profile, profile_definition
from standort.scoring.diagnostics import critic_weights, entropy_weights
from standort.scoring.elicitation import (
    Judgement,
    Weights,
    direct_weights,
    equal_weights,
    rank_order_centroid,
    swing_weights,
)
from standort.scoring.filters import Filter, FilterOutcome, apply_filter
from standort.scoring.judging import Said, elicit, read_judgements
from standort.scoring.limits import cap_classes, limit_names
from standort.scoring.pairwise import ahp
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
from standort.scoring.reversals import ReversalTest, rank_reversal
from standort.scoring.scores import score_table
from standort.scoring.trade_offs import substitution_rates, trade_off_rates
from standort.scoring.value_functions import (
    ValueFunction,
    goalpost,
    log_piecewise,
    logistic,
    out_of_range_share,
    piecewise,
)
from standort.scoring.weight_groups import ElicitedWeights
from standort.scoring.weighting import basis_criteria, criterion_weights

__all__ = [
    "COMPONENT_AGGREGATIONS",
    "ClusterCriterion",
    "ClusterSettings",
    "Component",
    "Criterion",
    "DistanceDecay",
    "ElicitedWeights",
    "Filter",
    "FilterOutcome",
    "Judgement",
    "Profile",
    "ReversalTest",
    "Said",
    "ValueFunction",
    "Weights",
    "aggregate",
    "ahp",
    "apply_filter",
    "arithmetic",
    "as_wholes",
    "basis_criteria",
    "bwm",
    "cap_classes",
    "check_comparable",
    "contributions",
    "criterion_weights",
    "critic_weights",
    "defined_profile",
    "direct_weights",
    "elicit",
    "elicitation_summary",
    "entropy_weights",
    "equal_weights",
    "geometric",
    "goalpost",
    "limit_names",
    "load_profile",
    "log_piecewise",
    "logistic",
    "minimum",
    "ordered_average",
    "orness",
    "out_of_range_share",
    "owa",
    "parse_profile",
    "piecewise",
    "possible_raises",
    "power_mean",
    "profile_aggregation",
    "profile_definition",
    "profile_names",
    "profile_text",
    "rank_order_centroid",
    "rank_reversal",
    "read_judgements",
    "reference_points",
    "score_table",
    "substitution_rates",
    "swing_weights",
    "topsis",
    "trade_off_rates",
    "unknown_spans",
    "weight_table",
    "weighted_mean",
]
