"""`standort tipping`."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from standort.cli.shell import make_way, output, progress_shown

if TYPE_CHECKING:
    import pandas as pd

    from standort.scoring import Profile

__all__ = ["tipping"]

#: how far the advantage made again from a file may lie from the one it holds; how far a change
#: goes past a tie
_SAME = 1e-9


class _Scored(NamedTuple):
    """What a result and a scored study have in common."""

    sites: "pd.DataFrame"
    places: "pd.DataFrame"
    """Of the last year, if there are several."""
    contributions: Callable[[str], "pd.DataFrame | None"]
    """Contributions of a place; None if the result does not hold them."""
    profile: "Profile"


def tipping(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="GeoPackage written by standort score, or a study, which is then scored.",
            show_default=False,
        ),
    ],
    asked: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Id of a site, name of a place, or number of a cluster.",
            show_default=False,
        ),
    ],
    *,
    of: Annotated[
        Literal["site", "place"] | None,
        typer.Option(
            "--of", metavar="KIND", help="Take ID for that of a site, or of a place [a site first]."
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            "-p",
            metavar="PROFILE",
            help="Profile to score a study by [default: net-zero]; a result has its own.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[
        int, typer.Option(metavar="N", min=1, help="Changes to print of each kind.")
    ] = 5,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="CSV", help="Write all changes to this file."),
    ] = None,
) -> None:
    """Tell the smallest changes that would move a rank or a type.

    Of a site: of weights, all together or one alone, and of one metric at a time, until it
    overtakes the next above, is overtaken by the next below, or enters or leaves the top tenth. Of
    a cluster, an initiative or the unclustered sites of a region: of weights, one criterion or its linkage, until it
    crosses the threshold of advantage or linkage. Each change is checked by scoring again.

    Example: `standort tipping scores.gpkg "Port of Rotterdam"`
    """
    from standort.outputs.geopackage.writer import check_destination, told_plainly

    if out is not None:
        make_way(out, inputs=[source], what="table")
        check_destination(out, endings=(".csv",))
    scored = _scored(source, profile)
    site, place = _find(scored, source, asked, of)
    if place is None:
        from standort.uncertainty import tipping_table

        with progress_shown() as progress:
            found = tipping_table(scored.sites, site, profile=scored.profile, progress=progress)
        _print_site(found, scored.sites, str(site), top)
    else:
        found = _place_table(scored, source, place)
        _print_place(found, scored.places, place, top)
    if out is not None:
        with told_plainly(out):
            found.to_csv(out, index=False)
        typer.echo(f"\nWritten to {out}.")


def _scored(source: Path, profile: str | None) -> _Scored:
    """Read a result, or score a study."""
    import pandas as pd

    from standort.outputs.geopackage.stored_results import is_result, read_place, read_result
    from standort.scoring import load_profile

    if not source.is_file() or not is_result(source):
        from standort.layers import read_study
        from standort.study import score

        with progress_shown() as progress:
            result = score(read_study(source), profile or "net-zero", progress=progress)
        return _Scored(
            result.sites,
            pd.DataFrame(result.places),
            lambda _: result.place_contributions,
            result.profile,
        )
    stored = read_result(source)
    own = _own_profile(stored.manifest)
    if profile is not None:
        wanted = load_profile(profile)
        if own is None or wanted.content_hash != own.content_hash:
            from standort.errors import OptionError

            msg = (
                f"{str(source)!r} was not scored by profile {wanted.id!r}; leave --profile out, or "
                "give the study instead of the result"
            )
            raise OptionError(msg)
    if own is None:
        from standort.errors import FileError

        msg = f"{str(source)!r} does not hold its profile; score the study again, or give the study"
        raise FileError(msg)
    places = pd.DataFrame() if stored.places is None else pd.DataFrame(stored.places)
    if "year" in places and places["year"].notna().any():
        places = places[places["year"] == places["year"].max()]

    def contributions(place: str) -> "pd.DataFrame | None":
        read = read_place(source, place)
        return None if read is None else read.contributions

    return _Scored(stored.sites, places, contributions, own)


def _find(
    scored: _Scored, source: Path, asked: str, of: Literal["site", "place"] | None
) -> tuple[str | None, str | None]:
    """Find a site of that id, or else a place; exactly one of the two is given back."""
    from standort.errors import OptionError
    from standort.results.place_lookup import find_place

    sites = scored.sites.index.astype(str)
    if of != "place" and asked in sites:
        return asked, None
    place = None if of == "site" or scored.places.empty else find_place(scored.places, asked)
    if place is not None:
        return None, place
    known = [
        *(sites if of != "place" else []),
        *(scored.places.index.astype(str) if of != "site" else []),
    ]
    expected = {
        "site": "the id of a site",
        "place": "the name of a place or the number of a cluster",
    }.get(of or "", "the id of a site, the name of a place or the number of a cluster")
    close = _close(asked, known)
    hint = (
        f"did you mean {' or '.join(map(repr, close))}?"
        if close
        else "look in its layers sites, places"
    )
    msg = f"expected {expected} in {str(source)!r}, got {asked!r}; {hint}"
    raise OptionError(msg)


def _close(asked: str, known: list[str]) -> list[str]:
    """Name up to three that are spelt alike, or else that have it as a part."""
    from difflib import get_close_matches

    names = {name.casefold(): name for name in known}
    close = [names[found] for found in get_close_matches(asked.casefold(), names)]
    return close or [name for folded, name in names.items() if asked.casefold() in folded][:3]


def _place_table(scored: _Scored, source: Path, place: str) -> "pd.DataFrame":
    """Find the changes of a place, from what a result holds of it."""
    from standort.errors import FileError
    from standort.uncertainty import place_tipping_table

    row = scored.places.iloc[scored.places.index.tolist().index(place)]
    contributions = scored.contributions(place)
    found = None
    if contributions is not None and not contributions.empty:
        found = place_tipping_table(
            row, contributions, profile=scored.profile, threshold=_limits(scored.places)
        )
        again = float(found["score_after"].iloc[-1])  # of the row of linkage: nothing else moves
        if abs(again - float(row["advantage"])) <= _SAME:
            return found
    msg = (
        f"{str(source)!r} does not hold what the advantage of {place!r} is made of; give the study "
        "instead of the result"
    )
    raise FileError(msg)


def _limits(places: "pd.DataFrame") -> tuple[float, float]:
    """Read the thresholds that the places were typed by from their label."""
    import re

    from standort.typology import find_thresholds

    label = str(places["threshold"].iloc[0])
    if label.startswith(("median", "jenks")):  # found anew, because the label rounds them
        limits = find_thresholds(
            places["advantage"].astype(float),
            places["linkage"].astype(float),
            threshold="median" if label.startswith("median") else "jenks",
        )
        return limits.advantage, limits.linkage
    told = re.search(r"advantage ([\d.e-]+), linkage ([\d.e-]+)", label)
    return (float(told[1]), float(told[2])) if told else (0.5, 0.5)


def _own_profile(manifest: Mapping[str, Any]) -> "Profile | None":
    """Give the profile that a result was scored by; None if it does not hold one we know."""
    from pydantic import ValidationError

    from standort.scoring import defined_profile

    told = manifest.get("profile")
    definition = told.get("definition") if isinstance(told, Mapping) else None
    if not isinstance(definition, Mapping):
        return None
    try:
        return defined_profile(definition)
    except ValidationError:
        return None


def _print_site(found: "pd.DataFrame", sites: "pd.DataFrame", site_id: str, top: int) -> None:
    at = sites.index.astype(str).tolist().index(site_id)
    rank = sites["score"].rank(method="min", ascending=False).iloc[at]
    output().print(
        f"{site_id}: score {sites['score'].iloc[at]:.4f}, rank {rank:.0f} of "
        f"{sites['score'].notna().sum():,}",
        markup=False,
    )

    if found.empty:
        output().print("No other site has a score: none to overtake, none to fall behind.")

    def headed(target: str, rival: object) -> str:
        of_top = "tenth" in target
        return f"{site_id} {target}{f', whose border {rival} holds' if of_top else f' {rival}'}"

    _print_targets(found, headed, top, then="rank_after")


def _print_place(found: "pd.DataFrame", places: "pd.DataFrame", place: str, top: int) -> None:
    import pandas as pd

    from standort.outputs.wording import humanise, tell_list
    from standort.results.cell_values import as_text

    row = places.iloc[places.index.tolist().index(place)]
    linkage = "unknown" if pd.isna(row["linkage"]) else f"{row['linkage']:.4f}"
    advantage, linked = _limits(places)
    output().print(
        f"{place}: advantage {row['advantage']:.4f}, linkage {linkage}, "
        f"{str(row['type_set']).replace('_', ' ')} (thresholds {advantage:g}, {linked:g})",
        markup=False,
    )
    if vetoed := as_text(row.get("vetoed")):
        names = tell_list([humanise(name) for name in vetoed.split(",")])
        output().print(
            f"Vetoed by {names}: whatever its advantage, its type is one of low advantage, so that "
            "only linkage leads to another.",
            markup=False,
        )
    _print_targets(found, lambda target, _: f"{place} {target}", top, then="type_after")


def _print_targets(
    found: "pd.DataFrame", headed: Callable[[str, object], str], top: int, *, then: str
) -> None:
    console = output()
    for target, rows in found.groupby("target", sort=False):
        console.print(f"\n{headed(str(target), rows['rival'].iloc[0])}", markup=False)
        if rows["found"].any():
            _print_rows(rows, top, then)
        none = rows.loc[~rows["found"], ["kind", "changed"]]
        metrics = none.loc[none["kind"].isin(["metric", "value"]), "changed"].tolist()
        if metrics:
            console.print(f"  no value of {', '.join(metrics)} alone does it", markup=False)


def _print_rows(rows: "pd.DataFrame", top: int, then: str) -> None:
    """Print the smallest changes: of all weights, of single weights, of metrics, of linkage."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    after = then.replace("_after", " then")
    for name in ("  what changes", "from", "to", "unit", after, "verified"):
        shown.add_column(name, justify="right" if name in ("from", "to", "rank then") else "left")
    found = rows[rows["found"]]
    weights = found[found["kind"].isin(["component", "criterion"])]
    metrics = found[found["kind"].isin(["metric", "value"])]
    chosen = [
        found[found["kind"] == "all weights"],
        weights.loc[weights["change"].abs().sort_values(kind="stable").index].head(top),
        metrics.loc[metrics["value_change"].abs().sort_values(kind="stable").index].head(top),
        found[found["kind"] == "linkage"],
    ]
    for part in chosen:
        for i in range(len(part)):
            shown.add_row(*_cells(part.iloc[i], then))
    output().print(shown)


