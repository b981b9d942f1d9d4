"""Summaries of a result for the terminal."""
