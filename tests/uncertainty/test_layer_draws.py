"""Layer draws: spreads of quantities, positions and planned features, keyed by id."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pytest
import shapely
from study.small_studies import all_layers, emitters, points, shapes, study_of

from standort.errors import OptionError
from standort.scoring import load_profile
from standort.uncertainty.input_spreads import Spreads
from standort.uncertainty.layer_draws import drawn_layers, not_drawn

if TYPE_CHECKING:
    from standort.uncertainty.layer_draws import DrawnLayer

PROFILE = load_profile("net-zero")
MANY = 4_000
POSITIONS: dict[str, Any] = {"lon": np.linspace(3, 5, MANY), "lat": np.linspace(50, 54, MANY)}


def drawn(spreads: Spreads | None = None, **layers: Any) -> dict[str, DrawnLayer]:  # noqa: ANN401
    study = study_of({"emitters": emitters([4.0], [52.0], [1e6]), **layers})
    layers_drawn = drawn_layers(study, PROFILE.criteria, spreads or Spreads())
    return {layer.name: layer for layer in layers_drawn}


def test_known_emissions_are_lognormal_about_their_amount() -> None:
    amount = np.where(np.arange(MANY) % 10 == 0, np.nan, 1e6)
    layer = drawn(emitters=emitters(**POSITIONS, emissions=amount))["emitters"]
    factor = np.log(layer.draw(3, 0)["co2_t_per_yr"].to_numpy() / 1e6)[~np.isnan(amount)]
    assert np.std(factor) == pytest.approx(0.1, rel=0.05)
    assert np.median(factor) == pytest.approx(0.0, abs=0.006)


def test_capacities_have_their_low_and_high_estimates_as_quantiles() -> None:
    stores = points(
        **POSITIONS,
        capacity_mt=np.full(MANY, 100.0),
        capacity_low_mt=np.full(MANY, 50.0),
        capacity_high_mt=np.full(MANY, 400.0),
    )
    capacity = drawn(co2_storage=stores)["co2_storage"].draw(1, 2)["capacity_mt"]
    quantiles = capacity.quantile([0.1, 0.5, 0.9])
    np.testing.assert_allclose(quantiles, [50.0, 100.0, 400.0], rtol=0.08)


def test_capacities_without_estimates_lie_within_a_factor() -> None:
    stores = points(**POSITIONS, capacity_mt=np.full(MANY, 100.0))
    layer = drawn(Spreads(capacity_factor=3.0), co2_storage=stores)["co2_storage"]
    quantiles = layer.draw(1, 2)["capacity_mt"].quantile([0.1, 0.9])
    np.testing.assert_allclose(quantiles, [100 / 3, 300.0], rtol=0.08)


@pytest.mark.parametrize("where", [(4.0, 52.0), (179.9999, -16.0), (0.0, 89.9999)])
def test_positions_vary_by_their_spread_anywhere_on_earth(where: tuple[float, float]) -> None:
    lon, lat = (np.full(MANY, x) for x in where)
    ports = points(lon, lat, precision_km=np.where(np.arange(MANY) % 2, 2.0, np.nan))
    moved = drawn(ports=ports)["ports"].draw(5, 0).geometry
    azimuth, _, metres = pyproj.Geod(ellps="WGS84").inv(lon, lat, moved.x, moved.y)
    # the mean squared distance is twice the variance along either axis
    square = np.square(metres / 1_000)
    assert square[1::2].mean() == pytest.approx(2 * 2.0**2, rel=0.08)
    assert square[::2].mean() == pytest.approx(2 * 0.5**2, rel=0.08)
    assert np.mean(np.sin(np.radians(azimuth))) == pytest.approx(0.0, abs=0.05)


def test_lines_and_areas_move_rigidly_and_only_with_a_precision() -> None:
    lines = [shapely.LineString([(4, 52), (4.5, 52.2)])] * 2
    pipes = shapes(lines, carrier=["co2"] * 2, precision_km=[np.nan, 3.0])
    moved = drawn(pipelines=pipes)["pipelines"].draw(5, 0).geometry
    assert moved.iloc[0].equals(lines[0])
    step = shapely.get_coordinates(moved.iloc[1]) - shapely.get_coordinates(lines[1])
    assert (np.abs(step) > 0).all()
    np.testing.assert_allclose(step[0], step[1], rtol=1e-9)
    study = study_of(
        {
            "emitters": emitters([4.0], [52.0], [1e6]),
            "pipelines": pipes[["feature_id", "carrier", "geometry"]],
        }
    )
    layers = drawn_layers(study, PROFILE.criteria, Spreads())
    missing = not_drawn(study, PROFILE.criteria, layers)
    assert "positions of pipelines" in [each.what for each in missing]


def test_planned_features_are_built_with_their_probability() -> None:
    status = np.where(np.arange(MANY) < MANY // 2, "planned", "operating")
    parks = points(**POSITIONS, capacity_mw=np.ones(MANY), status=status)
    layer = drawn(Spreads(p_build=0.3), renewables=parks)["renewables"]
    built = layer.draw(0, 0)
    assert (built["status"] == "operating").sum() == MANY // 2
    assert (built["status"] == "planned").mean() == pytest.approx(0.3 / 1.3, rel=0.1)
    certain = drawn(renewables=parks.assign(p_build=1.0))["renewables"].draw(0, 0)
    assert len(certain) == MANY


def test_sites_and_emitters_with_one_id_move_together_whatever_other_rows_exist() -> None:
    plants = emitters([4.0, 4.1, 4.2], [52.0] * 3, [1e6] * 3, site_id=["a", "b", "c"])
    layers = drawn(emitters=plants, sites=plants[["site_id", "geometry"]].iloc[[2, 0]])
    of_emitters, of_sites = (layers[name].draw(9, 4).geometry for name in ("emitters", "sites"))
    assert of_sites["c"].equals(of_emitters["c"])
    assert of_sites["a"].equals(of_emitters["a"])
    assert not of_emitters["a"].equals(plants.geometry.iloc[0])


def test_without_spreads_only_unknown_emissions_are_drawn() -> None:
    layers = all_layers()
    study = study_of(layers)
    (only,) = drawn_layers(study, PROFILE.criteria, Spreads.none())
    recorded, again = study.emitters["co2_t_per_yr"], only.draw(0, 0)["co2_t_per_yr"]
    known = recorded.notna()
    assert again[known].tolist() == recorded[known].tolist()
    assert again.notna().all()
    layers["emitters"]["co2_t_per_yr"] = layers["emitters"]["co2_t_per_yr"].fillna(1e5)
    assert drawn_layers(study_of(layers), PROFILE.criteria, Spreads.none()) == ()


def test_other_unknown_quantities_are_told() -> None:
    study = study_of(all_layers())
    layers = drawn_layers(study, PROFILE.criteria, Spreads())
    told = [each.what for each in not_drawn(study, PROFILE.criteria, layers)]
    assert "capacity_mt unknown of 2 co2_storage" in told
    assert not any("co2_t_per_yr" in what for what in told)


def test_all_spreads_out_of_range_are_listed() -> None:
    with pytest.raises(OptionError, match=r"(?s)breakpoints.*concentration.*p_build") as caught:
        Spreads(breakpoints=-1.0, concentration=0.0, p_build=1.5)
    assert "capacity_factor" not in str(caught.value)


def test_precision_km_overrides_a_spread_of_zero() -> None:
    ports = points([4.0, 5.0], [52.0, 52.0], precision_km=[np.nan, 3.0])
    assert drawn(Spreads(position_km=0.0), ports=ports)["ports"].shift_km.tolist() == [0.0, 3.0]


def test_column_p_build_overrides_the_setting() -> None:
    parks = points([4.0, 5.0], [52.0, 52.0], capacity_mw=[1.0, 1.0], p_build=[np.nan, 0.25])
    layer = drawn(Spreads(p_build=1.0), renewables=parks.assign(status="planned"))["renewables"]
    assert layer.p_build is not None
    assert layer.p_build.tolist() == [1.0, 0.25]


def test_low_and_high_estimates_override_a_capacity_factor_of_one() -> None:
    stores = points(
        [4.0, 5.0],
        [52.0, 52.0],
        capacity_mt=[100.0, 100.0],
        capacity_low_mt=[np.nan, 50.0],
        capacity_high_mt=[np.nan, 400.0],
    )
    layer = drawn(Spreads(capacity_factor=1.0), co2_storage=stores)["co2_storage"]
    assert layer.down["capacity_mt"][0] == 0.0
    assert layer.up["capacity_mt"][1] > layer.down["capacity_mt"][1] > 0.0


def test_spreads_of_none_ignore_all_columns() -> None:
    columns: dict[str, Any] = {"precision_km": [3.0], "p_build": [0.5], "status": ["planned"]}
    columns |= {"capacity_mt": [100.0], "capacity_low_mt": [50.0], "capacity_high_mt": [400.0]}
    stores = points([4.0], [52.0], **columns)
    assert drawn(Spreads.none(), co2_storage=stores) == {}
    assert "recorded" not in Spreads().as_dict()
    assert Spreads.none().as_dict()["recorded"] is True


@pytest.mark.parametrize("name", ["breakpoints", "emissions", "quantities", "position_km"])
def test_an_implausibly_large_spread_is_rejected(name: str) -> None:
    with pytest.raises(OptionError, match=f"expected {name} of at most"):
        replace(Spreads(), **{name: 1e6})  # type: ignore[arg-type]  # a number each
