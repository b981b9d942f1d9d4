"""`standort tipping`."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from standort.cli.output_files import prepare_output
from standort.cli.shared_options import KindOption
from standort.cli.terminal import get_console, print_text, show_progress

if TYPE_CHECKING:
    import pandas as pd

    from standort.scoring import Profile

#: Tolerance of an advantage recomputed from a file, and of a tie.
_TOLERANCE = 1e-9


class _Scored(NamedTuple):
    """Tables of a stored result, or of a study that was just scored."""

    sites: "pd.DataFrame"
    places: "pd.DataFrame"
    """Places; of the last year if there are several."""
    contributions: Callable[[str], "pd.DataFrame | None"]
    """Return the contributions of a place; None if the result does not hold them."""
    profile: "Profile"
    thresholds: tuple[float, float]
    """Values from which the advantage and linkage of places are high."""


def tipping(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="GeoPackage written by standort score, or a study to score.",
            show_default=False,
        ),
    ],
    requested: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Id of a site, name of a place, or number of a cluster.",
            show_default=False,
        ),
    ],
    *,
    of: KindOption = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            "-p",
            metavar="PROFILE",
            help="Profile to score a study with [default: net-zero]; a result has its own.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[
        int, typer.Option(metavar="N", min=1, help="Number of changes to print of each kind.")
    ] = 5,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="CSV", help="Write all changes to this file."),
    ] = None,
) -> None:
    """Find the smallest changes that would alter a rank or a type.

    For a site: changes of all weights, one weight or one metric after which it overtakes the site
    above, is overtaken by the site below, or enters or leaves the top tenth. For a cluster, an
    initiative or the unclustered sites of a region: changes of weights, one criterion or linkage
    after which it crosses the threshold of advantage or linkage. Each change is verified by scoring
    again.

    Example: `standort tipping scores.gpkg "Port of Rotterdam"`
    """
    prepare_output(out, inputs=[source, Path(profile or "")], endings=(".csv",))
    scored = _load(source, profile)
    site, place = _resolve(scored, source, requested, of)
    if place is None:
        from standort.uncertainty import tipping_table

        with show_progress() as progress:
            changes = tipping_table(scored.sites, site, profile=scored.profile, progress=progress)
    else:
        changes = _place_changes(scored, source, place)
    if out is not None:
        from standort.outputs.csv_tables import write_csv

        write_csv(changes, out)
    if place is None:
        _print_site(changes, scored.sites, str(site), top)
    else:
        _print_place(changes, scored, place, top)
    if out is not None:
        print_text(f"\nWritten to {out}.")


def _load(source: Path, profile: str | None) -> _Scored:
    """Read a result, or score a study."""
    from standort.outputs.geopackage.stored_results import is_result

    if source.is_file() and is_result(source):
        return _read_result(source, profile)
    return _score_study(source, profile or "net-zero")


def _score_study(source: Path, profile: str) -> _Scored:
    import pandas as pd

    from standort.layers import read_study
    from standort.study import score

    with show_progress() as progress:
        result = score(read_study(source), profile, progress=progress)
    return _Scored(
        result.sites,
        pd.DataFrame(result.places),
        lambda _: result.place_contributions,
        result.profile,
        _thresholds(result.manifest),
    )


def _read_result(source: Path, profile: str | None) -> _Scored:
    import pandas as pd

    from standort.errors import FileError, OptionError
    from standort.outputs.geopackage.stored_results import read_place, read_result
    from standort.scoring import load_profile

    stored = read_result(source)
    own = _stored_profile(stored.manifest)
    if profile is not None:
        wanted = load_profile(profile)
        if own is None or wanted.content_hash != own.content_hash:
            msg = (
                f"{str(source)!r} was not scored by profile {wanted.id!r}; leave --profile out, or "
                "give the study instead of the result"
            )
            raise OptionError(msg)
    if own is None:
        msg = f"{str(source)!r} does not hold its profile; score the study again, or give the study"
        raise FileError(msg)
    places = pd.DataFrame() if stored.places is None else pd.DataFrame(stored.places)
    if "year" in places and places["year"].notna().any():
        places = places[places["year"] == places["year"].max()]

    def contributions(place: str) -> "pd.DataFrame | None":
        read = read_place(source, place)
        return None if read is None else read.contributions

    return _Scored(stored.sites, places, contributions, own, _thresholds(stored.manifest))


def _resolve(
    scored: _Scored, source: Path, requested: str, kind: Literal["site", "place"] | None
) -> tuple[str | None, str | None]:
    """Return the site of that id and None, or else None and the place."""
    from standort.errors import OptionError
    from standort.results.place_lookup import find_place

    sites = scored.sites.index.astype(str)
    if kind != "place" and requested in sites:
        return requested, None
    place = None if kind == "site" or scored.places.empty else find_place(scored.places, requested)
    if place is not None:
        return None, place
    known = [
        *(sites if kind != "place" else []),
        *(scored.places.index.astype(str) if kind != "site" else []),
    ]
    expected = {
        "site": "the id of a site",
        "place": "the name of a place or the number of a cluster",
    }.get(kind or "", "the id of a site, the name of a place or the number of a cluster")
    close = _close_names(requested, known)
    hint = (
        f"did you mean {' or '.join(map(repr, close))}?"
        if close
        else "see its layers sites and places"
    )
    msg = f"expected {expected} in {str(source)!r}, got {requested!r}; {hint}"
    raise OptionError(msg)


def _close_names(requested: str, known: list[str]) -> list[str]:
    """Return up to three names that are spelt alike, or else contain the text."""
    from difflib import get_close_matches

    names = {name.casefold(): name for name in known}
    text = requested.casefold()
    close = [names[match] for match in get_close_matches(text, names)]
    return close or [name for folded, name in names.items() if text in folded][:3]


def _place_changes(scored: _Scored, source: Path, place: str) -> "pd.DataFrame":
    """Compute the changes of a place from its stored contributions."""
    from standort.errors import FileError
    from standort.uncertainty import place_tipping_table

    row = scored.places.iloc[scored.places.index.tolist().index(place)]
    contributions = scored.contributions(place)
    if contributions is not None and not contributions.empty:
        changes = place_tipping_table(
            row, contributions, profile=scored.profile, threshold=scored.thresholds
        )
        # only linkage changes in the last row, so its advantage is that of the place
        advantage = float(changes["score_after"].iloc[-1])
        if abs(advantage - float(row["advantage"])) <= _TOLERANCE:
            return changes
    msg = (
        f"{str(source)!r} does not hold the contributions to the advantage of {place!r}; give the "
        "study instead of the result"
    )
    raise FileError(msg)


def _thresholds(manifest: Mapping[str, Any]) -> tuple[float, float]:
    """Return the thresholds of the places; a result without places has those by default."""
    limits = manifest.get("thresholds", {})
    return limits.get("advantage", 0.5), limits.get("linkage", 0.5)


def _stored_profile(manifest: Mapping[str, Any]) -> "Profile | None":
    """Return the profile of a result; None if it holds none that can be read."""
    from standort.errors import ProfileError
    from standort.scoring import defined_profile

    profile = manifest.get("profile")
    definition = profile.get("definition") if isinstance(profile, Mapping) else None
    if not isinstance(definition, Mapping):
        return None
    try:
        return defined_profile(definition)
    except ProfileError:
        return None


def _print_site(changes: "pd.DataFrame", sites: "pd.DataFrame", site_id: str, top: int) -> None:
    at = sites.index.astype(str).tolist().index(site_id)
    rank = sites["score"].rank(method="min", ascending=False).iloc[at]
    console = get_console()
    console.print(
        f"{site_id}: score {sites['score'].iloc[at]:.4f}, rank {rank:.0f} of "
        f"{sites['score'].notna().sum():,}",
        markup=False,
    )
    if changes.empty:
        console.print("No other site has a score, so the rank cannot change.")

    def heading(target: str, rival: object) -> str:
        suffix = f" (border: {rival})" if "tenth" in target else f" {rival}"
        return f"{site_id} {target}{suffix}"

    _print_targets(changes, heading, top, after="rank_after")


def _print_place(changes: "pd.DataFrame", scored: _Scored, place: str, top: int) -> None:
    import pandas as pd

    from standort.outputs.wording import humanise, join_words
    from standort.results.cell_values import as_text

    row, limits = scored.places.iloc[scored.places.index.tolist().index(place)], scored.thresholds
    linkage = "unknown" if pd.isna(row["linkage"]) else f"{row['linkage']:.4f}"
    console = get_console()
    console.print(
        f"{place}: advantage {row['advantage']:.4f}, linkage {linkage}, "
        f"{str(row['type_set']).replace('_', ' ')} (thresholds {limits[0]:g}, {limits[1]:g})",
        markup=False,
    )
    if vetoed := as_text(row.get("vetoed")):
        names = join_words([humanise(name) for name in vetoed.split(",")])
        console.print(
            f"Vetoed by {names}: its type is one of low advantage whatever its advantage, so only "
            "linkage can change it.",
            markup=False,
        )
    _print_targets(changes, lambda target, _: f"{place} {target}", top, after="type_after")


def _print_targets(
    changes: "pd.DataFrame", heading: Callable[[str, object], str], top: int, *, after: str
) -> None:
    console = get_console()
    for target, rows in changes.groupby("target", sort=False):
        console.print(f"\n{heading(str(target), rows['rival'].iloc[0])}", markup=False)
        if rows["possible"].any():
            _print_rows(rows, top, after)
        none = rows.loc[~rows["possible"], ["kind", "changed"]]
        metrics = none.loc[none["kind"].isin(["metric", "value"]), "changed"].tolist()
        if metrics:
            names = ", ".join(metrics)
            console.print(f"  no change suffices on its own: {names}", markup=False)


def _print_rows(rows: "pd.DataFrame", top: int, after: str) -> None:
    """Print the smallest changes of all weights, single weights, metrics and linkage."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    heads = ("  change of", "from", "to", "unit", after.replace("_", " "), "verified")
    for head in heads:
        numeric = head in {"from", "to", "rank after"}
        shown.add_column(head, justify="right" if numeric else "left")
    changes = rows[rows["possible"]]
    weights = changes[changes["kind"].isin(["component", "criterion"])]
    metrics = changes[changes["kind"].isin(["metric", "value"])]
    chosen = [
        changes[changes["kind"] == "all weights"],
        weights.loc[weights["change"].abs().sort_values(kind="stable").index].head(top),
        metrics.loc[metrics["value_change"].abs().sort_values(kind="stable").index].head(top),
        changes[changes["kind"] == "linkage"],
    ]
    for part in chosen:
        for i in range(len(part)):
            shown.add_row(*_cells(part.iloc[i], after))
    get_console().print(shown)


