"""Changes of the types of places between two results."""

from __future__ import annotations

import pandas as pd

from standort.outputs.comparison.changes import place_changes
from standort.outputs.comparison.comparison_text import format_type_changes

_EITHER = "forerunner | classic_cluster"


def _place(type_: str | None, type_set: str, label: str | None = None) -> pd.DataFrame:
    """Return a table of one place."""
    row = {"kind": "cluster", "type": type_, "type_set": type_set, "label": label}
    return pd.DataFrame([row], index=pd.Index(["Humber"], name="place"), dtype=object)


def _changes(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    return format_type_changes(place_changes(before, after), top=10)[2:]


def test_a_place_without_a_type_shows_its_possible_types() -> None:
    (line,) = _changes(_place(None, _EITHER), _place("classic_cluster", "classic_cluster"))
    assert line.split("  ") == ["Humber", "forerunner or classic cluster", "classic cluster"]


def test_an_ambiguous_place_shows_its_label() -> None:
    drawn = _place(None, _EITHER, "ambiguous classic_cluster/forerunner")
    (line,) = _changes(_place("forerunner", "forerunner"), drawn)
    assert line.endswith("  ambiguous classic cluster/forerunner")


def test_all_four_types_fit_in_a_cell() -> None:
    every = "forerunner | dispersed_cluster | classic_cluster | dispersed_sites"
    (line,) = _changes(_place(None, every), _place("forerunner", "forerunner"))
    assert "forerunner or dispersed cluster or classic cluster or dispersed sites" in line


def test_disjoint_sets_of_possible_types_are_a_change() -> None:
    low = _place(None, "dispersed_cluster | dispersed_sites")
    (line,) = _changes(_place(None, _EITHER), low)
    assert line.endswith("forerunner or classic cluster  dispersed cluster or dispersed sites")


def test_overlapping_sets_of_possible_types_are_no_change() -> None:
    both = _place(None, _EITHER), _place(None, "classic_cluster | dispersed_sites")
    assert not place_changes(*both)["type_changed"].any()


def test_tables_without_sets_show_types() -> None:
    before, after = (
        _place(type_, "").drop(columns=["type_set", "label"]) for type_ in ("forerunner", None)
    )
    (line,) = _changes(before, after)
    assert line.split() == ["Humber", "forerunner", "-"]
