"""One oddity at a time in a healthy study: read from files and memory, in one go and in chunks.

Every oddity is read in every way; in the short form, a third of them is also scored and written.
``STANDORT_FUZZ_CASES`` asks for the long form.
"""

from __future__ import annotations

import os
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
#: one in so many is scored
EVERY = 1 if "STANDORT_FUZZ_CASES" in os.environ else 3


def answers_of(oddity: Oddity, *, scored: bool = True) -> dict[str, Outcome]:
    """Read a study with an oddity in every way that there is, and score it."""
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
        return routes.take({n: s for n, s in plan.items() if scored or "score" not in n})


def _of_file(oddity: Oddity, path: Path) -> routes.Plan:
    """Plan the ways of reading a file or folder."""
    plan: routes.Plan = {
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


@pytest.mark.parametrize("oddity", ODDITIES, ids=str)
def test_oddity(oddity: Oddity) -> None:
    scored = ODDITIES.index(oddity) % EVERY == 0
    broken = all_broken(oddity, answers_of(oddity, scored=scored), healthy_answers())
    assert not broken, "\n".join(broken)
