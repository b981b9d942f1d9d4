"""Scoring: value functions, weights, aggregation, profiles. Arithmetic only, no geometry."""
