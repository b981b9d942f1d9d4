from .aggregation import (
    COMPONENT_AGGREGATIONS,
    aggregate,
    arithmetic,
    geometric,
    minimum,
    weighted_mean,
)
from .averaging import ordered_average, orness, owa, power_mean, topsis
from .best_worst import bwm
from .choosing import elicitation_summary, profile_aggregation, weight_table
from .comparing import check_comparable
from .contributions import contributions
from .decays import DistanceDecay
from .definition import as_wholes, defined_profile, profile_definition
from .diagnostics import critic_weights, entropy_weights
from .elicitation import (
    Judgement,
    Weights,
    direct_weights,
    equal_weights,
    rank_order_centroid,
    swing_weights,
)
from .filters import Filter, FilterOutcome, apply_filter
from .judging import Said, elicit, read_judgements
from .limits import cap_classes, limit_names
from .pairwise import ahp
from .profiles import (
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
from .raising import possible_raises, reference_points, unknown_spans
from .reversals import ReversalTest, rank_reversal
from .scores import score_table
from .trade_offs import substitution_rates, trade_off_rates
from .value_functions import (
    ValueFunction,
    goalpost,
    log_piecewise,
    logistic,
    out_of_range_share,
    piecewise,
)
from .weight_groups import ElicitedWeights
from .weighting import basis_criteria, criterion_weights

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
