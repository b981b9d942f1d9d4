"""`standort profile` lists, shows and creates profiles."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from cli.runs import run

from standort.scoring import load_profile, profile_names, profile_text

if TYPE_CHECKING:
    from pathlib import Path


def test_built_in_profiles_are_listed() -> None:
    result = run("profile", "list")
    assert result.exit_code == 0
    for name in profile_names():
        assert name in result.output


def test_a_profile_is_shown_as_written() -> None:
    shown = run("profile", "show", "net-zero").output
    assert shown == profile_text("net-zero")
    assert tomllib.loads(shown)["id"] == "net-zero"


def test_a_new_profile_loads_has_comments_and_its_own_id(tmp_path: Path) -> None:
    path = tmp_path / "My steel 2.toml"
    assert run("profile", "new", path).exit_code == 0
    assert load_profile(path).id == "my-steel-2"
    assert load_profile(path).title == "My steel 2, after net-zero"
    assert load_profile(path).description != load_profile("net-zero").description
    assert "default profile" not in path.read_text(encoding="utf-8")
    assert load_profile(path).criteria == load_profile("net-zero").criteria
    assert path.read_text(encoding="utf-8").startswith("#")
    assert run("profile", "show", path).output == path.read_text(encoding="utf-8")


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("precious")
    result = run("profile", "new", path)
    assert result.exit_code == 2
    assert "mine.toml' exists" in result.stderr
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    ("name", "message"),
    [("mine.txt", "ends in .toml"), ("taken/mine.toml", "cannot create the folder")],
)
def test_a_path_that_cannot_be_written_is_reported(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    result = run("profile", "new", tmp_path / name)
    assert result.exit_code == 2
    assert message in result.stderr


def test_showing_a_wrong_profile_ends_with_2(tmp_path: Path) -> None:
    assert run("profile", "show", "net").exit_code == 2
    path = tmp_path / "bad.toml"
    path.write_text("id = 'x'\nfoo = 1\n")
    result = run("profile", "show", path)
    assert result.exit_code == 2
    assert "foo" in result.stderr


def test_judgements_are_shown_with_their_weights(tmp_path: Path) -> None:
    path = tmp_path / "asked.toml"
    path.write_text(
        'extends = "net-zero"\nid = "asked"\nversion = "1"\n[weights.components]\nmethod = "ahp"\n'
        'judgements = [["net_zero_assets", "firm_proximity", 3], '
        '["net_zero_assets", "physical_conditions", 5], '
        '["firm_proximity", "physical_conditions", 3]]\n',
        encoding="utf-8",
    )
    shown = run("profile", "show", path)
    assert shown.exit_code == 0
    assert shown.output.startswith(path.read_text(encoding="utf-8"))
    assert (
        "# components (ahp, consistency ratio 0.033; least consistent judgement: " in shown.output
    )
    assert "#   net_zero_assets 0.6370" in shown.output
    assert tomllib.loads(shown.output) == tomllib.loads(path.read_text(encoding="utf-8"))


def test_weights_are_listed_as_shares() -> None:
    result = run("profile", "show", "frontrunner", "--weights")
    assert result.exit_code == 0
    criteria = load_profile("frontrunner").criteria
    assets = [c.weight for c in criteria if c.component == "net_zero_assets"]
    assert f"{2 / sum(assets):.1%}" in result.output, "five of them have weight 2, the others 1"
    assert "plain" in result.output
    assert "extends" not in result.output
