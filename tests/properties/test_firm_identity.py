"""Properties of contracting names to firms, for any tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from standort.linkages import contract_firms, linkage

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.linkages import Contraction

NAMES = [f"f{i}" for i in range(9)]
KINDS = ["formal", "informal", "infrastructure"]
#: what tells rows of linkages apart, without where they come from
TIE = ["firm_u", "firm_v", "kind"]

pytestmark = pytest.mark.filterwarnings("ignore::standort.errors.StandortWarning")


class Data(NamedTuple):
    """The tables of a study."""

    owners: pd.DataFrame
    firms: pd.DataFrame
    linkages: pd.DataFrame
    memberships: pd.DataFrame
    assets: pd.DataFrame


@st.composite
def data(draw: Callable[..., Any]) -> Data:
    """Tables in which a name is owned by, or another name of, later names only: no circles."""
    anyone = st.sampled_from(NAMES)
    share = st.sampled_from([None, 0.1, 0.25, 0.5, 0.6, 1.0])
    year = st.sampled_from([None, 2010, 2015])
    owners = []
    for number, name in enumerate(NAMES[:-1]):
        later = st.sampled_from(NAMES[number + 1 :])
        if draw(st.booleans()) and number < 3:
            owners.append((name, None, None, draw(later), None, None))
            continue
        for owner, part, first in draw(st.lists(st.tuples(later, share, year), max_size=3)):
            owners.append((name, owner, part, None, first, None if first is None else first + 4))
    columns = ["firm", "owner", "share", "alias_of", "year_from", "year_to"]
    sites = draw(st.lists(st.tuples(st.sampled_from("pq"), anyone), min_size=1, max_size=12))
    edges = draw(st.lists(st.tuples(anyone, anyone, st.sampled_from(KINDS)), max_size=15))
    bodies = draw(st.lists(st.tuples(anyone, st.sampled_from("abc")), max_size=10))
    users = draw(st.lists(st.tuples(anyone, st.sampled_from("uv")), max_size=6))
    return Data(
        pd.DataFrame(owners, columns=columns),
        pd.DataFrame(sites, columns=["place", "firm"]),
        pd.DataFrame(edges, columns=TIE),
        pd.DataFrame(bodies, columns=["firm", "organisation"]),
        pd.DataFrame(users, columns=["firm", "asset"]),
    )


def contract(given: Data, owners: pd.DataFrame | None, year: int | None = None) -> Contraction:
    tables = (given.firms, given.linkages, given.memberships)
    return contract_firms(owners, *tables, assets=given.assets, year=year)


def rows(table: pd.DataFrame | None, columns: list[str]) -> list[tuple[str, ...]]:
    assert table is not None
    return sorted(table[columns].itertuples(index=False, name=None))


def assert_same(one: Contraction, other: Contraction) -> None:
    assert_frame_equal(one.names, other.names)
    assert rows(one.firms, ["place", "firm"]) == rows(other.firms, ["place", "firm"])
    assert rows(one.linkages, TIE) == rows(other.linkages, TIE)
    assert rows(one.memberships, ["firm", "organisation"]) == rows(
        other.memberships, ["firm", "organisation"]
    )
    assert rows(one.assets, ["firm", "asset"]) == rows(other.assets, ["firm", "asset"])


@given(data(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(tables: Data, chance: Any) -> None:  # noqa: ANN401
    shuffled = Data(*(table.iloc[chance.sample(range(len(table)), len(table))] for table in tables))
    one, other = contract(tables, tables.owners), contract(shuffled, shuffled.owners)
    assert_same(one, other)
    assert one.counts == other.counts
    assert_frame_equal(one.places.sort_index(), other.places.sort_index())


@given(data())
def test_to_contract_twice_is_to_contract_once(tables: Data) -> None:
    once = contract(tables, tables.owners)
    again = contract_firms(
        tables.owners, once.firms, once.linkages, once.memberships, assets=once.assets
    )
    for name in ("firms", "linkages", "memberships", "assets"):
        assert_frame_equal(getattr(once, name), getattr(again, name))
    assert not any(again.counts.values())


@given(data())
def test_nobody_that_is_another_firm_is_left(tables: Data) -> None:
    done = contract(tables, tables.owners)
    assert done.linkages is not None
    left = {*done.firms["firm"], *done.linkages["firm_u"], *done.linkages["firm_v"]}
    assert left.isdisjoint(done.names.index)
    assert (done.places["firms_after"] <= done.places["firms_before"]).all()


@given(data())
def test_without_a_table_of_firms_nothing_changes(tables: Data) -> None:
    done = contract(tables, None)
    for name in ("firms", "linkages", "memberships", "assets"):
        assert getattr(done, name) is getattr(tables, name)


@given(data(), st.sampled_from([2009, 2010, 2014, 2017, 2019]))
def test_rows_of_other_years_do_not_matter(tables: Data, year: int) -> None:
    owners = tables.owners
    start, end = (pd.to_numeric(owners[column]) for column in ("year_from", "year_to"))
    held = owners[~((start > year) | (end < year))]
    assert_same(contract(tables, owners, year), contract(tables, held, year))


@given(data())
def test_the_degree_of_linkage_can_be_measured(tables: Data) -> None:
    done = contract(tables, tables.owners)
    result = linkage(done.firms, done.linkages, done.memberships, assets=done.assets, draws=0)
    assert (result["n_firms"] == done.places.loc[result.index, "firms_after"]).all()
