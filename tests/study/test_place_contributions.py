"""Contributions of places add up to their advantage; members and files agree."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from standort.errors import OptionError
from standort.outputs.explanation.explanation import explain_place
from standort.outputs.geopackage.stored_results import read_place

if TYPE_CHECKING:
    from pathlib import Path

    from standort.study import Result


def test_contributions_add_up_to_the_advantage(full_result: Result) -> None:
    rows = full_result.place_contributions
    added = rows.groupby("place")["contribution"].sum(min_count=1)
    assert set(added.index) == set(full_result.places.index)
    assert full_result.places["kind"].eq("cluster").any()
    for place, advantage in full_result.places["advantage"].items():
        assert added[place] == pytest.approx(advantage, abs=1e-12, nan_ok=True)


def test_the_largest_member_of_a_mean_is_that_of_brute_force(full_result: Result) -> None:
    rows = full_result.place_contributions.query("criterion == 'port_distance'")
    largest = rows.set_index("place")["feature"].to_dict()
    sites = full_result.sites
    part = (sites["co2_t_per_yr"] * sites["port_distance_value"]).dropna()
    for place, members in full_result.place_members.groupby("place")["site_id"]:
        own = part[part.index.isin(members)]
        recorded = largest[place]
        if own.empty:
            assert pd.isna(recorded)
        else:
            assert own[recorded] == own.max()


def test_explaining_a_cluster_by_number_and_name(full_result: Result) -> None:
    place = full_result.places.query("cluster == 0").index[0]
    explained = full_result.explain(0, of="place")
    assert explained.site_id == place
    assert explained.score == full_result.clusters.loc[0, "score"]
    assert math.fsum(explained.rows["contribution"].dropna()) == pytest.approx(
        explained.score, abs=1e-12
    )
    assert len(explained.members) == full_result.clusters.loc[0, "n_sites"]
    known = explained.members["share"].dropna()
    assert known.is_monotonic_decreasing
    assert known.sum() == pytest.approx(1.0)
    assert str(full_result.explain(place, of="place")) == str(explained)


def test_a_file_explains_a_place_as_the_result_does(full_result: Result, tmp_path: Path) -> None:
    path = full_result.write(tmp_path / "out.gpkg")
    for place in full_result.places.index:
        stored = read_place(path, place)
        assert stored is not None
        explained, held = explain_place(*stored), full_result.explain(place, of="place")
        assert explained.to_text(width=100) == held.to_text(width=100)
        np.testing.assert_array_equal(explained.raises["gain"], held.raises["gain"])
    assert read_place(path, "nobody") is None


def test_a_missing_place_is_reported(full_result: Result) -> None:
    with pytest.raises(OptionError, match="expected the id of a place"):
        full_result.explain("nobody", of="place")
