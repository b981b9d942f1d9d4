"""Comparisons of two results: what changed, and why."""
