"""Checkpoints survive interruptions, and only matching ones are used."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from study.small_studies import all_layers, study_of

from standort.errors import FileError, StandortWarning
from standort.surfaces.checkpoint import (
    FinishedBlock,
    checkpoint_path,
    open_checkpoint,
    study_digests,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standort.surfaces.checkpoint import Checkpoint

MADE_FROM = {"profile": "abc", "study": {"emitters": "def"}}


class Stopped(Exception):  # noqa: N818 - no error
    """Stands for whatever stops a run."""


def block(number: int) -> FinishedBlock:
    rng = np.random.default_rng(number)
    scores = rng.random((3, 50))
    scores[0, :5] = np.nan
    return FinishedBlock(number, np.sort(rng.choice(100, 50, replace=False)), scores)


@contextmanager
def stopped(out: Path, made_from: Any, *, resume: bool = True) -> Iterator[Checkpoint]:  # noqa: ANN401
    """Open what is kept, and stop as if the work were not done."""
    with suppress(Stopped), open_checkpoint(out, made_from, resume=resume) as kept:
        yield kept
        raise Stopped


def stop_after(out: Path, *numbers: int, made_from: Any = MADE_FROM) -> None:  # noqa: ANN401
    with stopped(out, made_from) as kept:
        for number in numbers:
            kept.add(block(number))


def kept_now(out: Path, made_from: Any = MADE_FROM, *, resume: bool = True) -> list[int]:  # noqa: ANN401
    """Give the numbers of the blocks a new run finds, and check that they are whole."""
    with stopped(out, made_from, resume=resume) as kept:
        result = list(kept.blocks())
        assert len(kept) == len(result)
        assert all(one.number in kept for one in result)
        for one in result:
            expected = block(one.number)
            assert np.array_equal(one.cell_ids, expected.cell_ids)
            assert np.array_equal(one.scores, expected.scores, equal_nan=True)
    return [one.number for one in result]


def test_finished_blocks_are_read_back_in_order(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    stop_after(out, 4, 0, 2)
    assert kept_now(out) == [0, 2, 4]
    stop_after(out, 1)
    assert kept_now(out) == [0, 1, 2, 4]


def test_the_checkpoint_is_deleted_when_the_surface_is_complete(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    with open_checkpoint(out, MADE_FROM, resume=True) as kept:
        kept.add(block(0))
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_record_is_discarded_and_written_again(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    stop_after(out, 0)
    one = checkpoint_path(out).stat().st_size
    stop_after(out, 1)
    whole = checkpoint_path(out).read_bytes()
    for length in (one + 1, one + 10, one + 24, one + 100, len(whole) - 1):
        checkpoint_path(out).write_bytes(whole[:length])
        with pytest.warns(StandortWarning, match="damaged or incomplete after 1 finished"):
            assert kept_now(out) == [0]
        assert checkpoint_path(out).stat().st_size == one
    stop_after(out, 1)
    assert checkpoint_path(out).read_bytes() == whole


@pytest.mark.parametrize("where", [2, 4, 9, 11, 12, 15, 18, 19, 20, 40, -3])
def test_a_damaged_record_ends_the_readable_records(where: int, tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    stop_after(out, 0)
    start = checkpoint_path(out).stat().st_size
    stop_after(out, 1, 2)
    content = bytearray(checkpoint_path(out).read_bytes())
    at = start + where if where > 0 else len(content) + where
    content[at] ^= 0xFF
    checkpoint_path(out).write_bytes(content)
    with pytest.warns(StandortWarning, match="bytes were dropped, their cells are scored again"):
        assert kept_now(out) == ([0] if where > 0 else [0, 1])


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"profile": "xyz"}, "profile differ"),
        ({"study": {"emitters": "other"}}, "study differ"),
        ({"profile": "xyz", "study": {}}, "profile, study differ"),
    ],
)
def test_other_inputs_start_again_with_a_warning(
    changed: dict[str, Any], named: str, tmp_path: Path
) -> None:
    out = tmp_path / "surface.tif"
    stop_after(out, 0, 1)
    with pytest.warns(StandortWarning, match=f"unfinished 'surface.tif' .*: {named}"):
        assert kept_now(out, {**MADE_FROM, **changed}) == []


def test_without_resume_it_starts_again_without_warning(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    stop_after(out, 0)
    assert kept_now(out, resume=False) == []


def test_another_file_is_not_used_as_checkpoint(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    assert kept_now(out) == []
    for content in (b"no json\n", b"\xff\xfe\n", b"[1]\n", b"\x00" * 99):
        checkpoint_path(out).write_bytes(content)
        with pytest.warns(StandortWarning, match=r"'surface.tif' was discarded: its first line"):
            assert kept_now(out) == []


@pytest.mark.skipif(os.name != "posix", reason="needs locks of the system")
def test_two_simultaneous_runs_raise(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    with (
        open_checkpoint(out, MADE_FROM, resume=True),
        pytest.raises(FileError, match="another run is using"),
        open_checkpoint(out, MADE_FROM, resume=True),
    ):
        pass  # pragma: no cover


def test_digests_distinguish_studies() -> None:
    layers = all_layers()
    expected = study_digests(study_of(layers))
    assert expected == study_digests(study_of(all_layers()))
    assert set(expected) == set(layers)
    emitters = layers["emitters"].copy()
    emitters.loc[0, "co2_t_per_yr"] += 1e-9
    moved = layers["ports"].copy()
    moved["geometry"] = moved.translate(1e-12)
    renamed = layers["renewables"].assign(name="a")
    for name, layer in (("emitters", emitters), ("ports", moved), ("renewables", renamed)):
        result = study_digests(study_of(layers, **{name: layer}))
        assert {n for n in expected if result[n] != expected[n]} == {name}


def test_tables_are_hashed_too() -> None:
    assets = pd.DataFrame({"asset": ["a"], "firm": ["f"]})
    digests = [
        study_digests(study_of(all_layers(), assets=table))["assets"]
        for table in (assets, assets.assign(firm="g"))
    ]
    assert digests[0] != digests[1]
