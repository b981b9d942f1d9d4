"""Files that may be opened: regular files, with names that every library can open."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from standort.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path


def check_local_file(path: Path, *, or_folder: bool = False) -> None:
    """Check that a path is a regular file, before it is opened.

    Parameters
    ----------
    path
        The path.
    or_folder
        Whether a folder is allowed too.

    Raises
    ------
    FileError
        If nothing is there, or a device, pipe or socket, which would never end, or if its name is
        not UTF-8.
    """
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    try:
        str(path).encode("utf-8")
        mode = path.stat().st_mode
    except UnicodeEncodeError as error:
        msg = f"the name '{shown}' is not UTF-8: rename the file or its folder"
        raise FileError(msg) from error
    except (OSError, ValueError) as error:  # a null character is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"'{shown}' cannot be opened ({reason}): check the path"
        raise FileError(msg) from error
    if not (stat.S_ISREG(mode) or (or_folder and stat.S_ISDIR(mode))):
        what = "a folder" if stat.S_ISDIR(mode) else "a device, pipe or socket"
        msg = f"expected a file, '{shown}' is {what}: copy the data to a file"
        raise FileError(msg)
