"""Figures and interactive maps."""
