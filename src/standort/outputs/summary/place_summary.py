"""The summary of places: advantage, linkage, types, screening, and changes over the years."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from standort.outputs.veto_text import vetoes_in
from standort.outputs.wording import count_of, cut, format_score, format_type, humanise, join_words
from standort.results.cell_values import as_float, as_text
from standort.typology.probabilities import PROBABILITY_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from rich.table import Table
    from rich.text import Text

_AGGREGATIONS = ("geometric", "arithmetic", "minimum")
_KINDS = {"cluster": "C", "initiative": "I", "unclustered": "U"}
_KINDS_KEY = "Kind: C cluster, I declared initiative, U unclustered sites of a region."
_RANGES = (
    "Advantage (5 % to 95 % of the draws). Linkage: at least what is on record, at most what may "
    "have been missed; (5 % to 95 % if the shares that searches show are as stated). ~ based on 3 "
    "to 9 firms."
)
#: Verdicts in a table.
_VERDICTS = {"true": "yes", "false": "no", "unknown": "?"}
#: Short names of approaches and families, and their key.
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
_SHORT_KEY = (
    "NZIC: Net Zero Industrial Cluster. Hub 1, 2: Hydrogen Hub of one sector, of several. "
    "Oasis: Hydrogen Oasis. CCUS 1, 2: CCUS cluster as an opportunity, deployable.\n"
)
#: Fewest and most characters of the name of a place, and the width of the other columns.
_LEAST, _MOST, _OTHERS = 16, 40, 62
#: Most characters of a name beside verdicts.
_NAMED = 28
#: Mark behind the type of a place that a veto holds against, and its key.
_VETOED = " (veto)"
_VETOED_KEY = (
    "(veto): a veto of the profile holds; the advantage counts as low, however high it is."
)
#: Texts on the linkage of a place, and what they say.
_ABOUT_LINKAGE = {"linkage_statement": "stated", "linkage_missing": "linkage"}
#: Mark before a linkage of so few firms that only its interval should be used.
_INDICATIVE = "~"


def summarise_places(places: pd.DataFrame, *, width: int = 80) -> list[Table | Text]:
    """Summarise places for a terminal: advantage, linkage, types and their probabilities.

    Parameters
    ----------
    places
        The table of places of a result.
    width
        Width of the terminal [columns].

    Returns
    -------
    Tables and lines, in this order.
    """
    from rich.text import Text

    several = bool(places.index.duplicated().any())
    if several:  # group the years of a place
        order = {place: number for number, place in enumerate(dict.fromkeys(places.index))}
        places = places.sort_index(key=lambda index: index.map(order), kind="stable")
    shares = [column for column in PROBABILITY_COLUMNS if column in places]
    drawn = bool(places[shares].notna().to_numpy().any())
    name = max(_LEAST, min(_MOST, width - _OTHERS - (6 if several else 0)))
    heads = ["Place", "Kind", *(["Year"] if several else []), "Advantage", "Linkage", "Type"]
    rows = []
    for place, row in places.iterrows():
        cells = [cut(str(place), name), _KINDS.get(str(row["kind"]), "?")]
        cells += [as_text(row["year"]) or "-"] if several else []
        cells += [_advantage(row), _linkage(row), _type(row)]
        rows.append(cells)
    parts: list[Table | Text] = [Text("Places and their types", style="bold"), _table(heads, rows)]
    label = as_text(places["threshold"].iloc[0]) if len(places) else None
    parts += [Text(_KINDS_KEY), Text(_RANGES)]
    if any(vetoes_in(row) for _, row in places.iterrows()):
        parts += [Text(_VETOED_KEY)]
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
    """Tabulate the verdicts on approaches and solution families for each place.

    Parameters
    ----------
    screening, families
        Tables of a result.

    Returns
    -------
    Tables, each after its title.
    """
    from rich.text import Text

    parts: list[Table | Text] = []
    for title, table, column in (
        ("Place-based approaches", screening, "approach"),
        ("Solution families", families, "family"),
    ):
        names = list(dict.fromkeys(table[column]))
        rows = [
            [
                cut(str(place), _NAMED),
                *(_VERDICTS[v] for v in part.set_index(column)["verdict"][names]),
            ]
            for place, part in table.groupby("place", sort=False)
        ]
        heads = ["Place", *(_short(name) for name in names)]
        parts += [Text(f"{title} (yes, no, ? unknown)", style="bold"), _table(heads, rows)]
        parts += [Text(_SHORT_KEY)] if column == "approach" else []
    return parts


def describe_history(trajectories: pd.DataFrame, attribution: pd.DataFrame) -> list[str]:
    """Describe how places changed over the years: steps, causes, and settled transitions.

    Parameters
    ----------
    trajectories, attribution
        As `standort.study.PlaceHistory` returns them.

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
            "  no transition is settled: that takes two consecutive years, more than 0.05 away "
            "from the border"
        )
    return lines


