"""`standort tipping`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from standort.cli.shell import make_way, output, progress_shown

if TYPE_CHECKING:
    import pandas as pd

    from standort.scoring import Profile

__all__ = ["tipping"]


def tipping(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="GeoPackage written by standort score, or a study, which is then scored.",
            show_default=False,
        ),
    ],
    site_id: Annotated[
        str, typer.Argument(metavar="SITE_ID", help="Id of the site.", show_default=False)
    ],
    *,
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
    """Tell the smallest changes by which a site would change its rank.

    Of weights, all together or one alone, and of one metric at a time: until the site overtakes
    the next above, is overtaken by the next below, or enters or leaves the top tenth. Each change
    is checked by scoring again.

    Example: `standort tipping scores.gpkg rotterdam-pernis`
    """
    from standort.outputs.geopackage import check_destination, told_plainly
    from standort.uncertainty import tipping_table

    if out is not None:
        make_way(out, inputs=[source], what="table")
        check_destination(out, endings=(".csv",))
    sites, chosen = _sites(source, profile)
    with progress_shown() as progress:
        found = tipping_table(sites, site_id, profile=chosen, progress=progress)
    _print(found, sites, site_id, top)
    if out is not None:
        with told_plainly(out):
            found.to_csv(out, index=False)
        typer.echo(f"\nWritten to {out}.")


def _sites(source: Path, profile: str | None) -> "tuple[pd.DataFrame, Profile]":
    """Read the sites of a result, or score a study."""
    from standort.outputs.reading import is_result, read_result
    from standort.scoring import load_profile

    if not source.is_file() or not is_result(source):
        from standort.layers import read_study
        from standort.study import score

        with progress_shown() as progress:
            result = score(read_study(source), profile or "net-zero", progress=progress)
        return result.sites, result.profile
    stored = read_result(source)
    own = _own_profile(stored.manifest)
    if profile is not None:
        asked = load_profile(profile)
        if own is None or asked.content_hash != own.content_hash:
            from standort.errors import OptionError

            msg = (
                f"{str(source)!r} was not scored by profile {asked.id!r}; leave --profile out, or "
                "give the study instead of the result"
            )
            raise OptionError(msg)
    if own is None:
        from standort.errors import FileError

        msg = f"{str(source)!r} does not hold its profile; score the study again, or give the study"
        raise FileError(msg)
    return stored.sites, own


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


def _print(found: "pd.DataFrame", sites: "pd.DataFrame", site_id: str, top: int) -> None:
    at = sites.index.astype(str).tolist().index(site_id)
    rank = sites["score"].rank(method="min", ascending=False).iloc[at]
    console = output()
    console.print(
        f"{site_id}: score {sites['score'].iloc[at]:.4f}, rank {rank:.0f} of "
        f"{sites['score'].notna().sum():,}",
        markup=False,
    )
    for target, rows in found.groupby("target", sort=False):
        rival = rows["rival"].iloc[0]
        of_top = "tenth" in str(target)
        console.print(
            f"\n{site_id} {target}{f', whose border {rival} holds' if of_top else f' {rival}'}",
            markup=False,
        )
        _print_rows(rows, top)
        none = rows.loc[~rows["found"], ["kind", "changed"]]
        metrics = none.loc[none["kind"] == "metric", "changed"].tolist()
        if metrics:
            console.print(f"  no value of {', '.join(metrics)} alone does it", markup=False)


def _print_rows(rows: "pd.DataFrame", top: int) -> None:
    """Print the smallest changes: of all weights, of single weights, of metrics."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("  what changes", "from", "to", "unit", "rank then", "verified"):
        shown.add_column(name, justify="right" if name in ("from", "to", "rank then") else "left")
    found = rows[rows["found"]]
    weights = found[found["kind"].isin(["component", "criterion"])]
    metrics = found[found["kind"] == "metric"]
    chosen = [
        found[found["kind"] == "all weights"],
        weights.loc[weights["change"].abs().sort_values(kind="stable").index].head(top),
        metrics.loc[metrics["value_change"].abs().sort_values(kind="stable").index].head(top),
    ]
    for part in chosen:
        for i in range(len(part)):
            shown.add_row(*_cells(part.iloc[i]))
    output().print(shown)


def _cells(row: "pd.Series") -> list[str]:
    """Write a change out; of all weights together there is only its length."""
    numbers = [row["before"], row["after"]]
    digits = 4 if row["unit"] in ("share", "distance") else 2
    texts = ["unknown" if number != number else f"{number:.{digits}f}" for number in numbers]  # noqa: PLR0124 - NaN
    names = {
        "all weights": "all weights together",
        "component": f"weight of {row['changed']}",
        "criterion": f"weight of {row['changed']}",
    }
    what = names.get(row["kind"], row["changed"])
    if row["kind"] == "all weights":
        texts[0] = ""
    return [f"  {what}", *texts, row["unit"], str(row["rank_after"]), _yes(row["verified"])]


def _yes(verified: object) -> str:
    return "yes" if verified else "NO"
