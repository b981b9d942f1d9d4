"""What the chain refuses, with the message a user sees."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest

from standort.errors import LayerError, OptionError
from standort.layers import Study
from standort.scoring import parse_profile, profile_text
from standort.study import score
from standort.uncertainty import monte_carlo

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.scoring import Profile


def plants() -> gpd.GeoDataFrame:
    places = gpd.points_from_xy([4.0, 4.1], [52.0, 52.0], crs=4326)
    return gpd.GeoDataFrame({"site_id": ["a", "b"], "co2_t_per_yr": [1e6, 2e6]}, geometry=places)


def with_filter(**conditions: object) -> Profile:
    document = tomllib.loads(profile_text("net-zero"))
    for criterion in document["criteria"]:
        if criterion["id"] == "co2_storage_distance":
            criterion["filter"] = conditions
    return parse_profile(document)


def test_no_sites_are_refused() -> None:
    study = Study.from_layers(emitters=plants()).with_layer("sites", plants().iloc[:0])
    with pytest.raises(LayerError, match=r"nothing to score: the layer 'sites' has no rows"):
        score(study)


def test_a_filter_of_the_wrong_kind_names_criterion_layer_and_plain_values() -> None:
    stores = gpd.GeoDataFrame(
        {"feature_id": ["s"], "capacity_mt": [200.0]},
        geometry=gpd.points_from_xy([3.0], [53.0], crs=4326),
    )
    study = Study.from_layers(emitters=plants(), co2_storage=stores)
    expected = (
        r"criterion 'co2_storage_distance', layer 'co2_storage': .*column 'capacity_mt' holds "
        r"values such as 200\.0, the filter expects 'large'"
    )
    with pytest.raises(LayerError, match=expected):
        score(study, with_filter(capacity_mt="large"))


def test_a_study_the_profile_can_measure_nothing_in_is_refused() -> None:
    sites = plants()[["site_id", "geometry"]]
    with pytest.raises(LayerError, match=r"can measure nothing here: the study has the layers"):
        score(Study.from_layers(sites=sites))


def test_a_store_of_unknown_capacity_is_left_out_but_not_of_the_bounds() -> None:
    """It may hold 100 Mt: the best the score can be counts it, the score itself does not."""
    stores = gpd.GeoDataFrame(
        {"feature_id": ["far", "near"], "capacity_mt": [200.0, np.nan]},
        geometry=gpd.points_from_xy([4.0, 4.0], [50.0, 52.0], crs=4326),
    )
    unknown = score(Study.from_layers(emitters=plants(), co2_storage=stores)).sites
    without = score(Study.from_layers(emitters=plants(), co2_storage=stores.iloc[:1])).sites
    known = score(
        Study.from_layers(emitters=plants(), co2_storage=stores.assign(capacity_mt=[200.0, 500.0]))
    ).sites
    assert unknown["score"].tolist() == without["score"].tolist()
    assert (known["score"] > unknown["score"]).all()
    assert unknown["score_max"].tolist() == known["score_max"].tolist()
    assert (unknown["score_max"] > without["score_max"]).all()


def test_land_without_an_area_is_measured() -> None:
    land = gpd.GeoDataFrame(
        {"feature_id": ["field"]},
        geometry=gpd.GeoSeries.from_wkt(
            ["POLYGON ((4 52, 4.01 52, 4.01 52.01, 4 52.01, 4 52))"], crs=4326
        ),
    )
    study = Study.from_layers(emitters=plants(), land=land)
    # 687 m by 1,113 m
    assert study.layers["land"]["area_ha"].iloc[0] == pytest.approx(76.4, abs=0.1)
    assert study.sources["land"].notes == ("area_ha is the true area of the polygons on WGS84",)
    sites = score(study).sites
    assert sites["developable_land_ha"].tolist() == [study.layers["land"]["area_ha"].iloc[0], 0.0]


@pytest.mark.parametrize("ask", [score, monte_carlo])
def test_a_path_instead_of_a_study_is_rejected_with_a_remedy(ask: Callable[[Any], object]) -> None:
    for path in ("some.gpkg", Path("some.gpkg")):
        with pytest.raises(OptionError, match=r"with standort\.read_study\('some\.gpkg'\)"):
            ask(path)
    with pytest.raises(
        OptionError, match="expected study to be a Study, got a GeoDataFrame of shape"
    ):
        ask(plants())
