"""Sites are emitters by their ids; ids that nearly match are reported."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import geopandas
import pandas as pd
import pytest
from pandas import DataFrame

from standort.errors import StandortWarning
from standort.layers import Study, inspect
from standort.metrics import count_within

if TYPE_CHECKING:
    from pathlib import Path

LON = [4.0, 4.1, 4.2, 4.3]


def points(ids: Any, **columns: Any) -> Any:  # noqa: ANN401
    at = geopandas.points_from_xy(LON, [52.0] * len(LON), crs=4326)
    return geopandas.GeoDataFrame({"site_id": ids, **columns}, geometry=at)


def study(sites: Any, emitters: Any = ("e1", "e2", "e3", "e4")) -> Study:  # noqa: ANN401
    return Study.from_layers(emitters=points(emitters, co2_t_per_yr=1e5), sites=points(sites))


def neighbours(read: Study) -> list[int]:
    return count_within(read.sites, read.emitters, radius_km=100).tolist()


@pytest.mark.parametrize("ids", [[1, 2, 3, 4], [1.0, 2.0, 3.0, 4.0], ["1", "2", "3", "4"]])
@pytest.mark.parametrize("others", [[1, 2, 3, 4], ["1", "2", "3", "4"]])
def test_a_site_is_not_its_own_neighbour_whatever_the_type_of_its_id(
    ids: list[Any], others: list[Any]
) -> None:
    assert neighbours(study(ids, others)) == [3] * 4


def test_ids_that_nearly_match_warn_once_with_pairs() -> None:
    with pytest.warns(StandortWarning) as told:
        study(["e1 ", "E2", "e3", "other"])
    assert [str(warning.message) for warning in told] == [
        (
            "layer 'sites': 2 ids nearly match ids of layer 'emitters' ('e1 ' and 'e1', "
            "'E2' and 'e2'): each site counts that emitter as a neighbour; if they are the same, "
            "write them alike"
        )
    ]


def test_sites_that_stand_on_emitters_of_other_ids_warn() -> None:
    with pytest.warns(
        StandortWarning, match=r"4 of 4 sites .* stand where an emitter stands \('a'"
    ):
        study(["a", "b", "c", "d"])


def test_a_few_sites_on_emitters_are_legal() -> None:
    """Two planned plants where plants stand, and sites that are emitters."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        sites = study(["e1", "e2", "new-1", "new-2"]).sites
    assert warned == []
    assert sites.index.tolist() == ["e1", "e2", "new-1", "new-2"]


def test_members_of_initiatives_that_nearly_match_warn(tmp_path: Path) -> None:
    emitters = points(["e1", "e2", "e3", "e4"], co2_t_per_yr=1e5)
    table = DataFrame({"initiative": ["hub", "hub"], "site_id": ["e1", "E2 "]})
    with pytest.warns(
        StandortWarning, match=r"'initiatives': 1 id .* \('E2 ' and 'e2'\): they are"
    ):
        Study.from_layers(emitters=emitters, initiatives=table)
    emitters.to_parquet(tmp_path / "emitters.parquet")
    table.to_parquet(tmp_path / "initiatives.parquet")
    assert any("('E2 ' and 'e2')" in text for text in inspect(tmp_path).warnings)


def test_a_layer_of_sites_added_later_warns() -> None:
    read = Study.from_layers(emitters=points(["001", "002", "003", "004"], co2_t_per_yr=1e5))
    with pytest.warns(StandortWarning, match="'1' and '001'"):
        read.with_layer("sites", points(pd.Series([1, 2, 3, 4])))
