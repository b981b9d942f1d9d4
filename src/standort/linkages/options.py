"""Checks of the options of the linkage functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from standort.errors import OptionError, WeightError, name_ids
from standort.linkages.firm_tables import LAYERS
from standort.linkages.layer_scores import Settings

if TYPE_CHECKING:
    from standort.linkages.firm_tables import SourceTables


def as_settings(k0: float, mu: float, omega: Mapping[str, float] | None) -> Settings:
    """Return the settings of the degree of linkage, with a weight above 0 for each layer."""
    weights = dict.fromkeys(LAYERS, 1.0) if omega is None else dict(omega)
    if sorted(weights) != sorted(LAYERS) or not all(weights.values()):
        msg = f"expected omega to be a weight > 0 for each of {', '.join(LAYERS)}, got {weights!r}"
        raise WeightError(msg)
    return Settings(float(k0), float(mu), {name: float(weights[name]) for name in LAYERS})


def check_anchors(anchor: str | Mapping[Any, str] | None, tables: SourceTables) -> dict[Any, int]:
    """Return the position of the anchor in each place that has one.

    A single name may be missing from some places; a mapping must be valid for every place in it.
    """
    if anchor is None:
        return {}
    named = dict(anchor) if isinstance(anchor, Mapping) else dict.fromkeys(tables.places, anchor)
    positions = {}
    for place, name in named.items():
        firms = tables.names[tables.places[place]] if place in tables.places else tables.names[:0]
        if str(name).strip() in firms:
            positions[place] = list(firms).index(str(name).strip())
    lacking = [place for place in named if place not in positions]
    if lacking and (isinstance(anchor, Mapping) or not positions):
        msg = (
            "expected each anchor to be a firm of its place; it is not for the places "
            f"{name_ids(lacking)}: correct the name or omit the place"
        )
        raise OptionError(msg)
    return positions
