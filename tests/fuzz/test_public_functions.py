"""Every public function with one odd argument at a time: a result or one of our errors.

The healthy calls that are made odd are the examples of the docstrings, or stand in `public_calls`.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import functools
import importlib
import inspect
import io
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from fuzz.public_calls import Call, healthy_calls

import standort
from standort.arguments import constraints_of
from standort.errors import OptionError, StandortError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE = Path(standort.__file__).parent
#: what is put in the place of each argument
ODD: dict[str, object] = {
    "None": None,
    "text": "text",
    "a number as text": "5",
    "empty text": "",
    "empty list": [],
    "list": [1, "a", None],
    "empty mapping": {},
    "mapping": {"a": 1},
    "table": pd.DataFrame({"a": [1.0]}),
    "object": object(),
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "0": 0,
    "-1": -1,
    "10^30": 10**30,
    "1e-320": 1e-320,
    "True": True,
    "numpy whole": np.int8(-3),
    "numpy float": np.float32("nan"),
    "numpy text": np.str_("x"),
    "complex": 1j,
}
#: the longest that a call may take [s]
LONGEST = 60
#: classes that only standort makes: what their constructors are given is not checked
RESULTS = frozenset(
    {
        *(
            "CellGrid",
            "Comparison",
            "Contraction",
            "DisplacedClusters",
            "EpsSuggestion",
            "Explanation",
        ),
        *("Exploration", "Factorial", "Features", "GeometryNotes", "Inspection", "Judgement"),
        *("LayerInspection", "LayerSource", "Measurement", "NearFew", "Nearest"),
        *("NeighbourGraph", "Network", "Note", "Outcome", "Pairs", "Partitions"),
        *("PlaceHistory", "Plateau", "Plots", "Raster", "RasterDescription"),
        *("RasterMeasurement", "Reasoning", "Result", "ResultColumn", "ReversalTest"),
        *("Routing", "Schema", "Sensitivity", "SharedSupply", "Sites", "Smaa", "Streamed", "Tally"),
        *("Uncertainty", "WeightDraws", "Weights", "WhatIf"),
    }
)
#: what holds the arguments of a method is not one of them
_SELF = frozenset({"self", "cls"})


def public_objects() -> Iterator[tuple[str, Any]]:
    """Yield each function and class that a stub exports, once, with its name."""
    seen = set()
    for stub in sorted(PACKAGE.rglob("__init__.pyi")):
        room = ".".join(("standort", *stub.parent.relative_to(PACKAGE).parts))
        for node in ast.parse(stub.read_text(encoding="utf-8")).body:
            for alias in node.names if isinstance(node, ast.ImportFrom) else ():
                thing = getattr(importlib.import_module(room), alias.name)
                if (inspect.isfunction(thing) or inspect.isclass(thing)) and id(thing) not in seen:
                    seen.add(id(thing))
                    yield f"{room}.{alias.name}", thing


def public_calls() -> Iterator[tuple[str, Any]]:
    """Yield the functions, methods and constructors that take arguments."""
    for name, thing in public_objects():
        if inspect.isfunction(thing) and inspect.signature(thing).parameters:
            yield name, thing
        if not inspect.isclass(thing):
            continue
        if hasattr(thing, "__dataclass_fields__") and thing.__name__ not in RESULTS:
            yield name, thing
        for method, member in vars(thing).items():
            function = getattr(member, "__func__", member)
            if not inspect.isfunction(function) or method.startswith("_"):
                continue
            if set(inspect.signature(function).parameters) - _SELF:
                yield f"{name}.{method}", function


def constraints(thing: Any) -> set[str]:  # noqa: ANN401 - a function or class
    """Return the names of the arguments that are checked."""
    return set(constraints_of(thing.__init__ if inspect.isclass(thing) else thing))


def test_every_argument_of_a_public_function_is_checked() -> None:
    unchecked = []
    for name, thing in public_calls():
        try:
            checked = constraints(thing)
        except OptionError:
            checked = set()
        parameters = set(inspect.signature(thing).parameters) - _SELF
        unchecked += [f"{name}: {option}" for option in sorted(parameters - checked)]
    assert unchecked == [], "decorate these functions with standort.arguments.checked"


def example_call(name: str, thing: Any) -> Call | None:  # noqa: ANN401 - a function or class
    """Return the first call of a function in the example of its docstring."""
    plain = name.rsplit(".", 1)[-1]
    namespace = dict(vars(importlib.import_module(thing.__module__)))
    for example in doctest.DocTestParser().get_examples(inspect.getdoc(thing) or ""):
        tree = ast.parse(example.source)
        for node in ast.walk(tree) if example.exc_msg is None else ():
            if isinstance(node, ast.Call) and plain == _called(node):
                with contextlib.suppress(NameError):  # names of a loop or a block
                    return _evaluated(node, namespace)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(StandortError):
            exec(compile(tree, name, "exec"), namespace)  # noqa: S102 - our own docstring
    return None


def _called(node: ast.Call) -> str | None:
    return getattr(node.func, "id", getattr(node.func, "attr", None))


def _evaluated(node: ast.Call, namespace: dict[str, Any]) -> Call:
    def value(part: ast.expr) -> Any:  # noqa: ANN401 - whatever the example passes
        return eval(compile(ast.Expression(part), "example", "eval"), namespace)  # noqa: S307

    call = value(node.func)
    positional, named = [value(part) for part in node.args], dict[str, Any]()
    for keyword in node.keywords:
        named |= {keyword.arg: value(keyword.value)} if keyword.arg else value(keyword.value)
    return call, dict(inspect.signature(call).bind(*positional, **named).arguments)


def odd_calls(call: Callable[..., object], healthy: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the call with each argument replaced by each odd value."""
    signature = inspect.signature(call)
    for option, parameter in signature.parameters.items():
        for kind, odd in ODD.items():
            if odd is parameter.default and option not in healthy:
                continue  # the healthy call itself
            if parameter.kind is parameter.VAR_KEYWORD:
                others = dict.fromkeys(healthy.get(option, {}), odd)
                given = {**healthy, option: others}
            else:
                given = {**healthy, option: (odd,) if _is_rest(parameter) else odd}
            bound = inspect.BoundArguments(signature, given)
            yield f"{option}={kind}", functools.partial(call, *bound.args, **bound.kwargs)


def _is_rest(parameter: inspect.Parameter) -> bool:
    return parameter.kind is parameter.VAR_POSITIONAL


def outcome(call: Callable[[], object]) -> str:
    """Return what is wrong with what a call raises, or that it hangs; else nothing."""

    def ring(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(LONGEST)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            call()
    except StandortError:
        pass
    except Exception as error:  # noqa: BLE001 - every other error is wrong
        return f"{type(error).__name__}: {str(error)[:100]}"
    finally:
        signal.alarm(0)
    return ""


@pytest.mark.skipif(sys.platform == "win32", reason="the watch for hangs needs an alarm")
@pytest.mark.filterwarnings("ignore")
def test_odd_arguments_are_our_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PACKAGE.parents[1])
    own = healthy_calls(tmp_path)
    monkeypatch.chdir(tmp_path)
    wrong, tried = [], 0
    for name, thing in public_calls():
        monkeypatch.chdir(Path(__file__).parents[2])
        case = own.get(name) or example_call(name, thing)
        monkeypatch.chdir(tmp_path)
        if case is None:
            continue
        for what, call in odd_calls(*case):
            tried += 1
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                problem = outcome(call)
            wrong += [f"{name}: {what}: {problem}"] if problem else []
    assert wrong == []
    assert tried > 10_000
