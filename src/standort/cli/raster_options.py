"""Rasters on the command line: `--raster NAME=FILE`, and what `standort check` tells of them."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from standort.layers import RasterDescription, Study
    from standort.scoring import Criterion, Profile

__all__ = ["raster_files", "raster_lines", "with_rasters"]


def raster_files(given: Sequence[str] | None, profile: "Profile") -> dict[str, Path]:
    """Read what was given as ``NAME=FILE``.

    Parameters
    ----------
    given
        As typed; None is none.
    profile
        The profile, which must have a criterion of each raster: one that nothing is measured on
        is a mistake.

    Returns
    -------
    Paths by name.

    Raises
    ------
    OptionError
        Telling all that is wrong.
    """
    from standort.errors import OptionError, gather

    found: dict[str, Path] = {}
    faults = []
    for text in given or ():
        name, _, path = (part.strip() for part in text.partition("="))
        fault = _fault(name, path, found, profile)
        if fault is None:
            found[name] = Path(path).expanduser()
        else:
            faults.append(f"{text!r}: {fault}")
    if faults:
        raise OptionError(gather(faults, of="--raster"))
    return found


def _fault(name: str, path: str, found: dict[str, Path], profile: "Profile") -> str | None:
    """Say what is wrong with a raster that was given; None if nothing is."""
    if not name or not path:
        return "expected NAME=FILE, such as wind=wind.tif"
    if name in found:
        return f"raster {name!r} is given twice; leave one out"
    if name not in profile.rasters:
        close = difflib.get_close_matches(name, profile.rasters, n=1)
        known = (
            f"its rasters are {', '.join(profile.rasters)}" if profile.rasters else "it has none"
        )
        hint = f"did you mean {close[0]!r}?" if close else known
        return f"profile {profile.id!r} has no criterion of a raster {name!r}; {hint}"
    if not Path(path).expanduser().is_file():
        return f"expected a file, found none at {path!r}; check the path"
    return None


def with_rasters(study: "Study", files: dict[str, Path]) -> "Study":
    """Add rasters to a study, in the place of those it has of the same name.

    Parameters
    ----------
    study
        The study.
    files
        As `raster_files` gives them.

    Returns
    -------
    The changed copy.
    """
    for name, path in files.items():
        study = study.with_raster(name, path)
    return study


def raster_lines(study: "Study", profile: "Profile", faults: dict[str, str]) -> Iterator[str]:
    """Describe the rasters of a study and of a profile, and which criteria they serve.

    Parameters
    ----------
    study
        The study, with the rasters that were given.
    profile
        The profile.
    faults
        Gets what is wrong with a raster that is needed, by its name.

    Yields
    ------
    Lines.
    """
    from standort.study.context import find_raster

    places = dict(study.rasters)
    for criterion in profile.criteria:
        path = find_raster(study, criterion)
        if criterion.source is not None and path is not None:
            places[criterion.source.raster] = path
    for name, path in places.items():
        users = [c for c in profile.criteria if c.source is not None and c.source.raster == name]
        yield f"\n{name}: raster {path.name}"
        yield from _lines_of(study, path, users, faults)
        yield f"  used by: {_tell_users(users, profile)}"


def _lines_of(
    study: "Study", path: Path, users: "Sequence[Criterion]", faults: dict[str, str]
) -> Iterator[str]:
    """Describe one raster; one that cannot be opened is a fault only if it is needed."""
    from standort.errors import StandortError
    from standort.layers import describe_raster
    from standort.study.context import open_rasters

    try:
        opened = open_rasters(study, users)
        described = describe_raster(next(iter(opened.values()), path))
    except StandortError as error:
        if users and users[0].source is not None:
            faults[users[0].source.raster] = str(error)
            yield "  it has faults, told below"
        else:
            yield f"  {error}"
        return
    bands = sorted({raster.band for raster in opened.values()})
    yield from _tell_description(described, bands)


def _tell_description(described: "RasterDescription", bands: Sequence[int]) -> Iterator[str]:
    from standort.cli.commands.check import tell_extent
    from standort.outputs.wording import count_of

    of_bands = count_of(described.bands, "band")
    used = f", of which {', '.join(map(str, bands))} used" if bands and described.bands > 1 else ""
    yield f"  size: {described.rows:,} rows, {described.columns:,} columns, {of_bands}{used}"
    yield f"  CRS: {described.crs}"
    width, height = described.resolution
    yield f"  resolution: {width:.6g} x {height:.6g} {described.resolution_unit}"
    declared = "none declared" if described.nodata is None else f"{described.nodata:g}"
    yield f"  nodata: {declared}"
    if described.extent is not None:
        yield f"  extent: {tell_extent(described.extent)}"


def _tell_users(users: "Sequence[Criterion]", profile: "Profile") -> str:
    from standort.outputs.wording import humanise

    return ", ".join(humanise(c.id) for c in users) or f"no criterion of profile {profile.id}"
