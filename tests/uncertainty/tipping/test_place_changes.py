"""Tipping points of places: a change found gives another type, a smaller one does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import standort
from standort.errors import OptionError
from standort.scoring import score_table
from standort.study.group_scores import as_wholes
from standort.uncertainty import place_tipping_points, place_tipping_table
from standort.uncertainty.reweighting import reweighted

if TYPE_CHECKING:
    from standort.study import Result

SAMPLE = Path(__file__).resolve().parents[3] / "sample_layers" / "north_sea.gpkg"


@pytest.fixture(scope="module")
def result() -> Result:
    return standort.score(standort.read_study(SAMPLE))


def values_of(result: Result, place: str) -> pd.DataFrame:
    told = result.place_contributions
    told = told[told["place"] == place]
    return pd.DataFrame([dict(zip(told["criterion"], told["partial_value"], strict=True))])


@pytest.mark.parametrize("number", [0, 4])
def test_every_change_found_crosses_the_border_and_gives_another_type(
    result: Result, number: int
) -> None:
    row = pd.DataFrame(result.places).iloc[number]
    place = str(result.places.index[number])
    found = place_tipping_points(result, number)
    assert found.loc[found["found"], "verified"].all()
    assert (found.loc[found["found"], "type_after"] != row["type"]).all()
    profile = as_wholes(result.profile)
    high = row["advantage"] >= 0.5
    for i in np.flatnonzero(found["found"] & (found["kind"] != "linkage")):
        change = found.iloc[i]
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


def test_a_cluster_goes_by_its_number_and_by_its_name(result: Result) -> None:
    by_number, by_name = (place_tipping_points(result, u) for u in (4, str(result.places.index[4])))
    pd.testing.assert_frame_equal(by_number, by_name)


def test_a_smaller_change_of_a_value_does_not(result: Result) -> None:
    place = str(result.places.index[4])
    found = place_tipping_points(result, place).query("kind == 'value' and found")
    profile = as_wholes(result.profile)
    assert len(found)
    for name, before, change in zip(
        found["changed"], found["before"], found["change"], strict=True
    ):
        values = values_of(result, place)
        values[name] = before + change * (1 - 1e-9)
        score = score_table(values, values, values, profile=profile)["score"].iloc[0]
        assert (score >= 0.5) == (pd.DataFrame(result.places)["advantage"].iloc[4] >= 0.5)


def test_linkage_goes_to_the_threshold(result: Result) -> None:
    row = place_tipping_points(result, 0, threshold=(0.5, 0.6)).query("kind == 'linkage'").iloc[0]
    assert row["target"] == "reaches the threshold of linkage"
    assert row["after"] == 0.6
    assert row["change"] == pytest.approx(0.6 - result.places["linkage"].iloc[0])
    assert row["type_after"] == "forerunner"


def test_an_unknown_linkage_leaves_the_type_open(result: Result) -> None:
    at = int(np.flatnonzero(result.places["linkage"].isna())[0])
    found = place_tipping_points(result, str(result.places.index[at]))
    assert found.loc[found["kind"] != "linkage", "type_after"].isna().all()
    assert found.loc[found["kind"] == "linkage", "type_after"].notna().all()


@pytest.mark.parametrize(("first", "threshold"), [(0, 0.4), (1, 0.5), (2, 0.7)])
def test_every_change_of_every_place_is_verified(
    result: Result, first: int, threshold: float
) -> None:
    for place in result.places.index[first::3]:  # each at one of the thresholds
        found = place_tipping_points(result, place, threshold=threshold).query("found")
        assert found["verified"].all(), place
        rises = found["target"].str.startswith("reaches")
        axis = found["after"].where(found["kind"] == "linkage", found["score_after"]).astype(float)
        assert ((axis >= threshold) == rises).all(), place


def test_refusals(result: Result) -> None:
    with pytest.raises(OptionError, match="a place or the number of a cluster, got 'nowhere'"):
        place_tipping_points(result, "nowhere")
    with pytest.raises(OptionError, match="did you mean 'Port of Rotterdam'"):
        place_tipping_points(result, "Port of Roterdam")
    with pytest.raises(OptionError, match="thresholds above 0 and below 1"):
        place_tipping_points(result, 0, threshold=1.5)


def test_a_vetoed_place_has_a_low_type_whatever_its_advantage_tips_to(result: Result) -> None:
    row = pd.DataFrame(result.places).iloc[0]
    told = result.place_contributions
    free = place_tipping_table(row, told, profile=result.profile)
    row["vetoed"] = "port_distance"
    held = place_tipping_table(row, told, profile=result.profile)
    assert set(free["type_after"].dropna()) == {"forerunner", "dispersed_sites"}
    assert set(held["type_after"].dropna()) == {"dispersed_cluster", "dispersed_sites"}
