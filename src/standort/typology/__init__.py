"""Typology: what kind of place a unit is, how sure that is, and what it could become.

The types of Rattle and Taylor (2025), doi 10.1002/geo2.70000, from locational advantage and
inter-firm linkage; their probabilities from draws made elsewhere; their change over the years;
and which place-based approaches and solution families a unit could be home to. Arithmetic and
logic only: no geometry, and no drawing of random numbers.
"""

from standort.typology.attribution import attribute_change
from standort.typology.classes import (
    TYPES,
    classify,
    compare_aggregations,
    compare_thresholds,
    possible_types,
)
from standort.typology.facts import FACTS, FactColumn
from standort.typology.families import solution_families
from standort.typology.margins import margins, spreads
from standort.typology.natural_breaks import NaturalBreaks, natural_breaks
from standort.typology.probabilities import type_probabilities
from standort.typology.proofs import AtLeast, Fact, Not, Predicate, Proof, all_of, any_of
from standort.typology.rules import APPROACHES, FAMILIES, Approach, Family, TableOne
from standort.typology.screening import prove, screen
from standort.typology.thresholds import Thresholds, find_thresholds
from standort.typology.trajectories import trajectory
from standort.typology.unit_table import KINDS, strategic_dispersed_sites, type_units

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
