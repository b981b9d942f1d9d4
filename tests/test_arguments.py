"""What arguments may be: types from annotations, ranges from the decorator, one clear message."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import pytest

from standort.arguments import SHARE, between, checked, constraints_of, positive, whole
from standort.errors import LayerError, OptionError, StandortError, WeightError
from standort.scoring import arithmetic, direct_weights, geometric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal["near", "far"]


@checked(radius_km=positive("km"), k=whole(1, 9), limits=SHARE, weights=between(0, 10))
def measure(
    table: pd.DataFrame,
    *rest: str,
    radius_km: float = 5.0,
    k: int = 2,
    limits: Sequence[float] | None = None,
    weights: Mapping[str, float] | None = None,
    kind: Kind = "near",
    strict: bool = False,
) -> int:
    """Return the rows."""
    return len(table)


TABLE = pd.DataFrame({"a": [1.0, 2.0]})


@pytest.mark.parametrize(
    "fine",
    [
        {"radius_km": 3},
        {"radius_km": np.float32(2.5), "k": np.int8(3)},
        {"limits": [0, 1]},
        {"limits": np.array([0.5])},
        {"weights": {"a": 1}},
        {"kind": "far", "strict": np.True_},
    ],
)
def test_what_is_allowed_passes_unchanged(fine: dict[str, object]) -> None:
    assert measure(TABLE, "x", **fine) == 2  # type: ignore[arg-type]  # of each kind


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"radius_km": "5"}, "up to 1e+06 [km], got '5'; pass a number, not text"),
        ({"radius_km": True}, "got True; leave it out for 5.0"),
        ({"k": 2.0}, "expected k to be a whole number from 1 to 9, got 2.0; leave it out for 2"),
        ({"k": 10**30}, "from 1 to 9, got 1000000000000000000000000000000"),
        ({"limits": [0.5, math.nan]}, "each a number of at least 0 and at most 1"),
        ({"limits": {0.5}}, "expected limits to be a sequence"),
        ({"weights": {"a": "b"}}, "a mapping from a text to a number"),
        (
            {"kind": "nearr"},
            "expected kind to be 'near' or 'far', got 'nearr'; did you mean 'near'?",
        ),
        ({"strict": 1}, "expected strict to be True or False, got 1"),
    ],
)
def test_what_is_not_names_the_option_and_the_remedy(
    wrong: dict[str, object], message: str
) -> None:
    with pytest.raises(OptionError) as raised:
        measure(TABLE, **wrong)  # type: ignore[arg-type]  # wrong on purpose
    assert str(raised.value).startswith("measure: ")
    assert message in str(raised.value)


def test_a_table_of_the_wrong_kind_is_an_error_of_layers_and_shown_by_its_size() -> None:
    with pytest.raises(LayerError, match=r"table to be a DataFrame, got a ndarray of shape \(2,\)"):
        measure(np.zeros(2))  # type: ignore[arg-type]  # wrong on purpose


def test_all_problems_of_a_call_are_in_one_message() -> None:
    with pytest.raises(OptionError, match="measure has 2 problems"):
        measure(TABLE, radius_km=-1, k=0)


def test_further_arguments_are_checked_one_by_one() -> None:
    with pytest.raises(OptionError, match="expected rest to be a sequence, each a text"):
        measure(TABLE, "a", 3)  # type: ignore[arg-type]  # wrong on purpose


def test_the_function_keeps_its_signature_and_documentation() -> None:
    assert list(inspect.signature(measure).parameters)[:2] == ["table", "rest"]
    assert measure.__doc__ == "Return the rows."
    assert constraints_of(measure)["k"].words == "a whole number from 1 to 9"


def test_a_number_without_a_range_is_forgotten_by_nobody() -> None:
    @checked()
    def forgotten(n: int) -> int:
        return n

    with pytest.raises(TypeError, match="a number needs a range"):
        forgotten(3)


def test_checks_load_no_library() -> None:
    code = (
        "import sys, standort.arguments; print({'numpy', 'pandas', 'geopandas'} & {*sys.modules})"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


@pytest.mark.parametrize("weight", [5e-324, 1e-300, 1.0, 1e300, 1e308])
def test_only_the_ratios_of_weights_matter(weight: float) -> None:
    columns = [np.array([0.2, 0.9]), np.array([0.6, 0.1]), np.array([0.5, 0.5])]
    for mean in (arithmetic, geometric):
        assert mean(columns, [weight] * 3).tolist() == mean(columns, [1, 1, 1]).tolist()
    points = dict.fromkeys("abc", weight)
    assert direct_weights(points).weights.tolist() == [1 / 3] * 3


def test_weights_of_no_meaning_are_still_refused() -> None:
    for wrong in ([0, 0], [-1, 1], [math.nan, 1], [math.inf, 1]):
        with pytest.raises((WeightError, StandortError)):
            arithmetic([np.array([0.5])] * 2, wrong)
