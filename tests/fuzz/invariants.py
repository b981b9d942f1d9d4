"""What must hold whatever is in a study; each function yields what is broken, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from fuzz.healthy_study import N_ROWS, ODD_ROW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from child_runs import Outcome
    from fuzz.changes import Oddity
    from fuzz.routes import Reading

#: routes of one input that must accept or refuse the same, and read the same
TWINS = (
    ("inspect", "read"),
    ("inspect", "check"),
    ("read", "score"),
    ("read", "one go"),
    ("one go", "chunks"),
    ("chunks", "score chunks"),
    ("inspect folder", "read folder"),
    ("inspect folder", "check folder"),
    ("read folder", "score folder"),
    ("read folder", "one go folder"),
    ("one go folder", "chunks folder"),
    ("chunks folder", "score chunks folder"),
    ("read memory", "score memory"),
    # one oddity in two forms
    ("read", "read folder"),
    ("read", "read memory"),
)
#: columns of a result that depend on the other sites or on their number
_RELATIVE = ("rank", "fid")


def all_broken(
    oddity: Oddity, answers: Mapping[str, Outcome], healthy: Mapping[str, Outcome]
) -> list[str]:
    """List all that is broken, by route."""
    broken = [
        f"{route}: {text}"
        for route, answer in answers.items()
        for text in (
            *result_or_one_error(answer),
            *error_names_the_layer(oddity, answer),
            *cell_is_kept(oddity, answer),
            *rows_are_counted(oddity, answer),
            *other_rows_keep_their_values(oddity, answer, healthy[route]),
        )
    ]
    for one, other in TWINS:
        if one in answers and other in answers:
            texts = same_answer(answers[one], answers[other])
            broken += [f"{one} and {other}: {text}" for text in texts]
    return broken


def result_or_one_error(answer: Outcome) -> Iterator[str]:
    """A run ends with a result or with one message and code 2: no hang, crash or traceback."""
    said = answer.said + answer.errors
    bug = "Traceback" in said or "bug in standort" in said
    if answer.hangs or answer.code not in {0, 2} or bug:
        yield f"no result and no error of ours: {answer.summary}"


def error_names_the_layer(oddity: Oddity, answer: Outcome) -> Iterator[str]:
    """An error says which layer or which file it is about."""
    said = answer.said + answer.errors
    if answer.refused and not any(name in said for name in (oddity.layer, "study.gpkg")):
        yield f"the error does not name the layer: {answer.summary}"


def cell_is_kept(oddity: Oddity, answer: Outcome) -> Iterator[str]:
    """A cell is read as what it says: no unknown becomes a number, no text another text."""
    layer = _layer(answer, oddity)
    if layer is not None and len(layer) == N_ROWS and not oddity.is_kept(layer):
        row = layer.drop(columns="geometry", errors="ignore").iloc[ODD_ROW]
        yield f"the odd row was read as {row.to_dict()}"


def rows_are_counted(oddity: Oddity, answer: Outcome) -> Iterator[str]:
    """No row is lost: all were read, and what was not kept was reported."""
    reading: Reading | None = answer.value
    if reading is None or not reading.rows:
        return
    if oddity.layer not in reading.rows:
        yield f"layer {oddity.layer} was left out; told: {reading.told}"
        return
    read, kept = reading.rows[oddity.layer]
    held, expected = len(reading.layers.get(oddity.layer, ())), oddity.rows()
    if read != expected or held != kept:
        yield f"{expected} rows in the file, {read} read, {kept} kept, {held} there"
    if kept < read and not reading.told:
        yield f"{read - kept} rows dropped without a word"


def other_rows_keep_their_values(
    oddity: Oddity, answer: Outcome, healthy: Outcome
) -> Iterator[str]:
    """An odd site changes no number of another site."""
    reading, base = answer.value, healthy.value
    if reading is None or base is None or oddity.layer != "sites" or not oddity.one_row:
        return
    expected = [row for number, row in enumerate(base.scored) if number != ODD_ROW]
    all_kept = len(reading.scored) == N_ROWS
    given = [row for n, row in enumerate(reading.scored) if n != ODD_ROW or not all_kept]
    yield from _differences(given, expected)


def same_answer(one: Outcome, other: Outcome) -> Iterator[str]:
    """Two ways of reading the same accept or refuse both, and read the same rows."""
    if {one.code, other.code} == {0, 2}:
        yield f"one accepts, one refuses: {one.summary} | {other.summary}"
    a, b = one.value, other.value
    for name in a.layers.keys() & b.layers.keys() if a and b else ():
        rows = (reading.layers[name].to_dict("records") for reading in (a, b))
        yield from _differences(*rows)


def _layer(answer: Outcome, oddity: Oddity) -> pd.DataFrame | None:
    reading: Reading | None = answer.value
    return None if reading is None else reading.layers.get(oddity.layer)


def _differences(given: list[Any], expected: list[Any]) -> Iterator[str]:
    """Compare rows, in the columns that both have; the first difference will do."""
    if len(given) != len(expected):
        yield f"{len(given)} rows for {len(expected)}"
        return
    for number, (row, other) in enumerate(zip(given, expected, strict=True)):
        names = [n for n in row.keys() & other.keys() if not str(n).startswith(_RELATIVE)]
        wrong = {n: (row[n], other[n]) for n in names if not _equal(row[n], other[n])}
        if wrong:
            yield f"row {number} differs: {wrong}"
            return


def _equal(one: Any, other: Any) -> bool:  # noqa: ANN401 - cells of any kind
    """Whether two cells are equal, or both unknown."""
    if pd.api.types.is_scalar(one) and pd.api.types.is_scalar(other):
        unknown = bool(pd.isna(one)), bool(pd.isna(other))
        return unknown == (True, True) or (not any(unknown) and bool(one == other))
    return repr(one) == repr(other)
