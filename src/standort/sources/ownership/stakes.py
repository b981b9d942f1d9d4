"""Stakes of owners in firms, and the ties that shared stakes make.

Two plants of one owner are one firm. A tie is made by a shared stake only, between its owners.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from standort.firm_names import clean_name
from standort.linkages import joint_ventures
from standort.sources.linkage_tables import (
    LinkageTables,
    records,
    report_left_out,
    table,
    tables,
)
from standort.sources.stated_ranges import reach

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    import pandas as pd

    Row = dict[str, Any]

#: How far shares of one firm may be from 1 in sum: they are rounded.
_ROUNDING = 0.005
_NO_CONTRACTS = "stakes only, no contracts"


def one_row_per_stake(rows: Iterable[Row]) -> list[Row]:
    """Add the shares of one owner in one firm; an unknown share makes the sum unknown."""
    key = ("firm", "owner", "alias_of", "year_from", "year_to")
    merged = []
    for same in _grouped(rows, *key):
        notes = dict.fromkeys(row["note"] for row in same if row["note"])
        share = same[0]["share"] if len(same) == 1 else sum(row["share"] for row in same)
        merged.append({**same[0], "share": share, "note": "; ".join(notes) or None})
    return merged


def ownership_tables(
    stakes: pd.DataFrame,
    *,
    source: str,
    method: str,
    ownership_share: tuple[float, float],
    note: str,
) -> LinkageTables:
    """Build the tables of a register of owners.

    Parameters
    ----------
    stakes
        A row per plant and owner as the register writes them: ``firm``, ``facility`` (id of the
        plant), ``owner``, ``share`` [0, 1], ``year_from``, ``year_to``, ``note``.
    source
        Name of the register, and its edition.
    method
        Method of collection.
    ownership_share
        Share of a place's formal ties that are shared stakes, lowest and highest.
    note
        What else is known of the reach.

    Returns
    -------
    `firms` with the stakes, `linkages` with the joint ventures, and `collection`.
    """
    left: Counter[str] = Counter()
    named = _with_owners(records(stakes.assign(source=source, alias_of=None)), left)
    kept = _with_odd_sums(one_row_per_stake(_same_everywhere(named, left)))
    text = report_left_out(source, left)
    row = reach(
        "formal",
        source,
        method,
        share_of_layer=ownership_share,
        firms=[name for stake in kept for name in (stake["firm"], stake["owner"])],
        year_from=stakes["year_from"].min(),
        year_to=stakes["year_from"].max(),
        note="; ".join(part for part in (_NO_CONTRACTS, note, text) if part),
    )
    firms = table("firms", kept)
    return tables(firms=kept, linkages=records(joint_ventures(firms)), collection=[row])


def _grouped(rows: Iterable[Row], *columns: str) -> list[list[Row]]:
    """Group rows by some columns, in order of appearance; unknown numbers are equal."""
    groups: dict[tuple[Hashable, ...], list[Row]] = defaultdict(list)
    for row in rows:
        cells = (row[column] for column in columns)
        groups[tuple(None if cell != cell else cell for cell in cells)].append(row)  # noqa: PLR0124 - NaN
    return list(groups.values())


def _with_owners(rows: list[Row], left: Counter[str]) -> list[Row]:
    """Clean the names of owners; leave out nobody, a share of 0, and a firm as its own owner."""
    kept = []
    for row in rows:
        owner = clean_name(row["owner"])
        if owner is None or row["firm"] is None:
            left["stakes without a named firm and owner"] += 1
        elif owner == row["firm"]:
            left["firms named as their own owner"] += 1
        elif row["share"] == 0.0:
            left["stakes of 0 %"] += 1
        else:
            kept.append({**row, "owner": owner})
    return kept


def _same_everywhere(rows: list[Row], left: Counter[str]) -> list[Row]:
    """Keep a firm's owners once, and none where its plants have different owners."""
    kept: list[Row] = []
    for of_firm in _grouped(rows, "firm", "year_from"):
        plants = _grouped(of_firm, "facility")
        if len({frozenset((row["owner"], str(row["share"])) for row in p) for p in plants}) > 1:
            left["firms whose plants have different owners"] += 1
            continue
        ids = "; ".join(str(plant[0]["facility"]) for plant in plants)
        kept += [{**row, "facility": ids} for row in plants[0]]
    return kept


def _with_odd_sums(rows: list[Row]) -> list[Row]:
    """Note beside each stake what the shares of its firm add up to, unless that is 100 %."""
    noted = []
    for stakes in _grouped(rows, "firm", "year_from"):
        total = sum(row["share"] for row in stakes)  # NaN if one is unknown
        odd = abs(total - 1.0) > _ROUNDING
        text = f"stated shares add up to {total:.1%}" if odd else None
        for row in stakes:
            notes = [part for part in (row["note"], text) if part]
            noted.append({**row, "note": "; ".join(notes) or None})
    return noted
