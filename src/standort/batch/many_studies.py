"""Run a batch: in this process or in several, with a table of how each study went."""

from __future__ import annotations

import glob
import os
import tempfile
from collections import defaultdict
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from standort.batch.jobs import Job, Outcome, score_study
from standort.batch.workers import pool_of, unheard
from standort.errors import ComparabilityWarning, FileError, OptionError, gather, warn
from standort.outputs.geopackage.stored_results import is_result
from standort.outputs.geopackage.writer import put_in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from standort.scoring import Profile

    Progress = Callable[[str, int, int], None]

__all__ = ["batch", "expand_patterns"]

#: Table of outcomes in the output folder.
_TABLE = "batch.csv"
_STOPPED = Outcome("failed", "the batch was stopped before this study was done")


def batch(  # noqa: PLR0913 - each option is a name of its own
    paths: Iterable[str | Path],
    *,
    out_dir: str | Path,
    profile: str | Path | Profile = "net-zero",
    rasters: Mapping[str, str | Path] | None = None,
    year: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score many studies and write a result for each; one that fails does not stop the others.

    With more than one worker, studies run in processes of their own; a script that asks for
    that must guard its entry with ``if __name__ == "__main__":``. Stopped by Ctrl-C, it ends those
    processes at once, keeps the results that are whole, and tells in ``batch.csv`` which they are.

    Parameters
    ----------
    paths
        Studies: GeoPackages or folders of GeoParquet.
    out_dir
        Folder for the results: a GeoPackage named after each study, and ``batch.csv``. It is made
        if it is missing.
    profile
        As for `score`.
    rasters
        Files by the name the profile gives a raster: every study is measured on them, in the
        place of its own.
    year
        As for `read_study`.
    workers
        Studies to score at a time, at least 1.
    progress
        Called with the name of a study, the studies done and all studies.

    Returns
    -------
    One row per study in the order given, also in ``batch.csv``: ``study``, ``status`` (``ok`` or
    ``failed``), ``message``, ``n_sites``, ``n_clusters``, ``basis``. The same studies give the
    same table, whatever the number of workers.

    Raises
    ------
    OptionError
        If there is no study, ``workers`` is below 1, rasters are not there or serve nothing, or
        results would overwrite each other or a study; before any work is done.
    FileError
        If the output folder cannot be made or written.
    ProfileError
        If the profile breaks its contract.

    Warns
    -----
    StandortWarning
        For everything that was repaired, dropped or skipped, with the name of the study.
    ComparabilityWarning
        If studies stand on different criteria.
    """
    from standort.scoring import load_profile

    if workers < 1:
        msg = f"expected at least 1 worker, got {workers}; leave it out for 1"
        raise OptionError(msg)
    folder = Path(out_dir)
    chosen = load_profile(profile)
    files = {name: Path(path) for name, path in (rasters or {}).items()}
    _check_rasters(files, chosen)
    jobs = [Job(p, folder / f"{_stem(p)}.gpkg", chosen, year, files) for p in map(Path, paths)]
    _check_jobs(jobs)
    _make_folder(folder)
    outcomes: dict[int, Outcome] = {}
    try:
        _run(jobs, outcomes, workers, progress)
    finally:  # also if it is stopped by hand: what is done is told
        with unheard():
            table = _tabulate(jobs, [outcomes.get(n, _STOPPED) for n in range(len(jobs))])
            _write_table(table, folder / _TABLE)
    for number, job in enumerate(jobs):
        outcome = outcomes[number]
        for message in outcome.warnings:
            warn(f"{job.study.name}: {message}")
    _warn_of_differing_basis(table)
    return table


def expand_patterns(patterns: Iterable[str | Path]) -> list[Path]:
    """Turn patterns such as ``in/*.gpkg`` into paths.

    Parameters
    ----------
    patterns
        Patterns with ``*``, ``?``, ``[...]`` or ``**``, or plain paths.

    Returns
    -------
    Paths, each once; those of one pattern in alphabetical order.

    Raises
    ------
    FileError
        If nothing is found for one or more of them.
    """
    found: dict[Path, None] = {}
    problems = []
    for pattern in patterns:
        text = str(pattern)
        plain = os.path.lexists(text) or not glob.has_magic(text)
        matches = [text] if plain else sorted(glob.glob(text, recursive=True))  # noqa: PTH207 - patterns may be absolute
        if not matches:
            problems.append(f"nothing is found for {text!r}; check the folder and the ending")
        found |= dict.fromkeys(Path(match) for match in matches)
    if problems:
        raise FileError(gather(problems, of="list of studies"))
    return list(found)


def _stem(path: Path) -> str:
    """Name a study: a file without its ending, a folder as it is."""
    return path.name if path.is_dir() else path.stem


def _check_rasters(files: Mapping[str, Path], profile: Profile) -> None:
    """Refuse rasters that no criterion is measured on, or that are no files."""
    known = ", ".join(profile.rasters) or "none"
    problems = [
        f"profile {profile.id!r} has no criterion of a raster {name!r}; its rasters: {known}"
        for name in files
        if name not in profile.rasters
    ]
    problems += [
        f"raster {name!r}: expected a file, found none at {str(path)!r}; check the path"
        for name, path in files.items()
        if not path.is_file()
    ]
    if problems:
        raise OptionError(gather(problems, of="rasters"))


def _check_jobs(jobs: Sequence[Job]) -> None:
    if not jobs:
        msg = "expected at least one study, got none; check the paths"
        raise OptionError(msg)
    by_out = defaultdict(list)
    for job in jobs:
        # Some file systems do not tell capitals from small letters.
        by_out[job.out.name.casefold()].append(str(job.study))
    problems = [
        f"the results of {', '.join(studies)} would all be {name!r}; rename all but one"
        for name, studies in by_out.items()
        if len(studies) > 1
    ]
    problems += [
        f"the result of {job.study} would replace it; choose another output folder"
        for job in jobs
        if job.out.exists() and job.study.exists() and job.out.samefile(job.study)
    ]
    problems = problems or [
        f"{str(job.out)!r} is no result of standort and would be lost; choose another output folder"
        for job in jobs
        if job.out.is_file() and not is_result(job.out)
    ]
    if problems:
        raise OptionError(gather(problems, of="batch"))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot make the folder {str(folder)!r}: {error.strerror}; choose another"
        raise FileError(msg) from error


def _run(
    jobs: Sequence[Job], outcomes: dict[int, Outcome], workers: int, progress: Progress | None
) -> None:
    """Run jobs, and record each as soon as its result is in its place.

    Results are written to a folder of their own and moved from there, so that nothing half-written
    stays when processes are killed.
    """
    with _scratch(jobs[0].out.parent) as scratch:
        aside = [replace(job, out=scratch / job.out.name) for job in jobs]

        def settle(number: int, outcome: Outcome) -> None:
            with unheard():  # a result is in its place and recorded, or neither
                outcomes[number] = _settle(jobs[number], aside[number], outcome)
            _tell(progress, jobs[number], len(outcomes), len(jobs))

        if workers > 1:
            _run_apart(aside, settle, workers)
            return
        for number, job in enumerate(aside):
            _tell(progress, job, number, len(jobs))
            settle(number, score_study(job))


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Give a folder for results in the making, on the same disk as their place."""
    try:
        scratch = tempfile.TemporaryDirectory(dir=folder, prefix=".", ignore_cleanup_errors=True)
    except OSError as error:
        msg = f"cannot write to the folder {str(folder)!r}: {error.strerror}; choose another"
        raise FileError(msg) from error
    with scratch as path:
        yield Path(path)


def _run_apart(jobs: Sequence[Job], settle: Callable[[int, Outcome], None], workers: int) -> None:
    """Run jobs in processes; one that takes its process down with it is found out and recorded."""
    left = set(range(len(jobs)))
    with pool_of(min(workers, len(jobs))) as pool:
        with unheard():
            running = {pool.submit(score_study, job): number for number, job in enumerate(jobs)}
        for future in as_completed(running):
            if not isinstance(future.exception(), BrokenProcessPool):
                settle(running[future], future.result())
                left.remove(running[future])
    # A dead process breaks the pool for all jobs that were waiting: try each of them alone.
    for number in sorted(left):
        settle(number, _run_alone(jobs[number]))


def _run_alone(job: Job) -> Outcome:
    with pool_of(1) as pool:
        try:
            with unheard():
                running = pool.submit(score_study, job)
            return running.result()
        except BrokenProcessPool:
            message = "its process died, perhaps for want of memory; try it with fewer workers"
            return Outcome("failed", message)


def _settle(job: Job, aside: Job, outcome: Outcome) -> Outcome:
    """Move a result to where it belongs."""
    if outcome.status == "failed":
        message = outcome.message.replace(str(aside.out.parent), str(job.out.parent))
        return replace(outcome, message=message)
    try:
        put_in_place(aside.out, job.out)
    except OSError as error:
        reason = f"cannot write {job.out.name!r}: {error.strerror}; close it, or choose another"
        return replace(outcome, status="failed", message=f"{reason} folder")
    return outcome


def _tell(progress: Progress | None, job: Job, done: int, total: int) -> None:
    if progress is not None:
        progress(job.study.name, done, total)


def _tabulate(jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "study": [job.study.name for job in jobs],
            "status": [outcome.status for outcome in outcomes],
            "message": [_message(*pair) for pair in zip(jobs, outcomes, strict=True)],
            "n_sites": pd.array([outcome.n_sites for outcome in outcomes], dtype="Int64"),
            "n_clusters": pd.array([outcome.n_clusters for outcome in outcomes], dtype="Int64"),
            "basis": [outcome.basis for outcome in outcomes],
        }
    )


def _message(job: Job, outcome: Outcome) -> str:
    """Say why a study failed, and that a result which lies there is not of this run."""
    if not outcome.message or not job.out.exists():
        return outcome.message
    return f"{outcome.message} ({job.out.name!r} in the output folder is of an earlier run)"


def _write_table(table: pd.DataFrame, path: Path) -> None:
    """Write the table whole or not at all."""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
            temporary = Path(folder) / path.name
            table.to_csv(temporary, index=False, lineterminator="\n")
            temporary.replace(path)
    except OSError as error:
        msg = f"cannot write {str(path)!r}: {error.strerror}; close it, or choose another folder"
        raise FileError(msg) from error


def _warn_of_differing_basis(table: pd.DataFrame) -> None:
    scored = table.loc[table["status"] == "ok"]
    groups = [
        (str(basis).split(","), rows["study"].tolist())
        for basis, rows in scored.groupby("basis", sort=False)
    ]
    if len(groups) < 2:  # noqa: PLR2004 - one basis is no difference
        return
    shared = set(groups[0][0]).intersection(*(basis for basis, _ in groups))
    told = [
        f"{', '.join(studies)}: besides what all share, on "
        f"{', '.join(name for name in basis if name not in shared) or 'nothing'}"
        for basis, studies in groups
    ]
    warn(
        "these studies stand on different criteria, their scores do not compare: "
        + "; ".join(told),
        ComparabilityWarning,
    )
