"""One oddity at a time in a healthy study: read from files and memory, in one go and in chunks.

Every oddity is read in every way; in the short form, one in 18 also goes through the commands.
``STANDORT_FUZZ_CASES`` asks for the long form.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from fuzz import routes
from fuzz.changes import NotInThisForm, Oddity
from fuzz.healthy_study import study_with
from fuzz.invariants import all_broken
from fuzz.odd_cells import CELLS
from fuzz.odd_columns import COLUMNS
from fuzz.odd_files import FILES
from fuzz.odd_shapes import SHAPES

if TYPE_CHECKING:
    from child_runs import Outcome

ODDITIES = [*CELLS, *SHAPES, *COLUMNS, *FILES]
#: one in so many is checked on the command line, scored and written
EVERY = 1 if "STANDORT_FUZZ_CASES" in os.environ else 18
#: the routes that are taken in any case
QUICK = ("inspect", "read", "one go", "chunks")


def answers_of(oddity: Oddity, *, quick: bool = False) -> dict[str, Outcome]:
    """Read a study with an oddity in every way that there is; unless in a hurry, also score it."""
    plan: routes.Plan = {}
    with TemporaryDirectory() as name:
        for form, suffix in (("geopackage", ""), ("folder", " folder")):
            try:
                path = oddity.write(form, Path(name))
            except NotInThisForm:
                continue
            plan |= {f"{route}{suffix}": step for route, step in _of_file(oddity, path).items()}
        try:
            layers = {**study_with(oddity.layer), oddity.layer: oddity.in_memory()}
            plan |= {
                "read memory": (routes.build, layers),
                "score memory": (routes.score_built, layers),
            }
        except NotInThisForm:
            pass
        return routes.take({n: s for n, s in plan.items() if not quick or n.startswith(QUICK)})


def _of_file(oddity: Oddity, path: Path) -> routes.Plan:
    """Plan the ways of reading a file or folder."""
    plan: routes.Plan = {
        "inspect": (routes.inspect, path),
        "check": (routes.check, path),
        "read": (routes.read, path),
        "score": (routes.score, path),
    }
    if oddity.layer == "sites":
        file = path / "sites.parquet" if path.suffix == "" else path
        plan |= {
            "one go": (routes.sites_in_one_go, file),
            "chunks": (routes.sites_in_chunks, file),
            "score chunks": (routes.score_in_chunks, file),
        }
    return plan


@cache
def healthy_answers() -> dict[str, Outcome]:
    return answers_of(Oddity("healthy", "sites"))


def test_the_healthy_study_is_healthy() -> None:
    healthy = healthy_answers()
    assert {route: answer.code for route, answer in healthy.items()} == dict.fromkeys(healthy, 0)
    assert all_broken(Oddity("healthy", "sites"), healthy, healthy) == []


def test_a_file_that_another_program_holds_is_said_to_be_locked(tmp_path: Path) -> None:
    path = Oddity("locked", "sites").write("geopackage", tmp_path)
    with closing(sqlite3.connect(path, isolation_level="EXCLUSIVE")) as base:
        base.execute("BEGIN EXCLUSIVE")
        answers = routes.take(
            {
                "check": (routes.check, path),
                "read": (routes.read, path),
                "chunks": (routes.sites_in_chunks, path),
            }
        )
    told = {route: answer.said for route, answer in answers.items()}
    assert {answer.code for answer in answers.values()} == {2}, told
    assert all("lock" in said or "another program" in said for said in told.values()), told


@pytest.mark.parametrize("oddity", ODDITIES, ids=str)
def test_oddity(oddity: Oddity) -> None:
    quick = ODDITIES.index(oddity) % EVERY != 0
    broken = all_broken(oddity, answers_of(oddity, quick=quick), healthy_answers())
    assert not broken, "\n".join(broken)
