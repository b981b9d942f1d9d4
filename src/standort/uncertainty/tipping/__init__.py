"""Tipping points: the smallest change that alters a rank or a type."""
