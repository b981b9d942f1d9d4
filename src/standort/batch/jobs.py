"""One study of a batch: reading, scoring and writing it, in any process."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path  # noqa: TC003 - fields of jobs are resolved in other processes
from typing import TYPE_CHECKING, Literal

from standort.arguments import YEAR, checked
from standort.errors import StandortError, StandortWarning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.scoring import Profile


@checked(year=YEAR)
@dataclass(frozen=True, slots=True)
class Job:
    """A study to score.

    Parameters
    ----------
    study
        Path of the study.
    out
        Destination of the result.
    profile
        Profile to score with.
    year
        Year of the study, as for `read_study`.
    rasters
        Paths of rasters by name, which replace those of the study.
    """

    study: Path
    out: Path
    profile: Profile
    year: int | None = None
    rasters: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of scoring a study.

    Parameters
    ----------
    status
        Whether it was scored.
    message
        Reason of a failure; empty for success.
    n_sites
        Number of sites in the result; None without a result.
    n_clusters
        Number of clusters in the result; None without a result.
    basis
        Criteria used for the scores, separated by commas.
    warnings
        Warnings about repaired, dropped and skipped data.
    seconds
        Duration [s].
    """

    status: Literal["ok", "failed"]
    message: str = ""
    n_sites: int | None = None
    n_clusters: int | None = None
    basis: str = ""
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


@checked()
def score_study(job: Job) -> Outcome:
    """Score one study and write its result; a failure is returned, not raised.

    Parameters
    ----------
    job
        The study to score.

    Returns
    -------
    The outcome.
    """
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", StandortWarning)
        try:
            outcome = _run(job)
        except StandortError as error:
            outcome = Outcome("failed", str(error))
        except Exception as error:  # noqa: BLE001 - no error in one study may stop the others
            outcome = Outcome("failed", f"an error in standort: {type(error).__name__}: {error}")
    messages = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    return replace(outcome, warnings=messages, seconds=time.perf_counter() - start)


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
