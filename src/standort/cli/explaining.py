"""`standort explain`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from standort.cli.shell import make_way

if TYPE_CHECKING:
    from standort.outputs.explaining import Explanation

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
        typer.Argument(
            metavar="ID",
            help="Id of a site, number of a cluster, or name of a unit.",
            show_default=False,
        ),
    ],
    *,
    of: Annotated[
        Literal["site", "unit"] | None,
        typer.Option(
            "--of", metavar="KIND", help="Take ID for that of a site, or of a unit [a site first]."
        ),
    ] = None,
    output_format: Annotated[
        Literal["text", "json", "html"],
        typer.Option("--format", metavar="FORMAT", help="text, json or html."),
    ] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write it to this file."),
    ] = None,
) -> None:
    """Explain the score of a site, a cluster or another unit.

    Shows what each criterion adds to the score, what was measured, which feature decided it and
    which is next best, what would raise the score most, and what is not known.

    Example: `standort explain scores.gpkg rotterdam-pernis --format html --out pernis.html`
    """
    explanation = _explained(result, site_id, of)
    if as_json or output_format == "json":
        text = json.dumps(explanation.to_dict(), ensure_ascii=False, indent=2)
    else:
        text = explanation.to_html() if output_format == "html" else str(explanation)
    if out is None:
        typer.echo(text)
        return
    from standort.outputs.geopackage import check_destination, told_plainly

    make_way(out, inputs=[result], what="explanation")
    check_destination(out, endings=(".txt", ".json", ".html"))
    with told_plainly(out):
        out.write_text(text + "\n", encoding="utf-8")
    typer.echo(f"Written to {out}.")


def _explained(path: Path, asked: str, of: Literal["site", "unit"] | None) -> "Explanation":
    """Explain a site if there is one of that id, otherwise a unit."""
    from standort.errors import OptionError
    from standort.outputs.explaining import explain_site, explain_unit
    from standort.outputs.reading import read_site, read_unit

    if of != "unit":
        try:
            return explain_site(*read_site(path, asked))
        except OptionError:
            unit = None if of == "site" else read_unit(path, asked)
            if unit is None:
                raise
            return explain_unit(*unit)
    unit = read_unit(path, asked)
    if unit is None:
        msg = f"{str(path)!r} has no unit {asked!r}; look the names up in its layer 'units'"
        raise OptionError(msg)
    return explain_unit(*unit)
