"""Draws of the degree of linkage: against slow replicates; independence of other input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from linkages.brute_force import Tables, inclusion, mean_degree, random_tables
from pandas.testing import assert_frame_equal

from standort.errors import OptionError
from standort.linkages import linkage, linkage_draws
from standort.linkages.bootstrap import draw_firms, resample, weigh_ties
from standort.linkages.firm_network import build_network
from standort.linkages.firm_tables import LAYERS, read_tables
from standort.linkages.layer_scores import Settings, as_recorded, measure
from standort.linkages.recording_errors import _draw_records, _simulate_layer, _Source
from standort.random_numbers import below, name_keys, uniform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.linkages.bootstrap import Sample
    from standort.linkages.firm_network import Network

SETTINGS = Settings(2.0, 0.2, dict.fromkeys(LAYERS, 1.0))


def networks(tables: Tables) -> list[tuple[Network, NDArray[np.uint64]]]:
    read = read_tables(tables.firms, tables.linkages, tables.memberships, tables.assets, year=None)
    return [(build_network(read, held), read.keys[held]) for held in read.places.values()]


def replicate(network: Network, sample: Sample, draw: int) -> float:
    """Build one replicate tie by tie, as Snijders and Borgatti (1999) say it, and score it."""
    n = len(network)
    origin = sample.origin[draw]
    stand_in = {
        (int(one) % n, int(other) % n): int(pair)
        for one, other, pair in zip(sample.one, sample.other, sample.pair, strict=True)
        if one // n == draw
    }
    scores, ties = [], []
    for name, layer in network.layers.items():
        if not layer.observed:
            continue
        weight = np.zeros((n, n))
        held = weigh_ties(as_recorded(layer), n)
        weight[held.pair // n, held.pair % n] = held.weight
        weight += weight.T
        graph = nx.empty_graph(n)
        for i in range(n):
            for j in range(i + 1, n):
                u, v = origin[i], origin[j]
                if u == v:
                    u, v = divmod(stand_in[i, j], n)
                if weight[u, v] > 0:
                    graph.add_edge(i, j, weight=weight[u, v])
        k = mean_degree(graph)
        parts = [k / (k + 2.0), inclusion(graph)]
        if name == "informal" and layer.joined:
            inside = set(layer.members.loc[layer.members["counts"], "firm"])
            parts.append(sum(int(firm) in inside for firm in origin) / n)
        scores.append(sum(parts) / len(parts))
        ties.append({frozenset(edge) for edge in graph.edges})
    several = {p for a in range(len(ties)) for b in range(a) for p in ties[a] & ties[b]}
    k = 2 * len(several) / n
    return 0.8 * sum(scores) / len(scores) + 0.2 * k / (k + 1)


@pytest.mark.parametrize("seed", range(12))
def test_bootstrap_equals_slow_replicates(seed: int) -> None:
    tried = 0
    for network, keys in networks(random_tables(seed, n_firms=4 if seed % 2 else 11)):
        if sum(layer.observed for layer in network.layers.values()) < 2 or len(network) < 3:
            continue
        result = resample(network, keys, SETTINGS, draws=15, seed=seed)
        sample = draw_firms(keys, np.arange(15), seed)
        expected = [replicate(network, sample, draw) for draw in range(15)]
        assert result == pytest.approx(expected, abs=1e-12)
        tried += 1
    assert tried


def test_two_slots_of_one_firm_get_a_pair_of_different_firms() -> None:
    keys = name_keys(f"f{i}" for i in range(7))
    sample = draw_firms(keys, np.arange(200), 3)
    assert (np.sort(sample.times.sum(axis=1)) == 7).all()
    assert len(sample.one) == (sample.times * (sample.times - 1) // 2).sum()
    assert (sample.origin.ravel()[sample.one] == sample.origin.ravel()[sample.other]).all()
    u, v = sample.pair // 7, sample.pair % 7
    assert (u < v).all()
    shares = np.bincount(sample.pair, minlength=49)[np.unique(sample.pair)] / len(sample.pair)
    assert shares == pytest.approx(np.full(21, 1 / 21), abs=0.035)


def test_block_size_does_not_change_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = random_tables(2, n_firms=12)
    whole = linkage_draws(*tables[:3], assets=tables.assets, draws=40)
    for room in ("bootstrap", "recording_errors"):
        monkeypatch.setattr(f"standort.linkages.{room}._BLOCK", 700)
    assert_frame_equal(linkage_draws(*tables[:3], assets=tables.assets, draws=40), whole)


def test_draws_are_independent_of_row_order_places_and_number_of_draws() -> None:
    tables = random_tables(2, n_firms=8)

    def run(given: Tables, **options: Any) -> pd.DataFrame:  # noqa: ANN401
        return linkage_draws(*given[:3], assets=given.assets, **options)

    whole = run(tables, draws=30, seed=7)
    shuffled = Tables(*(table.sample(frac=1, random_state=1) for table in tables))
    assert_frame_equal(run(shuffled, draws=30, seed=7).loc[whole.index], whole, check_exact=True)
    alone = tables._replace(firms=tables.firms[tables.firms["place"] == "place 1"])
    assert_frame_equal(run(alone, draws=30, seed=7), whole.loc[["place 1"]], check_exact=True)
    assert not np.array_equal(run(tables, draws=30, seed=8), whole, equal_nan=True)


def test_perfect_records_give_the_bootstrap_about_the_degree() -> None:
    tables = random_tables(4, n_firms=12)
    degree = linkage(*tables[:3], assets=tables.assets, draws=400)
    exact = linkage_draws(*tables[:3], assets=tables.assets, missed=(0, 0), false=(0, 0), draws=400)
    known = degree["linkage"].notna()
    assert known.any()
    assert exact[known].mean(axis=1).to_numpy() == pytest.approx(degree["linkage"][known], abs=0.01)
    low = exact[known].quantile(0.05, axis=1).to_numpy()
    assert low == pytest.approx(degree["linkage_p05"][known])
    assert exact[~known].isna().all(axis=None)


def test_a_place_without_a_degree_has_no_draws() -> None:
    firms = pd.DataFrame({"firm": list("ABC")})
    assert linkage_draws(firms, None, None, draws=5).isna().all(axis=None)


def ring(n: int = 40) -> tuple[Network, NDArray[np.uint64]]:
    names = pd.Series([f"f{i:02d}" for i in range(n)])
    table = pd.DataFrame({"firm_u": names, "firm_v": np.roll(names, 1), "kind": "formal"})
    body = pd.DataFrame({"firm": names, "organisation": [f"b{i % 8}" for i in range(n)]})
    return networks(Tables(names.to_frame("firm"), table, body, pd.DataFrame()))[0]


def test_draws_measured_together_equal_draws_measured_alone() -> None:
    network, keys = ring()
    draw = np.arange(9)
    chances = np.full(9, 0.25)
    many = {
        name: _simulate_layer(
            network.layers[name],
            keys,
            name_keys(f"b{i}" for i in range(8)),
            _Source(1, 0, draw, chances, chances),
        )
        for name in ("formal", "informal")
    }
    together = measure(network, many, 9, SETTINGS)
    for d in range(9):
        graph = nx.empty_graph(len(network))
        formal = many["formal"]
        here = formal.edge_draw == d
        graph.add_edges_from(zip(formal.u[here], formal.v[here], strict=True), weight=1.0)
        k = mean_degree(graph)
        assert together.u1["formal"][d] == pytest.approx(k / (k + 2.0))
        assert together.u2["formal"][d] == pytest.approx(inclusion(graph))
        informal = many["informal"]
        mine = informal.member_draw == d
        met = nx.empty_graph(len(network))
        strength = 0
        for body in range(8):
            inside = informal.firm[mine & (informal.body == body)]
            strength += len(inside) if len(inside) > 1 else 0
            nx.add_path(met, inside)
        k = strength / len(network)
        assert together.u1["informal"][d] == pytest.approx(k / (k + 2.0))
        assert together.u2["informal"][d] == pytest.approx(inclusion(met))


def test_records_are_added_and_removed_at_the_given_rates() -> None:
    keys = name_keys(f"f{i}" for i in range(200))
    draw = np.arange(300)
    source = _Source(5, 0, draw, np.full(300, 0.3), np.full(300, 0.1))
    row, record_, beside = _draw_records(source, 21, (keys, keys[::-1]))
    kept = (beside == 0).sum() / (300 * 200)
    assert kept == pytest.approx(0.9, abs=0.005)
    # of all true records, 30 % are missed
    assert (beside > 0).sum() / len(beside) == pytest.approx(0.3, abs=0.005)
    assert len(set(zip(row.tolist(), record_.tolist(), beside.tolist(), strict=True))) == len(row)


def test_false_records_lower_and_missed_records_raise_the_degree() -> None:
    names = [f"f{i:02d}" for i in range(30)]
    firms = pd.DataFrame({"firm": names})
    rows = pd.DataFrame({"firm_u": names[:-1], "firm_v": names[1:]})
    both = pd.concat([rows.assign(kind="formal"), rows.assign(kind="informal")], ignore_index=True)

    def mean(missed: tuple[float, float], false: tuple[float, float]) -> float:
        drawn = linkage_draws(firms, both, None, missed=missed, false=false, draws=300)
        return float(drawn.mean(axis=1).iloc[0])

    exact = mean(missed=(0, 0), false=(0, 0))
    assert mean(missed=(0, 0), false=(0.2, 0.2)) < exact - 0.05
    assert mean(missed=(0.3, 0.3), false=(0, 0)) > exact + 0.02
    assert mean(missed=(0, 0), false=(1, 1)) < 0.05


@pytest.mark.parametrize(
    "option", [{"missed": (0, 1)}, {"missed": (0.3, 0.1)}, {"false": (0, 1.1)}, {"draws": 0}]
)
def test_options_out_of_range_raise(option: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(option))):
        linkage_draws(pd.DataFrame({"firm": ["A"]}), None, None, **option)


def test_hashed_numbers_are_uniform_and_uncorrelated() -> None:
    keys = name_keys(f"firm {i}" for i in range(400))
    drawn = uniform(0, 1, np.arange(500)[:, None], keys[None, :])
    assert np.histogram(drawn, 20, (0, 1))[0] / drawn.size == pytest.approx(
        np.full(20, 0.05), abs=0.002
    )
    for other in (
        uniform(1, 1, np.arange(500)[:, None], keys),
        np.roll(drawn, 1, 0),
        np.roll(drawn, 1, 1),
    ):
        assert abs(np.corrcoef(drawn.ravel(), other.ravel())[0, 1]) < 0.01
    assert np.unique(below(7, drawn)).tolist() == list(range(7))
    assert below(3, np.array([1.0 - 2.0**-53])).tolist() == [2]


def test_hashed_numbers_are_reproducible() -> None:
    keys = name_keys(["Shell"])
    assert int(keys[0]) == 0x93C315ED7E92B7E8
    assert float(uniform(0, 1, 2, keys)[0]) == 0.43253417706689035
