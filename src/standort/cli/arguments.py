"""Arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ProfileOption", "RasterOption", "StudyArgument", "YearOption"]

StudyArgument = Annotated[
    Path,
    typer.Argument(
        metavar="STUDY",
        help="GeoPackage with a layer per role (emitters, ports ...), or folder of GeoParquet.",
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
        help="Raster that the profile calls NAME, such as wind=wind.tif; may be repeated.",
        show_default=False,
    ),
]
YearOption = Annotated[
    int | None,
    typer.Option(
        "--year",
        metavar="YEAR",
        help="Year of the study: leave out rows whose year_from and year_to do not cover it.",
    ),
]
