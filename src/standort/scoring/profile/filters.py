"""Filters: which features of a layer a criterion counts.

A filter is data, not code: for each column a range, a list of accepted values or one value. A
feature passes if it passes for every column.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, NamedTuple, Self

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    RootModel,
    Tag,
    ValidationError,
    model_validator,
)

from standort.arguments import checked
from standort.array_types import Flags
from standort.errors import LayerError, OptionError, gather
from standort.scoring.profile.base_model import FrozenModel, Number, Text
from standort.scoring.profile.problems import (
    Problem,
    as_number,
    as_table,
    dotted_path,
    raise_rules,
    shape_problems,
)


class FilterOutcome(NamedTuple):
    """The result of applying a filter to a layer."""

    passes: Flags
    """Whether each feature passes."""
    may_pass: Flags
    """Whether it passes, or would if its unknown attributes matched."""
    unknown: dict[str, int]
    """Number of features without a value, by column of the filter; they do not pass."""
    skipped: tuple[str, ...]
    """Columns of the filter that the layer lacks; they exclude no feature."""


def _check_scalar(raw: object) -> str | bool | float:
    if isinstance(raw, str | bool):
        return raw
    number = as_number(raw)
    if number is None:
        msg = "expected text, a finite number, true or false"
        raise ValueError(msg)
    return number


def _kind_of(condition: object) -> str:
    return "range" if isinstance(condition, Mapping | Range) else "any_of"


def _as_list(raw: object) -> object:
    return raw if isinstance(raw, list | tuple) else [raw]


Scalar = Annotated[str | bool | float, PlainValidator(_check_scalar)]


class Range(FrozenModel):
    """Numbers from `min` to `max`, inclusive; one of them may be left out."""

    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        raise_rules(_range_problems(self.model_dump()))
        return self


_AnyOf = Annotated[tuple[Scalar, ...], Field(min_length=1), BeforeValidator(_as_list)]
Condition = Annotated[
    Annotated[Range, Tag("range")] | Annotated[_AnyOf, Tag("any_of")], Discriminator(_kind_of)
]


class Filter(RootModel[dict[Text, Condition]]):
    """Conditions on the columns of a layer; a feature must meet all of them.

    Examples
    --------
    >>> Filter.model_validate({"capacity_mt": {"min": 100}, "status": "operating"}).columns
    ('capacity_mt', 'status')
    """

    model_config = {"frozen": True}

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the filter."""
        return tuple(self.root)


@checked()
def apply_filter(
    table: pd.DataFrame, conditions: Filter | Mapping[str, object] | None
) -> FilterOutcome:
    """Return which features of a layer pass a filter.

    Text is compared ignoring case and surrounding blanks. An unknown attribute does not pass and is
    counted: dropped silently, it would make a layer with poor attributes look like an empty one. A
    column the layer lacks is skipped and named.

    Parameters
    ----------
    table
        The layer; a geometry column is ignored.
    conditions
        The filter of a criterion, or the same as plain data; with None all features pass.

    Returns
    -------
    Whether each feature passes, whether it passes or might, the number of unknown attributes by
    column, and the columns skipped.

    Raises
    ------
    OptionError
        If plain data is not a filter.
    LayerError
        If a column holds text where the filter expects numbers, or vice versa.

    Examples
    --------
    >>> stores = pd.DataFrame({"capacity_mt": [50.0, 100.0, None]})
    >>> outcome = apply_filter(stores, {"capacity_mt": {"min": 100}, "status": "operating"})
    >>> outcome.passes
    array([False,  True, False])
    >>> outcome.unknown, outcome.skipped
    ({'capacity_mt': 1}, ('status',))
    """
    valid = _as_filter(conditions)
    passes, unknown, skipped, problems = np.ones(len(table), dtype=np.bool_), {}, [], []
    may_pass = passes.copy()
    for column, condition in valid.root.items():
        if column not in table.columns:
            skipped.append(column)
            continue
        attribute = table[column]
        missing = attribute.isna().to_numpy(dtype=np.bool_)
        if missing.any():
            unknown[column] = int(missing.sum())
        known = attribute[~missing]
        met = _meets(known, condition)
        if met is None:
            problems.append(_mismatch(column, known, condition))
            continue
        passes[missing] = False
        passes[~missing] &= met
        may_pass[~missing] &= met
    if problems:
        raise LayerError(gather(problems, of="filtering a layer"))
    return FilterOutcome(passes, may_pass, unknown, tuple(skipped))


def filter_problems(raw: object) -> list[Problem]:
    """List problems between the keys of a filter; values of the wrong type are skipped."""
    return [
        problem.under(str(column))
        for column, condition in as_table(raw).items()
        for problem in _range_problems(condition)
    ]


def _range_problems(raw: object) -> list[Problem]:
    if not isinstance(raw, Mapping):
        return []
    if all(end is None for end in raw.values()):
        return [Problem((), "expected min, max or both, got neither; add one of them")]
    low, high = as_number(raw.get("min")), as_number(raw.get("max"))
    if low is not None and high is not None and low > high:
        message = f"expected at least the min of {low:g}, got {high:g}; swap the two"
        return [Problem(("max",), message)]
    return []


def _as_filter(conditions: Filter | Mapping[str, object] | None) -> Filter:
    if isinstance(conditions, Filter):
        return conditions
    raw = dict(conditions or {})
    problems = filter_problems(raw)
    try:
        valid = Filter.model_validate(raw)
    except ValidationError as error:
        problems = [
            *shape_problems(error.errors(), raw, keys_at=lambda _: ("min", "max")),
            *problems,
        ]
    if problems:
        lines = [f"{dotted_path(problem.loc, raw)}: {problem.message}" for problem in problems]
        raise OptionError(gather(lines, of="filter"))
    return valid


def _meets(known: pd.Series, condition: Range | tuple[str | bool | float, ...]) -> Flags | None:
    """Compare known attributes; None if their type is not the one the filter expects."""
    wants_text = not isinstance(condition, Range) and any(isinstance(c, str) for c in condition)
    if wants_text != _holds_text(known) and len(known):
        return None
    if isinstance(condition, Range):
        numbers = known.to_numpy(dtype=np.float64)
        low = -np.inf if condition.min is None else condition.min
        high = np.inf if condition.max is None else condition.max
        return np.asarray((numbers >= low) & (numbers <= high), dtype=np.bool_)
    if wants_text:
        plain = known.astype(str).str.strip().str.casefold()
        return plain.isin(_plain(condition)).to_numpy(dtype=np.bool_)
    numbers = known.to_numpy(dtype=np.float64)
    return np.isin(numbers, [float(choice) for choice in condition])


def _plain(condition: Iterable[object]) -> list[str]:
    return [str(choice).strip().casefold() for choice in condition]


def _holds_text(known: pd.Series) -> bool:
    if is_numeric_dtype(known.dtype):
        return False
    return not all(isinstance(attribute, bool | int | float) for attribute in known)


def _mismatch(column: str, known: pd.Series, condition: object) -> str:
    if isinstance(condition, Range):
        wanted = f"a number from {condition.min} to {condition.max}"
    else:
        wanted = " or ".join(repr(item) for item in _listed(condition))
    held = known.iloc[0]
    return (
        f"column {column!r} holds values such as {getattr(held, 'item', lambda: held)()!r}, the "
        f"filter expects {wanted}; make both text or both numbers"
    )


def _listed(condition: object) -> list[object]:
    return list(condition) if isinstance(condition, list | tuple | set | frozenset) else [condition]
