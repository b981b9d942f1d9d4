"""Places followed over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from study.small_studies import emitters, points

from standort.errors import LayerError
from standort.layers import Study
from standort.linkages import LAYERS
from standort.outputs.geopackage.stored_results import read_place
from standort.scoring import load_profile
from standort.study import Result, compare, follow_places, score

if TYPE_CHECKING:
    from pathlib import Path

COUNCIL_FROM = 2019
FIRMS = list("abcdef")


def study_in(year: int) -> Study:
    """Six plants by a port; the largest closes in 2020, and a council begins in 2019."""
    plants = emitters(
        4.0 + 0.01 * np.arange(6),
        [52.0] * 6,
        [4e6, 3e6, 1e6, 1e6, 1e6, 1e6],
        site_id=FIRMS,
        name=[f"Works {name.upper()}" for name in FIRMS],
        firm=FIRMS,
        year_to=[2019.0, *[np.nan] * 5],
    )
    ring = pd.DataFrame({"firm_u": list("bcdef"), "firm_v": list("cdefb"), "kind": "formal"})
    council: Any = pd.DataFrame({"firm": FIRMS[1:], "organisation": "council"})
    survey = pd.DataFrame({"layer": LAYERS, "source": "survey", "method": "roster"})
    return Study.from_layers(
        year=year,
        emitters=plants,
        ports=points([4.02], [52.0]),
        linkages=ring,
        memberships=council.assign(year_from=COUNCIL_FROM),
        assets=pd.DataFrame({"asset": "pipe", "firm": ["b", "c"]}),
        collection=survey.assign(detect_lo=1.0, detect_hi=1.0),
        initiatives=pd.DataFrame({"initiative": "Park", "site_id": FIRMS}),
    )


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return [score(study_in(year)) for year in (2021, 2016, 2018, 2020)]


def test_a_cluster_keeps_its_name_when_its_anchor_closes(results: list[Result]) -> None:
    assert results[0].places.index[0] == "Works B"
    followed = follow_places(results)
    assert followed.years == [2016, 2018, 2020, 2021]
    assert followed.places.index.unique().tolist() == ["Works A", "Park"]


def test_a_transition_is_settled_after_two_years(results: list[Result]) -> None:
    rows = follow_places(results, threshold=(0.5, 0.5)).trajectories
    park = rows[rows["place"] == "Park"].set_index("year")
    assert park["linkage"].is_monotonic_increasing
    assert park.loc[[2016, 2021], "type"].tolist() == ["classic_cluster", "forerunner"]
    assert park["from_type"].notna().tolist() == [False, False, False, True]
    assert park.loc[2021, "since"] == 2020


def test_parts_of_a_change_add_up_to_it(results: list[Result]) -> None:
    followed = follow_places(results)
    table = followed.attribution
    parts = table["firm_proximity_added"] + table["net_zero_assets_added"]
    np.testing.assert_allclose(parts, table["change"], atol=1e-12)
    places: Any = followed.places.reset_index().set_index(["place", "year"])["advantage"]
    row = table[(table["place"] == "Park") & (table["year"] == 2020)].iloc[0]
    expected = places[("Park", 2020)] - places[("Park", 2018)]
    assert row["change"] == pytest.approx(expected, abs=1e-12)
    assert expected < 0  # four million tonnes fewer


def test_the_file_holds_all_years(results: list[Result], tmp_path: Path) -> None:
    import geopandas as gpd
    import pyogrio

    path = follow_places(results).write(tmp_path / "types.gpkg")
    places = gpd.read_file(path, layer="places")
    assert sorted(places["year"].unique()) == [2016, 2018, 2020, 2021]
    assert set(places["place"]) == {"Works A", "Park"}
    screening = pyogrio.read_dataframe(path, layer="screening")
    assert sorted(screening["year"].unique()) == [2016, 2018, 2020, 2021]
    layers = {name for name, _ in pyogrio.list_layers(path)}
    assert {"trajectories", "attribution", "sites", "place_members"} <= layers


@pytest.mark.parametrize("place", ["Works A", "Park"])
def test_a_place_read_from_the_file_is_that_of_the_last_year(
    results: list[Result], tmp_path: Path, place: str
) -> None:
    # in 2021 the cluster is named Works B by itself, and Works A as the one that goes on
    actual = read_place(follow_places(results).write(tmp_path / "types.gpkg"), place)
    assert actual is not None
    assert actual.place["year"] == 2021
    assert actual.place["advantage"] == pytest.approx(actual.contributions["contribution"].sum())
    assert sorted(actual.members.index) == FIRMS[1:]


def test_a_file_of_several_years_compares_as_its_last_year(
    results: list[Result], tmp_path: Path
) -> None:
    path = follow_places(results).write(tmp_path / "types.gpkg")
    places: Any = compare(path, results[0]).places
    park = places.loc["Park"]
    assert park["advantage_before"] == park["advantage_after"]
    places = compare(results[1], path).places
    assert places.index.tolist().count("Park") == 1
    assert places.loc["Park", "advantage_after"] < places.loc["Park", "advantage_before"]


def test_results_that_do_not_compare_are_refused(results: list[Result]) -> None:
    with pytest.raises(LayerError, match="expected each year once, got 2021, 2021"):
        follow_places([results[0], results[0]])
    other = load_profile("net-zero").model_copy(update={"floor": 0.02})
    with pytest.raises(LayerError, match="one profile for all years"):
        follow_places([results[0], score(study_in(2016), other)])
    timeless = Study.from_layers(emitters=study_in(2016).emitters.reset_index())
    with pytest.raises(LayerError, match="read the study with year="):
        follow_places([score(timeless)])
