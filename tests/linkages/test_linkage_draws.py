"""Draws of the degree of linkage: what they hold, and that they depend on nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from linkages.brute_force import Tables, random_tables
from pandas.testing import assert_frame_equal

from standort.errors import OptionError
from standort.linkages import LAYERS, linkage, linkage_draws
from standort.linkages.evidence import completion
from standort.linkages.evidence.completion import density_quantiles, missed
from standort.random_numbers import below, name_keys, uniform

SEARCH = pd.DataFrame({"layer": LAYERS, "source": "papers", "method": "document_search"})


def run(tables: Tables, **given: Any) -> dict[str, pd.DataFrame]:  # noqa: ANN401
    options: dict[str, Any] = {"assets": tables.assets, "collection": SEARCH, "draws": 30} | given
    return linkage_draws(*tables[:3], **options)


def ring(n: int = 30) -> tuple[pd.DataFrame, pd.DataFrame]:
    names = [f"f{i:02d}" for i in range(n)]
    pairs = pd.DataFrame({"firm_u": names, "firm_v": np.roll(names, 1)})
    return pd.DataFrame({"firm": names}), pd.concat([pairs.assign(kind=k) for k in LAYERS])


def stated(low: float, high: float, **more: float) -> pd.DataFrame:
    return SEARCH.assign(detect_lo=low, detect_hi=high, **more)


def test_block_size_does_not_change_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = random_tables(2, n_firms=12)
    whole = run(tables)
    monkeypatch.setattr(completion, "_BLOCK", 700)
    for corner, drawn in run(tables).items():
        assert_frame_equal(drawn, whole[corner], check_exact=True)


def test_draws_are_independent_of_row_order_places_and_number_of_draws() -> None:
    tables = random_tables(2, n_firms=8)
    whole = run(tables, seed=7)
    shuffled = Tables(*(table.sample(frac=1, random_state=1) for table in tables))
    alone = tables._replace(firms=tables.firms[tables.firms["place"] == "place 1"])
    others = run(shuffled, seed=7), run(alone, seed=7), run(tables, seed=7, draws=12)
    for corner, drawn in whole.items():
        same = others[0][corner].loc[drawn.index]
        assert_frame_equal(same, drawn, check_exact=True)
        assert_frame_equal(others[1][corner], drawn.loc[["place 1"]], check_exact=True)
        assert_frame_equal(others[2][corner], drawn[range(12)], check_exact=True)
    assert not np.array_equal(run(tables, seed=8)["low"], whole["low"])


def test_a_large_place_repeats_its_draws_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completion, "DIFFERENT", 10)
    drawn = run(random_tables(2))["high"].to_numpy()
    assert np.array_equal(drawn[:, :10], drawn[:, 10:20])
    assert len(np.unique(drawn[0])) > 1


def test_few_firms_have_no_draws_and_unsearched_places_have_their_bounds() -> None:
    few = linkage_draws(pd.DataFrame({"firm": list("AB")}), None, None, draws=5)
    assert all(drawn.isna().all(axis=None) for drawn in few.values())
    firms = pd.DataFrame({"firm": list("ABC")})
    bounds = linkage(firms, None, None).T["all"]
    drawn = linkage_draws(firms, None, None, draws=5)
    assert drawn["low"].to_numpy().tolist() == [[bounds["linkage_lower"]] * 5]
    assert drawn["high"].to_numpy().tolist() == [[bounds["linkage_upper"]] * 5]
    assert drawn["middle"].isna().all(axis=None)


def test_what_nobody_searched_is_anything_from_its_record_to_all() -> None:
    firms, links = ring(8)
    formal = SEARCH[SEARCH["layer"] == "formal"].assign(detect_lo=1.0, detect_hi=1.0)
    row = linkage(firms, links, None, collection=formal).T["all"]
    assert row["linkage_p05"] == pytest.approx(row["linkage_lower"])
    assert row["linkage_p95"] == pytest.approx(row["linkage_upper"])
    assert np.isnan(row["linkage_p50"])
    assert "nobody searched for informal ties" in row["missing"]


def test_the_fewer_ties_a_search_shows_the_more_were_missed() -> None:
    firms, links = ring()
    medians = [
        float(linkage(firms, links, None, collection=stated(share, share)).T["all"]["linkage_p50"])
        for share in (1.0, 0.8, 0.5, 0.2)
    ]
    recorded = linkage(firms, links, None).T["all"]["linkage_recorded"]
    assert medians[0] == pytest.approx(recorded)
    assert np.all(np.diff(medians) > 0.0)


def test_the_number_of_missed_ties_is_that_of_the_stated_share() -> None:
    quantiles = density_quantiles(200.0, 2000.0, 0.5, (0.5, 1.0))
    assert quantiles.mean() == pytest.approx(0.2, rel=0.02)
    # of the density 0.2, half is on record: a ninth of the pairs without a record are tied
    assert missed(np.array([0.2]), np.array([0.5])) == pytest.approx(1 / 9)


def test_two_searches_miss_fewer_than_one() -> None:
    firms, links = ring()
    once = linkage(firms, links, None, collection=stated(0.5, 0.5)).T["all"]
    twice = pd.concat([stated(0.5, 0.5), stated(0.5, 0.5).assign(source="register")])
    both = linkage(firms, links, None, collection=twice).T["all"]
    assert both["effort_formal"] == pytest.approx(0.75)
    assert both["linkage_p50"] < once["linkage_p50"]


def test_a_roster_examines_a_pair_at_both_ends() -> None:
    firms, links = ring(15)
    asked = ";".join(firms["firm"][:8])
    log = stated(1.0, 1.0).assign(method="roster", firms=asked)
    row = linkage(firms, links, None, collection=log).T["all"]
    assert row["examined"] == pytest.approx(0.8)  # Frank (1977): 1 - C(7, 2) / C(15, 2)
    assert row["effort_formal"] == pytest.approx(0.8)
    partly = log.assign(detect_lo=0.5, detect_hi=0.5)
    row = linkage(firms, links, None, collection=partly).T["all"]
    both, one, pairs = 8 * 7 / 2, 8 * 7, 15 * 14 / 2
    assert row["effort_formal"] == pytest.approx((both * 0.75 + one * 0.5) / pairs)


def test_a_layer_that_was_asked_and_found_empty_is_known_to_be_empty() -> None:
    firms, links = ring(20)
    links = links[links["kind"] != "formal"]
    row = linkage(firms, links, None, collection=stated(1.0, 1.0)).T["all"]
    assert row["formal_score"] == 0.0
    assert row["linkage"] == pytest.approx(row["linkage_upper"])


def test_false_records_lower_the_degree() -> None:
    firms, links = ring()
    sure = linkage(firms, links, None, collection=stated(0.9, 0.9)).T["all"]
    doubt = stated(0.9, 0.9, false_lo=0.2, false_hi=0.4)
    doubted = linkage(firms, links, None, collection=doubt).T["all"]
    assert doubted["linkage_p05"] < sure["linkage_p05"] - 0.05
    twice = pd.concat([links.assign(source="one"), links.assign(source="other")])
    assert linkage(firms, twice, None, collection=doubt).T["all"]["linkage_p05"] > (
        doubted["linkage_p05"] + 0.02
    )


def test_a_stated_total_of_members_is_honoured() -> None:
    firms, links = ring(20)
    some = pd.DataFrame({"firm": firms["firm"][:7], "organisation": "port association"})
    log = stated(0.2, 0.6)
    share = pd.DataFrame(
        {
            "layer": ["informal"],
            "source": "its report",
            "method": "none",
            "total": 0.95,
            "total_of": "port association",
        }
    )
    without = linkage(firms, links, some, collection=log).T["all"]
    both = pd.concat([log, share], ignore_index=True)
    honoured = linkage(firms, links, some, collection=both).T["all"]
    assert honoured["informal_u4"] == without["informal_u4"] == pytest.approx(7 / 20)
    # 19 of 20 firms: u4 19/20 instead of 7/20, and 12 more firms with a tie
    before, after = (2.0 + 7 / 20), (2.0 + 19 / 20)
    gain = (after / (after + 2) - before / (before + 2) + 12 / 20) / 3
    assert honoured["linkage_lower"] - honoured["linkage_recorded"] == pytest.approx(0.8 * gain / 3)
    assert honoured["linkage_p05"] > without["linkage_p05"]


@pytest.mark.parametrize("option", [{"draws": 0}, {"seed": -1}])
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
