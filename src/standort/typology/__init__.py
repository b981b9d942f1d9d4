"""Typology."""
