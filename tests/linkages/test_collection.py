"""The table of searches: its contract, its defaults, and what it says."""

from __future__ import annotations

import pandas as pd
import pytest

from standort.errors import LayerError, StandortWarning
from standort.linkages import linkage
from standort.linkages.evidence.collection import METHODS, read_collection, searches_of

FIRMS = pd.DataFrame({"firm": ["A", "B", "C"], "place": "port"})


def log(**columns: object) -> pd.DataFrame:
    row = {"layer": ["formal"], "source": ["papers"], "method": ["press"]}
    return pd.DataFrame({**row, **{name: [value] for name, value in columns.items()}})


def test_a_method_has_a_default_range_that_is_called_assumed() -> None:
    for method, of in METHODS.items():
        row = read_collection(log(layer="informal", method=method, total_of="a body"), year=None)
        assert row is not None
        assert row[["detect_lo", "detect_hi"]].to_numpy().tolist() == [list(of.detect)]
        assert row["assumed"].all()
    statement = linkage(FIRMS, None, None, collection=log()).loc["port", "statement"]
    assert statement == "formal: papers: press shows 10% to 40% (assumed for the method)"
    told = linkage(FIRMS, None, None, collection=log(detect_lo=0.3, detect_hi=0.5))
    assert told.loc["port", "statement"] == "formal: papers: press shows 30% to 50%"


@pytest.mark.parametrize("column", ["unit", "initiative"])
def test_a_row_holds_for_its_place_or_for_all(column: str) -> None:
    for place, n in (("port", 1), ("elsewhere", 0), (None, 1), (" port ", 1)):
        read = read_collection(log(**{column: place}), year=None)
        assert len(searches_of(read, "port", ["A"])["formal"]) == n


def test_a_year_keeps_the_searches_of_that_year() -> None:
    table = log(year_from=2016, year_to=2016)
    assert len(read_collection(table, year=2016)) == 1  # type: ignore[arg-type]
    assert len(read_collection(table, year=2022)) == 0  # type: ignore[arg-type]


def test_a_source_that_was_searched_twice_counts_once() -> None:
    # without a year, the searches of 2016 and 2022 are both kept
    twice = pd.concat([log(year_from=2016, year_to=2016), log(year_from=2022, year_to=2022)])
    row = linkage(FIRMS, None, None, collection=twice).loc["port"]
    assert row["effort_formal"] == pytest.approx(0.25)


def test_a_list_of_members_examines_every_firm_but_only_for_its_body() -> None:
    table = log(layer="informal", method="member_list", firms="A", total_of="council")
    (search,) = searches_of(read_collection(table, year=None), "port", ["A", "B", "C"])["informal"]
    assert search.covered.all()
    row = linkage(FIRMS, None, None, collection=table).loc["port"]
    assert row["effort_informal"] == row["examined"] == 0.0


def test_firms_that_no_table_names_cause_a_warning() -> None:
    with pytest.warns(StandortWarning, match="1 firms occur in no other table: 'Shel'"):
        row = linkage(FIRMS, None, None, collection=log(method="roster", firms="A; Shel"))
    assert row.loc["port", "examined"] == pytest.approx(2 / 3 / 3)


def test_all_problems_are_raised_together() -> None:
    table = pd.concat(
        [
            log(layer="proximity", method="gossip"),
            log(detect_lo=0.5),
            log(detect_lo=0.6, detect_hi=0.4, false_hi=2.0),
            log(unit="a", initiative="b", total=-1.0),
            log(total=0.5),
            log(method="member_list"),
            log(total_of="a body"),
        ],
        ignore_index=True,
    )
    with pytest.raises(LayerError) as caught:
        linkage(FIRMS, None, None, collection=table)
    for part in (
        "expected layer to be one of formal, informal, infrastructure; not so in 1 rows: 0",
        "expected method to be one of roster",
        "expected both detect_lo and detect_hi, or neither; not so in 1 rows: 1",
        "expected detect_lo not above detect_hi; not so in 1 rows: 2",
        "expected false_hi to be a share in [0, 1]; not so in 1 rows: 2",
        "expected unit and initiative not to differ; not so in 1 rows: 3",
        "expected total to be a number >= 0 or empty; not so in 1 rows: 3",
        "expected total of ties to be a whole number; not so in 1 rows: 4",
        "expected total_of to name the body of a member_list; not so in 1 rows: 5",
        "expected no total_of in the formal layer, which has no bodies; not so in 1 rows: 6",
    ):
        assert part in str(caught.value)