def _cells(row: "pd.Series", after: str) -> list[str]:
    """Format a change; of all weights together only its length is known."""
    numbers = [row["before"], row["after"]]
    digits = 4 if row["unit"] in ("share", "distance", "value") else 2
    texts = _distinct_numbers(float(numbers[0]), float(numbers[1]), digits)
    names = {
        "all weights": "all weights together",
        "component": f"weight of {row['changed']}",
        "criterion": f"weight of {row['changed']}",
        "value": f"mean value of {row['changed']}",
    }
    what = names.get(row["kind"], row["changed"])
    if row["kind"] == "all weights":
        texts[0] = ""
    outcome = str(row[after]).replace("_", " ") if row[after] == row[after] else "unknown"
    verified = "yes" if row["verified"] else "NO"
    return [f"  {what}", *texts, row["unit"], outcome, verified]


def _distinct_numbers(before: float, after: float, digits: int) -> list[str]:
    """Format two numbers with enough digits to differ; any amount breaks a tie."""
    if abs(after - before) <= _TOLERANCE * max(1.0, abs(before)):
        return [f"{before:.{digits}f}", f"any {'more' if after > before else 'less'}"]
    while f"{before:.{digits}f}" == f"{after:.{digits}f}":
        digits += 1
    return [
        "unknown" if math.isnan(number) else f"{number:.{digits}f}" for number in (before, after)
    ]
