"""Spatial statistics of point patterns and regions, used as diagnostics."""
