"""Explanations of a score: table, sentences and HTML page."""
