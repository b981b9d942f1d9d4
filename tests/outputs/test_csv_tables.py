"""CSV tables hold no formulas, and come back as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from standort.outputs.csv_tables import read_csv, write_csv

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [
    "a",
    "-a",
    "-1",
    "+1e5",
    "=1+1",
    "@x",
    "\tb",
    "\rc",
    "'=1",
    "''-a",
    "'a",
    "NA",
    "null",
    "1",
]


def test_texts_come_back_as_they_were(tmp_path: Path) -> None:
    table = pd.DataFrame({"from_id": TEXTS, "to_id": "b", "distance_km": -0.5})
    path = write_csv(table, tmp_path / "pairs.csv")
    read = read_csv(path, texts=["from_id", "to_id"])
    assert read["from_id"].tolist() == TEXTS
    assert read["distance_km"].tolist() == [-0.5] * len(TEXTS)


@pytest.mark.parametrize("text", ["=1+1", "-a", "+a", "@x", "\tb", "\rc", "-2+3+cmd|' /C calc'!A0"])
def test_no_cell_or_column_name_is_a_formula(text: str, tmp_path: Path) -> None:
    path = write_csv(pd.DataFrame({text: [text]}), tmp_path / "t.csv")
    cells = path.read_bytes().decode().replace('"', "").split("\n")[:2]
    assert all(cell.startswith("'") for cell in cells)


def test_unknown_stays_unknown(tmp_path: Path) -> None:
    table = pd.DataFrame({"from_id": ["a", None], "to_id": "b", "distance_km": [None, 1.0]})
    read = read_csv(write_csv(table, tmp_path / "t.csv"), texts=["from_id", "to_id"])
    assert read["from_id"].isna().tolist() == [False, True]
    assert read["distance_km"].isna().tolist() == [True, False]
