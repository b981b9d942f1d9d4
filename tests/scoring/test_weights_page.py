"""The examples of docs/weights.md run, and give what the page says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scoring.weights_page import PAGE, blocks, run_examples, table_of_weights

from standort.scoring import load_profile, weight_table

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 'extends = "net-zero"\nid = "own"\nversion = "1"\n'


def test_the_python_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names = run_examples()
    assert "storage over port: given 3, the weights say 2.47" in capsys.readouterr().out
    assert "\n".join(table_of_weights(names)) in PAGE.read_text(encoding="utf-8")
    shares = names["table"]["out_of_range"]
    assert 0.5 < shares["salt_cavern_distance"] < 0.6
    assert shares["neighbour_count"] == 0
    assert (names["scores"] <= names["components"].max(axis=1)).all()


def test_the_profile_of_the_page_loads(tmp_path: Path) -> None:
    path = tmp_path / "asked.toml"
    path.write_text(blocks("toml")[0], encoding="utf-8")
    table = weight_table(load_profile(path)).set_index("id")
    assert table.loc["net_zero_assets", "share"] == pytest.approx(0.5)
    assert table.loc["neighbour_emissions", "method"] == "ahp"


def test_the_file_of_the_page_loads(tmp_path: Path) -> None:
    (file,) = blocks("csv")
    (tmp_path / "judgements.csv").write_text(file, encoding="utf-8")
    path = tmp_path / "asked.toml"
    path.write_text(HEAD + blocks("toml")[1], encoding="utf-8")
    profile = load_profile(path)
    assert [elicited.group for elicited in profile.elicited] == ["components", "firm_proximity"]
    assert all(
        elicited.consistency_ratio is not None and elicited.consistency_ratio < 0.1
        for elicited in profile.elicited
    )


def test_the_limits_of_the_page_load(tmp_path: Path) -> None:
    path = tmp_path / "limited.toml"
    path.write_text(HEAD + blocks("toml")[2], encoding="utf-8")
    profile = load_profile(path)
    assert profile.criterion("co2_storage_distance").veto == 0.25
    assert profile.criterion("port_distance").gate == 0.05
