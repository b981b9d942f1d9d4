"""The exceptions and warnings that standort raises.

Each exception is also a `ValueError` or an `OSError`, so code that does not know standort can still
catch it. A message states what was expected, what was given and what to do.
"""

from __future__ import annotations

import inspect
import re
import warnings
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class StandortError(Exception):
    """Base class of all errors raised on purpose; the command line exits with code 2."""


class LayerError(StandortError, ValueError):
    """A layer or table violates its contract."""


class CRSError(LayerError):
    """A layer has no coordinate reference system, or one that cannot be converted to WGS84."""


class GeometryError(LayerError):
    """Geometries are missing, empty, of the wrong type or outside the Earth."""


class AlignmentError(StandortError, ValueError):
    """Two tables that must have the same ids differ, or an id is duplicated."""


class WeightError(StandortError, ValueError):
    """Weights are negative, not finite, misnamed or sum to zero."""


class ProfileError(StandortError, ValueError):
    """A profile violates its contract; the message names the keys."""


class OptionError(StandortError, ValueError):
    """An option is outside its range."""


class FileError(StandortError, OSError):
    """A file cannot be read or written."""


class StandortWarning(UserWarning):
    """Something was repaired, dropped or skipped; the result is still valid."""


class ComparabilityWarning(StandortWarning):
    """Scores based on different criteria or profiles are being compared."""


#: Most characters of an id in a message.
_LONGEST = 80


def name_ids(ids: Sequence[object], *, limit: int = 5) -> str:
    """List the first few ids and count the rest.

    >>> name_ids(["a", "b"])
    "'a', 'b'"
    >>> name_ids(list(range(8)), limit=3)
    '0, 1, 2 and 5 more'
    """
    shown = ", ".join(_name(id_) for id_ in ids[:limit])
    return shown if len(ids) <= limit else f"{shown} and {len(ids) - limit} more"


def _name(id_: object) -> str:
    """Format an id as Python writes it, a scalar of NumPy as its value, a long one cut."""
    item = getattr(id_, "item", None)
    text = repr(item() if item is not None and getattr(id_, "ndim", None) == 0 else id_)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def gather(problems: Sequence[str], *, of: str) -> str:
    """Format all problems of one input as one message.

    >>> print(gather(["no CRS", "2 ids occur twice"], of="layer 'ports'"))
    layer 'ports' has 2 problems:
      1. no CRS
      2. 2 ids occur twice
    >>> gather(["no CRS"], of="layer 'ports'")
    "layer 'ports': no CRS"
    """
    if len(problems) == 1:
        return f"{of}: {problems[0]}"
    lines = [f"  {number}. {problem}" for number, problem in enumerate(problems, start=1)]
    return "\n".join([f"{of} has {len(problems)} problems:", *lines])


#: Characters that move the cursor, recolour or reorder text: C0 but tab and line feed, C1,
#: separators of lines, and overrides of direction.
_CONTROL = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]"
)


def visible(text: str) -> str:
    r"""Show control characters of a text as escapes, so that a terminal does not obey them.

    In JSON, the escapes stand for the same characters.

    >>> visible("\x1b[31mred\u202e")
    '\\u001b[31mred\\u202e'
    """
    return _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def warn(message: str, category: type[StandortWarning] = StandortWarning) -> None:
    """Issue a warning that points at the first line of code outside standort.

    Parameters
    ----------
    message
        What was repaired, dropped or skipped, with counts.
    category
        Class of the warning.
    """
    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith("standort."):
        frame, level = frame.f_back, level + 1
    warnings.warn(visible(message), category, stacklevel=level + 1)


ProblemKind = Literal["crs", "geometry", "attribute"]

_ERRORS: dict[ProblemKind, type[LayerError]] = {
    "crs": CRSError,
    "geometry": GeometryError,
    "attribute": LayerError,
}


class Problem(NamedTuple):
    """A problem of an input, with its kind."""

    kind: ProblemKind
    text: str


def raise_problems(problems: Sequence[Problem], *, of: str) -> None:
    """Raise all problems of an input as one error, if there are any.

    Parameters
    ----------
    problems
        Problems of the input.
    of
        Name of the input, with which the message begins.

    Raises
    ------
    CRSError
        If all problems concern a coordinate reference system.
    GeometryError
        If all problems concern geometry.
    LayerError
        Otherwise.

    Examples
    --------
    >>> raise_problems([Problem("crs", "layer 'ports' has no CRS")], of="study.gpkg")
    Traceback (most recent call last):
    standort.errors.CRSError: study.gpkg: layer 'ports' has no CRS
    """
    if not problems:
        return
    kinds = {problem.kind for problem in problems}
    error = _ERRORS[kinds.pop()] if len(kinds) == 1 else LayerError
    raise error(gather([problem.text for problem in problems], of=of))
