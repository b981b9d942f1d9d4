"""Files with flipped bits, and files cut short: seeded, so that each case can be repeated.

``STANDORT_FUZZ_CASES=20000`` tries so many cases of each kind, ``STANDORT_FUZZ_FIRST`` says with
which number they begin. A failure names its number; one case is tried again with
``STANDORT_FUZZ_FIRST=number STANDORT_FUZZ_CASES=1``.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from fuzz import routes
from fuzz.healthy_study import N_ROWS, healthy_geopackage, healthy_parquet
from fuzz.invariants import TWINS, result_or_one_error, same_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from child_runs import Outcome

CASES = int(os.environ.get("STANDORT_FUZZ_CASES", "12"))
FIRST = int(os.environ.get("STANDORT_FUZZ_FIRST", "0"))
#: cases of one test: a child reads all of them, and each one again if it does not survive
BATCH = 12
KINDS = ("geopackage-flipped", "geopackage-cut", "parquet-flipped", "parquet-cut")


def damaged(kind: str, number: int) -> bytes:
    """Return the bytes of a file of sites, damaged in a way that the number decides."""
    dice = random.Random(f"{kind} {number}")  # noqa: S311 - not for secrets
    form, damage = kind.split("-")
    whole = healthy_geopackage("sites") if form == "geopackage" else healthy_parquet("sites")
    if damage == "cut":
        return whole[: dice.randrange(len(whole))]
    flipped = bytearray(whole)
    # headers are short, and most programs look at nothing else
    reach = dice.choice([200, 5000, len(whole)])
    for _ in range(dice.choice([1, 1, 2, 50])):
        at = dice.randrange(reach) if dice.random() < 0.5 else -1 - dice.randrange(reach)
        flipped[at] ^= 1 << dice.randrange(8)
    return bytes(flipped)


def plan_of(kind: str, number: int, folder: Path) -> routes.Plan:
    """Write a damaged file, and plan the ways of reading it."""
    form = kind.partition("-")[0]
    path = folder / (f"{number}.gpkg" if form == "geopackage" else f"{number}/sites.parquet")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(damaged(kind, number))
    study = path if form == "geopackage" else path.parent
    steps: routes.Plan = {
        "inspect": (routes.inspect, study),
        "read": (routes.read, study),
        "one go": (routes.sites_in_one_go, path),
        "chunks": (routes.sites_in_chunks, path),
    }
    return {f"{number} {name}": step for name, step in steps.items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first", range(FIRST, FIRST + CASES, BATCH))
def test_damaged_file(kind: str, first: int) -> None:
    numbers = range(first, min(first + BATCH, FIRST + CASES))
    with TemporaryDirectory() as name:
        plan: routes.Plan = {}
        for number in numbers:
            plan |= plan_of(kind, number, Path(name))
        answers = routes.take(plan)
    broken = [text for number in numbers for text in broken_case(kind, number, answers)]
    assert not broken, "\n".join(broken)


def broken_case(kind: str, number: int, answers: dict[str, Outcome]) -> Iterator[str]:
    """Yield what is broken, with the way to repeat it."""
    repeat = (
        f"STANDORT_FUZZ_FIRST={number} STANDORT_FUZZ_CASES=1 "
        f"python -m pytest tests/fuzz/test_damaged_files.py -k {kind}"
    )
    start = f"{number} "
    own = {n.removeprefix(start): a for n, a in answers.items() if n.startswith(start)}
    for route, answer in own.items():
        for text in (*result_or_one_error(answer), *rows_are_there(answer)):
            yield f"{route}: {text}; repeat: {repeat}"
    for one, other in TWINS:
        if one in own and other in own:
            for text in same_answer(own[one], own[other]):
                yield f"{one} and {other}: {text}; repeat: {repeat}"


def rows_are_there(answer: Outcome) -> Iterator[str]:
    """A layer of a damaged file is read as a whole or not at all."""
    rows = {} if answer.value is None else answer.value.rows
    short = {name: read for name, (read, _) in rows.items() if read != N_ROWS}
    if short:
        yield f"{short} of {N_ROWS} rows were read"
