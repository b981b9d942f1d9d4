"""`standort explain`."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["explain"]


def explain(
    result: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="GeoPackage written by standort score.", show_default=False
        ),
    ],
    site_id: Annotated[
        str,
        typer.Argument(metavar="SITE_ID", help="Id of the site.", show_default=False),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")] = False,
) -> None:
    """Explain the score of one site.

    Shows what each criterion adds to the score, what was measured, which feature decided it, and
    what is not known.

    Example: `standort explain scores.gpkg rotterdam-pernis`
    """
    from standort.outputs.explaining import explain_site
    from standort.outputs.reading import read_site

    explanation = explain_site(*read_site(result, site_id))
    if as_json:
        import json

        typer.echo(json.dumps(explanation.to_dict(), ensure_ascii=False, indent=2))
    else:
        typer.echo(str(explanation))
