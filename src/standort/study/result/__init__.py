"""The result of scoring a study: its tables, its manifest, and comparisons with others."""
