"""How much of the ties each method of collection shows: stated ranges, and rows of `collection`.

The ranges are judgement. The direction of the low one for project databases follows Fritsch, Titze
and Piontek (2020): one kind of record alone severely understates interaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from standort.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable


class StatedRange(NamedTuple):
    """What a method of collection shows, if nothing better is known.

    Parameters
    ----------
    detect
        Share of the true ties that are recorded, lowest and highest.
    false
        Share of the records that are no ties, lowest and highest.
    of
        The ties that the shares are meant of.
    """

    detect: tuple[float, float]
    false: tuple[float, float]
    of: str


#: Default ranges by method: assumptions, to be shown as such wherever they are used.
STATED_RANGES: dict[str, StatedRange] = {
    "roster": StatedRange((0.8, 1.0), (0.0, 0.0), "ties of the firms asked"),
    "member_list": StatedRange((0.95, 1.0), (0.0, 0.0), "memberships of the listed body"),
    "register": StatedRange((0.8, 1.0), (0.0, 0.0), "stakes in registered plants; no contracts"),
    "project_db": StatedRange((0.1, 0.4), (0.0, 0.05), "informal ties"),
    "document_search": StatedRange((0.2, 0.6), (0.0, 0.05), "ties of the layer searched"),
    "press": StatedRange((0.1, 0.4), (0.0, 0.05), "ties of the layer searched"),
    "none": StatedRange((0.0, 0.0), (0.0, 0.0), "no ties"),
}


def reach(
    layer: str,
    source: str,
    method: str,
    *,
    share_of_layer: tuple[float, float] = (1.0, 1.0),
    firms: Iterable[str] | None = None,
    **columns: Any,  # noqa: ANN401 - the other columns of the table, texts and numbers
) -> dict[str, Any]:
    """Return one row of the table `collection`, with the stated range of its method.

    Parameters
    ----------
    layer
        formal, informal or infrastructure.
    source
        Name of the source.
    method
        A key of `STATED_RANGES`.
    share_of_layer
        Share of the layer's ties that are of the kind the method shows, lowest and highest.
    firms
        Names of the firms covered; None if all are.
    **columns
        Other columns of the row.

    Raises
    ------
    OptionError
        If the share of the layer is not a range within [0, 1].

    Examples
    --------
    >>> row = reach("formal", "a register", "register", share_of_layer=(0.5, 1.0))
    >>> row["detect_lo"], row["detect_hi"], row["firms"]
    (0.4, 1.0, 'all')
    """
    least, most = share_of_layer
    if not 0.0 <= least <= most <= 1.0:
        msg = f"expected share_of_layer as (lowest, highest) within 0..1, got {share_of_layer}"
        raise OptionError(msg)
    stated = STATED_RANGES[method]
    return {
        "unit": "",
        "layer": layer,
        "source": source,
        "method": method,
        "firms": "all" if firms is None else "; ".join(sorted(set(firms))),
        "detect_lo": stated.detect[0] * least,
        "detect_hi": stated.detect[1] * most,
        "false_lo": stated.false[0],
        "false_hi": stated.false[1],
        **columns,
    }
