"""Typology: what kind of place a place is, how sure that is, and what it could become.

The types of Rattle and Taylor (2025), doi 10.1002/geo2.70000, from locational advantage and
inter-firm linkage; their probabilities from draws made elsewhere; their change over the years;
and which place-based approaches and solution families a place could be home to. Arithmetic and
logic only: no geometry, and no drawing of random numbers.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
