"""The examples of docs/weights.md run, and give what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from standort.scoring import load_profile, weight_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "weights.md"
HEAD = 'extends = "net-zero"\nid = "own"\nversion = "1"\n'


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_python_of_the_page_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(PAGE.parents[1])
    names: dict[str, Any] = {}
    for block in blocks("python"):
        exec(block, names)  # noqa: S102 - the page is ours
    assert "storage over port: given 3, the weights say 2.47" in capsys.readouterr().out
    shares = names["table"].round(2)
    assert shares.loc["salt_cavern_distance"].tolist() == [0.07, 0.17, 0.56]
    assert shares.loc["neighbour_count"].tolist() == [0.12, 0.06, 0.0]
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