def _cells(row: "pd.Series", then: str) -> list[str]:
    """Write a change out; of all weights together there is only its length."""
    numbers = [row["before"], row["after"]]
    digits = 4 if row["unit"] in ("share", "distance", "value") else 2
    texts = _told_apart(float(numbers[0]), float(numbers[1]), digits)
    names = {
        "all weights": "all weights together",
        "component": f"weight of {row['changed']}",
        "criterion": f"weight of {row['changed']}",
        "value": f"mean value of {row['changed']}",
    }
    what = names.get(row["kind"], row["changed"])
    if row["kind"] == "all weights":
        texts[0] = ""
    after = str(row[then]).replace("_", " ") if row[then] == row[then] else "unknown"
    return [f"  {what}", *texts, row["unit"], after, _yes(row["verified"])]


def _told_apart(before: float, after: float, digits: int) -> list[str]:
    """Write two numbers with as many digits as tell them apart; a tie is broken by any amount."""
    if abs(after - before) <= _SAME * max(1.0, abs(before)):
        return [f"{before:.{digits}f}", f"any {'more' if after > before else 'less'}"]
    while f"{before:.{digits}f}" == f"{after:.{digits}f}":
        digits += 1
    return [
        "unknown" if math.isnan(number) else f"{number:.{digits}f}" for number in (before, after)
    ]


def _yes(verified: object) -> str:
    return "yes" if verified else "NO"
