from .aggregation.chosen_aggregation import profile_aggregation
from .aggregation.contribution_shares import contributions
from .aggregation.means import COMPONENT_AGGREGATIONS, aggregate, arithmetic, geometric, minimum
from .aggregation.ordered_means import ordered_average, orness, owa, power_mean, topsis
from .aggregation.score_tables import score_table
from .aggregation.vetoes_and_gates import cap_classes, limit_names
from .diagnostics.batch_weights import critic_weights, entropy_weights
from .diagnostics.comparability import check_comparable
from .diagnostics.improvements import possible_raises, reference_points, unknown_spans
from .diagnostics.rank_reversals import ReversalTest, rank_reversal
from .diagnostics.trade_offs import substitution_rates, trade_off_rates
from .diagnostics.value_spread import end_shares, rank_correlations
from .profile.criteria import ClusterCriterion, Criterion
from .profile.decays import DistanceDecay
from .profile.definition import as_wholes, defined_profile, elicitation_summary, profile_definition
from .profile.filters import Filter, FilterOutcome, apply_filter
from .profile.loading import load_profile, parse_profile, profile_names, profile_text
from .profile.profile_model import ClusterSettings, Component, Profile
from .profile.value_functions import (
    ValueFunction,
    goalpost,
    log_piecewise,
    logistic,
    out_of_range_share,
    piecewise,
)
from .weights.best_worst import bwm
from .weights.effective_weights import basis_criteria, criterion_weights, weight_table
from .weights.elicitation import (
    Judgement,
    Weights,
    direct_weights,
    equal_weights,
    rank_order_centroid,
    swing_weights,
)
from .weights.judgements import JudgementRow, elicit, read_judgements
from .weights.pairwise_comparison import ahp
from .weights.weight_groups import ElicitedWeights

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
    "JudgementRow",
    "Profile",
    "ReversalTest",
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
    "end_shares",
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
    "rank_correlations",
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
]
