"""Readers of linkage data: registers of owners, and databases of projects.

Each reader returns linkages, memberships, assets, firms and what it knows of its own reach.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
