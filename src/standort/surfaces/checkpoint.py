"""Checkpoints of surfaces: finished blocks on disk, from which an interrupted run can resume.

The first line of a hidden file beside the output identifies the inputs of the surface; a record for
each finished block follows. From the first record that is truncated or damaged on, all are
discarded: the checksum covers the number and the length of a block too.
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
from standort.storage.replacement import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from geopandas import GeoDataFrame

    from standort.array_types import Floats, Ints
    from standort.layers import Study

#: Version of the file format; a checkpoint of another version is discarded.
_FORMAT = 3
#: Marker, block number, length of the content, checksum.
_HEADER = struct.Struct("<4sQQI")
_CHECKED = struct.Struct("<QQ")
_MARK = b"cell"


class FinishedBlock(NamedTuple):
    """A finished block: ids of its cells, and scores of shape (columns, cells)."""

    number: int
    cell_ids: Ints
    scores: Floats


class Checkpoint:
    """The finished blocks of a surface, in a file."""

    def __init__(self, file: io.BufferedRandom) -> None:
        self._file = file
        self._where: dict[int, tuple[int, int]] = {}

    def __contains__(self, number: object) -> bool:
        """Return whether a block is finished."""
        return number in self._where

    def __len__(self) -> int:
        """Return the number of finished blocks."""
        return len(self._where)

    def add(self, finished: FinishedBlock) -> None:
        """Write a block to disk."""
        content = io.BytesIO()
        np.savez_compressed(content, cell_ids=finished.cell_ids, scores=finished.scores)
        body = content.getvalue()
        start = self._file.seek(0, io.SEEK_END)
        checksum = _checksum(finished.number, body)
        self._file.write(_HEADER.pack(_MARK, finished.number, len(body), checksum) + body)
        self._file.flush()
        self._where[finished.number] = (start + _HEADER.size, len(body))

    def blocks(self) -> Iterator[FinishedBlock]:
        """Yield the finished blocks in order of number."""
        for number in sorted(self._where):
            start, length = self._where[number]
            self._file.seek(start)
            with np.load(io.BytesIO(self._file.read(length)), allow_pickle=False) as content:
                yield FinishedBlock(number, content["cell_ids"], content["scores"])

    def read_records(self) -> int:
        """Read the sound records from the current position, and truncate what follows.

        Returns
        -------
        The number of bytes that followed.
        """
        start = self._file.tell()
        end = self._file.seek(0, io.SEEK_END)
        self._file.seek(start)
        while (record := _read_record(self._file, end)) is not None:
            number, length = record
            self._where[number] = (start + _HEADER.size, length)
            start = self._file.tell()
        self._file.truncate(start)
        return end - start


def _read_record(file: io.BufferedRandom, end: int) -> tuple[int, int] | None:
    """Read a record and return its number and length; None if it is incomplete or damaged."""
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    mark, number, length, checksum = _HEADER.unpack(header)
    if mark != _MARK or length > end - file.tell():
        return None
    return (number, length) if _checksum(number, file.read(length)) == checksum else None


def _checksum(number: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(_CHECKED.pack(number, len(body))))


def checkpoint_path(out: Path) -> Path:
    """Return the path of the checkpoint of an output file.

    >>> from pathlib import Path
    >>> checkpoint_path(Path("maps/surface.tif")).as_posix()
    'maps/.surface.tif.unfinished'
    """
    return out.with_name(f".{out.name}.unfinished")


@contextmanager
def open_checkpoint(
    out: Path, made_from: Mapping[str, object], *, resume: bool
) -> Iterator[Checkpoint]:
    """Open or create the checkpoint of a surface; delete it unless anything is raised.

    Parameters
    ----------
    out
        Output file of the surface.
    made_from
        Everything that its values depend on, serialisable as JSON.
    resume
        Whether to resume from an existing checkpoint.

    Yields
    ------
    The finished blocks.

    Raises
    ------
    FileError
        If another run uses the checkpoint.

    Warns
    -----
    StandortWarning
        If the checkpoint has other inputs or is damaged, and is discarded in whole or in part.
    """
    path = checkpoint_path(out)
    signature = json.loads(json.dumps(plain({"format": _FORMAT, **made_from})))
    path.touch()
    with path.open("rb+") as file:
        _lock(file, path)
        before = _first_line(file)
        kept = Checkpoint(file)
        if resume and before == signature:
            if dropped := kept.read_records():
                warn(
                    f"the unfinished {out.name!r} is damaged or incomplete after {len(kept)} "
                    f"finished blocks: {dropped:,} bytes were dropped, their cells are scored again"
                )
        else:
            if resume and path.stat().st_size:
                warn(f"the unfinished {out.name!r} was discarded: {_reason(before, signature)}")
            file.seek(0)
            file.truncate()
            file.write(json.dumps(signature).encode() + b"\n")
            file.flush()
        yield kept
    path.unlink()


def _first_line(file: io.BufferedRandom) -> dict[str, Any] | None:
    """Read the signature of a checkpoint; None if the file is empty or not a checkpoint."""
    try:
        signature = json.loads(file.readline())
    except ValueError:
        return None
    return signature if isinstance(signature, dict) else None


def _reason(before: dict[str, Any] | None, signature: Mapping[str, object]) -> str:
    """Describe why a checkpoint is of no use."""
    if before is None:
        return "its first line is damaged"
    return f"{', '.join(k for k in signature if before.get(k) != signature[k]) or 'keys'} differ"


def _lock(file: io.BufferedRandom, path: Path) -> None:
    """Lock the file against other runs, where the system supports it."""
    if try_lock(file) is False:
        msg = (
            f"another run is using {str(path)!r}; "
            "wait until it has finished, or choose another output"
        )
        raise FileError(msg)


def study_digests(study: Study) -> dict[str, str]:
    """Hash the contents of the layers and tables of a study.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    Hashes by name.
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
