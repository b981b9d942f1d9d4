"""Batches: results, the table of outcomes, failures and refused options."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from cli.runs import run, write_study

from standort.batch import batch, expand_patterns
from standort.errors import (
    ComparabilityWarning,
    FileError,
    OptionError,
    ProfileError,
    StandortWarning,
)

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ["study", "status", "message", "n_sites", "n_clusters", "basis"]


@pytest.fixture
def studies(tmp_path: Path) -> list[Path]:
    """Write two sound studies and a broken one between them."""
    folder = tmp_path / "in"
    folder.mkdir()
    return [
        write_study(folder / "east.gpkg"),
        write_study(folder / "middle.gpkg", broken=True),
        write_study(folder / "west.gpkg"),
    ]


def test_one_broken_study_does_not_stop_the_others(studies: list[Path], tmp_path: Path) -> None:
    table = batch(studies, out_dir=tmp_path / "out")
    assert list(table.columns) == COLUMNS
    assert table["study"].tolist() == ["east.gpkg", "middle.gpkg", "west.gpkg"]
    assert table["status"].tolist() == ["ok", "failed", "ok"]
    assert "co2_t_per_yr" in table["message"][1]
    assert table["n_sites"].tolist()[::2] == [6, 6]
    assert table["n_clusters"].tolist()[::2] == [1, 1]
    assert table["n_sites"].isna().tolist() == [False, True, False]
    names = sorted(entry.name for entry in (tmp_path / "out").iterdir())
    assert names == ["batch.csv", "east.gpkg", "west.gpkg"]
    assert len(gpd.read_file(tmp_path / "out" / "west.gpkg", layer="sites")) == 6


def test_the_table_is_written_as_it_is_returned(studies: list[Path], tmp_path: Path) -> None:
    table = batch(studies, out_dir=tmp_path / "out")
    with (tmp_path / "out" / "batch.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == table["status"].tolist()
    assert [row["message"] for row in rows] == table["message"].tolist()
    assert [row["n_sites"] for row in rows] == ["6", "", "6"]


def test_any_number_of_workers_gives_the_same_bytes(
    studies: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    batch(studies, out_dir=tmp_path / "one")
    batch(studies, out_dir=tmp_path / "two", workers=2)
    files = sorted(entry.name for entry in (tmp_path / "one").iterdir())
    assert files == sorted(entry.name for entry in (tmp_path / "two").iterdir())
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_result_of_an_earlier_run_is_not_reported_as_new(
    studies: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    batch(studies[:1], out_dir=out)
    before = (out / "east.gpkg").read_bytes()
    write_study(studies[0], broken=True)
    table = batch(studies[:1], out_dir=out)
    assert "'east.gpkg' in the output folder is from an earlier run" in table["message"][0]
    assert (out / "east.gpkg").read_bytes() == before


def test_inputs_of_one_name_raise_before_any_work(studies: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    clash = write_study(other / "East.gpkg")
    with pytest.raises(OptionError, match=r"east.gpkg, .*East.gpkg would all be"):
        batch([*studies, clash], out_dir=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_studies_are_never_overwritten(studies: list[Path]) -> None:
    before = studies[0].read_bytes()
    with pytest.raises(OptionError, match=r"east.gpkg would replace it"):
        batch(studies[:1], out_dir=studies[0].parent)
    assert studies[0].read_bytes() == before


def test_a_file_that_is_not_a_result_is_not_replaced(studies: list[Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    other = write_study(tmp_path / "out" / "west.gpkg")
    before = other.read_bytes()
    with pytest.raises(FileError, match=r"west\.gpkg' is not a result of standort"):
        batch(studies, out_dir=tmp_path / "out")
    assert other.read_bytes() == before


def test_an_interrupted_batch_lists_what_is_done(studies: list[Path], tmp_path: Path) -> None:
    def stop(_study: str, done: int, _total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch(studies, out_dir=tmp_path / "out", progress=stop)
    with (tmp_path / "out" / "batch.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["ok", "failed", "failed"]
    assert rows[2]["message"] == "the batch was stopped before this study was done"


def test_differing_criteria_cause_a_warning(studies: list[Path], tmp_path: Path) -> None:
    write_study(studies[2], with_ports=False)
    with pytest.warns(ComparabilityWarning, match=r"east.gpkg: .* port_distance; west.gpkg"):
        table = batch([studies[0], studies[2]], out_dir=tmp_path / "out")
    with_ports, without = (set(basis.split(",")) for basis in table["basis"])
    assert with_ports - without == {"port_distance"}
    assert without <= with_ports


def test_warnings_name_their_study(tmp_path: Path) -> None:
    emitters = gpd.read_file(write_study(tmp_path / "plain.gpkg"), layer="emitters")
    emitters.geometry = emitters.geometry.translate(xoff=-360)
    folder = tmp_path / "wrapped"
    folder.mkdir()
    emitters.to_parquet(folder / "emitters.parquet")
    with pytest.warns(StandortWarning, match=r"^wrapped: layer 'emitters'.*longitude"):
        table = batch([folder], out_dir=tmp_path / "out")
    assert table["status"].tolist() == ["ok"]
    assert (tmp_path / "out" / "wrapped.gpkg").exists()


def test_progress_counts_up_to_all_studies(studies: list[Path], tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []

    def note(name: str, done: int, total: int) -> None:
        steps.append((name, done, total))

    batch(studies[:1], out_dir=tmp_path / "one", progress=note)
    assert steps[-1] == ("east.gpkg", 1, 1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"workers": 0}, OptionError, "workers to be a whole number from 1 to 1024, got 0"),
        ({"profile": "net"}, ProfileError, "net-zero"),
    ],
)
def test_invalid_options_raise(
    options: dict[str, object],
    error: type[Exception],
    message: str,
    studies: list[Path],
    tmp_path: Path,
) -> None:
    with pytest.raises(error, match=message):
        batch(studies, out_dir=tmp_path / "out", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_an_empty_list_of_studies_raises(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="expected at least one study, got none"):
        batch([], out_dir=tmp_path / "out")


def test_a_folder_that_cannot_be_created_raises(studies: list[Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FileError, match="cannot create the folder"):
        batch(studies, out_dir=tmp_path / "file" / "out")


def test_patterns_expand_in_order_and_once(studies: list[Path]) -> None:
    folder = studies[0].parent
    assert expand_patterns([f"{folder}/*.gpkg"]) == studies
    assert expand_patterns([studies[2], f"{folder}/?est.gpkg", studies[0]]) == [
        studies[2],
        studies[0],
    ]


def test_a_file_with_a_bracket_in_its_name_is_not_a_pattern(tmp_path: Path) -> None:
    path = write_study(tmp_path / "north[1].gpkg")
    assert expand_patterns([path]) == [path]


def test_all_patterns_without_match_are_raised_together(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"(?s)2 problems.*a\*.gpkg.*b\*.gpkg"):
        expand_patterns([f"{tmp_path}/a*.gpkg", f"{tmp_path}/b*.gpkg"])


def test_the_command_exits_with_2_if_any_study_failed(studies: list[Path], tmp_path: Path) -> None:
    pattern = str(studies[0].parent / "*.gpkg")
    result = run("batch", pattern, "--out-dir", tmp_path / "out")
    assert result.exit_code == 2
    assert "2 of 3 studies scored" in result.output
    assert "failed: middle.gpkg" in result.output
    assert "Traceback" not in result.output
    result = run("batch", studies[0], studies[2], "--out-dir", tmp_path / "sound")
    assert result.exit_code == 0, result.output
    assert "2 of 2 studies scored" in result.output
