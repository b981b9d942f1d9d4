"""Rows of the table `collection`, which say how much of the ties a source shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standort.errors import OptionError
from standort.linkages.evidence.collection import METHODS

if TYPE_CHECKING:
    from collections.abc import Iterable


#: Share of the records that are no ties, where somebody else decided what to record: a judgement.
_FALSE = dict.fromkeys(("project_db", "document_search", "press"), (0.0, 0.05))


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
        A key of `standort.linkages.METHODS`, which has its range.
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
    detect, false = METHODS[method].detect, _FALSE.get(method, (0.0, 0.0))
    return {
        "unit": "",
        "layer": layer,
        "source": source,
        "method": method,
        "firms": "all" if firms is None else "; ".join(sorted(set(firms))),
        "detect_lo": detect[0] * least,
        "detect_hi": detect[1] * most,
        "false_lo": false[0],
        "false_hi": false[1],
        **columns,
    }
