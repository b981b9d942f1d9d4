"""Typology of places, with probabilities, change over time and place-based screening.

The types of Rattle and Taylor (2025), doi 10.1002/geo2.70000, follow from locational advantage and
inter-firm linkage. This package computes types, their probabilities from given draws, their change
over the years, and the place-based approaches and solution families that suit a place. It uses
arithmetic and logic only: no geometry and no random numbers.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
