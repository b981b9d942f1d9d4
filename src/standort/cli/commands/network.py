"""`standort network`: fetch, check, distance, pairs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from standort.cli.arguments import StudyArgument, YearOption
from standort.cli.help_text import PlainCommand
from standort.cli.shell import command_line

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from standort.earth import Network
    from standort.layers import Study
    from standort.layers.networks.osm_download import BoundingBox

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    help="Fetch and check networks, and measure along them.",
    rich_markup_mode=None,
)

_NetworkLayer = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Layer of the network file, where it holds several."),
]
_AtVertices = Annotated[
    bool,
    typer.Option(
        "--at-vertices",
        help="Join lines also where they share a vertex, as raw OpenStreetMap lines do.",
    ),
]
_Tolerance = Annotated[
    float,
    typer.Option("--tolerance-m", metavar="M", min=0.0, help="Join ends of lines this near [m]."),
]


# A longitude may begin with a hyphen, as -3.2 does.
@app.command("fetch", cls=PlainCommand, context_settings={"ignore_unknown_options": True})
def fetch(
    where: Annotated[
        list[str],
        typer.Argument(
            metavar="PLACE | W S E N",
            help="Name of a place, or west, south, east and north in degrees.",
            show_default=False,
        ),
    ],
    *,
    kind: Annotated[str, typer.Option("--type", metavar="TYPE", help="drive or rail.")] = "drive",
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FILE", help="GraphML file to write.", show_default=False
        ),
    ],
) -> None:
    """Fetch roads or railways from OpenStreetMap, and save them. The one command that goes online.

    Example: `standort network fetch 5.2 50.5 5.9 50.9 --type rail --out rail.graphml`
    """
    from standort.layers.networks.osm_download import fetch_network

    fetch_network(_read_where(where), out, kind=kind)  # type: ignore[arg-type]  # it checks
    typer.echo(f"Written to {out}; data (c) OpenStreetMap contributors, ODbL. Look at it:")
    typer.echo(f"  {command_line('network', 'check', out)}")


@app.command("check", cls=PlainCommand)
def check(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="GraphML of OSMnx, OpenStreetMap XML, or lines in any file.",
            show_default=False,
        ),
    ],
    *,
    layer: _NetworkLayer = None,
    at_vertices: _AtVertices = False,
    tolerance_m: _Tolerance = 0.1,
) -> None:
    """Tell whether a network hangs together: nodes, edges, length, components, crossings.

    Example: `standort network check rail.graphml`
    """
    network = _read_network(file, layer, tolerance_m, at_vertices=at_vertices)
    for label, text in _describe(network).items():
        typer.echo(f"{label + ':':<18} {text}")


@app.command("distance", cls=PlainCommand)
def distance(  # noqa: PLR0913 - each is an option of the command
    study: StudyArgument,
    *,
    layer: Annotated[
        str,
        typer.Option(
            "--layer", metavar="ROLE", help="Layer to measure to: ports ...", show_default=False
        ),
    ],
    network: Annotated[
        Path,
        typer.Option("--network", metavar="FILE", help="The network.", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FILE", help="CSV or GeoPackage to write.", show_default=False
        ),
    ],
    snap_km: Annotated[
        float,
        typer.Option(metavar="KM", help="How far from the network sites and features may be."),
    ] = 5.0,
    both_ways: Annotated[
        bool, typer.Option("--both-ways", help="Travel one-way edges both ways.")
    ] = False,
    fallback_detour: Annotated[
        float | None,
        typer.Option(metavar="FACTOR", help="Without a way: the straight line times this."),
    ] = None,
    network_layer: _NetworkLayer = None,
    at_vertices: _AtVertices = False,
    tolerance_m: _Tolerance = 0.1,
    year: YearOption = None,
) -> None:
    """Measure the way along a network from each site to the nearest feature of a layer.

    Writes the length of the way, the straight line beside it, and their ratio (the detour).

    Example: `standort network distance study.gpkg --layer ports --network rail.graphml --out d.csv`
    """
    from standort.layers import read_study
    from standort.metrics import network_distance

    _check_out(out, inputs=[study, network])
    read = read_study(study, year=year)
    features = _find_layer(read, layer)
    way = _read_network(network, network_layer, tolerance_m, at_vertices=at_vertices)
    table = network_distance(
        read.sites,
        features,
        way,
        snap_km=snap_km,
        directed=False if both_ways else None,
        fallback_detour=fallback_detour,
    )
    _write(table, read, out)
    for line in _summarise(table):
        typer.echo(line)
    typer.echo(f"Written to {out}.")


@app.command("pairs", cls=PlainCommand)
def pairs(  # noqa: PLR0913 - each is an option of the command
    study: StudyArgument,
    *,
    network: Annotated[
        Path,
        typer.Option("--network", metavar="FILE", help="The network.", show_default=False),
    ],
    reach_km: Annotated[
        float, typer.Option(metavar="KM", help="Longest way to list: the largest radius to try.")
    ] = 30.0,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE", help="CSV to write.", show_default=False),
    ],
    snap_km: Annotated[
        float, typer.Option(metavar="KM", help="How far from the network emitters may be.")
    ] = 5.0,
    network_layer: _NetworkLayer = None,
    at_vertices: _AtVertices = False,
    tolerance_m: _Tolerance = 0.1,
    year: YearOption = None,
) -> None:
    """List the emitters within reach of each other along a network, to cluster by.

    Then emitters on two banks of an estuary are in one cluster only if a road joins them.

    Example: `standort network pairs study.gpkg --network roads.graphml --out pairs.csv`
    """
    from standort.layers import read_study
    from standort.metrics import network_pairs

    _check_out(out, inputs=[study, network], endings=(".csv",))
    emitters = read_study(study, year=year).emitters
    way = _read_network(network, network_layer, tolerance_m, at_vertices=at_vertices)
    table = network_pairs(emitters, way, reach_km=reach_km, snap_km=snap_km)
    _write_csv(table, out, index=False)
    typer.echo(f"{len(table):,} pairs of {len(emitters):,} emitters, written to {out}. Next:")
    reach = ["--distances", out, "--distances-reach-km", f"{reach_km:g}"]
    typer.echo(f"  {command_line('clusters', study, *reach)}")


def _read_where(words: list[str]) -> "str | BoundingBox":
    """Tell four numbers from the name of a place, which may be several words."""
    from standort.errors import OptionError
    from standort.layers.networks.osm_download import check_bounding_box

    unknown = [word for word in words if word.startswith("-") and not word[1:2].isdigit()]
    if unknown:
        msg = f"there is no option {unknown[0]!r}; see standort network fetch --help"
        raise OptionError(msg)
    parts = [part for word in words for part in word.split(",") if part.strip()]
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return " ".join(words)
    return check_bounding_box(numbers)


def _read_network(
    path: Path, layer: str | None, tolerance_m: float, *, at_vertices: bool
) -> "Network":
    from standort.layers import read_network

    return read_network(
        path,
        layer=layer,
        tolerance_m=tolerance_m,
        noding="vertices" if at_vertices else "ends",
    )


def _describe(network: "Network") -> dict[str, str]:
    """Say what a network is like, a label and a text each."""
    import numpy as np

    lengths = np.bincount(network.component[network.start], weights=network.length)
    total = lengths.sum()
    one_way = network.length[~(network.forward & network.backward)].sum()
    return {
        "nodes": f"{len(network.nodes):,}",
        "edges": f"{len(network):,}",
        "length": f"{total / 1e3:,.1f} km, {one_way / total:.1%} of it one-way",
        "components": f"{len(lengths):,}",
        "in the largest": f"{lengths.max() / total:.1%} of the length",
        "unsplit crossings": f"{network.unsplit_crossings:,}",
    }


def _check_out(
    out: Path, *, inputs: list[Path], endings: tuple[str, ...] = (".csv", ".gpkg")
) -> None:
    """Refuse an output that cannot be written, or is an input."""
    from standort.errors import FileError

    if out.suffix.lower() not in endings:
        msg = f"expected a file name that ends in {' or '.join(endings)}, got {out.name!r}"
        raise FileError(msg)
    if not out.parent.is_dir():
        msg = f"there is no folder {str(out.parent)!r}; make it first, or choose another"
        raise FileError(msg)
    if any(out.exists() and path.exists() and out.samefile(path) for path in inputs):
        msg = f"{str(out)!r} is also an input; choose another name for --out"
        raise FileError(msg)


def _find_layer(study: "Study", name: str) -> "GeoDataFrame":
    from standort.errors import LayerError

    if name not in study.layers:
        msg = f"the study has no layer {name!r}; it holds {', '.join(study.layers)}"
        raise LayerError(msg)
    return study.layers[name]


def _write(table: "pd.DataFrame", study: "Study", out: Path) -> None:
    from standort.outputs.geopackage.writer import write_geopackage

    if out.suffix.lower() == ".gpkg":
        import geopandas

        sites = geopandas.GeoDataFrame(table, geometry=study.sites.geometry)
        write_geopackage(out, layers={"network_distance": sites}, tables={})
        return
    _write_csv(table, out)


def _write_csv(table: "pd.DataFrame", out: Path, *, index: bool = True) -> None:
    """Write a table whole or not at all."""
    from standort.errors import FileError

    temporary = out.with_name(f".{out.name}.part")
    try:
        table.to_csv(temporary, index=index)
        temporary.replace(out)
    except OSError as error:
        msg = f"cannot write {str(out)!r}: {error.strerror}; choose another folder"
        raise FileError(msg) from error


def _summarise(table: "pd.DataFrame") -> list[str]:
    """Say how many sites were reached, and how straight the ways are."""
    count = table["status"].value_counts()
    told = ", ".join(f"{count.get(kind, 0):,} {words}" for kind, words in _STATUS.items())
    lines = [f"{len(table):,} sites: {told}"]
    if table["is_estimate"].any():
        lines.append(f"{table['is_estimate'].sum():,} distances are the fallback, not a way")
    detour = table.loc[table["status"] == "reached", "detour"].dropna()
    if len(detour):
        low, middle, high = detour.quantile([0.0, 0.5, 1.0])
        lines.append(f"detour: {middle:.2f} in the middle, {low:.2f} to {high:.2f}")
    return lines


_STATUS = {
    "reached": "reached",
    "unreachable": "unreachable",
    "not_snapped": "too far from the network",
}
