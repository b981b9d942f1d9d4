from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas import DataFrame
from shapely import Point

from standort.errors import CRSError, GeometryError, LayerError, StandortWarning
from standort.layers.study import Study

if TYPE_CHECKING:
    from collections.abc import Callable

    from geopandas import GeoDataFrame


def test_sites_default_to_the_emitters(make_emitters: Callable[..., GeoDataFrame]) -> None:
    study = Study.from_layers(emitters=make_emitters())
    assert study.sites is study.emitters
    assert study.sites.index.tolist() == ["a", "b", "c"]


def test_sites_and_emitters_are_separate(
    make_emitters: Callable[..., GeoDataFrame], make_layer: Callable[..., GeoDataFrame]
) -> None:
    sites = make_layer([Point(9, 9)], id_column="site_id")
    study = Study.from_layers(emitters=make_emitters(), sites=sites)
    assert len(study.sites) == 1
    assert len(study.emitters) == 3


def test_sites_without_emitters_are_a_study(make_layer: Callable[..., GeoDataFrame]) -> None:
    study = Study.from_layers(sites=make_layer([Point(9, 9)], id_column="site_id"))
    assert len(study.sites) == 1
    with pytest.raises(LayerError, match="expected a layer 'emitters', the study has sites"):
        _ = study.emitters


def test_a_study_without_sites_raises(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    with pytest.raises(
        LayerError,
        match=r"the study: a study needs a layer 'emitters' or 'sites'; "
        r"known layers in it: ports: add one",
    ):
        Study.from_layers(ports=make_layer([Point(0, 0)]))


def test_a_year_without_sites_raises(
    make_emitters: Callable[..., GeoDataFrame],
) -> None:
    with pytest.raises(LayerError) as raised:
        Study.from_layers(year=1990, emitters=make_emitters(2, year_from=[2000, 2001]))
    assert str(raised.value) == (
        "the study: layer 'emitters': nothing can be scored without rows; 0 of 2 are left "
        "(2 of 2 rows omitted: their period does not cover 1990): "
        "add sites or choose another year"
    )


def test_feature_layers_may_be_empty(
    make_emitters: Callable[..., GeoDataFrame], make_layer: Callable[..., GeoDataFrame]
) -> None:
    study = Study.from_layers(emitters=make_emitters(), ports=make_layer([]))
    assert study.layers["ports"].empty
    assert study.layers["ports"].index.name == "feature_id"


def test_a_layer_without_role_raises(make_emitters: Callable[..., GeoDataFrame]) -> None:
    with pytest.raises(LayerError) as raised:
        Study.from_layers(emitters=make_emitters(), port=make_emitters(), rivers=make_emitters())
    message = str(raised.value)
    assert "expected the role of a layer or table, got 'port': did you mean 'ports'?" in message
    assert "got 'rivers': the roles are emitters, sites," in message


def test_all_problems_of_all_layers_are_raised_together(
    make_emitters: Callable[..., GeoDataFrame], make_layer: Callable[..., GeoDataFrame]
) -> None:
    with pytest.raises(LayerError) as raised:
        Study.from_layers(
            emitters=make_emitters(2, co2_t_per_yr=[-1.0, np.inf]),
            ports=make_layer([Point(0, 0)], crs=None),
            renewables=make_layer([None], capacity_mw=["much"]),
        )
    lines = str(raised.value).splitlines()
    assert lines[0] == "the study has 5 problems:"
    assert [line.split("'")[1] for line in lines[1:]] == [
        *["emitters"] * 2,
        "ports",
        *["renewables"] * 2,
    ]


def test_problems_of_one_kind_have_their_own_error(
    make_emitters: Callable[..., GeoDataFrame], make_layer: Callable[..., GeoDataFrame]
) -> None:
    good = make_emitters()
    with pytest.raises(CRSError, match="layer 'ports': it has no coordinate reference system"):
        Study.from_layers(emitters=good, ports=make_layer([Point(0, 0)], crs=None))
    with pytest.raises(GeometryError, match="layer 'ports': every row needs a geometry"):
        Study.from_layers(emitters=good, ports=make_layer([None]))


def test_repairs_warn_at_the_line_of_the_user(make_emitters: Callable[..., GeoDataFrame]) -> None:
    with pytest.warns(StandortWarning) as caught:
        Study.from_layers(emitters=make_emitters(2, geometries=[Point(190, 0), Point(0, 0)]))
    assert [str(w.message) for w in caught] == [
        "layer 'emitters': longitudes beyond +-180 wrapped in 1 row"
    ]
    assert caught[0].filename == __file__


def test_a_study_cannot_be_changed(make_emitters: Callable[..., GeoDataFrame]) -> None:
    study = Study.from_layers(emitters=make_emitters())
    with pytest.raises(TypeError):
        study.layers["ports"] = make_emitters()  # type: ignore[index]
    with pytest.raises(AttributeError):
        study.layers = {}  # type: ignore[misc]


def test_the_given_layers_are_not_changed(make_emitters: Callable[..., GeoDataFrame]) -> None:
    emitters = make_emitters(co2_t_per_yr=[1, None, 3], year=[2019, 2020, 2021])
    before = emitters.copy(deep=True)
    study = Study.from_layers(emitters=emitters)
    study.emitters.loc["a", "co2_t_per_yr"] = 99.0
    assert_geodataframe_equal(emitters, before)


def test_with_layer_returns_a_changed_copy(
    make_emitters: Callable[..., GeoDataFrame], make_layer: Callable[..., GeoDataFrame]
) -> None:
    study = Study.from_layers(emitters=make_emitters())
    sites = make_layer([Point(9, 9)], id_column="site_id")
    changed = study.with_layer("sites", sites)
    assert changed.sites.index.tolist() == ["a"]
    assert len(study.sites) == 3
    assert changed.sources["sites"].rows_kept == 1
    links = DataFrame({"firm_u": ["x"], "firm_v": ["y"], "kind": ["formal"]})
    assert len(changed.with_layer("linkages", links).tables["linkages"]) == 1


def test_with_layer_warns_of_repairs(
    make_emitters: Callable[..., GeoDataFrame], make_layer: Callable[..., GeoDataFrame]
) -> None:
    study = Study.from_layers(emitters=make_emitters())
    with pytest.warns(StandortWarning, match="layer 'ports': longitudes beyond") as caught:
        study.with_layer("ports", make_layer([Point(190, 0)]))
    assert caught[0].filename == __file__


def test_with_layer_raises_problems_and_unknown_roles(
    make_emitters: Callable[..., GeoDataFrame], make_layer: Callable[..., GeoDataFrame]
) -> None:
    study = Study.from_layers(emitters=make_emitters())
    with pytest.raises(GeometryError, match="the study: layer 'ports': every row needs a geometry"):
        study.with_layer("ports", make_layer([None]))
    with pytest.raises(LayerError, match="got 'prots': did you mean 'ports'"):
        study.with_layer("prots", make_layer([Point(0, 0)]))


def test_a_study_can_be_pickled(make_emitters: Callable[..., GeoDataFrame]) -> None:
    links = DataFrame({"firm_u": ["x"], "firm_v": ["y"], "kind": ["formal"]})
    study = Study.from_layers(emitters=make_emitters(), linkages=links)
    arrived = pickle.loads(pickle.dumps(study))  # noqa: S301  # our own bytes
    assert_geodataframe_equal(arrived.emitters, study.emitters)
    pd.testing.assert_frame_equal(arrived.tables["linkages"], study.tables["linkages"])
    assert dict(arrived.sources) == dict(study.sources)
