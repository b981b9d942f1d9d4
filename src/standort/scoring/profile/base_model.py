"""Base model of profiles, and the types of their fields."""

from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import (
    AfterValidator,
    AllowInfNan,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    StringConstraints,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

#: The range of weights above 0. Only ratios matter, and sums and products stay exact within it.
_LEAST_WEIGHT, _MOST_WEIGHT = 1e-12, 1e12
WEIGHT_RANGE = f"0 or a number from {_LEAST_WEIGHT:g} to {_MOST_WEIGHT:g}"

Number = Annotated[float, Strict(), AllowInfNan(allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
#: Ids become column names, so they are restricted.
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


def is_weight(number: float) -> bool:
    """Return whether a number may be a weight."""
    return number == 0 or _LEAST_WEIGHT <= number <= _MOST_WEIGHT


def _checked_weight(number: float) -> float:
    if not is_weight(number):
        kind = "weight_range"
        raise PydanticCustomError(kind, WEIGHT_RANGE)
    return number


Weight = Annotated[Number, AfterValidator(_checked_weight)]


class FrozenModel(BaseModel):
    """A part of a profile: immutable, with a fixed set of keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def one_of(names: Callable[[], Iterable[str]]) -> PlainValidator:
    """Accept one of some names only; `names` is called for each value."""

    def check(raw: object) -> str:
        known = tuple(names())
        if isinstance(raw, str) and raw in known:
            return raw
        expected = {"expected": ", ".join(map(repr, known))}
        raise PydanticKnownError("literal_error", expected)  # noqa: EM101 - the name of the error

    return PlainValidator(check)
