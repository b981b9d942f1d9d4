"""`standort explain`."""

import json
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from standort.cli.shell import make_way

if TYPE_CHECKING:
    from standort.outputs.explanation.explanation import Explanation

__all__ = ["explain"]

Format = Literal["text", "json", "html"]


def explain(  # noqa: PLR0913 - each option is a name of its own
    result: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="GeoPackage written by standort score.", show_default=False
        ),
    ],
    site_id: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="Id of a site, number of a cluster, or name of a place; all are listed without.",
            show_default=False,
        ),
    ] = None,
    *,
    of: Annotated[
        Literal["site", "place"] | None,
        typer.Option(
            "--of", metavar="KIND", help="Take ID for that of a site, or of a place [a site first]."
        ),
    ] = None,
    output_format: Annotated[
        Format | None,
        typer.Option("--format", metavar="FORMAT", help="text, json or html [default: text]."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    columns: Annotated[
        bool,
        typer.Option("--columns", help="List the columns of all tables: kind, unit and meaning."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write it to this file."),
    ] = None,
) -> None:
    """Explain the score of a site, a cluster or another place.

    Shows what each criterion adds to the score, what was measured, which feature decided it and
    which is next best, what would raise the score most, and what is not known. Without an ID it
    lists all clusters, other places and sites, with their scores.

    Example: `standort explain scores.gpkg rotterdam-pernis --format html --out pernis.html`
    """
    chosen = _chosen(output_format, as_json=as_json)
    if columns:
        text = _columns(result, site_id, chosen)
    elif site_id is None:
        text = _listed(result, of, chosen)
    else:
        text = _written(_explained(result, site_id, of), chosen)
    if out is None:
        typer.echo(text)
        return
    from standort.outputs.geopackage.writer import check_destination, told_plainly

    make_way(out, inputs=[result], what="explanation")
    check_destination(out, endings=(".txt", ".json", ".html"))
    with told_plainly(out):
        out.write_text(text + "\n", encoding="utf-8")
    typer.echo(f"Written to {out}.")


def _chosen(output_format: Format | None, *, as_json: bool) -> Format:
    """Take one format of the two options that name it."""
    from standort.errors import OptionError

    if as_json and output_format not in {None, "json"}:
        msg = f"--json and --format {output_format} contradict each other; leave one out"
        raise OptionError(msg)
    return "json" if as_json else output_format or "text"


def _explained(path: Path, asked: str, of: Literal["site", "place"] | None) -> "Explanation":
    """Explain a site if there is one of that id, otherwise a place."""
    from standort.errors import OptionError
    from standort.outputs.explanation.explanation import explain_place, explain_site
    from standort.outputs.explanation.lookup import tell_not_found
    from standort.outputs.geopackage.stored_results import read_place, read_site

    if of != "place":
        try:
            return explain_site(*read_site(path, asked))
        except OptionError:
            if of == "site":
                raise
    place = read_place(path, asked)
    if place is None:
        raise OptionError(tell_not_found(path, asked, places_only=of == "place"))
    return explain_place(*place)


def _listed(path: Path, of: Literal["site", "place"] | None, chosen: Format) -> str:
    """List what the result can explain."""
    from standort.errors import OptionError
    from standort.outputs.explanation.lookup import explainable, tell_explainable

    if chosen == "html":
        msg = "expected an ID to explain as HTML; without one, all are listed as text or json"
        raise OptionError(msg)
    found = [e for e in explainable(path) if of is None or (e.kind == "site") == (of == "site")]
    if chosen == "json":
        return json.dumps([entry._asdict() for entry in found], ensure_ascii=False, indent=2)
    return tell_explainable(found)


def _columns(path: Path, site_id: str | None, chosen: Format) -> str:
    """List the columns of the tables of a result."""
    from standort.errors import OptionError
    from standort.outputs.explanation.column_list import format_columns
    from standort.outputs.geopackage.stored_results import read_manifest
    from standort.results import Schema

    if site_id is not None or chosen == "html":
        msg = "--columns lists the columns of all tables as text or json: give no ID and no html"
        raise OptionError(msg)
    schema = Schema.of(read_manifest(path))
    if not schema.columns:
        msg = f"{str(path)!r} holds no schema: it was written by an older version; score again"
        raise OptionError(msg)
    if chosen == "json":
        return json.dumps(schema.to_entries(), ensure_ascii=False, indent=2)
    return format_columns(schema, width=get_terminal_size(fallback=(100, 24)).columns)


def _written(explanation: "Explanation", chosen: Format) -> str:
    if chosen == "json":
        return json.dumps(explanation.to_dict(), ensure_ascii=False, indent=2)
    return explanation.to_html() if chosen == "html" else str(explanation)
