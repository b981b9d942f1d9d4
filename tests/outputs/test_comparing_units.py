"""Units of two results side by side: what they are, and what they can be."""

from __future__ import annotations

import pandas as pd

from standort.outputs.comparison.changes import unit_changes
from standort.outputs.comparison.comparison_text import tell_types

_EITHER = "forerunner | classic_cluster"


def _unit(type_: str | None, type_set: str, label: str | None = None) -> pd.DataFrame:
    """Give a table of one unit."""
    row = {"kind": "cluster", "type": type_, "type_set": type_set, "label": label}
    return pd.DataFrame([row], index=pd.Index(["Humber"], name="unit"), dtype=object)


def _told(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    return tell_types(unit_changes(before, after), top=10)[2:]


def test_a_unit_without_a_type_is_told_by_what_it_can_be() -> None:
    (line,) = _told(_unit(None, _EITHER), _unit("classic_cluster", "classic_cluster"))
    assert line.split("  ") == ["Humber", "forerunner or classic cluster", "classic cluster"]


def test_an_ambiguous_unit_is_told_by_its_label() -> None:
    drawn = _unit(None, _EITHER, "ambiguous classic_cluster/forerunner")
    (line,) = _told(_unit("forerunner", "forerunner"), drawn)
    assert line.endswith("  ambiguous classic cluster/forerunner")


def test_nothing_is_cut_of_all_four_types() -> None:
    every = "forerunner | dispersed_cluster | classic_cluster | dispersed_sites"
    (line,) = _told(_unit(None, every), _unit("forerunner", "forerunner"))
    assert "forerunner or dispersed cluster or classic cluster or dispersed sites" in line


def test_a_unit_that_can_be_nothing_it_could_be_has_changed() -> None:
    low = _unit(None, "dispersed_cluster | dispersed_sites")
    (line,) = _told(_unit(None, _EITHER), low)
    assert line.endswith("forerunner or classic cluster  dispersed cluster or dispersed sites")


def test_a_set_that_overlaps_is_no_change_of_type() -> None:
    both = _unit(None, _EITHER), _unit(None, "classic_cluster | dispersed_sites")
    assert not unit_changes(*both)["type_changed"].any()


def test_tables_without_sets_are_told_by_their_types() -> None:
    before, after = (
        _unit(type_, "").drop(columns=["type_set", "label"]) for type_ in ("forerunner", None)
    )
    (line,) = _told(before, after)
    assert line.split() == ["Humber", "forerunner", "-"]
