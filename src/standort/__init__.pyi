from . import (
    batch,
    clusters,
    earth,
    errors,
    layers,
    linkages,
    metrics,
    outputs,
    results,
    roles,
    scoring,
    sources,
    surfaces,
    typology,
    uncertainty,
    units,
)
from .batch import score_file
from .layers import Study, inspect, read_layer, read_network, read_study
from .scoring import Profile, load_profile, profile_names
from .study import Result, WhatIf, availability, best_next, compare, follow_places, score, what_if
from .surfaces import surface

__version__: str

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
    "follow_places",
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
    "results",
    "roles",
    "score",
    "score_file",
    "scoring",
    "sources",
    "surface",
    "surfaces",
    "typology",
    "uncertainty",
    "units",
    "what_if",
]
