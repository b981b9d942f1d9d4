"""Types of arrays and callbacks that signatures name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.integer[Any]]
Flags: TypeAlias = NDArray[np.bool_]
#: Hashes that random numbers are drawn by.
Keys: TypeAlias = NDArray[np.uint64]

#: Called with a label, the number of steps done and of all.
Progress: TypeAlias = Callable[[str, int, int], None]
