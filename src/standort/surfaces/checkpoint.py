"""Unfinished surfaces: finished blocks on disk, so that a run that was stopped can go on.

A hidden file beside the output holds what the surface is computed from in its first line, and then
a record for each finished block. A record that was cut short, by whatever stopped the run, is known
by its length and checksum, and written anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from standort.errors import FileError, warn
from standort.results.manifest import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers import Study

__all__ = ["Finished", "Unfinished", "kept_beside", "study_digests", "unfinished"]

#: of the records below; another one starts anew
_FORMAT = 1
#: mark, number of the block, length of the content, checksum
_HEADER = struct.Struct("<4sQQI")
_MARK = b"cell"


class Finished(NamedTuple):
    """A block that is done: which cells of it, and their scores, shape (columns, cells)."""

    number: int
    place: NDArray[np.integer[Any]]
    scores: NDArray[np.float64]


class Unfinished:
    """The blocks done so far, in a file."""

    def __init__(self, file: io.BufferedRandom) -> None:
        self._file = file
        self._where: dict[int, tuple[int, int]] = {}

    def __contains__(self, number: object) -> bool:
        """Tell whether a block is done."""
        return number in self._where

    def __len__(self) -> int:
        """Count the blocks done."""
        return len(self._where)

    def add(self, finished: Finished) -> None:
        """Keep a block, on the disk once this returns."""
        content = io.BytesIO()
        np.savez_compressed(content, place=finished.place, scores=finished.scores)
        body = content.getvalue()
        start = self._file.seek(0, io.SEEK_END)
        self._file.write(_HEADER.pack(_MARK, finished.number, len(body), zlib.crc32(body)) + body)
        self._file.flush()
        self._where[finished.number] = (start + _HEADER.size, len(body))

    def blocks(self) -> Iterator[Finished]:
        """Give the blocks that are done, by number."""
        for number in sorted(self._where):
            start, length = self._where[number]
            self._file.seek(start)
            with np.load(io.BytesIO(self._file.read(length)), allow_pickle=False) as content:
                yield Finished(number, content["place"], content["scores"])

    def find(self) -> None:
        """Find the whole records from here on, and cut off what follows them."""
        while True:
            start = self._file.tell()
            record = _read_record(self._file)
            if record is None:
                self._file.seek(start)
                self._file.truncate()
                return
            number, length = record
            self._where[number] = (start + _HEADER.size, length)


def _read_record(file: io.BufferedRandom) -> tuple[int, int] | None:
    """Read past a record; None if it is not whole."""
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    mark, number, length, checksum = _HEADER.unpack(header)
    if mark != _MARK:
        return None
    body = file.read(length)
    return (number, length) if len(body) == length and zlib.crc32(body) == checksum else None


def kept_beside(out: Path) -> Path:
    """Give the path of the file that keeps an unfinished surface.

    >>> from pathlib import Path
    >>> kept_beside(Path("maps/surface.tif")).as_posix()
    'maps/.surface.tif.unfinished'
    """
    return out.with_name(f".{out.name}.unfinished")


@contextmanager
def unfinished(out: Path, made_from: Mapping[str, object], *, resume: bool) -> Iterator[Unfinished]:
    """Open what is kept of a surface, or begin it; it is gone afterwards unless anything is raised.

    Parameters
    ----------
    out
        Where the surface goes.
    made_from
        All its values depend on, as JSON can hold it.
    resume
        Whether to go on with what is kept.

    Yields
    ------
    The blocks done so far.

    Raises
    ------
    FileError
        If another run is at work on it.

    Warns
    -----
    StandortWarning
        If what is kept is of something else, and is thrown away.
    """
    path = kept_beside(out)
    signature = json.loads(json.dumps(plain({"format": _FORMAT, **made_from})))
    path.touch()
    with path.open("rb+") as file:
        _lock(file, path)
        before = _first_line(file)
        kept = Unfinished(file)
        if resume and before == signature:
            kept.find()
        else:
            if resume and before is not None:
                differing = ", ".join(k for k in signature if before.get(k) != signature[k])
                warn(f"an unfinished {out.name!r} is not gone on with: {differing} differ")
            file.seek(0)
            file.truncate()
            file.write(json.dumps(signature).encode() + b"\n")
            file.flush()
        yield kept
    path.unlink()


def _first_line(file: io.BufferedRandom) -> dict[str, Any] | None:
    """Read what a file was begun with; None if it is empty or no such file."""
    try:
        found = json.loads(file.readline())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _lock(file: io.BufferedRandom, path: Path) -> None:
    """Keep other runs from the file, where the system can."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        msg = (
            f"another run is at work on {str(path)!r}; "
            "wait until it is done, or choose another output"
        )
        raise FileError(msg) from error


def study_digests(study: Study) -> dict[str, str]:
    """Hash what the layers and tables of a study hold.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    Hash by name.
    """
    return {name: _digest(frame) for name, frame in {**study.layers, **study.tables}.items()}


def _digest(frame: GeoDataFrame | pd.DataFrame) -> str:
    digest = hashlib.sha256()
    flat = pd.DataFrame(frame).reset_index()
    for name in flat.columns:
        column = flat[name]
        digest.update(f"{name}\n".encode())
        if str(column.dtype) == "geometry":
            for shape in shapely.to_wkb(column.to_numpy()):
                digest.update(shape)
        else:
            digest.update("\0".join(map(repr, column.tolist())).encode())
    return digest.hexdigest()
