"""Problems of a profile: where in the TOML, what was expected, what came, what to do.

Pydantic checks the type of each key; the rules of `standort.scoring` check keys against each other
(an option that a metric does not take, breakpoints out of order). Rules skip values of the wrong
type, so that both kinds of check can run over an invalid profile and report all problems together.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Loc = tuple[str | int, ...]

#: Error type of the rules inside pydantic; `shape_problems` skips it, as rules are run separately.
RULE = "standort_rule"


class Problem(NamedTuple):
    """One problem: the keys that lead to it, and a message."""

    loc: Loc
    message: str

    def under(self, *parent: str | int) -> Problem:
        """Return the problem with its location relative to a parent."""
        return Problem((*parent, *self.loc), self.message)


def raise_rules(problems: Sequence[Problem]) -> None:
    """Raise the problems of rules as a pydantic error, from inside a validator."""
    if problems:
        text = "; ".join(
            f"{dotted_path(problem.loc, {})}: {problem.message}" for problem in problems
        )
        raise PydanticCustomError(RULE, "{problems}", {"problems": text})


def as_number(raw: object) -> float | None:
    """Return a finite number as float, or None for anything else (`true` is not a number)."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    try:
        number = float(raw)
    except OverflowError:  # a whole number of more than 308 digits
        return None
    return number if math.isfinite(number) else None


def as_table(raw: object) -> Mapping[str, object]:
    """Return a table, or an empty one for anything else."""
    return raw if isinstance(raw, Mapping) else {}


def suggest(word: object, known: Iterable[str]) -> str:
    """Suggest the closest known word, or list all of them.

    >>> suggest("radius", ["radius_km", "column"])
    "did you mean 'radius_km'?"
    >>> suggest("zzz", ["radius_km", "column"])
    'expected one of radius_km, column'
    >>> suggest("Mt", ["t", "mt"])
    "did you mean 'mt'?"
    """
    plain = {name.casefold(): name for name in known}
    # Compare without case: 'Mt' means 'mt', however close 't' is.
    close = difflib.get_close_matches(str(word).casefold(), list(plain), n=1)
    if close:
        return f"did you mean {plain[close[0]]!r}?"
    return f"expected one of {', '.join(plain.values())}"


def dotted_path(loc: Loc, document: object) -> str:
    """Format a location as in the TOML; list entries with an id are named by it.

    >>> document = {"criteria": [{"id": "port_distance", "value": {"points": []}}]}
    >>> dotted_path(("criteria", 0, "value", "points", 1, "x"), document)
    'criteria.port_distance.value.points[1].x'
    >>> dotted_path(("criteria", 0, "id"), document)
    'criteria[0].id'
    """
    path, node = "", document
    for depth, part in enumerate(loc):
        node = _step(node, part)
        if isinstance(part, str):
            path += f".{part}" if path else part
            continue
        own_id = as_table(node).get("id")
        names_itself = loc[depth + 1 :] == ("id",)
        path += f".{own_id}" if isinstance(own_id, str) and not names_itself else f"[{part}]"
    return path or "(the whole profile)"


def shape_problems(
    errors: Iterable[ErrorDetails], document: object, *, keys_at: Callable[[Loc], Iterable[str]]
) -> list[Problem]:
    """Turn pydantic's errors into problems; `keys_at` returns the keys a table may have."""
    problems = []
    for error in errors:
        if error["type"] == RULE or _follows_from_another(error):
            continue
        loc = _without_tags(error["loc"], document)
        if error["type"] == "union_tag_invalid":
            loc = (*loc, "kind")
        problems.append(Problem(loc, _message(error, keys_at(error["loc"]))))
    return problems


def _follows_from_another(error: ErrorDetails) -> bool:
    """Return whether a list is too short only because some of its entries are invalid."""
    context = error.get("ctx", {})
    return error["type"] == "too_short" and len(error["input"]) >= context["min_length"]


