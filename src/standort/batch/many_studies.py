"""Batches of studies, in one or several processes, with a table of outcomes."""

from __future__ import annotations

import glob
import os
from collections import defaultdict
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from standort.arguments import YEAR, checked, whole
from standort.batch.jobs import Job, Outcome, score_study
from standort.batch.workers import deferred_interrupts, process_pool
from standort.errors import ComparabilityWarning, FileError, OptionError, gather, warn
from standort.outputs.csv_tables import write_csv
from standort.storage.replacement import check_destination, put_in_place, scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from standort.array_types import Progress
    from standort.scoring import Profile


#: Name of the table of outcomes in the output folder.
_TABLE = "batch.csv"
_STOPPED = Outcome("failed", "the batch was stopped before this study was done")


@checked(year=YEAR, workers=whole(1, 1024))
def batch(  # noqa: PLR0913 - independent options
    paths: Iterable[str | Path],
    *,
    out_dir: str | Path,
    profile: str | Path | Profile = "net-zero",
    rasters: Mapping[str, str | Path] | None = None,
    year: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score many studies and write a result for each; a failure does not stop the others.

    With more than one worker, studies run in separate processes; a script must then guard its entry
    point with ``if __name__ == "__main__":``. Ctrl-C ends these processes at once; complete results
    are kept and listed in ``batch.csv``.

    Parameters
    ----------
    paths
        Studies: GeoPackages or folders of GeoParquet.
    out_dir
        Folder for the results: a GeoPackage named after each study, and ``batch.csv``. It is
        created if necessary.
    profile
        As for `score`.
    rasters
        Raster files by the name used in the profile; they replace the rasters of each study.
    year
        As for `read_study`.
    workers
        Number of studies scored at a time, at least 1.
    progress
        Called with the name of a study, the number of studies done and of all studies.

    Returns
    -------
    One row per study in the given order, also in ``batch.csv``: ``study``, ``status`` (``ok`` or
    ``failed``), ``message``, ``n_sites``, ``n_clusters``, ``basis``. The table does not depend on
    the number of workers.

    Raises
    ------
    OptionError
        Before any work is done, if there are no studies, ``workers`` is below 1, a raster is
        missing or unused, or results would overwrite each other or a study.
    FileError
        If the output folder cannot be created or written to, or holds a file of the name of a
        result that is none.
    ProfileError
        If the profile violates its contract.

    Warns
    -----
    StandortWarning
        For repaired, dropped and skipped data, with the name of the study.
    ComparabilityWarning
        If the studies use different criteria.
    """
    from standort.scoring import load_profile

    if workers < 1:
        msg = f"expected at least 1 worker, got {workers}; omit the option for 1"
        raise OptionError(msg)
    folder = Path(out_dir)
    chosen = load_profile(profile)
    files = {name: Path(path) for name, path in (rasters or {}).items()}
    _check_rasters(files, chosen)
    jobs = [Job(p, folder / f"{_stem(p)}.gpkg", chosen, year, files) for p in map(Path, paths)]
    _check_jobs(jobs)
    _make_folder(folder)
    _check_outputs(jobs, folder / _TABLE)
    outcomes: dict[int, Outcome] = {}
    try:
        _run(jobs, outcomes, workers, progress)
    finally:  # also after Ctrl-C: the table lists the finished studies
        with deferred_interrupts():
            table = _tabulate(jobs, [outcomes.get(n, _STOPPED) for n in range(len(jobs))])
            write_csv(table, folder / _TABLE)
    for number, job in enumerate(jobs):
        outcome = outcomes[number]
        for message in outcome.warnings:
            warn(f"{job.study.name}: {message}")
    _warn_of_differing_basis(table)
    return table


@checked()
def expand_patterns(patterns: Iterable[str | Path]) -> list[Path]:
    """Expand patterns such as ``in/*.gpkg`` to paths.

    Parameters
    ----------
    patterns
        Patterns with ``*``, ``?``, ``[...]`` or ``**``, or plain paths.

    Returns
    -------
    Distinct paths; those of one pattern in alphabetical order.

    Raises
    ------
    FileError
        If a pattern has no match.
    """
    paths: dict[Path, None] = {}
    problems = []
    for pattern in patterns:
        text = str(pattern)
        plain = os.path.lexists(text) or not glob.has_magic(text)
        matches = [text] if plain else sorted(glob.glob(text, recursive=True))  # noqa: PTH207 - patterns may be absolute
        if not matches:
            problems.append(f"nothing matches {text!r}; check the folder and the extension")
        paths |= dict.fromkeys(Path(match) for match in matches)
    if problems:
        raise FileError(gather(problems, of="list of studies"))
    return list(paths)


def _stem(path: Path) -> str:
    """Return the name of a study: of a file without its extension, of a folder in full."""
    return path.name if path.is_dir() else path.stem


def _check_rasters(files: Mapping[str, Path], profile: Profile) -> None:
    """Raise if a raster is unused or missing."""
    known = ", ".join(profile.rasters) or "none"
    problems = [
        f"profile {profile.id!r} has no criterion for a raster {name!r}; its rasters: {known}"
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
        # Some file systems ignore case.
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
    if problems:
        raise OptionError(gather(problems, of="batch"))


def _check_outputs(jobs: Sequence[Job], table: Path) -> None:
    """Raise if a file that is not a result would be replaced."""
    inputs = [path for job in jobs for path in (job.study, *job.rasters.values())]
    problems = []
    for path, ending in [*((job.out, ".gpkg") for job in jobs), (table, ".csv")]:
        try:
            check_destination(path, endings=(ending,), inputs=inputs)
        except FileError as error:
            problems.append(str(error))
    if problems:
        raise FileError(gather(problems, of="batch"))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot create the folder {str(folder)!r}: {error.strerror}; choose another"
        raise FileError(msg) from error


def _run(
    jobs: Sequence[Job], outcomes: dict[int, Outcome], workers: int, progress: Progress | None
) -> None:
    """Run the jobs, and record each as soon as its result is in place.

    Results are written to a temporary folder and moved from there, so that killed processes leave
    no incomplete files.
    """
    with scratch_folder(jobs[0].out.parent) as scratch:
        temporary = [replace(job, out=scratch / job.out.name) for job in jobs]

        def finish(number: int, outcome: Outcome) -> None:
            with deferred_interrupts():  # move and record a result, or neither
                outcomes[number] = _move_result(jobs[number], temporary[number], outcome)
            _report_progress(progress, jobs[number], len(outcomes), len(jobs))

        if workers > 1:
            _run_in_processes(temporary, finish, workers)
            return
        for number, job in enumerate(temporary):
            _report_progress(progress, job, number, len(jobs))
            finish(number, score_study(job))


def _run_in_processes(
    jobs: Sequence[Job], finish: Callable[[int, Outcome], None], workers: int
) -> None:
    """Run jobs in processes, and record those that crash their process."""
    left = set(range(len(jobs)))
    with process_pool(min(workers, len(jobs))) as pool:
        with deferred_interrupts():
            running = {pool.submit(score_study, job): number for number, job in enumerate(jobs)}
        for future in as_completed(running):
            if not isinstance(future.exception(), BrokenProcessPool):
                finish(running[future], future.result())
                left.remove(running[future])
    # A dead process breaks the pool for all waiting jobs: run each of them alone.
    for number in sorted(left):
        finish(number, _run_alone(jobs[number]))


def _run_alone(job: Job) -> Outcome:
    with process_pool(1) as pool:
        try:
            with deferred_interrupts():
                running = pool.submit(score_study, job)
            return running.result()
        except BrokenProcessPool:
            message = "its process died, possibly for lack of memory; try fewer workers"
            return Outcome("failed", message)


def _move_result(job: Job, temporary: Job, outcome: Outcome) -> Outcome:
    """Move a result to its destination."""
    if outcome.status == "failed":
        message = outcome.message.replace(str(temporary.out.parent), str(job.out.parent))
        return replace(outcome, message=message)
    try:
        put_in_place(temporary.out, job.out)
    except OSError as error:
        reason = f"cannot write {job.out.name!r}: {error.strerror}; close it, or choose another"
        return replace(outcome, status="failed", message=f"{reason} folder")
    return outcome


def _report_progress(progress: Progress | None, job: Job, done: int, total: int) -> None:
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
    """Return why a study failed; add a note if there is a result of an earlier run."""
    if not outcome.message or not job.out.exists():
        return outcome.message
    return f"{outcome.message} ({job.out.name!r} in the output folder is from an earlier run)"


def _warn_of_differing_basis(table: pd.DataFrame) -> None:
    scored = table.loc[table["status"] == "ok"]
    groups = [
        (str(basis).split(","), rows["study"].tolist())
        for basis, rows in scored.groupby("basis", sort=False)
    ]
    if len(groups) < 2:  # noqa: PLR2004 - one basis is no difference
        return
    shared = set(groups[0][0]).intersection(*(basis for basis, _ in groups))
    differences = [
        f"{', '.join(studies)}: besides the common criteria, "
        f"{', '.join(name for name in basis if name not in shared) or 'nothing'}"
        for basis, studies in groups
    ]
    warn(
        "these studies use different criteria, so their scores are not comparable: "
        + "; ".join(differences),
        ComparabilityWarning,
    )
