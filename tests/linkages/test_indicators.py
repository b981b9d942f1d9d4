"""Network indicators: closed forms, networkx and random networks."""

from __future__ import annotations

import math
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from linkages.brute_force import LAYERS, layer_data, layer_graph, random_tables

from standort.errors import OptionError
from standort.linkages import linkage_indicators
from standort.linkages.indicators import (
    _arc,
    _pair,
    conditional_p,
    external_internal,
    reciprocity_of,
    transitivity_of,
)


def describe(graph: nx.Graph, inside: Any = None, **options: Any) -> pd.Series[Any]:  # noqa: ANN401
    """Describe a graph as the formal layer of one place."""
    table = pd.DataFrame({"firm": [str(node) for node in (inside or graph.nodes)]})
    linkages = pd.DataFrame(
        [(str(u), str(v), "formal") for u, v in graph.edges], columns=["firm_u", "firm_v", "kind"]
    )
    result = linkage_indicators(table, linkages, None, **({"draws": 0} | options))
    return result.T[("all", "formal")]


def test_karate_club() -> None:
    """Zachary (1977), as networkx has it: method F.1 no. 38."""
    graph = nx.karate_club_graph()
    result = describe(graph)
    assert result["m"] == 78
    assert result["density"] == pytest.approx(0.139037, abs=5e-7)
    assert result["centralisation"] == pytest.approx(0.399621, abs=5e-7)
    assert result["transitivity"] == pytest.approx(0.255682, abs=5e-7)
    assert result["non_isolates"] == 1.0


def test_karate_club_by_factions() -> None:
    """11 ties between the two factions, 67 within: E-I = -.717949."""
    graph = nx.karate_club_graph()
    factions = nx.get_node_attributes(graph, "club")
    ties = []
    for faction in ("Mr. Hi", "Officer"):
        result = describe(graph, [node for node, club in factions.items() if club == faction])
        ties.append((result["external"], result["m"]))
        assert result["ei"] == pytest.approx((result["external"] - result["m"]) / sum(ties[-1]))
    assert [external for external, _ in ties] == [11, 11]
    assert sum(internal for _, internal in ties) == 67
    assert external_internal(11, 67) == pytest.approx(-0.717949, abs=5e-7)


def test_star_and_cycle() -> None:
    star, cycle = describe(nx.star_graph(4)), describe(nx.cycle_graph(5))
    assert (star["density"], star["centralisation"], star["transitivity"]) == (0.4, 1.0, 0.0)
    assert (cycle["density"], cycle["centralisation"]) == (0.5, 0.0)


@pytest.mark.parametrize("seed", range(25))
def test_equal_networkx(seed: int) -> None:
    tables = random_tables(seed, n_firms=7)
    result = linkage_indicators(*tables[:3], assets=tables.assets, draws=0)
    for place, names in tables.firms.groupby("place")["firm"]:
        firms = set(names)
        for layer in LAYERS:
            row = result.T[(place, layer)]
            edges, members = layer_data(tables, layer)
            if not ({f for e in edges for f in e} | {f for _, f in members}) & firms:
                assert row.drop(["n_firms", "observed"]).isna().all()
                continue
            graph = layer_graph(edges, members, firms)
            assert row["m"] == graph.number_of_edges()
            assert row["density"] == pytest.approx(nx.density(graph))
            assert row["non_isolates"] == pytest.approx(
                1 - nx.number_of_isolates(graph) / len(graph)
            )
            paths = any(degree > 1 for _, degree in graph.degree)
            closed = nx.transitivity(graph) if paths else math.nan
            assert row["transitivity"] == pytest.approx(closed, nan_ok=True)
            degree = [d for _, d in graph.degree]
            n = len(graph)
            spread = (
                sum(max(degree) - d for d in degree) / ((n - 1) * (n - 2)) if n > 2 else math.nan
            )
            assert row["centralisation"] == pytest.approx(spread, nan_ok=True)
            everyone = {f for e in edges for f in e} | {f for _, f in members} | firms
            whole = layer_graph(edges, members, everyone)
            crossing = sum((u in firms) != (v in firms) for u, v in whole.edges)
            assert row["external"] == crossing
            if layer == "formal":
                arcs = nx.DiGraph((u, v) for u, v in edges if {u, v} <= firms)
                mutual = nx.overall_reciprocity(arcs) if arcs.number_of_edges() else math.nan
                assert row["reciprocity"] == pytest.approx(mutual, nan_ok=True)
            else:
                assert math.isnan(row["reciprocity"])


