"""Finding the table of a source in a file, and refusing other layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from small_sources import write_csv, write_workbook

from standort.errors import FileError, LayerError
from standort.sources.source_files import numbers, read_source, years

if TYPE_CHECKING:
    from pathlib import Path

_WANTED = {"name": ("Name", "Firm"), "share": ("Share",)}


def test_titles_above_the_header_and_other_sheets_are_passed_over(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "a.xlsx", ["Share", "Firm"], [[50, "NA"], [None, "B"]], titles=["Title", "2020"]
    )
    table = read_source(path, _WANTED, {"year": ("Year",)}, source="a register")
    assert table["name"].tolist() == ["NA", "B"]
    assert table["share"].tolist() == ["50", None]
    assert table["year"].tolist() == [None, None]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_text_is_read_as_it_stands(tmp_path: Path, name: str) -> None:
    path = write_csv(tmp_path / name, ["Name", "Share"], [["Växjö Energi ", "0"]])
    table = read_source(path, _WANTED, source="a register")
    assert table.to_dict("records") == [{"name": "Växjö Energi", "share": "0"}]


def test_another_layout_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "old.csv", ["Name", "Stake"], [["A", "1"]])
    with pytest.raises(
        LayerError, match=r"old\.csv.*columns Name, Share; got Name, Stake; without Share"
    ):
        read_source(path, _WANTED, source="a register")


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="found none at"):
        read_source(tmp_path / "none.xlsx", _WANTED, source="a register")
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"no workbook")
    with pytest.raises(FileError, match="cannot be read"):
        read_source(broken, _WANTED, source="a register")
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(FileError, match="cannot be read"):
        read_source(empty, _WANTED, source="a register")


def test_years_and_numbers() -> None:
    text = pd.Series(["2019", "2019.0", "2019-05-01", "unknown", None, "20191"], dtype=object)
    assert years(text).fillna(-1).tolist() == [2019, 2019, 2019, -1, -1, -1]
    share = pd.Series(["50", "50 %", "n.a.", None], dtype=object)
    assert numbers(share).fillna(-1).tolist() == [50, 50, -1, -1]
