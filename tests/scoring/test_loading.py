"""Profiles: loading, extending, and what the content hash covers."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from standort.errors import FileError, ProfileError
from standort.scoring.profile.loading import load_profile, parse_profile, profile_text
from standort.scoring.profile.profile_model import Profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Document = dict[str, Any]


def problems_of(document: Document) -> str:
    with pytest.raises(ProfileError) as caught:
        parse_profile(document, of="'mine'")
    return str(caught.value)


def criterion_of(document: Document, criterion_id: str) -> Document:
    (actual,) = [c for c in document["criteria"] if c["id"] == criterion_id]
    assert isinstance(actual, dict)
    return actual


# Loading


def test_a_profile_is_handed_back_as_it_is() -> None:
    profile = load_profile("net-zero")
    assert load_profile(profile) is profile


@pytest.mark.parametrize("as_text", [True, False])
def test_a_file_is_loaded_by_its_path(tmp_path: Path, as_text: bool) -> None:  # noqa: FBT001
    path = tmp_path / "mine.toml"
    path.write_text(profile_text("net-zero"), encoding="utf-8-sig")
    assert load_profile(str(path) if as_text else path) == load_profile("net-zero")


def test_an_unknown_name_is_reported_with_a_suggestion() -> None:
    with pytest.raises(ProfileError, match=r"got 'frontruner'; did you mean 'frontrunner'\?"):
        load_profile("frontruner")
    with pytest.raises(ProfileError, match="'zzz'; expected one of frontrunner, net-zero"):
        profile_text("zzz")


def test_a_missing_file_is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot read the profile .*mine\.toml.*check the path"):
        load_profile(tmp_path / "mine.toml")
    with pytest.raises(FileError, match="cannot read"):
        load_profile("no/such/folder/mine.toml")


def test_a_line_that_is_not_toml_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('id = "mine"\nversion =\n')
    with pytest.raises(ProfileError, match=r"'mine\.toml' is not valid TOML: .*line 2"):
        load_profile(path)


def test_a_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"title = '\xff\xfe'")
    with pytest.raises(ProfileError, match=r"'mine\.toml' is not UTF-8 text .*save it as UTF-8"):
        load_profile(path)


def test_an_unknown_criterion_is_reported_with_a_suggestion() -> None:
    with pytest.raises(ProfileError, match=r"no criterion 'prt_distance'; did you mean 'port_dis"):
        load_profile("net-zero").criterion("prt_distance")


def test_the_criteria_of_a_component_come_in_profile_order() -> None:
    profile = load_profile("net-zero")
    assert [c.id for c in profile.criteria_of("firm_proximity")] == [
        "neighbour_emissions",
        "neighbour_count",
        "neighbour_distance",
        "anchor_emissions",
    ]
    assert profile.criteria_of("none") == ()


# Content


def test_the_hash_does_not_see_comments_layout_or_the_way_a_number_is_written(
    document: Document,
) -> None:
    shuffled = {key: document[key] for key in reversed(document)}
    shuffled["criteria"] = [dict(reversed(c.items())) for c in document["criteria"]]
    shuffled["clusters"] = {"eps_km": 10.0}
    assert parse_profile(shuffled).content_hash == load_profile("net-zero").content_hash


@pytest.mark.parametrize("change", ["weight", "x", "source", "order", "title"])
def test_the_hash_sees_every_change_of_content(document: Document, change: str) -> None:
    criterion = criterion_of(document, "port_distance")
    point = criterion["value"]["points"][0]
    if change == "order":
        document["criteria"].reverse()
    else:
        table = point if change in point else criterion
        table[change] = {"weight": 2, "x": 4, "source": "a survey", "title": "Port"}[change]
    assert parse_profile(document).content_hash != load_profile("net-zero").content_hash


def test_a_profile_is_frozen_hashable_and_survives_pickling() -> None:
    profile = load_profile("net-zero")
    with pytest.raises(ValidationError, match="frozen"):
        profile.floor = 0.5
    assert pickle.loads(pickle.dumps(profile)) == profile  # noqa: S301
    assert len({profile, load_profile("net-zero"), load_profile("frontrunner")}) == 2


def test_a_profile_put_together_in_python_is_checked_as_well(
    make_profile: Callable[..., Profile],
) -> None:
    profile = make_profile()
    parts = {name: getattr(profile, name) for name in type(profile).model_fields}
    with pytest.raises(ValidationError, match=r"criteria\[9\]\.id: 's2' is also the id of"):
        Profile(**{**parts, "criteria": (*profile.criteria, profile.criteria[-1])})


# Extending


def test_an_extension_changes_weights_and_settings_only(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "net-zero"\nid = "mine"\nversion = "3"\naggregation = "minimum"\n'
        "[clusters]\neps_km = 5\n[weights]\nport_distance = 0\nfirm_proximity = 2.5\n"
    )
    profile = load_profile(path)
    assert (profile.id, profile.aggregation) == ("mine", "minimum")
    assert (profile.clusters.eps_km, profile.clusters.adjacent_km) == (5, 25)
    assert profile.criterion("port_distance").weight == 0
    assert [component.weight for component in profile.components] == [1, 2.5, 1]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"weights": {"prt": 1}},
            "weights.prt: is not the id of a component or criterion; expected",
        ),
        (
            {"weights": {"port_distance": -1}},
            "weights.port_distance: expected 0 or a number from 1e-12",
        ),
        (
            {"weights": {"port_distance": "1"}},
            "weights.port_distance: expected 0 or a number from 1e-12",
        ),
        (
            {"weights": {"port_distance": float("nan")}},
            "got nan; only the ratios of weights matter",
        ),
        ({"weights": 3}, "weights: expected a table of ids and weights; write [weights]"),
        ({"criteria": []}, "criteria: a profile that extends another changes only weights and"),
        ({"clusters": {"eps": 3}}, "clusters.eps: unknown key; did you mean 'eps_km'?"),
        ({"clusters": 3}, "clusters: expected a table, got 3"),
        ({"extends": "net-zer"}, "extends: unknown built-in profile 'net-zer'; did you mean"),
        ({"extends": ["net-zero"]}, "extends: unknown built-in profile ['net-zero']"),
        ({"id": None}, "id: expected this key, it is missing; add it"),
    ],
)
def test_a_invalid_extension_is_reported_by_its_own_keys(changed: Document, message: str) -> None:
    document = {"extends": "net-zero", "id": "mine", "version": "1", **changed}
    assert message in problems_of(
        {key: given for key, given in document.items() if given is not None}
    )


def test_weights_apart_from_an_extension_are_reported(document: Document) -> None:
    document["weights"] = {"port_distance": 2}
    assert "weights: applies only together with 'extends'" in problems_of(document)
