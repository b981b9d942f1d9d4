"""Small counts of who is tied to whom in the recorded network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from standort.linkages.measuring import tied_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.linkages.measuring import DrawnLayer
    from standort.linkages.networks import Layer, Network

    Ints = NDArray[np.integer[Any]]

__all__ = ["anchor_share", "anchor_ties", "count_ties", "partners"]


def count_ties(drawn: DrawnLayer, n: int) -> int:
    """Count the pairs of firms with a tie, linked or in a body together."""
    return len(tied_pairs(drawn, n))


def partners(layer: Layer, firm: int) -> Ints:
    """Find the firms that one firm has a tie with in a layer."""
    edges, members = layer.edges, layer.members
    found = [edges.loc[edges["u"] == firm, "v"], edges.loc[edges["v"] == firm, "u"]]
    bodies = members.loc[members["firm"] == firm, "body"]
    found.append(members.loc[members["body"].isin(bodies) & (members["firm"] != firm), "firm"])
    return np.unique(np.concatenate([part.to_numpy(dtype=np.intp) for part in found]))


def anchor_share(layers: list[Layer], firm: int | None, n: int) -> float:
    """Give the share of the other firms with a tie to one firm in any of some layers."""
    if firm is None or n < 2 or not layers:  # noqa: PLR2004 - there is no other firm
        return float("nan")
    found = np.concatenate([partners(layer, firm) for layer in layers])
    return len(np.unique(found)) / (n - 1)


def anchor_ties(network: Network, firm: int | None) -> float:
    """Give the share of the other firms with a tie to the anchor, NaN where it is not known."""
    observed = [layer for layer in network.layers.values() if layer.observed]
    return anchor_share(observed, firm, len(network))
