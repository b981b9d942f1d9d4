"""One study of a batch: its outcome, and failures that are returned instead of raised."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.runs import write_study

import standort.study
from standort.batch import Job, Outcome, score_study, workers
from standort.batch import many_studies as running
from standort.scoring import load_profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ProcessPoolExecutor
    from pathlib import Path

    import pytest


def _job(folder: Path, name: str = "study.gpkg") -> Job:
    return Job(write_study(folder / name), folder / "out" / name, load_profile("net-zero"))


def _die(_job: Job) -> None:
    os._exit(9)


def test_a_scored_study_is_ok(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    outcome = score_study(_job(tmp_path))
    assert (outcome.status, outcome.message, outcome.n_sites) == ("ok", "", 6)
    assert "port_distance" in outcome.basis.split(",")
    assert outcome.seconds > 0


def test_an_unwritable_destination_is_a_failure(tmp_path: Path) -> None:
    outcome = score_study(_job(tmp_path))
    assert outcome.status == "failed"
    assert "there is no folder" in outcome.message


def test_an_unexpected_error_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        msg = "oh"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr(standort.study, "score", fail)
    outcome = score_study(_job(tmp_path))
    assert outcome.message == "an error in standort: ZeroDivisionError: oh"


def test_a_process_that_dies_is_a_failure_and_the_others_continue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    jobs = [_job(tmp_path, f"{name}.gpkg") for name in ("fatal", "sound")]
    make_pool = workers.process_pool

    @contextmanager
    def pool_with_an_accident(number: int) -> Iterator[ProcessPoolExecutor]:
        with make_pool(number) as pool:
            submit = pool.submit
            accident = lambda function, job: submit(  # noqa: E731 - two words of code
                _die if "fatal" in job.study.name else function, job
            )
            monkeypatch.setattr(pool, "submit", accident)
            yield pool

    monkeypatch.setattr(running, "process_pool", pool_with_an_accident)
    outcomes: dict[int, Outcome] = {}
    running._run_in_processes(jobs, outcomes.__setitem__, 2)
    assert [outcomes[number].status for number in (0, 1)] == ["failed", "ok"]
    assert "its process died" in outcomes[0].message
