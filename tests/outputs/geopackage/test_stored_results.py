"""Reading one site of a result: right rows, and messages that help."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from standort.errors import FileError, OptionError
from standort.outputs.geopackage.stored_results import (
    is_result,
    read_manifest,
    read_place,
    read_result,
    read_site,
)
from standort.outputs.geopackage.writer import write_geopackage
from standort.results.manifest import brief_manifest, flatten_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from outputs.result_tables import Tables


@pytest.fixture
def result_path(tables: Tables, tmp_path: Path) -> Path:
    """Write the result to a file with a name that an address would have to escape."""
    return write_geopackage(
        tmp_path / "a result #1?.gpkg",
        layers={"sites": tables.sites},
        tables={
            "contributions": tables.contributions,
            "manifest": flatten_manifest(tables.manifest),
            "places": pd.DataFrame({"place": ["Humber"], "kind": "initiative", "advantage": 0.5}),
            "place_members": pd.DataFrame({"place": ["Humber"], "site_id": "drax"}),
            "place_contributions": pd.DataFrame({"place": ["Humber"]}),
        },
    )


def test_only_the_rows_of_the_site_are_read(result_path: Path, tables: Tables) -> None:
    stored = read_site(result_path, "drax")
    assert stored.site.name == "drax"
    assert list(stored.site.index) == [c for c in tables.sites.columns if c != "geometry"]
    assert stored.contributions["site_id"].tolist() == ["drax"] * 3
    assert stored.contributions["criterion"].tolist() == [
        "neighbour_emissions",
        "co2_storage_distance",
        "port_distance",
    ]
    assert stored.manifest == tables.manifest


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("Draks", "did you mean 'drax'?"),
        ("KILLINGHOLM", "did you mean 'killingholme', "),
        ("works", "did you mean 'immingham' (Immingham works)?"),
        ("'; DROP TABLE sites; --", "the layer 'sites' lists the ids"),
    ],
)
def test_an_unknown_site_gets_a_hint(wanted: str, hint: str, result_path: Path) -> None:
    with pytest.raises(OptionError) as caught:
        read_site(result_path, wanted)
    assert f"has no site {wanted!r}; {hint}" in str(caught.value)
    assert read_site(result_path, "drax").site["name"] == "Drax"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"there is no file '.*none.gpkg'; check the path"):
        read_site(tmp_path / "none.gpkg", "a")


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.gpkg"
    path.write_text("not a database, " * 100)
    with pytest.raises(FileError, match=r"not a result of standort, or is damaged \(file is not a"):
        read_site(path, "a")


def test_a_geopackage_without_a_result_is_refused(tmp_path: Path) -> None:
    path = write_geopackage(
        tmp_path / "other.gpkg", layers={}, tables={"sites": pd.DataFrame({"site_id": ["a"]})}
    )
    with pytest.raises(FileError, match="has no contributions, no manifest; give the file written"):
        read_site(path, "a")


def test_a_result_of_chunks_is_a_result_without_contributions(tmp_path: Path) -> None:
    site = pd.DataFrame({"site_id": ["a"], "score": 0.5, "score_min": 0.5, "score_max": 0.5})
    tables = {"sites": site.assign(coverage=1.0, basis="port"), "manifest": brief_manifest("a")}
    path = write_geopackage(tmp_path / "chunks.gpkg", layers={}, tables=tables)
    assert is_result(path)
    with pytest.raises(FileError, match="sites scored in chunks lack them"):
        read_site(path, "a")


def test_tables_with_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.gpkg"
    with sqlite3.connect(path) as connection:
        for table in ("sites", "contributions", "manifest"):
            connection.execute(f"CREATE TABLE {table} (a TEXT)")
    connection.close()
    with pytest.raises(FileError, match="is not a result of standort"):
        read_site(path, "a")


READERS: dict[str, Callable[[Path], object]] = {
    "result": read_result,
    "site": lambda path: read_site(path, "drax"),
    "place": lambda path: read_place(path, "Humber"),
    "manifest": read_manifest,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE manifest SET value = CAST(x'22ff22' AS TEXT)",
        "UPDATE manifest SET value = NULL",
        "UPDATE manifest SET key = NULL",
        "UPDATE manifest SET value = 'no JSON'",
        """UPDATE manifest SET key = 'profile', value = '"a text"'""",
    ],
)
def test_a_damaged_manifest_is_refused(reader: str, change: str, result_path: Path) -> None:
    READERS[reader](result_path)
    with closing(sqlite3.connect(result_path)) as connection:
        connection.execute(change)
        connection.commit()
    with pytest.raises(FileError, match="is damaged"):
        READERS[reader](result_path)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("table", ["sites", "contributions", "places", "manifest"])
def test_a_damaged_page_is_refused(reader: str, table: str, result_path: Path) -> None:
    with closing(sqlite3.connect(result_path)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()
    with result_path.open("r+b") as file:
        file.seek(size * page - size // 2)  # the later half, where the rows lie
        file.write(b"\xff" * (size // 2))
    with pytest.raises(FileError, match="is damaged"):
        READERS[reader](result_path)
