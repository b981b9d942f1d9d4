"""Base model of profiles, and the types of their fields."""

from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import (
    AllowInfNan,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    StringConstraints,
)
from pydantic_core import PydanticKnownError

Number = Annotated[float, Strict(), AllowInfNan(allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
Weight = Annotated[Number, Field(ge=0)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
#: Ids become column names, so they are restricted.
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


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
