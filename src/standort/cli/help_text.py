"""Help texts that show arguments as the manual does: STUDY, not {STUDY} <path>."""

from typing import Any

from typer.core import TyperCommand


class PlainCommand(TyperCommand):
    """Command whose help names arguments without braces and types."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 - the parser's context has no public type
        """Name the arguments; square brackets still mark optional ones."""
        pieces = super().collect_usage_pieces(ctx)
        return [piece.replace("{", "").replace("}", "") for piece in pieces]

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as above
        """List arguments and options; the type after a name such as STUDY adds nothing."""
        for parameter in self.params:
            if parameter.param_type_name == "argument":
                vars(parameter)["display_type_rich"] = lambda **_: None
        super().format_options(ctx, formatter)
