"""Places on one screen: where they stand on both axes, their types, and what they could become."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from standort.outputs.limit_wording import vetoes_in
from standort.outputs.wording import count_of, cut, format_score, format_type, humanise, join_words
from standort.results.cell_values import as_float, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from rich.table import Table
    from rich.text import Text

__all__ = [
    "count_types",
    "describe_history",
    "describe_place",
    "format_screening",
    "summarise_places",
]

_AGGREGATIONS = ("geometric", "arithmetic", "minimum")
_KINDS = {"cluster": "C", "initiative": "I", "unclustered": "U"}
_KINDS_TOLD = "Kind: C cluster by distance, I declared initiative, R what is left of a region."
_RANGES = (
    "Ranges: 5 % to 95 % of the draws; of the linkage without draws, of a bootstrap of firms. "
    "~: of 3 to 9 firms; quote the range only."
)
#: How verdicts are written in a table.
_VERDICTS = {"true": "yes", "false": "no", "unknown": "?"}
#: Approaches and families in a column's width, and in full.
_SHORT = {
    "net_zero_industrial_cluster": "NZIC",
    "hydrogen_hub_partial": "hub 1",
    "hydrogen_hub_full": "hub 2",
    "hydrogen_oasis": "oasis",
    "ccus_cluster_opportunity": "CCUS 1",
    "ccus_cluster_deployable": "CCUS 2",
    "ccus_hub": "CCUS hub",
    "electrification": "electric",
    "ccus": "CCUS",
}
_SHORT_TOLD = (
    "NZIC: Net Zero Industrial Cluster. Hub 1, 2: Hydrogen Hub of one sector, of several. "
    "Oasis: Hydrogen Oasis. CCUS 1, 2: CCUS cluster as an opportunity, deployable.\n"
)
#: Least and most characters of the name of a place, and what the other columns take.
_LEAST, _MOST, _OTHERS = 16, 40, 62
#: The same beside verdicts.
_NAMED = 28
#: What stands behind the type of a place that a veto holds against, and what it says.
_VETOED = " (veto)"
_VETOED_TOLD = (
    "(veto): a veto of the profile holds; the advantage counts as low, however high it is."
)
#: What stands before a linkage of so few firms that only its range should be quoted.
_ROUGHLY = "~"


def summarise_places(places: pd.DataFrame, *, width: int = 80) -> list[Table | Text]:
    """Lay places out for a terminal: both axes, the type and how sure it is, three aggregations.

    Parameters
    ----------
    places
        The table of places of a result.
    width
        Width of the terminal [columns].

    Returns
    -------
    Tables and lines, one below the other.
    """
    from rich.text import Text

    several = bool(places.index.duplicated().any())
    if several:  # the years of a place below each other
        order = {place: number for number, place in enumerate(dict.fromkeys(places.index))}
        places = places.sort_index(key=lambda index: index.map(order), kind="stable")
    shares = [name for name in places.columns if str(name).startswith("p_")]
    drawn = bool(places[shares].notna().to_numpy().any())
    name = max(_LEAST, min(_MOST, width - _OTHERS - (6 if several else 0)))
    heads = ["Place", "Kind", *(["Year"] if several else []), "Advantage", "Linkage", "Type"]
    rows = []
    for place, row in places.iterrows():
        cells = [cut(str(place), name), _KINDS.get(str(row["kind"]), "?")]
        cells += [as_text(row["year"]) or "-"] if several else []
        cells += [_axis(row, "advantage"), _axis(row, "linkage"), _type(row)]
        rows.append(cells)
    parts: list[Table | Text] = [
        Text("Places and their types", style="bold"),
        _table(heads, rows),
    ]
    label = as_text(places["threshold"].iloc[0]) if len(places) else None
    parts += [Text(_KINDS_TOLD), Text(_RANGES)]
    if any(vetoes_in(row) for _, row in places.iterrows()):
        parts += [Text(_VETOED_TOLD)]
    parts += [Text(f"Thresholds, {label}.\n")]
    parts += _probabilities(places, name, several=several) if drawn else []
    return [*parts, *_disagreeing(places, name, several=several)]


def count_types(places: pd.DataFrame) -> str:
    """Count the types of places in a sentence.

    Parameters
    ----------
    places
        The table of places of a result.

    Returns
    -------
    The sentence.

    Examples
    --------
    >>> import pandas as pd
    >>> count_types(pd.DataFrame({"type": ["classic_cluster", "forerunner", None, None]}))
    'Types of 4 places: 1 classic cluster, 1 forerunner, 2 with a set of possible types.'
    """
    known = places["type"].dropna()
    counts = [
        f"{count:,} {humanise(str(kind))}" for kind, count in known.value_counts(sort=False).items()
    ]
    if len(known) < len(places):
        counts.append(f"{len(places) - len(known):,} with a set of possible types")
    return f"Types of {count_of(len(places), 'place')}: {', '.join(counts)}."


def format_screening(screening: pd.DataFrame, families: pd.DataFrame) -> list[Table | Text]:
    """Lay out what each place could be, and which ways to net zero suit it.

    Parameters
    ----------
    screening, families
        Tables of a result.

    Returns
    -------
    Tables under their titles.
    """
    from rich.text import Text

    parts: list[Table | Text] = []
    for title, table, what in (
        ("Place-based approaches", screening, "approach"),
        ("Solution families", families, "family"),
    ):
        names = list(dict.fromkeys(table[what]))
        rows = [
            [
                cut(str(place), _NAMED),
                *(_VERDICTS[v] for v in part.set_index(what)["verdict"][names]),
            ]
            for place, part in table.groupby("place", sort=False)
        ]
        heads = ["Place", *(_short(name) for name in names)]
        parts += [Text(f"{title} (yes, no, ? unknown)", style="bold"), _table(heads, rows)]
        parts += [Text(_SHORT_TOLD)] if what == "approach" else []
    return parts


def describe_history(trajectories: pd.DataFrame, attribution: pd.DataFrame) -> list[str]:
    """Tell how places moved over the years: what changed, what made it, and what settled.

    Parameters
    ----------
    trajectories, attribution
        As `standort.study.PlaceHistory` gives them.

    Returns
    -------
    Lines.
    """
    lines = ["Changes"]
    for place, rows in trajectories.groupby("place", sort=False):
        if len(rows) > 1:
            steps = ", ".join(
                f"{row['year']} {_side(row['advantage'])}/{_side(row['linkage'])} "
                f"{humanise(row['type']) if row['type'] else 'unknown'}"
                for _, row in rows.iterrows()
            )
            lines.append(f"  {place}: {steps}")
            lines += _added(attribution[attribution["place"] == place])
    settled = trajectories[trajectories["from_type"].notna()]
    lines += [
        f"  {row['place']} settled as {humanise(row['settled_type'])} in {row['year']} "
        f"(since {row['since']}; it was {humanise(row['from_type'])})"
        for _, row in settled.iterrows()
    ]
    if settled.empty:
        lines.append(
            "  no transition is settled: that takes two years in a row, clear of the border by "
            "more than 0.05"
        )
    return lines


def describe_place(
    place: str, screening: pd.DataFrame, families: pd.DataFrame, row: Mapping[str, object]
) -> list[str]:
    """Tell all of one place: every proof, and what is missing.

    Parameters
    ----------
    place
        Its name.
    screening, families
        Tables of a result.
    row
        Its row of the table of places.

    Returns
    -------
    Lines.
    """
    lines = [place, f"  type: {as_text(row['type']) or 'unknown'}; can be: {row['type_set']}"]
    missing = as_text(row.get("linkage_missing"))
    lines += [f"  linkage: {missing}"] if missing else []
    if vetoed := vetoes_in(row):
        named = join_words([humanise(name) for name in vetoed])
        lines.append(f"  vetoed by {named}: the advantage counts as low, however high it is")
    for table in (screening, families):
        for _, found in table[table["place"] == place].iterrows():
            lines += ["", *str(found["reasoning"]).splitlines()]
            lines += [f"  missing: {found['missing']}"] if found["missing"] else []
    return lines


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for head in heads:
        table.add_column(head, no_wrap=head in {"Place", "Kind", "Year"})
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # brackets in names are no markup
    return table


def _axis(row: pd.Series, axis: str) -> str:
    known = as_float(row[axis])
    if math.isnan(known):
        return "unknown"
    low, high = as_float(row[f"{axis}_p05"]), as_float(row[f"{axis}_p95"])
    rough = _ROUGHLY if axis == "linkage" and row.get("indicative") is True else ""
    return format_score(known) if math.isnan(low) else f"{rough}{known:.2f} ({low:.2f}-{high:.2f})"


def _type(row: pd.Series) -> str:
    """Tell the type, and whether a veto caps it."""
    return f"{format_type(row)}{_VETOED if vetoes_in(row) else ''}"


def _probabilities(places: pd.DataFrame, name: int, *, several: bool) -> list[Table | Text]:
    """Lay out how often each type came up in the draws."""
    from rich.text import Text

    columns = [str(column) for column in places.columns if str(column).startswith("p_")]
    rows = []
    for place, row in places.iterrows():
        year = [as_text(row["year"]) or "-"] if several else []
        shares = [_side(row[column]) for column in (*columns, "entropy")]
        rows.append([cut(str(place), name), *year, *shares])
    heads = [humanise(column.removeprefix("p_")) for column in columns]
    title = Text("P(type), and its entropy: 0 sure, 1 all four alike", style="bold")
    return [title, _table(["Place", *(["Year"] if several else []), *heads, "entropy"], rows)]


def _disagreeing(places: pd.DataFrame, name: int, *, several: bool) -> list[Table | Text]:
    """Show the places whose type depends on the aggregation; say of how many it does not."""
    from rich.text import Text

    known = places[places["agree"].notna()]
    if known.empty:
        return []
    differing = known[~known["agree"].astype(bool)]
    same = f"{len(known) - len(differing)} of {count_of(len(known), 'place')}: the same type, or"
    told = Text(f"{same} set of types, under the geometric mean, arithmetic mean and minimum.\n")
    if differing.empty:
        return [told]
    rows = [
        [
            cut(str(place), name) + (f" {row['year']}" if several else ""),
            *(humanise(str(row[f"type_{how}"])).replace(" | ", " or ") for how in _AGGREGATIONS),
        ]
        for place, row in differing.iterrows()
    ]
    title = Text("The type depends on the aggregation", style="bold")
    return [told, title, _table(["Place", *_AGGREGATIONS], rows)]


def _side(value: object) -> str:
    number = as_float(value)
    return "?" if math.isnan(number) else f"{number:.2f}"


def _added(attribution: pd.DataFrame) -> list[str]:
    """Say what each component added to each change of advantage."""
    ends = "_added"
    names = [n for n in attribution.columns if n.endswith(ends) and not n.endswith(f"_log{ends}")]
    return [
        f"    {row['from_year']} to {row['year']}: advantage {row['change']:+.3f} = "
        + ", ".join(f"{humanise(n.removesuffix(ends))} {row[n]:+.3f}" for n in names)
        for _, row in attribution.iterrows()
        if not math.isnan(as_float(row["change"]))
    ]


def _short(name: str) -> str:
    return _SHORT.get(name, humanise(name))
