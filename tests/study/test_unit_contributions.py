"""Contributions of units add up to their advantage; members and files tell the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from standort.errors import OptionError
from standort.outputs.explanation.explanation import explain_unit
from standort.outputs.geopackage.stored_results import read_unit

if TYPE_CHECKING:
    from pathlib import Path

    from standort.study import Result


def test_contributions_add_up_to_the_advantage(full_result: Result) -> None:
    rows = full_result.unit_contributions
    added = rows.groupby("unit")["contribution"].sum(min_count=1)
    assert set(added.index) == set(full_result.units.index)
    assert full_result.units["kind"].eq("cluster").any()
    for unit, advantage in full_result.units["advantage"].items():
        assert added[unit] == pytest.approx(advantage, abs=1e-12, nan_ok=True)


def test_the_largest_member_of_a_mean_is_that_of_brute_force(full_result: Result) -> None:
    rows = full_result.unit_contributions.query("criterion == 'port_distance'")
    largest = rows.set_index("unit")["feature"].to_dict()
    sites = full_result.sites
    part = (sites["co2_t_per_yr"] * sites["port_distance_value"]).dropna()
    for unit, members in full_result.unit_members.groupby("unit")["site_id"]:
        own = part[part.index.isin(members)]
        told = largest[unit]
        if own.empty:
            assert pd.isna(told)
        else:
            assert own[told] == own.max()


def test_explaining_a_cluster_by_number_and_name(full_result: Result) -> None:
    unit = full_result.units.query("cluster == 0").index[0]
    told = full_result.explain(0, of="unit")
    assert told.site_id == unit
    assert told.score == full_result.clusters.loc[0, "score"]
    assert math.fsum(told.rows["contribution"].dropna()) == pytest.approx(told.score, abs=1e-12)
    assert len(told.members) == full_result.clusters.loc[0, "n_sites"]
    known = told.members["share"].dropna()
    assert known.is_monotonic_decreasing
    assert known.sum() == pytest.approx(1.0)
    assert str(full_result.explain(unit, of="unit")) == str(told)


def test_a_file_explains_a_unit_as_the_result_does(full_result: Result, tmp_path: Path) -> None:
    path = full_result.write(tmp_path / "out.gpkg")
    for unit in full_result.units.index:
        stored = read_unit(path, unit)
        assert stored is not None
        told, held = explain_unit(*stored), full_result.explain(unit, of="unit")
        assert told.to_text(width=100) == held.to_text(width=100)
        np.testing.assert_array_equal(told.raises["gain"], held.raises["gain"])
    assert read_unit(path, "nobody") is None


def test_a_unit_that_is_not_there_is_told(full_result: Result) -> None:
    with pytest.raises(OptionError, match="expected the id of a unit"):
        full_result.explain("nobody", of="unit")
