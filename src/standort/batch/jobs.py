"""One study of a batch: read, score, write, and tell how it went. Runs in any process."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path  # noqa: TC003 - jobs travel between processes, their fields are looked up
from typing import TYPE_CHECKING, Literal

from standort.errors import StandortError, StandortWarning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.scoring import Profile

__all__ = ["Job", "Outcome", "score_study"]


@dataclass(frozen=True, slots=True)
class Job:
    """A study to score.

    Parameters
    ----------
    study
        Path of the study.
    out
        Where its result goes.
    profile
        The profile.
    year
        Year of the study, as for `read_study`.
    rasters
        Paths of rasters by name, in the place of the study's own.
    """

    study: Path
    out: Path
    profile: Profile
    year: int | None = None
    rasters: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a study went.

    Parameters
    ----------
    status
        Whether it was scored.
    message
        Why not; empty if it was.
    n_sites
        Sites in the result; None if there is none.
    n_clusters
        Clusters in the result; None if there is none.
    basis
        Criteria the scores stand on, separated by commas.
    warnings
        What was repaired, dropped or skipped on the way.
    seconds
        Time it took [s].
    """

    status: Literal["ok", "failed"]
    message: str = ""
    n_sites: int | None = None
    n_clusters: int | None = None
    basis: str = ""
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


def score_study(job: Job) -> Outcome:
    """Score one study and write its result; a failure is told, not raised.

    Parameters
    ----------
    job
        What to do.

    Returns
    -------
    How it went.
    """
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", StandortWarning)
        try:
            outcome = _run(job)
        except StandortError as error:
            outcome = Outcome("failed", str(error))
        except Exception as error:  # noqa: BLE001 - whatever stops one study must not stop the others
            outcome = Outcome("failed", f"a problem of standort: {type(error).__name__}: {error}")
    told = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    return replace(outcome, warnings=told, seconds=time.perf_counter() - start)


def _run(job: Job) -> Outcome:
    from standort.layers import read_study
    from standort.study import score

    study = read_study(job.study, year=job.year)
    for name, path in job.rasters.items():
        study = study.with_raster(name, path)
    result = score(study, job.profile)
    result.write(job.out)
    basis = ",".join(result.manifest["basis"])
    return Outcome("ok", n_sites=len(result.sites), n_clusters=len(result.clusters), basis=basis)
