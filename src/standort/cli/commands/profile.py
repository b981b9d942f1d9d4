"""`standort profile`: list, show, new."""

from __future__ import annotations

import os
import re
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from standort.cli.help_text import PlainCommand
from standort.cli.output_files import prepare_output, save_text
from standort.cli.terminal import command_line, get_console, print_text

if TYPE_CHECKING:
    from rich.table import Table

    from standort.scoring import Profile

app = typer.Typer(no_args_is_help=True, help="List, show and create profiles.")

_TEMPLATE = "net-zero"
_NUMBERS = ("Share", "Of total", "CR")


@app.command("list", cls=PlainCommand)
def list_profiles() -> None:
    """List the built-in profiles.

    Example: `standort profile list`
    """
    from rich import box
    from rich.table import Table

    from standort.scoring import load_profile, profile_names

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for head in ("Profile", "Version", "Criteria", "Description"):
        table.add_column(head, justify="right" if head == "Criteria" else "left")
    for name in profile_names():
        profile = load_profile(name)
        table.add_row(name, profile.version, str(len(profile.criteria)), profile.description)
    get_console().print(table)


@app.command("show", cls=PlainCommand)
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="Name of a built-in profile, or a TOML file.", show_default=False
        ),
    ],
    *,
    weights: Annotated[
        bool, typer.Option("--weights", help="List only the weights, as shares, and their method.")
    ] = False,
) -> None:
    """Show a profile: components, criteria, weights and sources.

    Weights that result from judgements follow as comments.

    Example: `standort profile show net-zero`
    """
    from standort.scoring import load_profile, profile_names, profile_text

    profile = load_profile(name)  # raises if it is not valid
    if weights:
        get_console().print(_weight_table(profile))
        return
    text = profile_text(name) if name in profile_names() else _read(name)
    print_text(text.rstrip())
    if profile.elicited:
        print_text("")
        for line in _weight_lines(profile):
            print_text(f"# {line}".rstrip())


def _read(name: str) -> str:
    return Path(name).read_text(encoding="utf-8-sig")


def _weight_table(profile: Profile) -> Table:
    """Table of weights as shares of their group and of the total."""
    from rich import box
    from rich.table import Table

    from standort.scoring import weight_table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for head in ("Group", "Component or criterion", "Share", "Of total", "Method", "CR"):
        table.add_column(head, justify="right" if head in _NUMBERS else "left")
    for row in weight_table(profile).itertuples():
        ratio = "" if isnan(float(str(row.consistency_ratio))) else f"{row.consistency_ratio:.3f}"
        shares = f"{row.share:.1%}", f"{row.share_of_whole:.1%}"
        table.add_row(str(row.group), str(row.id), *shares, str(row.method), ratio)
    return table


def _weight_lines(profile: Profile) -> list[str]:
    """Describe elicited weights: method, consistency ratio and shares of each group."""
    from standort.scoring import weight_table

    table = weight_table(profile)
    lines = ["Weights from the judgements:"]
    for elicited in profile.elicited:
        method = (
            elicited.method
            if elicited.variant is None
            else f"{elicited.method}, {elicited.variant}"
        )
        ratio, worst = elicited.consistency_ratio, elicited.worst_judgement
        details = "" if ratio is None else f", consistency ratio {ratio:.3f}"
        details += "" if worst is None else f"; least consistent judgement: {worst}"
        lines.append(f"{elicited.group} ({method}{details})")
        rows = table[table["group"] == elicited.group]
        lines += [f"  {row.id} {row.share:.4f}" for row in rows.itertuples()]
    return lines


@app.command("new", cls=PlainCommand)
def new(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="TOML file to create.", show_default=False)
    ],
) -> None:
    """Create a profile to edit: a commented copy of net-zero.

    Example: `standort profile new mine.toml`, edit it, then
    `standort score study.gpkg --profile mine.toml`
    """
    from standort.errors import FileError
    from standort.scoring import profile_text

    if path.suffix != ".toml":
        msg = f"expected a file name that ends in .toml, got {path.name!r}; add the ending"
        raise FileError(msg)
    text = _own_text(profile_text(_TEMPLATE), path)
    if os.path.lexists(path):
        msg = f"the file {str(path)!r} exists; choose another name, or remove it first"
        raise FileError(msg)
    prepare_output(path, inputs=[], endings=(".toml",))
    save_text(text.rstrip("\n"), path)
    print_text(f"Written to {path}. Edit it, then run:")
    print_text(f"  {command_line('score', 'STUDY.gpkg', '--profile', path)}")


def _own_text(template: str, path: Path) -> str:
    """Replace id, title, description and first line of a copied profile."""
    name = path.stem.replace("_", " ").replace('"', "").replace("\\", "")
    own = {
        "id": _own_id(path),
        "title": f"{name[:1].upper()}{name[1:]}, after {_TEMPLATE}",
        "description": f"As {_TEMPLATE}; describe the differences here",
    }
    for key, value in own.items():
        line = re.search(rf'^{key} = ".*"$', template, flags=re.MULTILINE)
        if line is not None:
            template = template.replace(line.group(), f'{key} = "{value}"', 1)
    template = template.replace("of them in a\n# copy of this file, and", "of them, and\n#")
    return re.sub(r"^# .*", f"# A copy of profile {_TEMPLATE} to edit.", template, count=1)


def _own_id(path: Path) -> str:
    """Derive an id from a file name: lower-case letters, digits, hyphens."""
    kept = [
        letter if letter.isascii() and letter.isalnum() else "-" for letter in path.stem.lower()
    ]
    return "".join(kept).strip("-") or "mine"
