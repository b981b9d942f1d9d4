"""The ids a result can explain, and suggestions for unknown ones."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from standort.errors import FileError
from standort.outputs.explanation.lookup import describe_mismatch, explainable

if TYPE_CHECKING:
    from pathlib import Path

_SITES = [("pernis", "Pernis refinery", 0.8), ("drax", "Drax", None)]
_PLACES = [
    ("Pernis refinery", "cluster", 0.0, 0.7, 2022),
    ("Humber", "initiative", None, 0.6, 2022),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Write the tables that a file of a result has to have, with two sites and two places."""
    path = tmp_path / "scores.gpkg"
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE sites (site_id, name, score)")
        file.execute("CREATE TABLE places (place, kind, cluster, advantage, year)")
        file.execute("CREATE TABLE contributions (site_id)")
        file.execute("CREATE TABLE manifest (key, value)")
        file.executemany("INSERT INTO sites VALUES (?, ?, ?)", _SITES)
        file.executemany("INSERT INTO places VALUES (?, ?, ?, ?, ?)", _PLACES)
    return path


def test_clusters_are_listed_by_number_places_by_name_sites_by_id(path: Path) -> None:
    assert [entry[:3] for entry in explainable(path)] == [
        ("cluster", "0", "Pernis refinery"),
        ("initiative", "Humber", "Humber"),
        ("site", "pernis", "Pernis refinery"),
        ("site", "drax", "Drax"),
    ]


def test_the_last_of_several_years_is_listed(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO places VALUES ('Gone', 'cluster', 1, 0.5, 2010)")
    assert "Gone" not in [entry.name for entry in explainable(path)]


def test_the_message_names_the_kinds_and_how_to_list_them(path: Path) -> None:
    message = describe_mismatch(path, "nope")
    assert "has no site, cluster or place 'nope'; standort explain " in message
    assert message.endswith("lists the 2 sites, 1 cluster and 1 other place in it")


@pytest.mark.parametrize(
    ("asked", "suggestion"),
    [
        ("dracs", "site 'drax' (Drax)"),
        ("HUMBR", "initiative 'Humber'"),
        ("refinry", "cluster 0 (Pernis refinery)"),
        ("erni", "site 'pernis' (Pernis refinery)"),
    ],
)
def test_similar_ids_are_suggested(path: Path, asked: str, suggestion: str) -> None:
    assert suggestion in describe_mismatch(path, asked).split("did you mean ")[1].split("? ")[0]


def test_sites_are_not_suggested_for_places(path: Path) -> None:
    message = describe_mismatch(path, "drx", places_only=True)
    assert "did you mean" not in message
    assert "has no cluster or place 'drx'" in message


def test_a_file_without_places_has_sites(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DROP TABLE places")
    assert [entry.kind for entry in explainable(path)] == ["site", "site"]


def test_a_file_that_is_not_a_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="expected a result of standort"):
        explainable(tmp_path / "none.gpkg")
