"""Diagnostics of a scoring model: rank reversal, trade-offs, comparability."""
