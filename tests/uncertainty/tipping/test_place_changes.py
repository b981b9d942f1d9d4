"""Tipping points of places: every change gives another type, a smaller one does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import standort
from standort.errors import OptionError
from standort.scoring import as_wholes, score_table
from standort.uncertainty import place_tipping_points, place_tipping_table
from standort.uncertainty.reweighting import reweighted

if TYPE_CHECKING:
    from standort.study import Result

SAMPLE = Path(__file__).resolve().parents[3] / "sample_layers" / "north_sea.gpkg"


@pytest.fixture(scope="module")
def result() -> Result:
    return standort.score(standort.read_study(SAMPLE))


def values_of(result: Result, place: str) -> pd.DataFrame:
    rows = result.place_contributions
    rows = rows[rows["place"] == place]
    return pd.DataFrame([dict(zip(rows["criterion"], rows["partial_value"], strict=True))])


@pytest.mark.parametrize("number", [0, 4])
def test_every_change_crosses_the_threshold_and_gives_another_type(
    result: Result, number: int
) -> None:
    row = pd.DataFrame(result.places).iloc[number]
    place = str(result.places.index[number])
    changes = place_tipping_points(result, number)
    assert changes.loc[changes["possible"], "verified"].all()
    assert (changes.loc[changes["possible"], "type_after"] != row["type"]).all()
    profile = as_wholes(result.profile)
    high = row["advantage"] >= 0.5
    for i in np.flatnonzero(changes["possible"] & (changes["kind"] != "linkage")):
        change = changes.iloc[i]
        values, other = values_of(result, place), profile
        if change["kind"] == "value":
            values[change["changed"]] = change["after"]
        elif change["kind"] == "metric":
            values[change["changed"]] = profile.criterion(change["changed"]).value(change["after"])
        else:
            other = reweighted(profile, json.loads(change["weights"]))
        score = score_table(values, values, values, profile=other)["score"].iloc[0]
        assert (score >= 0.5) != high
        assert score == pytest.approx(change["score_after"], abs=1e-12)


def test_a_cluster_is_known_by_its_number_and_its_name(result: Result) -> None:
    by_number, by_name = (place_tipping_points(result, u) for u in (4, str(result.places.index[4])))
    pd.testing.assert_frame_equal(by_number, by_name)


def test_a_smaller_change_of_a_value_does_not_reach_the_threshold(result: Result) -> None:
    place = str(result.places.index[4])
    changes = place_tipping_points(result, place).query("kind == 'value' and possible")
    profile = as_wholes(result.profile)
    assert len(changes)
    for name, before, change in zip(
        changes["changed"], changes["before"], changes["change"], strict=True
    ):
        values = values_of(result, place)
        values[name] = before + change * (1 - 1e-9)
        score = score_table(values, values, values, profile=profile)["score"].iloc[0]
        assert (score >= 0.5) == (pd.DataFrame(result.places)["advantage"].iloc[4] >= 0.5)


def test_linkage_changes_to_the_threshold(result: Result) -> None:
    row = place_tipping_points(result, 0, threshold=(0.5, 0.6)).query("kind == 'linkage'").iloc[0]
    assert row["target"] == "reaches the threshold of linkage"
    assert row["after"] == 0.6
    assert np.isnan(row["before"])  # nobody searched well enough for a number
    assert row["type_after"] == "forerunner"


def test_an_unknown_linkage_leaves_the_type_unknown(result: Result) -> None:
    at = int(np.flatnonzero(result.places["linkage"].isna())[0])
    changes = place_tipping_points(result, str(result.places.index[at]))
    assert changes.loc[changes["kind"] != "linkage", "type_after"].isna().all()
    assert changes.loc[changes["kind"] == "linkage", "type_after"].notna().all()


@pytest.mark.parametrize(("first", "threshold"), [(0, 0.4), (1, 0.5), (2, 0.7)])
def test_every_change_of_every_place_is_verified(
    result: Result, first: int, threshold: float
) -> None:
    for place in result.places.index[first::3]:  # each at one of the thresholds
        changes = place_tipping_points(result, place, threshold=threshold).query("possible")
        assert changes["verified"].all(), place
        rises = changes["target"].str.startswith("reaches")
        axis = (
            changes["after"]
            .where(changes["kind"] == "linkage", changes["score_after"])
            .astype(float)
        )
        assert ((axis >= threshold) == rises).all(), place


def test_invalid_places_and_thresholds_are_rejected(result: Result) -> None:
    with pytest.raises(OptionError, match="a place or the number of a cluster, got 'nowhere'"):
        place_tipping_points(result, "nowhere")
    with pytest.raises(OptionError, match="did you mean 'Port of Rotterdam'"):
        place_tipping_points(result, "Port of Roterdam")
    with pytest.raises(OptionError, match="threshold to be a number of at least 0"):
        place_tipping_points(result, 0, threshold=1.5)


def test_a_vetoed_place_keeps_a_type_of_low_advantage(result: Result) -> None:
    row = pd.DataFrame(result.places).iloc[0]
    contributions = result.place_contributions
    free = place_tipping_table(row, contributions, profile=result.profile)
    row["vetoed"] = "port_distance"
    held = place_tipping_table(row, contributions, profile=result.profile)
    # linkage is unknown, so only its own change gives a type
    assert set(free["type_after"].dropna()) == {"forerunner"}
    assert set(held["type_after"].dropna()) == {"dispersed_cluster"}
