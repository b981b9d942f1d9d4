"""`standort network`: fetch, check, distance, pairs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from standort.cli.help_text import PlainCommand
from standort.cli.output_files import prepare_output
from standort.cli.shared_options import StudyArgument, YearOption
from standort.cli.terminal import command_line, print_text

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from standort.earth import Network
    from standort.layers import Study
    from standort.layers.networks.osm_download import BoundingBox

app = typer.Typer(
    no_args_is_help=True,
    help="Fetch and check networks, and measure distances along them.",
    rich_markup_mode=None,
)

_STATUS = {
    "reached": "reached",
    "unreachable": "unreachable",
    "not_snapped": "too far from the network",
}

_NetworkLayer = Annotated[
    str | None, typer.Option(metavar="NAME", help="Layer of the network file, if it holds several.")
]
_AtVertices = Annotated[
    bool,
    typer.Option(
        "--at-vertices",
        help="Also connect lines at shared vertices, as raw OpenStreetMap lines need.",
    ),
]
_Tolerance = Annotated[
    float,
    typer.Option(
        "--tolerance-m",
        metavar="M",
        min=0.0,
        help="Connect ends of lines within this distance [m].",
    ),
]


# A longitude may begin with a hyphen, such as -3.2.
@app.command("fetch", cls=PlainCommand, context_settings={"ignore_unknown_options": True})
def fetch(
    where: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME | W S E N",
            help="Name of a town or region, or west, south, east and north in degrees.",
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
    """Fetch roads or railways from OpenStreetMap. The only command that needs the internet.

    Example: `standort network fetch 5.2 50.5 5.9 50.9 --type rail --out rail.graphml`
    """
    from standort.layers.networks.osm_download import fetch_network

    prepare_output(out, inputs=[], endings=(".graphml",))
    fetch_network(_parse_area(where), out, kind=kind)  # type: ignore[arg-type]  # checked there
    print_text(f"Written to {out}; data (c) OpenStreetMap contributors, ODbL. Check it with:")
    print_text(f"  {command_line('network', 'check', out)}")


@app.command("check", cls=PlainCommand)
def check(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="GraphML, OpenStreetMap XML, or lines in a GeoPackage, GeoParquet, GeoJSON, "
            "FlatGeobuf or Shapefile.",
            show_default=False,
        ),
    ],
    *,
    layer: _NetworkLayer = None,
    at_vertices: _AtVertices = False,
    tolerance_m: _Tolerance = 0.1,
) -> None:
    """Check whether a network is connected: nodes, edges, length, components, crossings.

    Example: `standort network check rail.graphml`
    """
    network = _read_network(file, layer, tolerance_m, at_vertices=at_vertices)
    for label, text in _describe(network).items():
        print_text(f"{label + ':':<18} {text}")


@app.command("distance", cls=PlainCommand)
def distance(  # noqa: PLR0913 - each is an option of the command
    study: StudyArgument,
    *,
    layer: Annotated[
        str,
        typer.Option(
            "--layer",
            metavar="ROLE",
            help="Layer to measure to, such as ports.",
            show_default=False,
        ),
    ],
    network: Annotated[
        Path,
        typer.Option("--network", metavar="FILE", help="File of the network.", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FILE", help="CSV or GeoPackage to write.", show_default=False
        ),
    ],
    snap_km: Annotated[
        float,
        typer.Option(metavar="KM", help="Maximum distance of sites and features from the network."),
    ] = 5.0,
    both_ways: Annotated[
        bool, typer.Option("--both-ways", help="Ignore the direction of one-way edges.")
    ] = False,
    fallback_detour: Annotated[
        float | None,
        typer.Option(metavar="FACTOR", help="Without a route: the geodesic times this."),
    ] = None,
    network_layer: _NetworkLayer = None,
    at_vertices: _AtVertices = False,
    tolerance_m: _Tolerance = 0.1,
    year: YearOption = None,
) -> None:
    """Measure the distance along a network from each site to the nearest feature of a layer.

    Writes the length of the route, the geodesic, and their ratio (the detour).

    Example: `standort network distance study.gpkg --layer ports --network rail.graphml --out d.csv`
    """
    from standort.layers import read_study
    from standort.metrics import network_distance

    prepare_output(out, inputs=[study, network], endings=(".csv", ".gpkg"))
    read = read_study(study, year=year)
    features = _find_layer(read, layer)
    lines = _read_network(network, network_layer, tolerance_m, at_vertices=at_vertices)
    table = network_distance(
        read.sites,
        features,
        lines,
        snap_km=snap_km,
        directed=False if both_ways else None,
        fallback_detour=fallback_detour,
    )
    _write(table, read, out)
    for line in _summarise(table):
        print_text(line)
    print_text(f"Written to {out}.")


@app.command("pairs", cls=PlainCommand)
def pairs(  # noqa: PLR0913 - each is an option of the command
    study: StudyArgument,
    *,
    network: Annotated[
        Path,
        typer.Option("--network", metavar="FILE", help="File of the network.", show_default=False),
    ],
    reach_km: Annotated[
        float,
        typer.Option(metavar="KM", help="Longest distance to list: the largest radius to test."),
    ] = 30.0,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="CSV to write.", show_default=False)
    ],
    snap_km: Annotated[
        float, typer.Option(metavar="KM", help="Maximum distance of emitters from the network.")
    ] = 5.0,
    network_layer: _NetworkLayer = None,
    at_vertices: _AtVertices = False,
    tolerance_m: _Tolerance = 0.1,
    year: YearOption = None,
) -> None:
    """List pairs of emitters within reach along a network, as distances for clustering.

    Emitters on opposite banks of an estuary are then in one cluster only if a road connects them.

    Example: `standort network pairs study.gpkg --network roads.graphml --out pairs.csv`
    """
    from standort.layers import read_study
    from standort.metrics import network_pairs
    from standort.outputs.csv_tables import write_csv

    prepare_output(out, inputs=[study, network], endings=(".csv",))
    emitters = read_study(study, year=year).emitters
    lines = _read_network(network, network_layer, tolerance_m, at_vertices=at_vertices)
    table = network_pairs(emitters, lines, reach_km=reach_km, snap_km=snap_km)
    write_csv(table, out)
    print_text(
        f"{len(table):,} pairs of {len(emitters):,} emitters, written to {out}. Use them with:"
    )
    reach = ["--distances", out, "--distances-reach-km", f"{reach_km:g}"]
    print_text(f"  {command_line('clusters', study, *reach)}")


def _parse_area(words: list[str]) -> "str | BoundingBox":
    """Parse four numbers, or a name of one or more words."""
    from standort.errors import OptionError
    from standort.layers.networks.osm_download import check_bounding_box

    unknown = [word for word in words if word.startswith("-") and not word[1:2].isdigit()]
    if unknown:
        msg = f"no such option: {unknown[0]}; see standort network fetch --help"
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
        path, layer=layer, tolerance_m=tolerance_m, noding="vertices" if at_vertices else "ends"
    )


def _describe(network: "Network") -> dict[str, str]:
    """Describe a network by labelled texts."""
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


def _find_layer(study: "Study", name: str) -> "GeoDataFrame":
    from standort.errors import LayerError

    if name not in study.layers:
        msg = f"the study has no layer {name!r}; it holds {', '.join(study.layers)}"
        raise LayerError(msg)
    return study.layers[name]


def _write(table: "pd.DataFrame", study: "Study", out: Path) -> None:
    from standort.outputs.csv_tables import write_csv
    from standort.outputs.geopackage.writer import write_geopackage
    from standort.results.manifest import brief_manifest

    if out.suffix.lower() == ".gpkg":
        import geopandas

        sites = geopandas.GeoDataFrame(table, geometry=study.sites.geometry)
        tables = {"manifest": brief_manifest("network distances")}
        write_geopackage(out, layers={"network_distance": sites}, tables=tables)
        return
    write_csv(table, out, index=True)


def _summarise(table: "pd.DataFrame") -> list[str]:
    """Count the sites reached, and summarise detours."""
    count = table["status"].value_counts()
    counts = ", ".join(f"{count.get(kind, 0):,} {words}" for kind, words in _STATUS.items())
    lines = [f"{len(table):,} sites: {counts}"]
    if table["is_estimate"].any():
        lines.append(
            f"distances from the fallback, without a route: {table['is_estimate'].sum():,}"
        )
    detour = table.loc[table["status"] == "reached", "detour"].dropna()
    if len(detour):
        low, median, high = detour.quantile([0.0, 0.5, 1.0])
        lines.append(f"detour: median {median:.2f}, range {low:.2f} to {high:.2f}")
    return lines
