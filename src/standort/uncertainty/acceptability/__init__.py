"""Stochastic multicriteria acceptability analysis (SMAA-2)."""
