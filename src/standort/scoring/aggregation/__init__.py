"""Aggregation: partial values to components, components to a score."""
