"""Output files of commands: checked before any work, written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standort.errors import FileError, visible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: File types a figure can be written as.
FIGURE_ENDINGS = (".png", ".svg", ".pdf")
_RESOLUTION = 150
#: Key of the metadata of a figure for the program that wrote it.
_PROGRAM = {".png": "Software", ".svg": "Creator", ".pdf": "Creator"}


def prepare_output(
    out: Path | None, *, inputs: Iterable[Path], endings: tuple[str, ...] = (".gpkg",)
) -> None:
    """Create the folder of an output, and raise if the output cannot be written there.

    Parameters
    ----------
    out
        Output file, or folder of GeoParquet files; nothing is done without one.
    inputs
        Files the command reads.
    endings
        Accepted endings of its name; a folder has an empty one.

    Raises
    ------
    FileError
        If the output is an input, exists and is not a result of standort, or cannot be written.
    """
    if out is None:
        return
    from standort.storage.replacement import check_destination

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot create the folder {str(out.parent)!r}: {error.strerror}; choose another"
        raise FileError(msg) from error
    check_destination(out, endings=endings, inputs=inputs)


def save_figure(figure: Any, path: Path) -> None:  # noqa: ANN401 - of matplotlib
    """Write a figure of matplotlib.

    Parameters
    ----------
    figure
        The figure.
    path
        Output file, checked by `prepare_output`.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    from standort.storage.own_files import MARK
    from standort.storage.replacement import replacing

    with replacing(path) as scratch:
        program = {_PROGRAM[path.suffix.lower()]: MARK}
        figure.savefig(scratch, dpi=_RESOLUTION, metadata=program)


def save_text(text: str, path: Path) -> None:
    """Write a text, with control characters as escapes.

    Parameters
    ----------
    text
        The text.
    path
        Output file, checked by `prepare_output`.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    from standort.storage.replacement import replacing

    with replacing(path) as scratch:
        scratch.write_text(f"{visible(text)}\n", encoding="utf-8")
