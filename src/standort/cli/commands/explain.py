"""`standort explain`."""

import json
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from standort.cli.output_files import prepare_output, save_text
from standort.cli.shared_options import KindOption
from standort.cli.terminal import print_text

if TYPE_CHECKING:
    from standort.outputs.explanation.explanation import Explanation

Format = Literal["text", "json", "html"]
Kind = Literal["site", "place"] | None


def explain(  # noqa: PLR0913 - one parameter for each option
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
            help="Id of a site, number of a cluster, or name of a place; without it, lists all.",
            show_default=False,
        ),
    ] = None,
    *,
    of: KindOption = None,
    output_format: Annotated[
        Format | None,
        typer.Option("--format", metavar="FORMAT", help="text, json or html [default: text]."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Same as --format json.")] = False,
    columns: Annotated[
        bool,
        typer.Option("--columns", help="List the columns of all tables: kind, unit and meaning."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write the explanation to this file."),
    ] = None,
) -> None:
    """Explain the score of a site, a cluster or another place.

    Shows the contribution of each criterion, its value, the feature behind it and the next best
    one, what would raise the score most, and which data are missing. Without an ID, lists all
    clusters, other places and sites with their scores.

    Example: `standort explain scores.gpkg rotterdam-pernis --format html --out pernis.html`
    """
    chosen = _choose_format(output_format, as_json=as_json)
    prepare_output(out, inputs=[result], endings=(".txt", ".json", ".html"))
    if columns:
        text = _list_columns(result, site_id, chosen)
    elif site_id is None:
        text = _list_entries(result, of, chosen)
    else:
        text = _format_explanation(_explain(result, site_id, of), chosen)
    if out is None:
        print_text(text)
        return
    from standort.storage.own_files import MARK

    save_text(f"{text}\n\n{MARK}." if chosen == "text" else text, out)
    print_text(f"Written to {out}.")


def _choose_format(output_format: Format | None, *, as_json: bool) -> Format:
    from standort.errors import OptionError

    if as_json and output_format not in {None, "json"}:
        msg = f"--json and --format {output_format} contradict each other; leave one out"
        raise OptionError(msg)
    return "json" if as_json else output_format or "text"


def _explain(path: Path, requested: str, kind: Kind) -> "Explanation":
    """Explain the site of that id, or else the place."""
    from standort.errors import OptionError
    from standort.outputs.explanation.explanation import explain_place, explain_site
    from standort.outputs.explanation.lookup import describe_mismatch
    from standort.outputs.geopackage.stored_results import read_place, read_site

    if kind != "place":
        try:
            return explain_site(*read_site(path, requested))
        except OptionError:
            if kind == "site":
                raise
    place = read_place(path, requested)
    if place is None:
        raise OptionError(describe_mismatch(path, requested, places_only=kind == "place"))
    return explain_place(*place)


def _list_entries(path: Path, kind: Kind, output_format: Format) -> str:
    """List the sites and places that can be explained."""
    from standort.errors import OptionError
    from standort.outputs.explanation.lookup import explainable, format_explainable

    if output_format == "html":
        msg = "expected an ID to explain as HTML; without an ID, use --format text or json"
        raise OptionError(msg)
    entries = [
        e for e in explainable(path) if kind is None or (e.kind == "site") == (kind == "site")
    ]
    if output_format == "json":
        return json.dumps([entry._asdict() for entry in entries], ensure_ascii=False, indent=2)
    return format_explainable(entries)


def _list_columns(path: Path, site_id: str | None, output_format: Format) -> str:
    """List the columns of the tables of a result."""
    from standort.errors import OptionError
    from standort.outputs.explanation.column_list import format_columns
    from standort.outputs.geopackage.stored_results import read_manifest
    from standort.results import Schema

    if site_id is not None or output_format == "html":
        msg = "--columns lists the columns of all tables as text or json; leave out ID and html"
        raise OptionError(msg)
    schema = Schema.of(read_manifest(path))
    if not schema.columns:
        msg = f"{str(path)!r} has no schema, because an older version wrote it; score again"
        raise OptionError(msg)
    if output_format == "json":
        return json.dumps(schema.to_entries(), ensure_ascii=False, indent=2)
    return format_columns(schema, width=get_terminal_size(fallback=(100, 24)).columns)


def _format_explanation(explanation: "Explanation", output_format: Format) -> str:
    if output_format == "json":
        return json.dumps(explanation.to_dict(), ensure_ascii=False, indent=2)
    return explanation.to_html() if output_format == "html" else str(explanation)
