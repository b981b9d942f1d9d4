"""Output files of commands: checked before any work, written whole or not at all."""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from standort.errors import FileError

if TYPE_CHECKING:
    import pandas as pd

#: File types a figure can be written as.
FIGURE_ENDINGS = (".png", ".svg", ".pdf")


def refuse_inputs(out: Path, *, inputs: list[Path], what: str) -> None:
    """Raise if the output would replace an input.

    Parameters
    ----------
    out
        Output file.
    inputs
        Files the command reads.
    what
        What is written, for the message.

    Raises
    ------
    FileError
        If the output is one of the inputs.
    """
    for path in inputs:
        if out.exists() and path.exists() and out.samefile(path):
            msg = (
                f"expected another file for the {what} than for the input, both are {str(out)!r}; "
                "choose another name for --out"
            )
            raise FileError(msg)


def make_folder(out: Path, *, inputs: list[Path], what: str) -> None:
    """Create the folder of an output that is not an input.

    Parameters
    ----------
    out
        Output file.
    inputs
        Files the command reads.
    what
        What is written, for the message.

    Raises
    ------
    FileError
        If the output is one of the inputs, or its folder cannot be created.
    """
    refuse_inputs(out, inputs=inputs, what=what)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot create the folder {str(out.parent)!r}: {error.strerror}; choose another"
        raise FileError(msg) from error


def prepare_result(out: Path, *, inputs: list[Path]) -> None:
    """Create the folder of a result; raise if the result cannot be written there.

    Parameters
    ----------
    out
        Output file, or folder of GeoParquet files.
    inputs
        Files the command reads.

    Raises
    ------
    FileError
        If the output is an input, is not a result of standort, or cannot be written.
    """
    from standort.outputs.geopackage.chunk_writer import check_stream_destination
    from standort.outputs.geopackage.stored_results import is_result

    make_folder(out, inputs=inputs, what="result")
    check_stream_destination(out)
    if out.is_file() and not is_result(out):
        refuse_to_replace(out, what="a result of standort")


def refuse_to_replace(out: Path, *, what: str) -> NoReturn:
    """Raise for an existing file that standort did not write.

    Parameters
    ----------
    out
        Output file.
    what
        What standort would have written there, for the message.

    Raises
    ------
    FileError
        Always.
    """
    msg = (
        f"{str(out)!r} is not {what} and would be lost; "
        "choose another name for --out, or remove the file first"
    )
    raise FileError(msg)


def write_csv(table: "pd.DataFrame", out: Path, *, index: bool = False) -> None:
    """Write a table as CSV, whole or not at all.

    Parameters
    ----------
    table
        Table.
    out
        Output file; replaced if it exists.
    index
        Whether to write the index as the first column.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    from standort.outputs.geopackage.writer import readable_write_errors

    temporary = out.with_name(f".{out.name}.part")
    with readable_write_errors(out):
        table.to_csv(temporary, index=index)
        temporary.replace(out)
