"""One-mode projection: against networkx with Newman's weights."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from networkx.algorithms import bipartite

from standort.errors import LayerError, OptionError
from standort.linkages import projection
from standort.linkages.one_mode import pairs_within_groups


@pytest.mark.parametrize("seed", range(10))
def test_equals_networkx(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {"firm": rng.choice(list("ABCDEFGH"), 25), "asset": rng.choice(["x", "y", "z", "w"], 25)}
    )
    graph = nx.Graph()
    graph.add_edges_from(("firm " + f, "asset " + a) for f, a in table.to_numpy())
    firms = [node for node in graph if node.startswith("firm")]
    weighted = bipartite.collaboration_weighted_projected_graph(graph, firms)
    counted = bipartite.weighted_projected_graph(graph, firms)
    result = projection(table, of="asset")
    assert len(result) == weighted.number_of_edges()
    assert (result["firm_u"] < result["firm_v"]).all()
    for row in result.itertuples():
        u, v = f"firm {row.firm_u}", f"firm {row.firm_v}"
        assert row.weight == pytest.approx(weighted[u][v]["weight"])
        assert row.shared == counted[u][v]["weight"]


def test_each_body_adds_one_to_the_strength_of_each_member() -> None:
    for n in (2, 3, 30):
        firm = [f"f{i:02d}" for i in range(n)]
        result = projection(pd.DataFrame({"firm": firm, "organisation": "association"}))
        strength = pd.concat([result.set_index(end)["weight"] for end in ("firm_u", "firm_v")])
        assert strength.groupby(level=0).sum().to_numpy() == pytest.approx(np.ones(n))


def test_one_member_or_none_gives_no_pair() -> None:
    columns = ["firm_u", "firm_v", "shared", "weight"]
    for table in (pd.DataFrame({"firm": ["A"], "organisation": ["x"]}), pd.DataFrame()):
        result = projection(table)
        assert result.columns.tolist() == columns
        assert result.empty


def test_year_selects_members() -> None:
    table = pd.DataFrame({"firm": list("ABC"), "organisation": "x", "year_to": [None, 2010, None]})
    assert len(projection(table)) == 3
    assert projection(table, year=2011)[["firm_u", "firm_v"]].to_numpy().tolist() == [["A", "C"]]


def test_problems_are_raised() -> None:
    with pytest.raises(OptionError, match="'organisation' or 'asset'"):
        projection(pd.DataFrame(), of="postcode")  # type: ignore[arg-type]
    with pytest.raises(LayerError, match="add organisation"):
        projection(pd.DataFrame({"firm": ["A"]}))


def test_pairs_within_groups_are_complete() -> None:
    group = np.array([0, 0, 0, 4, 7, 7])
    earlier, later = pairs_within_groups(group)
    expected = {(i, j) for j in range(6) for i in range(j) if group[i] == group[j]}
    assert set(zip(earlier.tolist(), later.tolist(), strict=True)) == expected
    assert len(earlier) == len(expected)
