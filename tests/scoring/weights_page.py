"""docs/weights.md: its examples, and the figures they give of the sample."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

__all__ = ["PAGE", "blocks", "run_examples", "table_of_weights"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "weights.md"
#: the criteria whose figures the page shows
_SHOWN = ("salt_cavern_distance", "neighbour_count")


def blocks(language: str) -> list[str]:
    """Return the examples in one language, in the order of the page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def run_examples() -> dict[str, Any]:
    """Run all Python of the page, and return the names it defines."""
    names: dict[str, Any] = {}
    with contextlib.chdir(PAGE.parents[1]):
        for block in blocks("python"):
            exec(block, names)  # noqa: S102 - the page is ours
    return names


def table_of_weights(names: dict[str, Any]) -> list[str]:
    """Return the page's table of weights against the data, from the names of its examples."""
    lines = ["| | weight | by entropy | sites outside the reference points |", "|---|---|---|---|"]
    shares = names["table"].loc[list(_SHOWN), ["weight", "entropy", "out_of_range"]]
    for name, row in zip(_SHOWN, shares.to_numpy(), strict=True):
        cells = [name.replace("_", " "), *(f"{share * 100:.0f} %" for share in row)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines
