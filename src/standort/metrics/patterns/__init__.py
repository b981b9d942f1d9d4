"""Spatial statistics of point patterns, used as diagnostics."""
