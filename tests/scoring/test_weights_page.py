"""What docs/weights.md tells people to write loads, and says what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from standort.scoring import load_profile, weight_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "weights.md"
HEAD = 'extends = "net-zero"\nid = "own"\nversion = "1"\n'


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


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
