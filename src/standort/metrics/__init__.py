"""What is measured at a site, in physical units: proximity, density, accessibility.

Each public function measures one thing: `f(sites, features, *, options) -> Series`, on the index of
`sites`, never scaled. The `measure_...` functions give the same number together with the feature
that decided it and what is unknown within reach.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
