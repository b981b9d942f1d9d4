"""A slow reference implementation of the degree of linkage, with sets and networkx."""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pandas as pd

LAYERS = ("formal", "informal", "infrastructure")
OMEGA = dict.fromkeys(LAYERS, 1.0)


class Tables(NamedTuple):
    """Everything `linkage` takes, in its order."""

    firms: pd.DataFrame
    linkages: pd.DataFrame
    memberships: pd.DataFrame
    assets: pd.DataFrame


def random_tables(seed: int, *, n_places: int = 3, n_firms: int = 9) -> Tables:
    """Overlapping places, firms outside all, repeated rows, both directions and self loops."""
    rng = np.random.default_rng(seed)
    names = np.array([f"firm {i:02d}" for i in range(n_places * n_firms)])
    everyone = np.append(names, [f"outsider {i}" for i in range(4)])
    firms = pd.DataFrame(
        {
            "place": np.repeat([f"place {u}" for u in range(n_places)], n_firms),
            "firm": rng.choice(names, n_places * n_firms),
        }
    )
    n_edges = int(rng.integers(0, 8 * n_firms))
    linkages = pd.DataFrame(
        {
            "firm_u": rng.choice(everyone, n_edges),
            "firm_v": rng.choice(everyone, n_edges),
            "kind": rng.choice(LAYERS, n_edges),
        }
    )
    n_members = int(rng.integers(0, 3 * n_firms))
    memberships = pd.DataFrame(
        {
            "firm": rng.choice(everyone, n_members),
            "organisation": rng.choice([f"body {i}" for i in range(6)], n_members),
            "kind": rng.choice(["council", "club"], n_members),
        }
    )
    n_users = int(rng.integers(0, 2 * n_firms))
    assets = pd.DataFrame(
        {
            "firm": rng.choice(everyone, n_users),
            "asset": rng.choice([f"asset {i}" for i in range(5)], n_users),
        }
    )
    return Tables(firms, linkages, memberships, assets)


def layer_data(tables: Tables, layer: str) -> tuple[list[tuple[str, str]], set[tuple[str, str]]]:
    """Give the recorded edges of a layer, and who is in which body."""
    held = tables.linkages[tables.linkages["kind"] == layer]
    edges = [(u, v) for u, v in zip(held["firm_u"], held["firm_v"], strict=True) if u != v]
    members: set[tuple[str, str]] = set()
    if layer == "informal":
        table, of = tables.memberships, "organisation"
        members = set(zip(table[of], table["firm"], strict=True))
    if layer == "infrastructure":
        members = set(zip(tables.assets["asset"], tables.assets["firm"], strict=True))
    return edges, members


def layer_graph(edges: Any, members: Any, firms: set[str]) -> nx.Graph:  # noqa: ANN401
    """Tie the firms of a place, with weights 1 for a link and Newman's for each body."""
    graph = nx.Graph()
    graph.add_nodes_from(firms)
    graph.add_edges_from({(u, v) for u, v in edges if u in firms and v in firms}, weight=1.0)
    for body in {body for body, _ in members}:
        inside = sorted({firm for b, firm in members if b == body} & firms)
        for u, v in combinations(inside, 2):
            before = graph.get_edge_data(u, v, {"weight": 0.0})["weight"]
            graph.add_edge(u, v, weight=before + 1.0 / (len(inside) - 1))
    return graph


def inclusion(graph: nx.Graph) -> float:
    """Give the share of nodes in the largest component with an edge."""
    largest = max((len(c) for c in nx.connected_components(graph)), default=0)
    return largest / len(graph) if largest > 1 else 0.0


def mean_degree(graph: nx.Graph) -> float:
    """Give the mean of the weights at a node."""
    return sum(dict(graph.degree(weight="weight")).values()) / len(graph)


def brute_linkage(
    tables: Tables, place: str, *, k0: float = 2.0, mu: float = 0.2
) -> dict[str, Any]:
    """Work out a place as the method says it."""
    firms = set(tables.firms.loc[tables.firms["place"] == place, "firm"])
    result: dict[str, Any] = {"n_firms": len(firms)}
    graphs, scores, seen = {}, {}, set()
    for layer in LAYERS:
        edges, members = layer_data(tables, layer)
        seen |= ({f for edge in edges for f in edge} | {firm for _, firm in members}) & firms
        graph = graphs[layer] = layer_graph(edges, members, firms)
        k = mean_degree(graph)
        parts = [k / (k + k0), inclusion(graph)]
        result |= {
            f"{layer}_m": graph.number_of_edges(),
            f"{layer}_u1": parts[0],
            f"{layer}_u2": parts[1],
        }
        if layer == "informal":
            count = {b: len({f for c, f in members if c == b}) for b, _ in members}
            parts.append(len({f for b, f in members if count[b] > 1} & firms) / len(firms))
            result["informal_u4"] = parts[2]
        result[f"{layer}_score"] = scores[layer] = sum(parts) / len(parts)
    result["coverage"] = len(seen) / len(firms)
    pairs = [{frozenset(edge) for edge in graph.edges} for graph in graphs.values()]
    several = {pair for one, other in combinations(pairs, 2) for pair in one & other}
    second = sorted(mean_degree(graph) for graph in graphs.values())[1]
    k = min(2 * len(several) / len(firms), second)
    result["u3"] = k / (k + 1)
    if len(firms) > 2:
        mean = sum(scores.values()) / len(scores)
        result["linkage_recorded"] = (1 - mu) * mean + mu * result["u3"]
    return result
