"""Metrics of sites in physical units: proximity, density, accessibility and resources.

Each public function measures one quantity: `f(sites, features, *, options) -> Series`, on the index
of `sites`, never scaled. The `measure_...` functions return the same number with the feature that
decided it and the number of unknown quantities within reach.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
