"""Places of two results side by side: what they are, and what they can be."""

from __future__ import annotations

import pandas as pd

from standort.outputs.comparison.changes import place_changes
from standort.outputs.comparison.comparison_text import format_type_changes

_EITHER = "forerunner | classic_cluster"


def _place(type_: str | None, type_set: str, label: str | None = None) -> pd.DataFrame:
    """Give a table of one place."""
    row = {"kind": "cluster", "type": type_, "type_set": type_set, "label": label}
    return pd.DataFrame([row], index=pd.Index(["Humber"], name="place"), dtype=object)


def _told(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    return format_type_changes(place_changes(before, after), top=10)[2:]


def test_a_place_without_a_type_is_told_by_what_it_can_be() -> None:
    (line,) = _told(_place(None, _EITHER), _place("classic_cluster", "classic_cluster"))
    assert line.split("  ") == ["Humber", "forerunner or classic cluster", "classic cluster"]


def test_an_ambiguous_place_is_told_by_its_label() -> None:
    drawn = _place(None, _EITHER, "ambiguous classic_cluster/forerunner")
    (line,) = _told(_place("forerunner", "forerunner"), drawn)
    assert line.endswith("  ambiguous classic cluster/forerunner")


def test_nothing_is_cut_of_all_four_types() -> None:
    every = "forerunner | dispersed_cluster | classic_cluster | dispersed_sites"
    (line,) = _told(_place(None, every), _place("forerunner", "forerunner"))
    assert "forerunner or dispersed cluster or classic cluster or dispersed sites" in line


def test_a_place_that_can_be_nothing_it_could_be_has_changed() -> None:
    low = _place(None, "dispersed_cluster | dispersed_sites")
    (line,) = _told(_place(None, _EITHER), low)
    assert line.endswith("forerunner or classic cluster  dispersed cluster or dispersed sites")


def test_a_set_that_overlaps_is_no_change_of_type() -> None:
    both = _place(None, _EITHER), _place(None, "classic_cluster | dispersed_sites")
    assert not place_changes(*both)["type_changed"].any()


def test_tables_without_sets_are_told_by_their_types() -> None:
    before, after = (
        _place(type_, "").drop(columns=["type_set", "label"]) for type_ in ("forerunner", None)
    )
    (line,) = _told(before, after)
    assert line.split() == ["Humber", "forerunner", "-"]
