"""Checks of the options of the linkage functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.errors import OptionError, WeightError, gather, name_ids
from standort.linkages.firm_tables import LAYERS
from standort.linkages.layer_scores import Settings

if TYPE_CHECKING:
    from standort.linkages.firm_tables import SourceTables


def check_settings(k0: float, mu: float, omega: Mapping[str, float] | None) -> Settings:
    """Return the checked settings of the degree of linkage."""
    problems = []
    if not 0.0 < k0 < np.inf:
        problems.append(f"expected k0 to be a positive number, got {k0!r}")
    if not 0.0 <= mu <= 1.0:
        problems.append(f"expected mu to be in [0, 1], got {mu!r}")
    if problems:
        raise OptionError(gather(problems, of="the settings of linkage"))
    weights = dict.fromkeys(LAYERS, 1.0) if omega is None else dict(omega)
    if sorted(weights) != sorted(LAYERS) or not all(0 < w < np.inf for w in weights.values()):
        msg = f"expected omega to be a weight > 0 for each of {', '.join(LAYERS)}, got {weights!r}"
        raise WeightError(msg)
    return Settings(float(k0), float(mu), {name: float(weights[name]) for name in LAYERS})


def check_draws(draws: int, seed: int, *, least: int = 0) -> None:
    """Raise unless the number of draws and the seed are whole numbers in range."""
    for option, number, bound in (("draws", draws, least), ("seed", seed, 0)):
        if number < bound or int(number) != number:
            msg = f"expected {option} to be a whole number of at least {bound}, got {number!r}"
            raise OptionError(msg)


def check_share(
    option: str, bounds: tuple[float, float], *, below_one: bool
) -> tuple[float, float]:
    """Return a checked range of shares."""
    low, high = bounds
    if not 0.0 <= low <= high <= 1.0 or (below_one and high == 1.0):
        end = "[0, 1)" if below_one else "[0, 1]"
        msg = f"expected {option} to be two shares in {end} in ascending order, got {bounds!r}"
        raise OptionError(msg)
    return float(low), float(high)


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
