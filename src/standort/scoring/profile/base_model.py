"""What every part of a profile shares: frozen models and the types of their fields."""

from typing import Annotated

from pydantic import AllowInfNan, BaseModel, ConfigDict, Field, Strict, StringConstraints

__all__ = ["FrozenModel", "Identifier", "Number", "Positive", "Share", "Text", "Weight"]

Number = Annotated[float, Strict(), AllowInfNan(allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
Weight = Annotated[Number, Field(ge=0)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
#: Ids become column names, so they are plain.
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class FrozenModel(BaseModel):
    """A part of a profile: it knows its keys, refuses others, and never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
