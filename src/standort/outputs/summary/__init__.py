"""Summaries of a result for a terminal: tables and sentences."""
