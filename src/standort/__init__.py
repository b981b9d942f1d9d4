"""standort: how well industrial places stand for net zero, from GIS layers.

Read a study, score it, look at it::

    import standort

    study = standort.read_study("sample_layers/north_sea.gpkg")
    result = standort.score(study)
    result.sites.sort_values("score", ascending=False).head()

Modules load when first used, so importing the package costs next to nothing.
"""

from typing import Any

import lazy_loader

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name == "__version__":
        from importlib.metadata import version

        return version("standort")
    return _load(name)
