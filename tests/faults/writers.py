"""Everything that writes a file: one line each, and the inputs that they need."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from child_runs import run_child, standort_command
from fuzz.healthy_study import healthy_layers, write_layers

from standort.errors import StandortError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: what is written: names in {out}; {study}, {result} and others are inputs, each old and new
WRITERS = {
    "score": "score {study} --out {out}/r.gpkg",
    "score in chunks": "score {study} --sites {sites} --chunk-sites 4 --out {out}/r.gpkg",
    "score in chunks to a folder": "score {study} --sites {sites} --chunk-sites 4 --out {out}/r",
    "Result.write": "write {study} {out}/r.gpkg",
    "score_file": "score_file {study} {sites} {out}/r.gpkg",
    "score_file to a folder": "score_file {study} {sites} {out}/r",
    "type": "type {study} --draws 10 --out {out}/t.gpkg",
    "surface": "surface {study} --cell-km 30 --bounds 3 51 5 53 --out {out}/s.tif",
    "hexagons": "surface {study} --h3 4 --bounds 3 51 5 53 --out {out}/s.gpkg",
    "hexagons as Parquet": "surface {study} --h3 4 --bounds 3 51 5 53 --out {out}/s.parquet",
    "whatif": "whatif {study} --remove p1 --out {out}/w.csv",
    "whatif as GeoPackage": "whatif {study} --remove p1 --out {out}/w.gpkg",
    "best next": "whatif {study} --best-next ports={ports} --out {out}/b.gpkg",
    "compare": "compare {before} {result} --out {out}/c.csv",
    "compare as GeoPackage": "compare {before} {result} --out {out}/c.gpkg",
    "explain as HTML": "explain {result} e1 --format html --out {out}/e.html",
    "explain as JSON": "explain {result} e1 --json --out {out}/e.json",
    "sensitivity": "sensitivity {study} --samples 8 --realisations 2"
    " --out {out}/q.csv --plot {out}/q.png",
    "tipping": "tipping {result} e1 --out {out}/t.csv",
    "clusters": "clusters {study} --eps-km 5,10 --min-samples 2 --out {out}/c.gpkg"
    " --plot {out}/c.png",
    "network distance": "network distance {study} --layer ports --network {network}"
    " --out {out}/d.csv",
    "network distance as GeoPackage": "network distance {study} --layer ports --network {network}"
    " --out {out}/d.gpkg",
    "network pairs": "network pairs {study} --network {network} --out {out}/p.csv",
    "batch": "batch {study} --out-dir {out}",
}
#: what a writer may leave for the next run to go on from
RESUMED = ".unfinished"
#: what tells how a run went, so that it may be neither the old one nor the new one
LOG = "batch.csv"


@dataclass(frozen=True)
class Writer:
    """A writer, its command for the old and the new inputs, and where it writes."""

    name: str
    root: Path
    commands: dict[str, list[str]]

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def state(self) -> dict[str, Path]:
        """Folders that hold what an ordinary run leaves, from the old and from the new inputs."""
        return {age: self.root / f"left by the {age} run" for age in ("old", "new")}

    @property
    def is_function(self) -> bool:
        """Whether it is a function, which handles no signals."""
        return WRITERS[self.name].split()[0] in {"write", "score_file"}

    def put_back(self, state: Path) -> None:
        """Make the output folder what it was in a state."""
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(state, self.out, symlinks=True)


def run_writer(arguments: list[str]) -> None:
    """Run a command, or one of the functions that write, as the command line would."""
    if arguments[0] not in {"write", "score_file"}:
        standort_command(arguments)
        return
    try:
        _run_function(*arguments)
    except StandortError as error:
        raise SystemExit(_told(f"error: {error}", 2)) from None
    except KeyboardInterrupt:
        raise SystemExit(_told("stopped", 130)) from None


def _told(text: str, code: int) -> int:
    print(text, flush=True)  # noqa: T201 - the parent reads it
    return code


def _run_function(function: str, study: str, *paths: str) -> None:
    from standort.batch import score_file
    from standort.layers import read_study
    from standort.study import score

    read = read_study(study)
    if function == "write":
        score(read).write(paths[0])
    else:
        score_file(read, paths[0], paths[1], chunk_sites=4)


def prepared(name: str, root: Path) -> Writer:
    """Run a writer on the old inputs; what it writes is the result that must not be lost."""
    commands = {
        age: WRITERS[name].format(out=root / "out", **inputs(age)).split() for age in ("old", "new")
    }
    writer = Writer(name, root, commands)
    writer.out.mkdir(parents=True)
    outcome = run_child(run_writer, commands["old"])
    assert outcome.code == 0, outcome.summary
    shutil.copytree(writer.out, writer.state["old"])
    return writer


@cache
def inputs(age: str) -> dict[str, Path]:
    """Write the inputs of all writers; the old ones have other emissions."""
    folder = Path(mkdtemp(prefix="standort-inputs-"))
    layers = healthy_layers()
    if age == "old":
        layers["emitters"]["co2_t_per_yr"] *= 2.0
    places = {name: folder / f"{name}.gpkg" for name in ("study", "sites", "ports", "network")}
    write_layers(places["sites"], {"sites": layers.pop("sites")})
    write_layers(places["study"], layers)
    more = layers["ports"].assign(feature_id=[f"new {n}" for n in range(len(layers["ports"]))])
    write_layers(places["ports"], {"ports": more})
    write_layers(places["network"], {"edges": _network()})
    places["result"] = folder / "result.gpkg"
    command = ["write", str(places["study"]), str(places["result"])]
    assert run_child(run_writer, command).code == 0
    return {**places, "before": places["result"] if age == "old" else inputs("old")["result"]}


def _network() -> gpd.GeoDataFrame:
    line = shapely.segmentize(shapely.LineString([(3.9, 51.95), (4.4, 51.95)]), 0.05)
    ends = shapely.get_coordinates(line)
    edges = [shapely.LineString(pair) for pair in pairwise(ends)]
    return gpd.GeoDataFrame({"id": range(len(edges))}, geometry=edges, crs=4326)


def contents(folder: Path) -> dict[str, bytes]:
    """Read all that is in a folder, by path."""
    return dict(_files(folder))


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if not path.is_dir():
            yield path.relative_to(folder).as_posix(), path.read_bytes()
        elif not any(path.iterdir()):
            yield path.relative_to(folder).as_posix() + "/", b""
