"""Scoring: value functions, weights, aggregation and profiles; arithmetic only, no geometry.

From metric to score: a criterion's value function turns a metric into a partial value
(`criterion.value(metric)`), `score_table` turns partial values into components and scores, and
`contributions` returns what each criterion adds.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