def describe_place(
    place: str, screening: pd.DataFrame, families: pd.DataFrame, row: Mapping[str, object]
) -> list[str]:
    """Describe the type of a place, with the reasoning of each verdict and missing data.

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
    lines = [place, f"  type: {format_type(row)}; possible: {row['type_set']}"]
    for name, what in _ABOUT_LINKAGE.items():
        text = as_text(row.get(name))
        lines += [f"  {what}: {text}"] if text else []
    if vetoed := vetoes_in(row):
        named = join_words([humanise(name) for name in vetoed])
        lines.append(f"  vetoed by {named}: the advantage counts as low, however high it is")
    for table in (screening, families):
        for _, verdict in table[table["place"] == place].iterrows():
            lines += ["", *str(verdict["reasoning"]).splitlines()]
            lines += [f"  missing: {verdict['missing']}"] if verdict["missing"] else []
    return lines


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for head in heads:
        table.add_column(head, no_wrap=head in {"Place", "Kind", "Year"})
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # brackets in names are not markup
    return table


def _advantage(row: pd.Series) -> str:
    """Format the advantage with its interval."""
    known = as_float(row["advantage"])
    return "unknown" if math.isnan(known) else f"{format_score(known)}{_interval(row, 'advantage')}"


def _linkage(row: pd.Series) -> str:
    """Format the linkage if nearly all ties are on record, else its bounds; with its interval."""
    known, low, high = (as_float(row.get(f"linkage{name}")) for name in ("", "_lower", "_upper"))
    if math.isnan(low) and math.isnan(known):
        return "unknown"
    mark = _INDICATIVE if row.get("indicative") is True else ""
    figure = f"{low:.2f}-{high:.2f}" if math.isnan(known) else f"{known:.2f}"
    return f"{mark}{figure}{_interval(row, 'linkage')}"


def _interval(row: pd.Series, axis: str) -> str:
    low, high = as_float(row.get(f"{axis}_p05")), as_float(row.get(f"{axis}_p95"))
    return "" if math.isnan(low) else f" ({low:.2f}-{high:.2f})"


def _type(row: pd.Series) -> str:
    """Format the type, and whether a veto caps it."""
    return f"{format_type(row)}{_VETOED if vetoes_in(row) else ''}"


def _probabilities(places: pd.DataFrame, name: int, *, several: bool) -> list[Table | Text]:
    """Tabulate the share of draws of each type."""
    from rich.text import Text

    columns = [column for column in PROBABILITY_COLUMNS if column in places]
    rows = []
    for place, row in places.iterrows():
        year = [as_text(row["year"]) or "-"] if several else []
        shares = [*(_share(row, column) for column in columns), _side(row["entropy"])]
        rows.append([cut(str(place), name), *year, *shares])
    heads = [humanise(column.removeprefix("p_")) for column in columns]
    title = Text(
        "P(type), over the stated ranges; its entropy: 0 certain, 1 all four equally likely",
        style="bold",
    )
    return [title, _table(["Place", *(["Year"] if several else []), *heads, "entropy"], rows)]


def _share(row: pd.Series, column: str) -> str:
    """Format a probability: a range if it depends on what is unknown."""
    low, high = (as_float(row.get(f"{column}_{end}")) for end in ("low", "high"))
    if math.isnan(low) or f"{low:.2f}" == f"{high:.2f}":
        return _side(row[column])
    return f"{low:.2f}-{high:.2f}"


def _disagreeing(places: pd.DataFrame, name: int, *, several: bool) -> list[Table | Text]:
    """Tabulate the places whose type depends on the aggregation, and count the others."""
    from rich.text import Text

    known = places[places["agree"].notna()]
    if known.empty:
        return []
    differing = known[~known["agree"].astype(bool)]
    same = f"{len(known) - len(differing)} of {count_of(len(known), 'place')}: the same type, or"
    lead = Text(f"{same} set of types, under the geometric mean, arithmetic mean and minimum.\n")
    if differing.empty:
        return [lead]
    rows = [
        [
            cut(str(place), name) + (f" {row['year']}" if several else ""),
            *(humanise(str(row[f"type_{how}"])).replace(" | ", " or ") for how in _AGGREGATIONS),
        ]
        for place, row in differing.iterrows()
    ]
    title = Text("The type depends on the aggregation", style="bold")
    return [lead, title, _table(["Place", *_AGGREGATIONS], rows)]


def _side(value: object) -> str:
    number = as_float(value)
    return "?" if math.isnan(number) else f"{number:.2f}"


def _added(attribution: pd.DataFrame) -> list[str]:
    """Describe how much each component added to each change of the advantage."""
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
