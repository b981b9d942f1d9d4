"""Chertow's criterion of industrial symbiosis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.linkages.pairing import pairs_within_groups

if TYPE_CHECKING:
    from standort.linkages.networks import Layer, Network

__all__ = ["chertow_3_2"]

_LAYERS = ("formal", "infrastructure")
_FIRMS, _RESOURCES = 3, 2


def chertow_3_2(network: Network) -> bool | Any:  # noqa: ANN401 - pandas.NA
    """Tell whether three linked firms exchange two resources (Chertow 2007).

    Ties of the formal and the infrastructure layer within the unit are taken together. A resource
    is the ``subtype`` of a linkage, or the ``kind`` of an asset (its name, where it has no kind).

    Returns
    -------
    True where a group of linked firms has at least three firms and two resources; NA where neither
    layer is observed, or where a linkage that does not tell its resource may make the difference.
    """
    observed = [network.layers[name] for name in _LAYERS if network.layers[name].observed]
    if not observed:
        return pd.NA
    ties = pd.concat([_exchanges(layer) for layer in observed], ignore_index=True)
    known, possible = False, False
    for group in _groups(ties, len(network)):
        firms = len(np.unique(group[["u", "v"]].to_numpy()))
        told = group["resource"].nunique()
        # two rows about one pair may tell of two resources
        untold = int(group["resource"].isna().sum())
        known |= firms >= _FIRMS and told >= _RESOURCES
        possible |= firms >= _FIRMS and told + untold >= _RESOURCES
    return True if known else (pd.NA if possible else False)


def _exchanges(layer: Layer) -> pd.DataFrame:
    """Give the ties of a layer with what they carry."""
    members = layer.members
    earlier, later = pairs_within_groups(members["body"].to_numpy())
    firm = members["firm"].to_numpy(dtype=np.intp)
    shared = pd.DataFrame(
        {
            "u": firm[earlier],
            "v": firm[later],
            "resource": members["resource"].to_numpy(dtype=object)[earlier],
        }
    )
    return pd.concat([layer.resources, shared], ignore_index=True).astype({"resource": object})


def _groups(ties: pd.DataFrame, n: int) -> list[pd.DataFrame]:
    """Split ties into those of firms that hang together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    u, v = (ties[end].to_numpy(dtype=np.intp) for end in ("u", "v"))
    graph = coo_array((np.ones(len(u), dtype=np.int8), (u, v)), shape=(n, n))
    _, label = connected_components(graph.tocsr(), directed=False)
    return [group for _, group in ties.groupby(label[u])]