def _step(node: object, part: str | int) -> object:
    if isinstance(part, str):
        return as_table(node).get(part)
    return node[part] if isinstance(node, list | tuple) and part < len(node) else None


#: Names of union branches in pydantic's locations, which are not keys of the TOML.
_TAGS = frozenset(
    {"piecewise", "log_piecewise", "goalpost", "logistic", "range", "any_of"}
    | {"exponential", "gaussian", "truncated_gaussian", "linear"}
    | {"cutoff", "power", "steps"}
    | {"technology_name", "technology_table"}
)


def _without_tags(loc: Loc, document: object) -> Loc:
    node, kept = document, []
    for part in loc:
        if part in _TAGS and part not in as_table(node):
            continue
        kept.append(part)
        node = _step(node, part)
    return tuple(kept)


def _message(error: ErrorDetails, keys: Iterable[str]) -> str:
    key = str(error["loc"][-1]) if error["loc"] else ""
    kind = error["type"]
    if kind == "missing":
        return f"expected {_WANTED.get(key, 'this key')}, it is missing; {_remedy(key, 'add it')}"
    if kind == "extra_forbidden":
        return f"unknown key; {suggest(key, keys)}"
    if kind == "union_tag_not_found":
        return "expected a key 'kind', it is missing; add it"
    if kind in {"literal_error", "union_tag_invalid"}:
        return _choice_message(error)
    wanted = _WANTED_BY_TYPE.get(kind, error["msg"].removeprefix("Value error, expected "))
    wanted = wanted.format(**error.get("ctx", {}))
    remedy = _TABLES.get(key) if wanted == "a table" else None
    return f"expected {wanted}, got {_name(error['input'])}; {remedy or _remedy(key, 'correct it')}"


def _choice_message(error: ErrorDetails) -> str:
    context = error["ctx"]
    choices = re.findall(r"'([^']+)'", context.get("expected") or context["expected_tags"])
    came = context.get("tag", error["input"])
    close = difflib.get_close_matches(str(came).casefold(), choices, n=1)
    remedy = f"did you mean {close[0]!r}?" if close else "correct it"
    wanted = f"one of {', '.join(choices)}" if len(choices) > 1 else repr(choices[0])
    return f"expected {wanted}, got {_name(came)}; {remedy}"


def _remedy(key: str, otherwise: str) -> str:
    return _REMEDIES.get(key, otherwise)


def _name(came: object) -> str:
    if isinstance(came, Mapping):
        return "a table"
    if isinstance(came, list | tuple):
        return f"a list of {len(came)}"
    return repr(came)


_WANTED = {"source": "a source", "unit": "the unit of the metric"}
_WANTED_BY_TYPE = {
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_type": "a number (without quotes)",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "int_type": "a whole number (without quotes)",
    "less_than": "a number below {lt:g}",
    "less_than_equal": "a number of at most {le:g}",
    "model_attributes_type": "a table",
    "model_type": "a table",
    "string_pattern_mismatch": "a plain lower-case name without blanks",
    "string_too_short": "some text",
    "string_type": "text (in quotes)",
    "too_long": "a list of at most {max_length}",
    "too_short": "a list of at least {min_length}",
    "tuple_type": "a list",
}
#: How to write tables that are easily mistaken for something else.
_TABLES = {
    "source": 'write source = { raster = "wind", unit = "m_per_s" }',
    "density": 'write density = { mw_per_km2 = 10, source = "report, page" }',
    "availability": 'write availability = { share = 0.3, source = "report, page" }',
}
_REMEDIES = {
    "density": _TABLES["density"],
    "availability": _TABLES["availability"],
    "worst": 'write worst = { x = 100, source = "report, page" }',
    "best": 'write best = { x = 5, source = "report, page" }',
    "midpoint": 'write midpoint = { x = 50, source = "report, page" }',
    "scale": 'write scale = { x = -10, source = "report, page" }',
    "source": "say where the number comes from, or write 'assumption'",
    "weight": "weights are ratios and need not sum to 1",
}
