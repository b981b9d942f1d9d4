"""Help that reads as the manual does: STUDY, not {STUDY} <path>."""

from typing import Any

from typer.core import TyperCommand

__all__ = ["PlainCommand"]


class PlainCommand(TyperCommand):
    """A command whose help names arguments plainly, without braces and types."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 - the parser's context has no public type
        """Name the arguments; square brackets still mark what may be left out."""
        pieces = super().collect_usage_pieces(ctx)
        return [piece.replace("{", "").replace("}", "") for piece in pieces]

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as above
        """List arguments and options; a type behind a name such as STUDY tells nobody anything."""
        for parameter in self.params:
            if parameter.param_type_name == "argument":
                vars(parameter)["display_type_rich"] = lambda **_: None
        super().format_options(ctx, formatter)
