"""Gi* and Moran's I, local and global: cases by hand, brute force, draws that treat ties right."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import esda
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from clouds import CLOUDS
from libpysal.graph import Graph
from metrics.brute_force import layer
from metrics.patterns import box_km, points_km
from oracles import geodesic_matrix
from scipy.stats import false_discovery_control, hypergeom

from standort.errors import GeometryError, LayerError, OptionError
from standort.metrics import getis_ord, local_moran, morans_i
from standort.metrics.patterns.local_association import distance_band

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Cloud = Callable[[np.random.Generator, int], tuple[Floats, Floats]]
    Table = Callable[..., pd.DataFrame]

FEW: dict[str, Any] = {"permutations": 19}


def line(values: list[float]) -> gpd.GeoDataFrame:
    """Sites 10 km apart in a line: neighbours within 12 km are the next ones."""
    return points_km(10.0 * np.arange(len(values)), np.zeros(len(values))).assign(x=values)


def cloud_sites(cloud: Cloud) -> gpd.GeoDataFrame:
    """Sites of skewed quantities, every fifth unknown."""
    rng = np.random.default_rng(11)
    x = rng.lognormal(0.0, 1.5, 90)
    x[::5] = np.nan
    return layer(*cloud(rng, 90), site_id=rng.permutation([f"s{i:02}" for i in range(90)]), x=x)


def weights_of(sites: gpd.GeoDataFrame, radius_km: float) -> Floats:
    """Return the pairs within the radius from the table of all pairs, without sites themselves."""
    lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    within = geodesic_matrix(lon, lat, lon, lat) <= radius_km * 1e3
    np.fill_diagonal(within, val=False)
    return within.astype(float)


def brute_getis_ord(x: Floats, w: Floats) -> Floats:
    """Ord and Getis (1995) as printed, with the site itself."""
    n, with_self = len(x), w + np.eye(len(x))
    total = with_self.sum(axis=1)
    spread = np.sqrt((x**2).mean() - x.mean() ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (with_self @ x - x.mean() * total) / (
            spread * np.sqrt((n * (with_self**2).sum(axis=1) - total**2) / (n - 1))
        )
    z[(w.sum(axis=1) == 0) | (total == n)] = np.nan
    return np.asarray(z)


def brute_local_moran(x: Floats, w: Floats) -> Floats:
    """Anselin (1995) as printed."""
    z = x - x.mean()
    moran = z / ((z**2).sum() / len(z)) * (w @ z)
    moran[w.sum(axis=1) == 0] = np.nan
    return np.asarray(moran)


# ---------------------------------------------------------------------- by hand


def test_getis_ord_of_five_in_a_line() -> None:
    result = getis_ord(line([1, 1, 1, 1, 6]), "x", radius_km=12.0, permutations=19)
    expected = [-0.8165, -1.2247, -1.2247, 0.8165, 1.2247]
    np.testing.assert_allclose(result["z"], expected, atol=5e-5)
    assert result["neighbours"].tolist() == [1, 2, 2, 2, 1]


def test_moran_of_a_checkerboard_is_minus_one() -> None:
    column, row = (side.ravel() for side in np.meshgrid(np.arange(4), np.arange(4)))
    board = points_km(10.0 * column, 10.0 * row).assign(x=(column + row) % 2)
    result = morans_i(board, "x", radius_km=12.0, permutations=199)
    assert result["moran"] == pytest.approx(-1.0)
    assert result["expected"] == pytest.approx(-1.0 / 15.0)
    assert result["pairs"] == 24
    assert result["p_value"] == pytest.approx(0.01)
    local = local_moran(board, "x", radius_km=12.0, permutations=19)
    assert set(local["quadrant"]) == {"high-low", "low-high"}


def test_local_moran_adds_up_to_the_global_one() -> None:
    sites = cloud_sites(CLOUDS[3]).dropna(subset="x")
    local = local_moran(sites, "x", radius_km=3.0, **FEW)
    whole = morans_i(sites, "x", radius_km=3.0, **FEW)
    assert local["moran"].sum() / local["neighbours"].sum() == pytest.approx(whole["moran"])


# ---------------------------------------------------------------------- brute force


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("logarithm", [False, True])
def test_statistics_equal_brute_force(cloud: Cloud, logarithm: bool) -> None:  # noqa: FBT001
    sites = cloud_sites(cloud)
    known = sites.dropna(subset="x")
    x = known["x"].to_numpy()
    x = np.log1p(x) if logarithm else x
    options: dict[str, Any] = {"logarithm": logarithm, **FEW}
    all_sites = weights_of(sites, 1.0) * 0
    for radius in (2.0, 60.0, 900.0):
        w, all_sites = weights_of(known, radius), weights_of(sites, radius)
        hot = getis_ord(sites, "x", radius_km=radius, **options)
        np.testing.assert_allclose(
            hot.loc[known.index, "z"], brute_getis_ord(x, w), rtol=1e-9, atol=1e-9
        )
        local = local_moran(sites, "x", radius_km=radius, **options)
        np.testing.assert_allclose(
            local.loc[known.index, "moran"], brute_local_moran(x, w), rtol=1e-9, atol=1e-9
        )
        z = x - x.mean()
        whole = morans_i(sites, "x", radius_km=radius, **options)["moran"]
        if w.any():
            expected = len(x) / w.sum() * (z @ w @ z) / (z @ z)
            assert whole == pytest.approx(expected, rel=1e-9)
        else:
            assert np.isnan(whole)
        unknown = all_sites[:, sites["x"].isna().to_numpy()].sum(axis=1)
        neighbours = all_sites[:, sites["x"].notna().to_numpy()].sum(axis=1)
        for result in (hot, local):
            pd.testing.assert_index_equal(result.index, sites.index)
            assert result["unknown"].tolist() == unknown.tolist()
            held = result.loc[known.index, "neighbours"]
            assert held.tolist() == neighbours[sites["x"].notna()].tolist()
            assert result.loc[sites["x"].isna(), "p_value"].isna().all()


def test_quadrants_tell_both_sides_of_the_mean() -> None:
    result = local_moran(line([9, 8, 9, 1, 1, 0, 1, 9, 0]), "x", radius_km=12.0, permutations=19)
    assert result["quadrant"].tolist()[:3] == ["high-high"] * 3
    assert result["quadrant"].tolist()[5] == "low-low"
    assert result["quadrant"].tolist()[7:] == ["high-low", "low-high"]


# ---------------------------------------------------------------------- undefined statistics


@pytest.mark.parametrize("measure", [getis_ord, local_moran])
def test_a_site_without_neighbours_has_no_result_and_disturbs_no_other(measure: Table) -> None:
    sites = line([1, 5, 2, 8, 3])
    apart = gpd.GeoDataFrame(
        pd.concat([sites, points_km(np.array([500.0]), np.zeros(1)).assign(x=4.0)]),
        geometry="geometry",
    ).reset_index(drop=True)
    result = measure(apart, "x", radius_km=12.0, **FEW)
    assert result.drop(columns=["neighbours", "unknown"]).iloc[5].isna().all()
    assert result["p_value"].notna().sum() == 5
    assert result["neighbours"].tolist() == [1, 2, 2, 2, 1, 0]


@pytest.mark.parametrize("measure", [getis_ord, local_moran])
@pytest.mark.parametrize("values", [[0.1] * 7, [1e9] * 7, [5.0] * 7], ids=["0.1", "1e9", "5"])
def test_equal_values_have_no_association(measure: Table, values: list[float]) -> None:
    result = measure(line(values), "x", radius_km=12.0, **FEW)
    assert result.drop(columns=["neighbours", "unknown"]).isna().all(axis=None)
    assert np.isnan(morans_i(line(values), "x", radius_km=12.0)["moran"])


@pytest.mark.parametrize("measure", [getis_ord, local_moran])
@pytest.mark.parametrize("values", [[], [1.0], [np.nan, np.nan], [np.nan, 3.0]])
def test_too_little_to_tell_anything(measure: Table, values: list[float]) -> None:
    result = measure(line(values), "x", radius_km=12.0, **FEW)
    assert len(result) == len(values)
    assert result["p_adjusted"].isna().all()
    assert np.isnan(morans_i(line(values), "x", radius_km=12.0)["moran"])


def test_z_is_undefined_where_all_sites_are_neighbours() -> None:
    result = getis_ord(line([1, 2, 9]), "x", radius_km=50.0, **FEW)
    assert result["z"].isna().all()
    assert (result["p_value"] == 1.0).all()


# ---------------------------------------------------------------------- p-values


def test_p_values_follow_the_exact_distribution_of_draws() -> None:
    # 40 sites of which 12 hold 1: the sum over k neighbours is hypergeometric
    rng = np.random.default_rng(12)
    x = rng.permutation(np.repeat([1.0, 0.0], [12, 28]))
    sites = points_km(rng.uniform(0, 60, 40), rng.uniform(0, 60, 40)).assign(x=x)
    w = weights_of(sites, 15.0)
    result = getis_ord(sites, "x", radius_km=15.0, permutations=4_000, seed=3)["p_value"]
    for i in np.flatnonzero(w.sum(axis=1)):
        around = hypergeom(39, int(12 - x[i]), int(w[i].sum()))
        at_least, at_most = around.sf(w[i] @ x - 1), around.cdf(w[i] @ x)
        expected = min(2.0 * min(at_least, at_most), 1.0)
        assert result[i] == pytest.approx(expected, abs=4.5 * np.sqrt(expected / 2_000) + 1e-3)


def test_zeros_among_zeros_are_not_significant() -> None:
    values = [1.0] * 5 + [0.0] * 95
    for measure in (getis_ord, local_moran):
        result = measure(line(values), "x", radius_km=12.0, permutations=199)
        assert (result["p_value"].iloc[10:] > 0.5).all()


def test_values_without_pattern_are_rarely_significant_once_adjusted() -> None:
    rng = np.random.default_rng(13)
    lon, lat = CLOUDS[3](rng, 300)
    sites = layer(lon, lat, x=rng.lognormal(0.0, 1.0, 300))
    for measure in (getis_ord, local_moran):
        result = measure(sites, "x", radius_km=2.0, permutations=999)
        assert (result["p_adjusted"] <= 0.05).mean() < 0.02
        judged = result["p_value"].dropna()
        np.testing.assert_allclose(
            result["p_adjusted"].dropna(), false_discovery_control(judged.to_numpy())
        )


def test_a_planted_hot_spot_is_found_and_hardly_anything_else() -> None:
    rng = np.random.default_rng(14)
    x_km, y_km = rng.uniform(0, 200, 400), rng.uniform(0, 200, 400)
    away = np.hypot(x_km - 70, y_km - 70)
    sites = points_km(x_km, y_km).assign(x=rng.lognormal(0, 0.5, 400) + 5.0 * (away < 35))
    result = getis_ord(sites, "x", radius_km=15.0, permutations=1_999)
    spot = (result["p_adjusted"] <= 0.05) & (result["z"] > 0)
    assert spot[away < 28].all()
    assert spot[away > 50].mean() < 0.02


# ---------------------------------------------------------------------- invariances


@pytest.mark.parametrize("measure", [getis_ord, local_moran])
def test_the_order_of_rows_changes_no_bit(measure: Table) -> None:
    sites = cloud_sites(CLOUDS[3])
    shuffled = sites.sample(frac=1.0, random_state=2)
    result = measure(sites, "x", radius_km=2.0, permutations=49)
    again = measure(shuffled, "x", radius_km=2.0, permutations=49)
    pd.testing.assert_frame_equal(result, again.loc[result.index], check_exact=True)


@pytest.mark.parametrize("measure", [getis_ord, local_moran])
def test_shifting_and_scaling_values_changes_nothing(measure: Table) -> None:
    sites = cloud_sites(CLOUDS[3])
    result = measure(sites, "x", radius_km=2.0, **FEW)
    for scale, shift in ((1e-6, 0.0), (3.0, 1e3), (1.0, -500.0)):
        moved = measure(sites.assign(x=scale * sites["x"] + shift), "x", radius_km=2.0, **FEW)
        for column in result.columns.drop("quadrant", errors="ignore"):
            np.testing.assert_allclose(moved[column], result[column], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("measure", [getis_ord, local_moran])
def test_turning_and_mirroring_the_earth_changes_nothing(measure: Table) -> None:
    rng = np.random.default_rng(15)
    lon, lat, x = rng.uniform(-1, 1, 60), rng.uniform(60, 61, 60), rng.random(60)
    result = measure(layer(lon, lat, x=x), "x", radius_km=30.0, **FEW)
    for at in (((lon + 360.0) % 360.0 - 180.0, lat), (lon, -lat)):
        pd.testing.assert_frame_equal(measure(layer(*at, x=x), "x", radius_km=30.0, **FEW), result)


# ---------------------------------------------------------------------- esda, right and wrong


def test_esda_takes_the_sign_of_getis_ord_from_the_mean() -> None:
    band = distance_band(line([1, 1, 1, 1, 6]), "x", 12.0, logarithm=False)
    for shift, sign in ((0.0, 1.0), (-100.0, -1.0)):
        x = np.array([1.0, 1, 1, 1, 6]) + shift
        z = esda.G_Local(x, band.graph(), transform="B", star=True, permutations=0).Zs
        np.testing.assert_allclose(
            z, sign * brute_getis_ord(x, weights_of(line(list(x)), 12.0)), atol=1e-9
        )


def test_esda_calls_zeros_among_zeros_significant() -> None:
    # why the draws are our own: of equal sums esda counts none as extreme
    values = [1.0] * 5 + [0.0] * 95
    band = distance_band(line(values), "x", 12.0, logarithm=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it recommends numba
        result = esda.G_Local(
            np.array(values),
            band.graph(),
            transform="B",
            star=True,
            permutations=199,
            n_jobs=1,
            seed=1,
        )
    assert (result.p_sim[10:] <= 0.01).all()


def test_libpysal_does_not_measure_on_the_earth() -> None:
    # why pairs are found by our own index: bands are in degrees and end at the antimeridian,
    # and kernels by haversine are in radians
    across = layer([179.9, -179.9, 179.8], [0.0, 0.0, 0.0])
    band = Graph.build_distance_band(across, threshold=1.0)
    assert band.cardinalities.tolist() == [1, 0, 1]
    assert distance_band(across.assign(x=1.0), "x", 30.0, logarithm=False).count.tolist() == [
        2,
        1,
        1,
    ]
    radians = Graph.build_kernel(
        layer([0.0, 0.1, 0.2], [50.0] * 3), kernel="identity", k=1, metric="haversine"
    )
    assert radians.adjacency.iloc[0] == pytest.approx(7.15 / 6_371.0, rel=1e-3)


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize("measure", [getis_ord, local_moran, morans_i])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"radius_km": 0.0}, "radius_km"),
        ({"radius_km": np.inf}, "radius_km"),
        ({"permutations": 0}, "permutations"),
        ({"permutations": 9.5}, "permutations"),
    ],
)
def test_options_outside_their_range_raise(
    measure: Table, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        measure(line([1, 2, 3]), "x", **options)


@pytest.mark.parametrize("measure", [getis_ord, local_moran, morans_i])
def test_columns_that_are_not_quantities_raise(measure: Table) -> None:
    with pytest.raises(LayerError, match="'y'"):
        measure(line([1, 2, 3]), "y")
    with pytest.raises(LayerError, match=r"is negative, .* 1 sites: 2"):
        measure(line([1, 2, -3]), "x", logarithm=True)
    with pytest.raises(LayerError, match="numeric"):
        measure(line([1, 2, 3]).assign(x="much"), "x")
    with pytest.raises(GeometryError):
        measure(box_km(0, 0, 1, 1).assign(x=1.0), "x")


@pytest.mark.parametrize("absent", ["esda", "libpysal.graph"])
def test_without_the_extra_the_error_tells_what_to_install(
    monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(OptionError, match=r"pip install standort\[diagnostics\]"):
        getis_ord(line([1, 2, 3, 9]), "x", radius_km=12.0)
