"""standort: how well industrial places stand for net zero, from GIS layers.

Read a study, score it, look at it::

    import standort

    study = standort.read_study("sample_layers/north_sea.gpkg")
    result = standort.score(study)
    result.sites.sort_values("score", ascending=False).head()

Modules load when first used, so importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from standort import (
        batch,
        clusters,
        earth,
        errors,
        layers,
        linkages,
        metrics,
        outputs,
        scoring,
        surfaces,
        typology,
        uncertainty,
        units,
    )
    from standort.batch import score_file
    from standort.layers import Study, inspect, read_layer, read_network, read_study
    from standort.scoring import Profile, load_profile, profile_names
    from standort.study import (
        Result,
        WhatIf,
        availability,
        best_next,
        compare,
        follow_units,
        score,
        what_if,
    )
    from standort.surfaces import surface

__all__ = [
    "Profile",
    "Result",
    "Study",
    "WhatIf",
    "availability",
    "batch",
    "best_next",
    "clusters",
    "compare",
    "earth",
    "errors",
    "follow_units",
    "inspect",
    "layers",
    "linkages",
    "load_profile",
    "metrics",
    "outputs",
    "profile_names",
    "read_layer",
    "read_network",
    "read_study",
    "score",
    "score_file",
    "scoring",
    "surface",
    "surfaces",
    "typology",
    "uncertainty",
    "units",
    "what_if",
]

#: where each public name lives; a name of None is a module
_HOME: dict[str, str | None] = {
    **dict.fromkeys(
        ("Study", "inspect", "read_layer", "read_network", "read_study"), "standort.layers"
    ),
    **dict.fromkeys(("Profile", "load_profile", "profile_names"), "standort.scoring"),
    **dict.fromkeys(
        (
            "Result",
            "WhatIf",
            "availability",
            "best_next",
            "compare",
            "follow_units",
            "score",
            "what_if",
        ),
        "standort.study",
    ),
    "score_file": "standort.batch",
    "surface": "standort.surfaces",
    **dict.fromkeys(
        (
            "batch",
            "clusters",
            "earth",
            "errors",
            "layers",
            "linkages",
            "metrics",
            "outputs",
            "scoring",
            "surfaces",
            "typology",
            "uncertainty",
            "units",
        )
    ),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name == "__version__":
        from importlib.metadata import version

        return version("standort")
    if name not in _HOME:
        msg = f"module 'standort' has no attribute {name!r}"
        raise AttributeError(msg)
    home = _HOME[name]
    found = (
        import_module(f"standort.{name}") if home is None else getattr(import_module(home), name)
    )
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