def test_anchor_ties_of_a_layer() -> None:
    result = describe(nx.star_graph(4), anchor="0")
    assert result["anchor_ties"] == 1.0
    assert describe(nx.star_graph(4), anchor="1")["anchor_ties"] == 0.25


def test_persistence_counts_only_ties_of_known_age() -> None:
    firms = pd.DataFrame({"firm": list("ABCD")})
    linkages = pd.DataFrame(
        {
            "firm_u": list("ABCA"),
            "firm_v": list("BCDB"),
            "kind": "formal",
            "year_from": [2019, 2015, None, 2010],  # A-B is as old as its oldest as_recorded
        }
    )
    both = pd.DataFrame({"firm": list("AB"), "organisation": "x", "year_from": [2000, 2018]})
    result = linkage_indicators(firms, linkages, both, year=2020, draws=0)["persistence"]
    assert result.loc[("all", "formal")] == 1.0
    assert result.loc[("all", "informal")] == 0.0  # together since 2018
    before = linkage_indicators(firms, linkages.head(2), None, year=2019, draws=0)["persistence"]
    assert before.loc[("all", "formal")] == 0.0
    assert linkage_indicators(firms, linkages, None, draws=0)["persistence"].isna().all()


def test_weighted_density_needs_every_weight_and_a_reference() -> None:
    firms = pd.DataFrame({"firm": list("ABC")})
    linkages = pd.DataFrame(
        {"firm_u": list("ABA"), "firm_v": list("BAC"), "kind": "formal", "weight": [1.0, 3.0, 2.0]}
    )

    def weighted(table: pd.DataFrame, reference: float | None) -> float:
        result = linkage_indicators(firms, table, None, weight_reference=reference, draws=0)
        return float(result["weighted_density"].to_numpy()[0])

    assert weighted(linkages, 4.0) == pytest.approx((3 + 2) / (4 * 3))  # the larger of A-B counts
    assert math.isnan(weighted(linkages, None))
    assert math.isnan(weighted(linkages.assign(weight=[1.0, np.nan, 2.0]), 4.0))
    with pytest.raises(OptionError, match="weight_reference"):
        weighted(linkages, 2.5)


@pytest.mark.parametrize("n", [2, 3, 10, 70])
def test_every_pair_and_arc_has_one_number(n: int) -> None:
    u, v = _pair(np.arange(n * (n - 1) // 2))
    assert set(zip(u.tolist(), v.tolist(), strict=True)) == {
        (i, j) for j in range(n) for i in range(j)
    }
    u, v = _arc(np.arange(n * (n - 1)), n)
    pairs = set(zip(u.tolist(), v.tolist(), strict=True))
    assert pairs == {(i, j) for i in range(n) for j in range(n) if i != j}


def test_pair_numbers_are_exact_at_any_size() -> None:
    number = np.array([10**12, 10**12 + 1, 2**45, 2**50 - 1])
    u, v = _pair(number)
    assert ((u >= 0) & (u < v)).all()
    assert (v * (v - 1) // 2 + u == number).all()


def test_p_values_follow_the_exact_distribution_of_random_networks() -> None:
    # of the 20 networks of 3 ties on 4 firms, 4 are triangles: transitivity 1
    p = conditional_p(transitivity_of, 1.0, 3, 4, directed=False, draws=3999, seed=1)
    assert p == pytest.approx(4 / 20, abs=0.02)
    # of 15 pairs of arcs among 3 firms, 3 are mutual
    p = conditional_p(reciprocity_of, 1.0, 2, 3, directed=True, draws=3999, seed=1)
    assert p == pytest.approx(3 / 15, abs=0.02)


def test_p_values_distinguish_a_closed_network_from_a_random_one() -> None:
    closed = nx.disjoint_union_all([nx.complete_graph(4)] * 4)
    result = describe(closed, draws=99)
    assert result["transitivity_p"] == 0.01
    assert describe(nx.complete_graph(5), draws=99)["transitivity_p"] == 1.0
    assert math.isnan(describe(closed, draws=0)["transitivity_p"])
    assert describe(closed, draws=9)["reciprocity_p"] == 1.0  # every tie recorded once
