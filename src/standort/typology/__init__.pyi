from .attribution import attribute_change
from .facts import FACTS, FactColumn
from .four_types import TYPES, classify, compare_aggregations, compare_thresholds, possible_types
from .margins import margins, spreads
from .place_table import KINDS, strategic_dispersed_sites, type_places
from .probabilities import DrawRange, type_probabilities
from .reasoning import AtLeast, Fact, Not, Predicate, Reasoning, all_of, any_of
from .rules import APPROACHES, FAMILIES, Approach, Family, TableOne
from .screening import explain_approach, screen, solution_families
from .thresholds import NaturalBreaks, Thresholds, find_thresholds, natural_breaks
from .trajectories import trajectory

__all__ = [
    "APPROACHES",
    "FACTS",
    "FAMILIES",
    "KINDS",
    "TYPES",
    "Approach",
    "AtLeast",
    "DrawRange",
    "Fact",
    "FactColumn",
    "Family",
    "NaturalBreaks",
    "Not",
    "Predicate",
    "Reasoning",
    "TableOne",
    "Thresholds",
    "all_of",
    "any_of",
    "attribute_change",
    "classify",
    "compare_aggregations",
    "compare_thresholds",
    "explain_approach",
    "find_thresholds",
    "margins",
    "natural_breaks",
    "possible_types",
    "screen",
    "solution_families",
    "spreads",
    "strategic_dispersed_sites",
    "trajectory",
    "type_places",
    "type_probabilities",
]
