"""Comparisons of two results: the changes and the reasons for them."""
