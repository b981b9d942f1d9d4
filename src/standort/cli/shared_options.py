"""Arguments and options that several commands share."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from standort.errors import OptionError, gather

if TYPE_CHECKING:
    from standort.layers import Study
    from standort.scoring import Profile

StudyArgument = Annotated[
    Path,
    typer.Argument(
        metavar="STUDY",
        help="GeoPackage with one layer per role (emitters, ports ...), or folder of GeoParquet.",
        show_default=False,
    ),
]
ProfileOption = Annotated[
    str,
    typer.Option(
        "--profile", "-p", metavar="PROFILE", help="Name of a built-in profile, or a TOML file."
    ),
]
RasterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--raster",
        metavar="NAME=FILE",
        help="File of the raster that the profile calls NAME, such as wind=wind.tif; repeatable.",
        show_default=False,
    ),
]
YearOption = Annotated[
    int | None,
    typer.Option(
        "--year",
        metavar="YEAR",
        help="Year of the study: rows whose year_from and year_to exclude it are dropped.",
    ),
]
KindOption = Annotated[
    Literal["site", "place"] | None,
    typer.Option(
        "--of", metavar="KIND", help="Whether ID is a site or a place [default: tries both]."
    ),
]


def raster_files(options: Sequence[str] | None, profile: "Profile") -> dict[str, Path]:
    """Parse values of `--raster`.

    Parameters
    ----------
    options
        Texts of the form ``NAME=FILE``.
    profile
        Profile, which must use every raster named.

    Returns
    -------
    Paths by name.

    Raises
    ------
    OptionError
        With all problems.
    """
    files: dict[str, Path] = {}
    problems = []
    for text in options or ():
        name, _, path = (part.strip() for part in text.partition("="))
        problem = _raster_problem(name, path, files, profile)
        if problem is None:
            files[name] = Path(path).expanduser()
        else:
            problems.append(f"{text!r}: {problem}")
    if problems:
        raise OptionError(gather(problems, of="--raster"))
    return files


def _raster_problem(name: str, path: str, files: dict[str, Path], profile: "Profile") -> str | None:
    if not name or not path:
        return "expected NAME=FILE, such as wind=wind.tif"
    if name in files:
        return f"raster {name!r} is given twice; leave one out"
    if name not in profile.rasters:
        close = difflib.get_close_matches(name, profile.rasters, n=1)
        known = (
            f"its rasters are {', '.join(profile.rasters)}" if profile.rasters else "it has none"
        )
        hint = f"did you mean {close[0]!r}?" if close else known
        return f"profile {profile.id!r} has no criterion that uses a raster {name!r}; {hint}"
    if not Path(path).expanduser().is_file():
        return f"there is no file {path!r}; check the path"
    return None


def with_rasters(study: "Study", files: dict[str, Path]) -> "Study":
    """Add rasters to a study; they replace those of the same name.

    Parameters
    ----------
    study
        Study.
    files
        Paths by name.

    Returns
    -------
    The changed copy.
    """
    for name, path in files.items():
        study = study.with_raster(name, path)
    return study
