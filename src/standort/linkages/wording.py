"""What is missing, and what was left out, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.linkages.measuring import LEAST_FIRMS

if TYPE_CHECKING:
    from standort.linkages.networks import Network

__all__ = ["say_missing", "say_notes"]

_COLLECT = {
    "formal": "linkages of kind formal (supply and value chains)",
    "informal": "memberships, or linkages of kind informal",
    "infrastructure": "assets with the firms that use them, or linkages of kind infrastructure",
}


def say_missing(network: Network) -> str:
    """Say what the degree of linkage of a unit lacks; empty if nothing."""
    told = [
        f"no linkage data for the {name} layer: collect {_COLLECT[name]}"
        for name, layer in network.layers.items()
        if not layer.observed
    ]
    informal = network.layers["informal"]
    if informal.observed and not informal.joined:
        told.append("no memberships: whether firms are in coordinating bodies is not known")
    if len(network) < LEAST_FIRMS:
        told.append(f"fewer than {LEAST_FIRMS} firms: a degree of linkage says nothing of so few")
    return "; ".join(told)


def say_notes(network: Network, unnamed: int) -> str:
    """Count the rows of a unit that were left out or repeat another; empty if none were."""
    repeats = sum(layer.repeats for layer in network.layers.values())
    counts = (
        (repeats, "rows repeat a tie or membership and count once"),
        (network.loops, "rows link a firm with itself and are left out"),
        (unnamed, "rows of the unit name no firm and are left out"),
    )
    return "; ".join(f"{count} {what}" for count, what in counts if count)
