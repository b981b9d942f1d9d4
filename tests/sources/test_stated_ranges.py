"""The stated ranges of methods of collection, and rows of `collection`."""

from __future__ import annotations

import pytest

from standort.errors import OptionError
from standort.sources.linkage_tables import COLUMNS, combine, tables
from standort.sources.stated_ranges import reach


def test_a_row_covers_all_places_and_firms_unless_said() -> None:
    row = reach("informal", "CORDIS", "project_db")
    assert (row["unit"], row["firms"]) == ("", "all")
    assert (row["detect_lo"], row["detect_hi"]) == (0.1, 0.4)


def test_a_register_of_stakes_shows_no_contracts() -> None:
    row = reach(
        "formal", "a register", "register", share_of_layer=(0.0, 1.0), firms=["B", "A", "B"]
    )
    assert (row["detect_lo"], row["detect_hi"], row["firms"]) == (0.0, 1.0, "A; B")


@pytest.mark.parametrize("share", [(0.5, 0.2), (-0.1, 1.0), (0.0, 1.1)])
def test_a_share_of_the_layer_is_a_range(share: tuple[float, float]) -> None:
    with pytest.raises(OptionError, match=r"within 0\.\.1"):
        reach("formal", "a register", "register", share_of_layer=share)


def test_empty_tables_have_their_columns() -> None:
    for name, frame in tables()._asdict().items():
        assert tuple(frame.columns) == COLUMNS[name]
        assert frame.empty
    assert combine().firms.empty


def test_numbers_are_floats_and_missing_text_is_none() -> None:
    firms = tables(firms=[{"firm": "A", "year_from": 2020}]).firms
    assert firms["year_from"].dtype == float
    assert firms["share"].isna().all()
    assert firms["owner"].tolist() == [None]
