"""What the arguments of public functions may be, checked once at the border.

The annotation of a parameter gives its type, and the decorator `checked` the range of its numbers
or the form of its tables. Nothing is converted: numbers of NumPy are numbers, booleans and texts
are not. Classes are recognised by name, so that no library is loaded to check for its tables.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import math
import re
import reprlib
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cache, partial, reduce, wraps
from numbers import Integral, Real
from operator import or_
from os import PathLike
from typing import Any, Literal, TypeGuard, TypeVar, cast

from standort.errors import LayerError, OptionError, StandortError, WeightError, gather

#: The largest whole number that is counted with, and the largest number that is measured with:
#: beyond them, arithmetic in floating point is no longer exact, or overflows.
MOST, LARGEST = 2**53, 1e15
#: The longest distance [km]; no two points on Earth are farther apart than 20,004 km.
FARTHEST_KM = 1e6
#: The most draws, permutations or simulations of one call, and the most rows, neighbours or levels.
MOST_DRAWS, MOST_ROWS = 10_000_000, 1_000_000

_TABLES = ("GeoDataFrame", "DataFrame", "Series", "Features", "Sites")
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Constraint:
    """What an argument may be, in words and as a test.

    Parameters
    ----------
    words
        What is expected, such as "a whole number from 1 to 9".
    allows
        Whether a value is as expected.
    refines
        Names of the types that it stands for in an annotation: it narrows them.
    error
        What is raised.
    """

    words: str
    allows: Callable[[object], bool]
    refines: tuple[str, ...] = ()
    error: type[StandortError] = OptionError

    def __or__(self, other: Constraint) -> Constraint:
        """Return the constraint that allows what either allows."""
        first, second = self.allows, other.allows
        words = self.words if other.words in self.words else f"{self.words} or {other.words}"
        error = other.error if self.error is OptionError else self.error
        return Constraint(words, lambda g: first(g) or second(g), self.refines, error)


# ---------------------------------------------------------------------- ranges of numbers


def _is_number(given: object) -> TypeGuard[float]:
    return isinstance(given, Real) and not isinstance(given, bool)


def between(
    low: float = -LARGEST,
    high: float = LARGEST,
    unit: str = "",
    *,
    closed: Literal["both", "left", "right", "neither"] = "both",
    or_unknown: bool = False,
) -> Constraint:
    """Allow numbers in an interval [unit].

    Parameters
    ----------
    low, high
        Ends of the interval.
    unit
        Unit of the numbers, for the message.
    closed
        Which ends belong to it.
    or_unknown
        Whether NaN is allowed too.

    Examples
    --------
    >>> share = between(0, 1, closed="right")
    >>> share.words
    'a number above 0 and at most 1'
    >>> [share.allows(given) for given in (0, 0.5, True, "1", float("nan"))]
    [False, True, False, False, False]
    """
    above, below = closed in ("right", "neither"), closed in ("left", "neither")

    def allows(given: object) -> bool:
        if not _is_number(given):
            return False
        if given != given:  # noqa: PLR0124 - true of NaN only, for any kind of number
            return or_unknown
        return (low < given if above else low <= given) and (
            given < high if below else given <= high
        )

    words = f"a number {'above' if above else 'of at least'} {low:g}"
    if high < math.inf:
        words += f" and {'below' if below else 'at most'} {high:g}"
    words += f" [{unit}]" * bool(unit) + ", or NaN if unknown" * or_unknown
    return Constraint(words, allows, ("float", "int"))


def positive(unit: str = "", *, or_infinite: bool = False) -> Constraint:
    """Allow finite numbers above 0 [unit]; kilometres up to the longest distance.

    Examples
    --------
    >>> positive("km").words
    'a positive number up to 1e+06 [km]'
    >>> positive("km", or_infinite=True).words
    'a positive number up to 1e+06 [km] or infinity'
    """
    high = FARTHEST_KM if unit == "km" else LARGEST
    words = f"a positive number up to {high:g}" + f" [{unit}]" * bool(unit)
    limited = replace(between(0, high, closed="right"), words=words)
    infinite = Constraint("infinity", lambda given: isinstance(given, float) and given == math.inf)
    return limited | infinite if or_infinite else limited


def whole(at_least: int = 0, at_most: int = MOST_ROWS) -> Constraint:
    """Allow whole numbers in a range.

    Examples
    --------
    >>> whole(1, 9).words
    'a whole number from 1 to 9'
    >>> [whole(1).allows(given) for given in (3, 3.0, True)]
    [True, False, False]
    """

    def allows(given: object) -> bool:
        is_whole = isinstance(given, Integral) and not isinstance(given, bool)
        return is_whole and at_least <= cast("int", given) <= at_most

    return Constraint(f"a whole number from {at_least} to {at_most}", allows, ("float", "int"))


#: Texts whose choices a function names itself, with the closest one.
TEXT = Constraint("a text", lambda given: isinstance(given, str), ("str", "Method"))
ANY_NUMBER = Constraint("a number", _is_number, ("float",))
SHARE = between(0, 1)
YEAR = whole(1, 9999)
#: Seeds of random numbers fit a key.
SEED = whole(0, 2**63 - 1)
#: Only the ratios of weights matter.
WEIGHT = replace(between(0, sys.float_info.max), error=WeightError)


# ---------------------------------------------------------------------- other forms


def one_of(*choices: object) -> Constraint:
    """Allow some values only.

    Examples
    --------
    >>> one_of("count", "emission").words
    "'count' or 'emission'"
    """
    kinds = {type(choice) for choice in choices}
    words = " or ".join(filter(None, [", ".join(map(repr, choices[:-1])), repr(choices[-1])]))
    return Constraint(
        words,
        lambda given: any(isinstance(given, kind) for kind in kinds) and given in choices,
        ("str",),
    )


def with_columns(*columns: str) -> Constraint:
    """Allow tables that have some columns.

    Examples
    --------
    >>> with_columns("cluster", "role").words
    'a table with the columns cluster, role'
    """

    def allows(given: Any) -> bool:  # noqa: ANN401 - asked what it is
        return _is(given, "DataFrame") and all(list(given.columns).count(c) == 1 for c in columns)

    words = f"a table with the column{'s' * (len(columns) > 1)} {', '.join(columns)}"
    return Constraint(words, allows, ("DataFrame", "GeoDataFrame"), LayerError)


def _instance(name: str) -> Constraint:
    article = "an" if name[0] in "AEIOU" else "a"
    error = LayerError if name in _TABLES else OptionError
    return Constraint(f"{article} {name}", lambda given: _is(given, name), error=error)


def _is(given: object, name: str) -> bool:
    return any(kind.__name__ == name for kind in type(given).__mro__)


def _array(words: str, kinds: str) -> Constraint:
    def allows(given: object) -> bool:
        return _is(given, "ndarray") and getattr(given, "dtype").kind in kinds  # noqa: B009

    return Constraint(f"an array of {words}", allows)


def _several(kind: str, each: Constraint) -> Constraint:
    """Allow lists, tuples, arrays and the like; an iterator is not looked into."""

    def allows(given: object) -> bool:
        if isinstance(given, str | bytes) or _is(given, "DataFrame"):
            return False
        if kind in ("Iterable", "Iterator") and not isinstance(given, Collection):
            return isinstance(given, Iterable)
        ordered = kind != "Sequence" or not isinstance(given, AbstractSet | Mapping)
        if not isinstance(given, Collection) or not ordered:
            return False
        return each is _ANYTHING or all(map(each.allows, given))

    return Constraint(f"a sequence, each {each.words}", allows, error=each.error)


def _fixed(parts: list[Constraint]) -> Constraint:
    """Allow sequences of one length, such as pairs."""

    def allows(given: Any) -> bool:  # noqa: ANN401 - asked what it is
        if not isinstance(given, tuple | list) or len(given) != len(parts):
            return False
        return all(part.allows(value) for part, value in zip(parts, given, strict=True))

    return Constraint(f"{len(parts)} values ({', '.join(p.words for p in parts)})", allows)


def _mapping(key: Constraint, value: Constraint) -> Constraint:
    def allows(given: object) -> bool:
        return isinstance(given, Mapping) and all(
            key.allows(k) and value.allows(v) for k, v in given.items()
        )

    words = f"a mapping from {key.words} to {value.words}"
    return Constraint(words, allows, error=value.error)


def _are_numbers(given: Any) -> bool:  # noqa: ANN401 - asked what it is
    """Return whether it is a number, or an array, column or sequence of numbers."""
    if isinstance(given, list | tuple):
        return all(map(_are_numbers, given))
    kind = getattr(getattr(given, "dtype", None), "kind", "")
    return kind in tuple("iuf") or _is_number(given)


_ANYTHING = Constraint("anything", lambda _: True)
_KINDS = {
    "None": Constraint("None", lambda given: given is None),
    "bool": Constraint("True or False", lambda g: isinstance(g, bool) or _is(g, "bool")),
    "str": Constraint("a text", lambda given: isinstance(given, str)),
    "Path": Constraint("a path", lambda given: isinstance(given, PathLike)),
    "Mapping": Constraint("a mapping", lambda given: isinstance(given, Mapping)),
    "Floats": _array("numbers", "iuf"),
    "Ints": _array("whole numbers", "iu"),
    "Flags": _array("True and False", "b"),
    "NDArray": _array("objects", "O"),
    "Callable": Constraint("a function", callable),
    "Progress": Constraint("a function", callable),
    "ArrayLike": Constraint("numbers", _are_numbers),
    "object": _ANYTHING,
    "Any": _ANYTHING,
    "Hashable": _ANYTHING,
    "Unpack": _ANYTHING,
}


# ---------------------------------------------------------------------- annotations


def _read(node: ast.expr, rule: Constraint | None, names: Mapping[str, Any]) -> Constraint:
    """Return what an annotation allows, with the rule in place of the types it refines."""
    read = partial(_read, rule=rule, names=names)
    match node:
        case ast.BinOp(left=left, right=right):
            return read(left) | read(right)
        case ast.Subscript(value=generic, slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _read_generic(_last_name(generic), parts, read)
        case ast.Constant(value=str(quoted)):
            return read(_parsed(quoted))
        case _:
            return _read_name(_last_name(node), rule, names)


def _read_name(name: str, rule: Constraint | None, names: Mapping[str, Any]) -> Constraint:
    """Return what a type, or an alias of one, allows."""
    if rule is not None and name in rule.refines:
        return rule
    if name in ("float", "int"):
        msg = "a number needs a range: name one in `checked`"
        raise TypeError(msg)
    alias = names.get(name)
    if name in _KINDS or alias is None or inspect.isclass(alias):
        return _KINDS.get(name) or _instance(name)
    return _read(_parsed(repr(alias)), rule, names)  # the text of an alias is an annotation again


def _read_generic(
    name: str, parts: list[ast.expr], read: Callable[[ast.expr], Constraint]
) -> Constraint:
    """Return what a type with parameters allows."""
    match name:
        case "Literal":
            return one_of(*map(ast.literal_eval, parts))
        case "Union":
            return reduce(or_, map(read, parts))
        case "Mapping" | "dict":
            return _mapping(*map(read, parts))
        case "tuple" if not (isinstance(parts[-1], ast.Constant) and parts[-1].value is ...):
            return _fixed(list(map(read, parts)))
        case "tuple" | "Sequence" | "Iterable" | "Collection" | "list":
            return _several(name, read(parts[0]))
        case _:
            return read(parts[0] if name == "Annotated" else ast.Name(name))


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ast.unparse(node)


@cache
def _parsed(annotation: str) -> ast.expr:
    return ast.parse(annotation, mode="eval").body


def constraints_of(function: Callable[..., object]) -> Mapping[str, Constraint]:
    """Return what each parameter of a checked function allows.

    Parameters
    ----------
    function
        A function decorated with `checked`.

    Returns
    -------
    Constraints by the name of the parameter.

    Raises
    ------
    OptionError
        If the function is not decorated.
    """
    read = getattr(function, "_constraints", None)
    if read is None:
        msg = f"expected a checked function, got {function!r}; decorate it with `checked`"
        raise OptionError(msg)
    return cast("Mapping[str, Constraint]", read())


# ---------------------------------------------------------------------- the check


def checked(**rules: Constraint) -> Callable[[_F], _F]:
    """Check the arguments of a function, or of the constructor of a dataclass.

    Parameters
    ----------
    **rules
        For each parameter, the range of its numbers, the choices of its text, or the columns of
        its table. Where the annotation says enough, none is needed.

    Returns
    -------
    A decorator. The function keeps its signature, types and documentation.

    Examples
    --------
    >>> @checked(radius_km=positive("km"), k=whole(1, 9))
    ... def neighbours(radius_km: float, *, k: int = 4) -> None: ...
    >>> neighbours(-1)
    Traceback (most recent call last):
    standort.errors.OptionError: neighbours: expected radius_km to be a positive number up to 1e+06
    [km], got -1; correct it
    >>> neighbours("5", k=0)
    Traceback (most recent call last):
    standort.errors.OptionError: neighbours has 2 problems:
      1. expected radius_km to be a positive number up to 1e+06 [km], got '5'; pass a number, not
         text
      2. expected k to be a whole number from 1 to 9, got 0; leave it out for 4
    """

    def decorate(thing: _F) -> _F:
        if not inspect.isclass(thing):
            return cast("_F", _checking(thing, rules, thing.__qualname__))
        constructor = vars(thing)["__init__"]
        setattr(thing, "__init__", _checking(constructor, rules, thing.__qualname__))  # noqa: B010
        return thing

    return decorate


def _checking(
    function: Callable[..., Any], rules: Mapping[str, Constraint], name: str
) -> Callable[..., Any]:
    """Return a function that checks its arguments before it runs."""
    parameters = inspect.signature(function).parameters
    by_position = [p.name for p in parameters.values() if p.kind <= p.POSITIONAL_OR_KEYWORD]
    rest = {p.kind: p.name for p in parameters.values()}
    all_others = rest.get(inspect.Parameter.VAR_POSITIONAL)
    each_other = rest.get(inspect.Parameter.VAR_KEYWORD, "")

    @cache
    def constraints() -> Mapping[str, Constraint]:
        """Read the annotations when the function is first called, to start fast."""
        allowed = {
            p.name: _read(_annotation(p), rules.get(p.name), function.__globals__)
            for p in parameters.values()
            if p.annotation is not p.empty
        }
        if all_others in allowed:
            allowed[all_others] = _several("Sequence", allowed[all_others])
        return allowed

    @wraps(function)
    def check(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - as the function has them
        allowed = constraints()
        given = dict(zip(by_position, args, strict=False)) | options
        if all_others is not None:
            given[all_others] = args[len(by_position) :]
        wrong = []
        for option, value in given.items():
            named = option if option in parameters else each_other
            limit = allowed.get(named, _ANYTHING)  # self and cls have no annotation
            if not limit.allows(value):
                wrong.append((option, value, limit, parameters.get(option)))
        if wrong:
            raise _error(wrong, of=name)
        return function(*args, **options)

    check._constraints = constraints  # type: ignore[attr-defined] # noqa: SLF001 - read by a test
    return check


def _annotation(parameter: inspect.Parameter) -> ast.expr:
    given = parameter.annotation
    return _parsed(given if isinstance(given, str) else inspect.formatannotation(given))


def _error(
    wrong: Iterable[tuple[str, object, Constraint, inspect.Parameter | None]], *, of: str
) -> StandortError:
    """Return one error for all wrong arguments of a call."""
    problems = [
        f"expected {option} to be {limit.words}, got {_shown(value)}; "
        f"{_remedy(parameter, value, limit.words)}"
        for option, value, limit, parameter in wrong
    ]
    errors = {limit.error for _, _, limit, _ in wrong}
    return (errors.pop() if len(errors) == 1 else OptionError)(gather(problems, of=of))


def _shown(given: object) -> str:
    """Return a value as a message shows it: a table by its size, all else shortened."""
    shape = getattr(given, "shape", ())
    if shape and not isinstance(given, type):
        return f"a {type(given).__name__} of shape {tuple(shape)}"
    return reprlib.repr(given)


def _remedy(parameter: inspect.Parameter | None, given: object, words: str) -> str:
    """Return what to do about a wrong argument."""
    if isinstance(given, str | PathLike):
        if "a Study" in words:
            return f"read it first, with standort.read_study({str(given)!r})"
        if "a GeoDataFrame" in words:
            return f"read it first, with standort.read_layer({str(given)!r}, ...)"
        if "number" in words and "text" not in words:
            return "pass a number, not text"
        close = difflib.get_close_matches(str(given), re.findall(r"'(\w+)'", words), n=1)
        if close:
            return f"did you mean {close[0]!r}?"
    if parameter is not None and parameter.default is not parameter.empty:
        default = parameter.default
        return "leave it out" if default is None else f"leave it out for {_shown(default)}"
    return "correct it"
