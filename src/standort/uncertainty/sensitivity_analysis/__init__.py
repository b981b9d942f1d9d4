"""Sensitivity of scores, ranks and margins to inputs and method choices."""
