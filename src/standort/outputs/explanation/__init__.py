"""Explanations of one score: tables, sentences and a page."""
