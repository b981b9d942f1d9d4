"""Download of networks from OpenStreetMap with OSMnx.

Nothing else in standort uses the internet. Scores are computed only from saved files, because the
contents of OpenStreetMap change.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from standort.errors import FileError, OptionError
from standort.storage.own_files import MARK
from standort.storage.replacement import check_destination, replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import networkx as nx

NetworkKind = Literal["drive", "rail"]
BoundingBox = tuple[float, float, float, float]

#: Timeout for the first response of a server [s].
_TIMEOUT = 10.0
#: Query of OSMnx for each kind of network; rail includes sidings and yards.
_QUERIES: dict[str, dict[str, Any]] = {
    "drive": {"network_type": "drive"},
    "rail": {"custom_filter": '["railway"="rail"]'},
}
_ATTRIBUTES = ("railway", "usage", "service", "electrified", "gauge")


def fetch_network(where: str | BoundingBox, path: str | Path, *, kind: NetworkKind) -> Path:
    """Download the roads or railways of an area and save them as a graph for `read_network`.

    Parameters
    ----------
    where
        Name of an area with an outline in OpenStreetMap, or west, south, east, north [degrees].
        Edges that leave the area are kept in full.
    path
        Output file, ending in ``.graphml``; an earlier download is replaced.
    kind
        ``"drive"``: public roads for motor vehicles, with their one-way streets. ``"rail"``:
        railways in use, travelled in both directions unless tagged otherwise.

    Returns
    -------
    The path. The data are (c) OpenStreetMap contributors, under the Open Database Licence.

    Raises
    ------
    FileError
        If OpenStreetMap cannot be reached, or the file cannot be written.
    OptionError
        If the area is unknown or has no such network, or an option is out of range.
    """
    if kind not in get_args(NetworkKind):
        msg = f"expected kind to be 'drive' or 'rail', got {kind!r}"
        raise OptionError(msg)
    target = check_destination(path, endings=(".graphml",))
    if not isinstance(where, str):
        where = check_bounding_box(where)
    graph = _download(where, kind)
    return _save(graph, target)


def check_bounding_box(numbers: Sequence[float]) -> BoundingBox:
    """Return a checked bounding box: west, south, east, north [degrees].

    >>> check_bounding_box([5.2, 50.5, 5.9, 50.9])
    (5.2, 50.5, 5.9, 50.9)
    """
    if len(numbers) == 4:  # noqa: PLR2004 - the four sides
        west, south, east, north = (float(number) for number in numbers)
        if -180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0:  # noqa: PLR2004
            return west, south, east, north
    msg = (
        "expected a bounding box west, south, east, north in degrees, with west < east and south < "
        f"north, got {list(numbers)}; download an area across the antimeridian in two parts"
    )
    raise OptionError(msg)


def _download(where: str | BoundingBox, kind: NetworkKind) -> nx.MultiDiGraph:
    import osmnx

    servers = [osmnx.settings.overpass_url]
    if isinstance(where, str):
        servers.append(osmnx.settings.nominatim_url)
    for server in servers:
        _check_reachable(server)
    options = {"retain_all": True, "truncate_by_edge": True, **_QUERIES[kind]}
    try:
        with _own_settings():
            if isinstance(where, str):
                return osmnx.graph_from_place(where, **options)
            return osmnx.graph_from_bbox(where, **options)
    except OSError as error:
        msg = f"the connection to OpenStreetMap was lost ({_reason(error)}); try again later"
        raise FileError(msg) from error
    except (ValueError, TypeError) as error:  # an empty response or no outline
        msg = (
            f"OpenStreetMap returned no {kind} network for {where!r} ({_reason(error)}); check the "
            "spelling, or give west, south, east, north"
        )
        raise OptionError(msg) from error


def _check_reachable(address: str) -> None:
    """Raise unless the server responds; OSMnx would wait for minutes."""
    try:
        urlopen(f"{address.rstrip('/')}/status", timeout=_TIMEOUT).close()  # noqa: S310 - as set in OSMnx
    except HTTPError:
        return  # it answered
    except OSError as error:
        msg = (
            f"cannot reach OpenStreetMap at {urlsplit(address).hostname} ({_reason(error)}); "
            "connect to the internet and try again, or use a saved network"
        )
        raise FileError(msg) from error


@contextmanager
def _own_settings() -> Iterator[None]:
    """Make OSMnx use no cache folder, and keep attributes of railways."""
    from osmnx import settings

    before = settings.use_cache, settings.useful_tags_way
    settings.use_cache = False
    settings.useful_tags_way = sorted({*settings.useful_tags_way, *_ATTRIBUTES})
    try:
        yield
    finally:
        settings.use_cache, settings.useful_tags_way = before


def _save(graph: nx.MultiDiGraph, path: Path) -> Path:
    import osmnx

    graph.graph["comment"] = MARK
    with replacing(path) as scratch:
        osmnx.save_graphml(graph, scratch)
    return path


def _reason(error: Exception) -> str:
    """Return the message of an error, or of its cause, on one line."""
    return " ".join(str(getattr(error, "reason", error)).split())
