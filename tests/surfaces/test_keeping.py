"""What is kept of an unfinished surface survives whatever stopped it, and nothing else is used."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from study.small_studies import all_layers, study_of

from standort.errors import FileError, StandortWarning
from standort.surfaces.checkpoint import Finished, kept_beside, study_digests, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standort.surfaces.checkpoint import Unfinished

MADE_FROM = {"profile": "abc", "study": {"emitters": "def"}}


class Stopped(Exception):  # noqa: N818 - no error
    """Stands for whatever stops a run."""


def block(number: int) -> Finished:
    rng = np.random.default_rng(number)
    scores = rng.random((3, 50))
    scores[0, :5] = np.nan
    return Finished(number, np.sort(rng.choice(100, 50, replace=False)), scores)


@contextmanager
def stopped(out: Path, made_from: Any, *, resume: bool = True) -> Iterator[Unfinished]:  # noqa: ANN401
    """Open what is kept, and stop as if the work were not done."""
    with suppress(Stopped), unfinished(out, made_from, resume=resume) as kept:
        yield kept
        raise Stopped


def stop_after(out: Path, *numbers: int, made_from: Any = MADE_FROM) -> None:  # noqa: ANN401
    with stopped(out, made_from) as kept:
        for number in numbers:
            kept.add(block(number))


def kept_now(out: Path, made_from: Any = MADE_FROM, *, resume: bool = True) -> list[int]:  # noqa: ANN401
    """Give the numbers of the blocks a new run finds, and check that they are whole."""
    with stopped(out, made_from, resume=resume) as kept:
        found = list(kept.blocks())
        assert len(kept) == len(found)
        assert all(one.number in kept for one in found)
        for one in found:
            expected = block(one.number)
            assert np.array_equal(one.place, expected.place)
            assert np.array_equal(one.scores, expected.scores, equal_nan=True)
    return [one.number for one in found]


def test_what_was_kept_is_found_again_in_order(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    stop_after(out, 4, 0, 2)
    assert kept_now(out) == [0, 2, 4]
    stop_after(out, 1)
    assert kept_now(out) == [0, 1, 2, 4]


def test_it_is_gone_once_the_surface_is_done(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    with unfinished(out, MADE_FROM, resume=True) as kept:
        kept.add(block(0))
    assert list(tmp_path.iterdir()) == []


def test_a_record_cut_short_anywhere_is_left_out_and_written_anew(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    stop_after(out, 0)
    one = kept_beside(out).stat().st_size
    stop_after(out, 1)
    whole = kept_beside(out).read_bytes()
    for length in (one + 1, one + 10, one + 24, one + 100, len(whole) - 1):
        kept_beside(out).write_bytes(whole[:length])
        assert kept_now(out) == [0]
        assert kept_beside(out).stat().st_size == one
    stop_after(out, 1)
    assert kept_beside(out).read_bytes() == whole


@pytest.mark.parametrize("where", [2, 12, 40, -3])
def test_a_damaged_record_ends_what_is_found(where: int, tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    stop_after(out, 0)
    start = kept_beside(out).stat().st_size
    stop_after(out, 1, 2)
    content = bytearray(kept_beside(out).read_bytes())
    at = start + where if where > 0 else len(content) + where
    content[at] ^= 0xFF
    kept_beside(out).write_bytes(content)
    assert kept_now(out) == ([0] if where > 0 else [0, 1])


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"profile": "xyz"}, "profile differ"),
        ({"study": {"emitters": "other"}}, "study differ"),
        ({"profile": "xyz", "study": {}}, "profile, study differ"),
    ],
)
def test_anything_else_begins_anew_and_says_why(
    changed: dict[str, Any], named: str, tmp_path: Path
) -> None:
    out = tmp_path / "surface.tif"
    stop_after(out, 0, 1)
    with pytest.warns(StandortWarning, match=f"unfinished 'surface.tif' .*: {named}"):
        assert kept_now(out, {**MADE_FROM, **changed}) == []


def test_without_resuming_it_begins_anew_in_silence(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    stop_after(out, 0)
    assert kept_now(out, resume=False) == []


def test_a_file_of_something_else_is_not_taken_for_it(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    for content in (b"", b"no json\n", b"\xff\xfe\n", b"[1]\n"):
        kept_beside(out).write_bytes(content)
        assert kept_now(out) == []


@pytest.mark.skipif(os.name != "posix", reason="needs locks of the system")
def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    with (
        unfinished(out, MADE_FROM, resume=True),
        pytest.raises(FileError, match="another run is at work"),
        unfinished(out, MADE_FROM, resume=True),
    ):
        pass  # pragma: no cover


def test_digests_tell_studies_apart() -> None:
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
        found = study_digests(study_of(layers, **{name: layer}))
        assert {n for n in expected if found[n] != expected[n]} == {name}


def test_tables_are_hashed_as_well() -> None:
    assets = pd.DataFrame({"asset": ["a"], "firm": ["f"]})
    digests = [
        study_digests(study_of(all_layers(), assets=table))["assets"]
        for table in (assets, assets.assign(firm="g"))
    ]
    assert digests[0] != digests[1]
