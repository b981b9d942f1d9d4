"""Files of judgements that a profile names: beside it, of bounded size, and never quoted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from standort.errors import FileError, ProfileError, StandortError
from standort.scoring import load_profile, read_judgements

PROFILE = """extends = "net-zero"
id = "a"
version = "1"
[weights.components]
method = "ahp"
file = "{}"
"""


def profile(folder: Path, file: object) -> Path:
    path = folder / "own.toml"
    path.write_text(PROFILE.format(file), encoding="utf-8")
    return path


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/random", "/dev/stdin"])
@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs devices")
def test_a_device_is_no_file_of_judgements(device: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="folder, device or pipe"):
        read_judgements(device)
    with pytest.raises(ProfileError, match="in the folder of the profile or below it"):
        load_profile(profile(tmp_path, device))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_beside_the_profile_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ProfileError, match="folder, device or pipe"):
        load_profile(profile(tmp_path, "pipe.csv"))


def test_a_file_outside_the_folder_of_the_profile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    secret = tmp_path / "secret.csv"
    secret.write_text("password,hunter2\n", encoding="utf-8")
    (tmp_path / "inner" / "link.csv").symlink_to(secret)
    for named in ("../secret.csv", secret, "link.csv"):
        with pytest.raises(ProfileError, match="copy it there") as raised:
            load_profile(profile(tmp_path / "inner", named))
        assert "hunter2" not in str(raised.value)


def test_a_file_that_is_no_table_of_judgements_is_not_quoted(tmp_path: Path) -> None:
    for content in ("root:x:0:0,hunter2\n", 'hunter2,"', "criterion,judgement\n\0hunter2,1\n"):
        (tmp_path / "other.csv").write_text(content, encoding="utf-8")
        with pytest.raises(StandortError) as raised:
            load_profile(profile(tmp_path, "other.csv"))
        assert "root:x" not in str(raised.value)


def test_a_file_of_judgements_has_a_largest_size(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(b"criterion,judgement\n" + b"a,1\n" * 300_000)
    with pytest.raises(FileError, match="more than 1,000,000 bytes"):
        read_judgements(large)
