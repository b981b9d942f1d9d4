"""Dense clusters of sites, their tiers and profiles, and how much they depend on settings."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
