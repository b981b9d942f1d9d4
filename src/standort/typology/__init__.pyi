from .attribution import attribute_change
from .classes import TYPES, classify, compare_aggregations, compare_thresholds, possible_types
from .facts import FACTS, FactColumn
from .families import solution_families
from .margins import margins, spreads
from .natural_breaks import NaturalBreaks, natural_breaks
from .probabilities import type_probabilities
from .proofs import AtLeast, Fact, Not, Predicate, Proof, all_of, any_of
from .rules import APPROACHES, FAMILIES, Approach, Family, TableOne
from .screening import prove, screen
from .thresholds import Thresholds, find_thresholds
from .trajectories import trajectory
from .unit_table import KINDS, strategic_dispersed_sites, type_units

__all__ = [
    "APPROACHES",
    "FACTS",
    "FAMILIES",
    "KINDS",
    "TYPES",
    "Approach",
    "AtLeast",
    "Fact",
    "FactColumn",
    "Family",
    "NaturalBreaks",
    "Not",
    "Predicate",
    "Proof",
    "TableOne",
    "Thresholds",
    "all_of",
    "any_of",
    "attribute_change",
    "classify",
    "compare_aggregations",
    "compare_thresholds",
    "find_thresholds",
    "margins",
    "natural_breaks",
    "possible_types",
    "prove",
    "screen",
    "solution_families",
    "spreads",
    "strategic_dispersed_sites",
    "trajectory",
    "type_probabilities",
    "type_units",
]
