"""The table `weights` of a profile: numbers, or judgements from which weights are computed.

Weights are given by group: the components against each other, and the criteria within each
component. Weights from judgements are scaled to a mean of 1, so that equal weights equal the
default of 1, and rounded to twelve decimals, so that the last bits of a solver change no hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from standort.errors import FileError, OptionError, WeightError
from standort.scoring.profile.base_model import FrozenModel, Number, Text
from standort.scoring.profile.problems import Problem, as_table, suggest
from standort.scoring.weights.judgements import (
    METHODS,
    SAMPLE_METHODS,
    JudgementFile,
    JudgementRow,
    Method,
    elicit,
    scan_judgements,
)
from standort.scoring.weights.pairwise_comparison import as_ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from standort.scoring.weights.elicitation import Weights

#: Group of the components; other groups have the id of their component.
COMPONENTS = "components"
#: Keys of `[weights]` that apply to all groups.
SETTINGS = ("method", "variant", "file")
_FORMS = ("judgements", "points", "ranking")
_KEYS = (*SETTINGS, *_FORMS)
_DECIMALS = 12
_EXAMPLES = {
    "judgements": 'write judgements = [["port_distance", "heat_demand", 3]]',
    "points": "expected points by id; write points = { port_distance = 3 }",
    "ranking": "expected a list of ids, the one that counts most first",
}
#: Form of the inline judgements of each method.
_FORM_OF = {
    "ahp": "judgements",
    "bwm": "judgements",
    "direct": "points",
    "swing": "points",
    "rank_order_centroid": "ranking",
}


class ElicitedWeights(FrozenModel):
    """How the weights of one group were obtained; the criteria hold the weights themselves."""

    group: Text
    method: Method
    variant: Text | None = None
    judgements: tuple[tuple[str, str, Number], ...]
    consistency_ratio: Number | None = None
    worst_judgement: Text | None = None


class _Request(NamedTuple):
    """The judgements of a profile for one group, and where they come from."""

    group: str
    table: Mapping[str, object]
    rows: list[JudgementRow] | None
    file: JudgementFile | None
    """File the rows come from, if any."""
    key: str
    """Name of the group in the file; empty if the file holds only one."""

    def line_of(self, name: str) -> str:
        """Format the line in which a file first judges a criterion; empty without a file."""
        if self.file is None or self.rows is None:
            return ""
        pairs = zip(self.rows, self.file.lines[self.key], strict=True)
        line = next((line for row, line in pairs if name in row[:2]), None)
        return "" if line is None else f"file {self.file.name!r}, line {line}: "


def is_elicited(weights: object) -> bool:
    """Return whether a table `weights` holds judgements, not only numbers."""
    table = as_table(weights)
    return any(key in SETTINGS or not _is_plain(value) for key, value in table.items())


def elicit_groups(weights: Mapping[str, object], merged: dict[str, Any]) -> list[Problem]:
    """Compute weights from the judgements of a profile.

    Parameters
    ----------
    weights
        The table `weights` of the profile.
    merged
        The rest of the profile as data; receives the weights, and a record under `elicited`.

    Returns
    -------
    The problems; groups with a problem keep their weights.
    """
    members = _members(merged)
    requests, problems = _requests(weights, members)
    elicited = []
    for request in requests:
        problems += [
            Problem(("weights", name), f"also has judgements in group {request.group!r}; keep one")
            for name in members[request.group]
            if name in weights and _is_plain(weights[name])
        ]
        outcome, own_problems = _elicit(request, weights, members[request.group])
        problems += own_problems
        if outcome is not None:
            record, result = outcome
            _set_weights(merged, request.group, result)
            elicited.append(record.model_dump())
    merged["elicited"] = elicited
    return problems


def plain_weights(weights: Mapping[str, object]) -> dict[str, object]:
    """Return the entries that are weights by id, not judgements."""
    return {
        str(key): value
        for key, value in weights.items()
        if key not in SETTINGS and _is_plain(value)
    }


def _is_plain(value: object) -> bool:
    return not isinstance(value, dict | list | tuple)


def _members(merged: Mapping[str, object]) -> dict[str, list[str]]:
    """List the ids of each group."""
    components = [str(as_table(c).get("id")) for c in _listed(merged.get("components"))]
    criteria = [as_table(c) for c in _listed(merged.get("criteria"))]
    within = {
        own: [str(c.get("id")) for c in criteria if c.get("component") == own] for own in components
    }
    return {COMPONENTS: components, **within}


def _listed(raw: object) -> Iterable[object]:
    return raw if isinstance(raw, list | tuple) else ()


def _requests(
    weights: Mapping[str, object], members: Mapping[str, list[str]]
) -> tuple[list[_Request], list[Problem]]:
    """Collect the groups with judgements, and read those in files."""
    problems: list[Problem] = []
    tables = {key: as_table(v) for key, v in weights.items() if isinstance(v, dict)}
    problems += [
        Problem(("weights", key), "expected a number, or a table of judgements, got a list")
        for key, value in weights.items()
        if isinstance(value, list | tuple)
    ]
    shared = _read(weights, ("weights", "file"), problems)
    listed = [] if shared is None else [group for group in shared.groups if group]
    if shared is not None and "" in shared.groups:
        where = f"line {shared.lines[''][0]}: " if listed else ""
        message = "expected a column 'group' in a file for several groups: 'components' or the "
        problems.append(Problem(("weights", "file"), f"{where}{message}id of a component; add it"))
    if weights.get("method") == "equal" and not tables and shared is None:
        tables = {group: {} for group, ids in members.items() if ids}
    requests = []
    for group in dict.fromkeys([*listed, *tables]):
        loc = ("weights", group)
        if group not in members:
            where = ""
            if shared is not None and group in listed:
                where = f"file {shared.name!r}, line {shared.lines[group][0]}: "
            message = f"{group!r} is not a group of this profile; {suggest(group, members)}"
            problems.append(Problem(loc, where + message))
            continue
        table = tables.get(group, {})
        own = _read(table, (*loc, "file"), problems)
        file = shared if own is None else own
        key = "" if own is not None and group not in own.groups else group
        rows = None if file is None else file.groups.get(key)
        if rows is not None and any(form in table for form in _FORMS):
            problems.append(Problem(loc, "judgements are given here and in the file; keep one"))
            continue
        requests.append(_Request(group, table, rows, None if rows is None else file, key))
    if "method" in weights and not requests and not problems:
        message = "a method needs judgements; add a file, or a table for each group"
        problems.append(Problem(("weights", "method"), message))
    return requests, problems


def _read(
    table: Mapping[str, object], loc: tuple[str, ...], problems: list[Problem]
) -> JudgementFile | None:
    """Read a file of judgements, if one is named, and record the problems in it."""
    path = table.get("file")
    if path is None:
        return None
    if not isinstance(path, str):
        problems.append(Problem(loc, f"expected the path of a CSV file, got {path!r}; correct it"))
        return None
    try:
        file = scan_judgements(path)
    except (FileError, WeightError) as error:
        problems.append(Problem(loc, str(error)))
        return None
    problems += [Problem(loc, f"file {file.name!r}, {problem}") for problem in file.problems]
    return file


def _elicit(
    request: _Request, weights: Mapping[str, object], members: list[str]
) -> tuple[tuple[ElicitedWeights, Weights] | None, list[Problem]]:
    group, table, rows = request[:3]
    loc = ("weights", group)
    method, variant = (table.get(key, weights.get(key)) for key in ("method", "variant"))
    if "method" in table:
        variant = table.get("variant")
    problems = [
        Problem((*loc, key), f"unknown key; {suggest(key, _KEYS)}")
        for key in table
        if key not in _KEYS
    ]
    problem = _method_problem(method)
    if problem:
        where = (*loc, "method") if "method" in table else ("weights", "method")
        return None, [*problems, Problem(where, problem)]
    if rows is None:
        rows, own_problems = _inline(str(method), table, members)
        problems += [Problem((*loc, *own.loc), own.message) for own in own_problems]
    judged = {name for row in rows for name in row[:2] if name}
    problems += [
        Problem(
            loc, f"{request.line_of(name)}{name!r} is not in this group; {suggest(name, members)}"
        )
        for name in sorted(judged - set(members))
    ]
    lacking = [name for name in members if name not in judged]
    if rows and lacking:
        problems.append(
            Problem(loc, f"expected judgements of {', '.join(lacking)} too, got none; add them")
        )
    # Problems of the rows of a file are already listed; their numbers mean nothing.
    if problems or (request.file is not None and request.file.problems):
        return None, problems
    try:
        result = elicit(method, rows, variant=variant)  # type: ignore[arg-type]  # elicit checks it
    except (WeightError, OptionError) as error:
        return None, [Problem(loc, str(error))]
    return (_record(group, method, variant, rows, result), result), []


def _method_problem(method: object) -> str:
    if method is None:
        return f"expected a method, one of {', '.join(METHODS)}; add it"
    if method in SAMPLE_METHODS:
        return (
            f"{method!r} computes weights from the batch of sites being scored, so adding a site "
            f"would change every score; see standort.scoring.{method}_weights, and choose one of "
            f"{', '.join(METHODS)}"
        )
    if method not in METHODS:
        return f"unknown weighting method {method!r}; {suggest(method, METHODS)}"
    return ""


def _inline(
    method: str, table: Mapping[str, object], members: list[str]
) -> tuple[list[JudgementRow], list[Problem]]:
    """Read judgements given in the profile itself."""
    if method == "equal":
        return [JudgementRow(name, "", 1.0) for name in members], []
    form = _FORM_OF[method]
    other = [key for key in _FORMS if key in table and key != form]
    if other:
        return [], [Problem((other[0],), f"does not apply to {method!r}, which takes {form!r}")]
    raw = table.get(form)
    if form == "judgements":
        return _triples(raw)
    rows = _points(raw) if form == "points" else _ranks(raw)
    return rows, [] if rows else [Problem((form,), _EXAMPLES[form])]


def _points(raw: object) -> list[JudgementRow]:
    numbers = as_table(raw).items()
    return [JudgementRow(str(name), "", number) for name, number in numbers]  # type: ignore[arg-type]  # the method checks it


def _ranks(raw: object) -> list[JudgementRow]:
    return [
        JudgementRow(str(name), "", float(rank))
        for rank, entry in enumerate(_listed(raw), start=1)
        for name in ([entry] if isinstance(entry, str) else _listed(entry))
    ]


def _triples(raw: object) -> tuple[list[JudgementRow], list[Problem]]:
    example = _EXAMPLES["judgements"]
    if not isinstance(raw, list | tuple) or not raw:
        return [], [Problem(("judgements",), f"expected a list of comparisons; {example}")]
    rows, problems = [], []
    for i, entry in enumerate(raw):
        parts = list(_listed(entry))
        number = as_ratio(parts[2]) if len(parts) == 3 else None  # noqa: PLR2004 - a triple
        if number is None:
            message = f"expected two ids and a number above 0 or a fraction, got {entry!r}; "
            problems.append(Problem(("judgements", i), message + example))
        else:
            rows.append(JudgementRow(str(parts[0]), str(parts[1]), number))
    return rows, problems


def _record(
    group: str, method: object, variant: object, rows: list[JudgementRow], result: Weights
) -> ElicitedWeights:
    ratio, worst = result.consistency_ratio, result.worst_judgement
    return ElicitedWeights.model_validate(
        {
            "group": group,
            "method": method,
            "variant": variant,
            "judgements": tuple((a, b, float(number)) for a, b, number in rows),
            "consistency_ratio": None if ratio is None else round(ratio, _DECIMALS),
            "worst_judgement": None if worst is None else str(worst),
        }
    )


def _set_weights(merged: dict[str, Any], group: str, result: Weights) -> None:
    """Set weights in the profile; a cluster criterion shares that of the criterion of its id."""
    shares = dict(zip(result.weights.index, result.weights.tolist(), strict=True))
    keys = ("components",) if group == COMPONENTS else ("criteria", "cluster_criteria")
    for key in keys:
        items = [dict(as_table(item)) for item in _listed(merged.get(key))]
        for item in items:
            if item.get("id") in shares:
                item["weight"] = round(shares[str(item["id"])] * len(shares), _DECIMALS)
        merged[key] = items
