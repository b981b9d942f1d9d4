"""Criteria of rasters through the whole chain: the same bits, honest bounds, one clear error."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
from raster_files import brute_cells, write_raster
from study.small_studies import all_layers, assert_same_rows, points, study_of

from standort.batch import batch, score_file
from standort.errors import CRSError, FileError, LayerError, OptionError
from standort.layers import read_study
from standort.metrics import (
    ONSHORE_WIND,
    Technology,
    raster_value,
    raster_within,
    technical_potential,
)
from standort.scoring import load_profile, parse_profile
from standort.study import availability, score

if TYPE_CHECKING:
    from pathlib import Path

    from standort.layers import Study
    from standort.scoring import Profile

CORNER, SIZE, ROWS, COLS = (3.3, 52.3), 0.05, 24, 40
FIGURES = {
    "density": {"mw_per_km2": 6, "source": "a book"},
    "availability": {"share": 0.2, "source": "a map"},
}


def goalposts(worst: float, best: float) -> dict[str, Any]:
    ends = {"worst": worst, "best": best}
    return {"kind": "goalpost", **{k: {"x": x, "source": "assumption"} for k, x in ends.items()}}


def criterion(own_id: str, **keys: Any) -> dict[str, Any]:  # noqa: ANN401
    words = {"title": own_id, "rationale": "a reason", "component": "resources"}
    return {"id": own_id, "value": goalposts(0, 10), **words, **keys}


def profile_of(*criteria: dict[str, Any]) -> Profile:
    """Give a profile of criteria of rasters beside one of a layer."""
    words = {"title": "t", "rationale": "r"}
    port = criterion(
        "port_distance", metric="nearest_distance", layer="ports", unit="km",
        value=goalposts(200, 0),
    )  # fmt: skip
    return parse_profile(
        {
            "id": "rasters",
            "version": "1",
            "title": "t",
            "description": "d",
            "coverage_limit": 0.1,
            "components": [{"id": "resources", **words}],
            "criteria": [port, *criteria],
        }
    )


SPEED = {"raster": "wind", "unit": "m_per_s"}
POTENTIAL = criterion(
    "wind_potential", metric="technical_potential", unit="twh_per_yr", radius_km=20,
    technology="onshore_wind", source=SPEED,
)  # fmt: skip
AT_SITE = criterion("wind_speed", metric="raster_value", unit="m_per_s", source=SPEED)
MEAN = criterion(
    "mean_speed", metric="raster_within", unit="m_per_s", radius_km=20, statistic="mean",
    source=SPEED,
)  # fmt: skip
PEOPLE = criterion(
    "people_near", metric="raster_within", unit="million_people", radius_km=20,
    statistic="integral", source={"raster": "people", "unit": "people_per_km2"},
    value=goalposts(0, 2),
)  # fmt: skip
NOISE = criterion(
    "people_disturbed", metric="raster_within", unit="people", radius_km=20, statistic="sum",
    source={"raster": "people", "band": 1, "unit": "people"}, value=goalposts(1e6, 0),
)  # fmt: skip
FOREST = criterion(
    "forest", metric="raster_within", unit="ratio", radius_km=10, statistic="share",
    classes=[2, 3], source={"raster": "cover"}, value=goalposts(1, 0),
)  # fmt: skip
EVERY = (POTENTIAL, AT_SITE, MEAN, PEOPLE, NOISE, FOREST)


@pytest.fixture(scope="module")
def rasters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Wind with a hole, people, and land cover; they reach over a part of the sites only."""
    folder, rng = tmp_path_factory.mktemp("rasters"), np.random.default_rng(3)
    wind = rng.uniform(4.0, 9.0, (ROWS, COLS)).astype("float32")
    wind[8:12, 10:16] = -999.0
    people = rng.uniform(0.0, 900.0, (ROWS, COLS))
    cover = rng.integers(1, 5, (ROWS, COLS)).astype("uint8")
    return {
        "wind": write_raster(folder / "wind.tif", wind, CORNER, SIZE, nodata=-999.0),
        "people": write_raster(folder / "people.tif", people, CORNER, SIZE),
        "cover": write_raster(folder / "cover.tif", cover, CORNER, SIZE, nodata=0),
    }


@pytest.fixture(scope="module")
def study(rasters: dict[str, Path]) -> Study:
    given = study_of(all_layers())
    for name, path in rasters.items():
        given = given.with_raster(name, path)
    return given


# ------------------------------------------------------------------ the numbers


def test_metrics_are_those_of_the_functions(study: Study, rasters: dict[str, Path]) -> None:
    sites = score(study, profile_of(*EVERY)).sites
    wind, people = rasters["wind"], rasters["people"]
    expected = {
        "wind_potential_twh_per_yr": technical_potential(
            study.sites, wind, ONSHORE_WIND, radius_km=20
        )["potential_twh_per_yr"],
        "wind_speed_m_per_s": raster_value(study.sites, wind),
        "mean_speed_m_per_s": raster_within(study.sites, wind, radius_km=20)["value"],
        "people_near_million_people": raster_within(
            study.sites, people, radius_km=20, statistic="integral"
        )["value"]
        / 1e6,
        "people_disturbed_people": raster_within(
            study.sites, people, radius_km=20, statistic="sum"
        )["value"],
        "forest_ratio": raster_within(
            study.sites, rasters["cover"], radius_km=10, statistic="share", classes=[2, 3]
        )["value"],
    }
    for name, wanted in expected.items():
        assert 0 < wanted.notna().sum() < len(wanted), name
        np.testing.assert_array_equal(sites[name], wanted, err_msg=name)


def test_a_potential_is_area_times_density_times_availability_times_factor(
    study: Study, tmp_path: Path
) -> None:
    """Against cells counted by their middles, and 8,760 hours."""
    factors = np.random.default_rng(4).uniform(0.1, 0.5, (4, 4))
    path = write_raster(tmp_path / "f.tif", factors, (4.0, 51.9), 0.1)
    chosen = {**POTENTIAL, "technology": FIGURES, "unit": "gwh_per_yr", "radius_km": 8}
    chosen["source"] = {"raster": "factors", "unit": "ratio"}
    site = points([4.21], [51.72], id_name="site_id", site_id=["s"])
    given = study.with_layer("sites", site).with_raster("factors", path)
    actual = score(given, profile_of(chosen)).sites["wind_potential_gwh_per_yr"].iloc[0]
    _, area = brute_cells(path, (4.21, 51.72), 8_000.0)
    gigawatt_hours = (area * factors).sum() / 1e6 * 6 * 0.2 * 8_760 / 1e3
    assert actual == pytest.approx(gigawatt_hours, rel=2e-3)


def test_a_technology_in_figures_is_the_one_of_the_metrics(study: Study) -> None:
    chosen = {**POTENTIAL, "technology": {**FIGURES, "power_curve": {"rated": 11.0, "shape": 2.2}}}
    from standort.metrics import PowerCurve

    wanted = Technology(6.0, 0.2, "any", PowerCurve(rated=11.0, shape=2.2))
    actual = score(study, profile_of(chosen)).sites["wind_potential_twh_per_yr"]
    path = study.rasters["wind"]
    np.testing.assert_array_equal(
        actual, technical_potential(study.sites, path, wanted, radius_km=20)["potential_twh_per_yr"]
    )


def test_band_nodata_and_least_coverage_of_the_profile_are_used(
    study: Study, tmp_path: Path
) -> None:
    bands = np.stack([np.full((ROWS, COLS), 5.0), np.full((ROWS, COLS), 7.0)])
    bands[1, :12] = -1.0
    path = write_raster(tmp_path / "two.tif", bands, CORNER, SIZE)
    source = {**SPEED, "band": 2, "nodata": -1}
    for limit in (0.2, 0.95):
        mean = {**MEAN, "source": {**source, "min_coverage": limit}}
        sites = score(study.with_raster("wind", path), profile_of(mean)).sites
        known = sites["mean_speed_coverage"] >= limit
        assert 0 < known.sum() < len(known)
        assert (sites["mean_speed_m_per_s"].notna() == known).all()
        assert sites.loc[known, "mean_speed_m_per_s"].to_numpy() == pytest.approx(7.0)


# ------------------------------------------------------------------ unknown and bounds


def bounds_of(study: Study, raw: dict[str, Any]) -> Any:  # noqa: ANN401 - a frame
    result = score(study, profile_of(raw))
    evaluation, name = result._evaluation, str(raw["id"])
    frame = result.sites[[f"{name}_value", f"{name}_coverage"]].copy()
    frame.columns = ["value", "coverage"]
    return frame.assign(low=evaluation.low[name], high=evaluation.high[name])


@pytest.mark.parametrize("raw", EVERY, ids=lambda raw: str(raw["id"]))
def test_too_little_known_is_anything_from_0_to_1(study: Study, raw: dict[str, Any]) -> None:
    actual = bounds_of(study, raw)
    unknown = actual[actual["value"].isna()]
    assert len(unknown)
    assert (unknown["coverage"] < 0.5).all()
    assert (unknown["low"] == 0).all()
    assert (unknown["high"] == 1).all()


@pytest.mark.parametrize("raw", [POTENTIAL, PEOPLE], ids=["potential", "integral"])
def test_what_is_unknown_could_only_add_to_a_benefit(study: Study, raw: dict[str, Any]) -> None:
    actual = bounds_of(study, raw).dropna()
    partly = actual["coverage"] < 1 - 1e-6
    assert 0 < partly.sum() < len(actual)
    assert (actual["low"] == actual["value"]).all()
    assert (actual.loc[partly, "high"] == 1).all()
    assert (actual.loc[~partly, "high"] == actual.loc[~partly, "value"]).all()


def test_what_is_unknown_could_only_add_to_a_cost(study: Study) -> None:
    actual = bounds_of(study, NOISE).dropna()
    partly = actual["coverage"] < 1 - 1e-6
    assert 0 < partly.sum() < len(actual)
    assert (actual["high"] == actual["value"]).all()
    assert (actual.loc[partly, "low"] == 0).all()
    assert (actual.loc[~partly, "low"] == actual.loc[~partly, "value"]).all()


@pytest.mark.parametrize("raw", [MEAN, AT_SITE, FOREST], ids=["mean", "value", "share"])
def test_means_and_shares_have_no_bound_beyond_too_little(
    study: Study, raw: dict[str, Any]
) -> None:
    actual = bounds_of(study, raw).dropna()
    assert (actual["low"] == actual["value"]).all()
    assert (actual["high"] == actual["value"]).all()


# ------------------------------------------------------------------ the same bits


def test_any_subset_in_any_order_has_the_bits_of_the_whole(study: Study) -> None:
    profile = profile_of(*EVERY)
    whole = score(study, profile)
    rng = np.random.default_rng(8)
    for size in (1, 7, 30):
        some = study.emitters.iloc[rng.permutation(len(study.emitters))[:size]]
        sites = some.reset_index()[["site_id", "geometry"]]
        part = score(study.with_layer("sites", sites), profile)
        shared = [c for c in part.sites.columns if c in whole.sites.columns]
        for name in shared:
            if part.sites[name].dtype == np.float64:
                wanted = whole.sites.loc[part.sites.index, name]
                np.testing.assert_array_equal(part.sites[name], wanted, err_msg=name)
    layers = {n: f.iloc[::-1].reset_index() for n, f in study.layers.items()}
    turned = study_of(layers)
    for name, path in study.rasters.items():
        turned = turned.with_raster(name, path)
    assert_same_rows(score(turned, profile), whole)


@pytest.mark.parametrize("workers", [1, 2])
def test_chunks_and_processes_have_the_bits_of_the_whole(
    study: Study, tmp_path: Path, workers: int
) -> None:
    profile = profile_of(*EVERY)
    whole = score(study, profile)
    sites = study.emitters.reset_index()[["site_id", "geometry"]]
    sites.to_file(tmp_path / "in.gpkg", layer="sites")
    out = tmp_path / "out.gpkg"
    done = score_file(
        study, tmp_path / "in.gpkg", out, profile=profile, chunk_sites=13, workers=workers
    )
    stored = geopandas.read_file(out, layer="sites").set_index("site_id")
    columns = [c for c in whole.sites if "wind" in c or "people" in c or "forest" in c]
    assert "wind_potential_coverage" in columns
    for name in [*columns, "score", "score_min", "score_max"]:
        np.testing.assert_array_equal(
            stored[name], whole.sites.loc[stored.index, name], err_msg=name
        )
    assert done.manifest["criteria"] == whole.manifest["criteria"]
    assert done.manifest["counts"] == whole.manifest["counts"]


# ------------------------------------------------------------------ which file


def test_a_file_given_comes_before_the_folder_and_that_before_the_profile(tmp_path: Path) -> None:
    def constant(place: Path, value: float) -> Path:
        return write_raster(place, np.full((ROWS, COLS), value), CORNER, SIZE)

    emitters = study_of(all_layers()).emitters.reset_index()
    folder = tmp_path / "study"
    folder.mkdir()
    emitters.to_parquet(folder / "emitters.parquet")
    named = constant(tmp_path / "named.tif", 1.0)
    profile = profile_of({**AT_SITE, "source": {**SPEED, "path": str(named)}})

    def actual(study: Study) -> set[float]:
        return set(score(study, profile).sites["wind_speed_m_per_s"].dropna())

    assert actual(read_study(folder)) == {1.0}
    constant(folder / "wind.tif", 2.0)
    assert actual(read_study(folder)) == {2.0}
    given = read_study(folder).with_raster("wind", constant(tmp_path / "given.tif", 3.0))
    assert actual(given) == {3.0}


def test_without_a_raster_the_criterion_is_not_available(study: Study) -> None:
    bare = study_of(dict(all_layers()))
    table = availability(bare, profile_of(*EVERY)).set_index("criterion")
    assert table.loc["port_distance", "available"]
    assert table.loc["wind_potential", "raster"] == "wind"
    assert not table.loc["wind_potential", "available"]
    reason = "the study has no raster 'wind': give one by --raster wind=FILE"
    assert table.loc["wind_potential", "reason"] == reason
    result = score(bare, profile_of(*EVERY))
    entry = {"status": "not available", "reason": {"kind": "no_raster", "raster": "wind"}}
    assert result.manifest["criteria"]["wind_potential"] == entry
    assert result.manifest["basis"] == ["port_distance"]
    assert "wind_potential_coverage" not in result.sites


def test_all_unusable_rasters_are_reported_in_one_error(study: Study, tmp_path: Path) -> None:
    (tmp_path / "wind.tif").write_text("no raster")
    nowhere = write_raster(tmp_path / "p.tif", np.ones((2, 2)), CORNER, SIZE, crs=None)
    given = study.with_raster("wind", tmp_path / "wind.tif").with_raster("people", nowhere)
    with pytest.raises(FileError) as caught:
        score(given, profile_of(*EVERY))
    text = str(caught.value)
    assert text.startswith("list of rasters has 3 problems:")
    assert "1. raster 'wind', criterion 'wind_potential': cannot open" in text
    assert "raster 'people', criterion 'people_near': " in text
    assert "it has no reference system" in text
    assert text.endswith("or give another by --raster people=FILE")
    with pytest.raises(CRSError, match="no reference system"):
        score(given, profile_of(PEOPLE))


def test_a_path_of_the_profile_that_leads_nowhere_is_an_error(study: Study, tmp_path: Path) -> None:
    source = {"raster": "gusts", "unit": "m_per_s", "path": str(tmp_path / "none.tif")}
    with pytest.raises(FileError, match=r"raster 'gusts', criterion 'wind_speed': .*none\.tif"):
        score(study, profile_of({**AT_SITE, "source": source}))


def test_values_impossible_for_a_technology_are_reported(study: Study) -> None:
    factors = {**POTENTIAL, "source": {**SPEED, "unit": "ratio"}}
    with pytest.raises(LayerError, match="expected capacity factors from 0 to 1"):
        score(study, profile_of(factors))


# ------------------------------------------------------------------ manifest and notes


def test_the_manifest_records_the_file_and_the_coverage(
    study: Study, rasters: dict[str, Path]
) -> None:
    result = score(study, profile_of(*EVERY))
    entry, sites = result.manifest["criteria"]["wind_potential"], result.sites
    assert entry["raster"] == {
        "name": "wind",
        "path": "wind.tif",
        "sha256": hashlib.sha256(rasters["wind"].read_bytes()).hexdigest(),
        "crs": "EPSG:4326",
        "band": 1,
        "nodata": -999.0,
        "unit": "m_per_s",
        "rows": ROWS,
        "columns": COLS,
    }
    assert (entry["radius_km"], entry["min_coverage"]) == (20, 0.5)
    assert entry["technology"]["density_mw_per_km2"] == 10
    unknown = sites["wind_potential_value"].isna()
    wholly = ~unknown & (sites["wind_potential_coverage"] > 1 - 1e-6)
    assert entry["sites"] == {
        "wholly_known": wholly.sum(),
        "partly_known": (~unknown & ~wholly).sum(),
        "too_little_known": unknown.sum(),
    }
    assert 0 not in entry["sites"].values()
    assert not [name for name in result.manifest["counts"] if "wind" in name]
    note = f"wind potential: too little of raster 'wind.tif' is known at {unknown.sum()} of 60"
    assert [sentence for sentence in result.notes if sentence.startswith(note)]
    assert str(rasters["wind"].parent) not in json.dumps(dict(result.manifest))


def test_columns_of_a_raster_are_metric_value_and_coverage(study: Study) -> None:
    names = [c for c in score(study, profile_of(POTENTIAL)).sites if c.startswith("wind_potential")]
    assert names == [f"wind_potential_{end}" for end in ("twh_per_yr", "value", "coverage")]


def test_contributions_add_up_and_name_no_feature(study: Study) -> None:
    result = score(study, profile_of(*EVERY))
    table = result.contributions
    total = table.groupby("site_id")["contribution"].sum(min_count=1)
    np.testing.assert_allclose(total.loc[result.sites.index], result.sites["score"], rtol=1e-12)
    of_rasters = table[table["criterion"] != "port_distance"]
    assert of_rasters["feature"].isna().all()
    assert of_rasters["feature_name"].isna().all()


def test_an_explanation_gives_the_coverage(study: Study) -> None:
    result = score(study, profile_of(POTENTIAL, MEAN))
    share = result.sites["wind_potential_coverage"]
    partly = share.index[share.between(0.6, 0.95)][0]
    text = result.explain(partly).to_text(width=120)
    percent = int(100 * share[partly])
    assert "TWh/yr  " in text
    assert f"{percent} % covered\n" in text
    note = f"Wind potential: {percent} % covered; the rest could only add to it, and counts"
    assert note in text
    assert "Mean speed:" not in text


def test_results_are_written_and_explained_from_the_file(study: Study, tmp_path: Path) -> None:
    from standort.outputs.explanation.explanation import explain_site
    from standort.outputs.geopackage.stored_results import read_site

    result = score(study, profile_of(*EVERY))
    path = result.write(tmp_path / "out.gpkg")
    for site in result.sites.index[:3]:
        again = explain_site(*read_site(path, site))
        assert again.to_text(width=100) == result.explain(site).to_text(width=100)


# ------------------------------------------------------------------ batches and surfaces


def test_a_batch_measures_every_study_on_the_rasters_given(
    rasters: dict[str, Path], tmp_path: Path
) -> None:
    for name in ("a", "b"):
        all_layers()["emitters"].to_file(tmp_path / f"{name}.gpkg", layer="emitters")
    paths = [tmp_path / "a.gpkg", tmp_path / "b.gpkg"]
    table = batch(
        paths, out_dir=tmp_path / "out", profile=profile_of(*EVERY), rasters=rasters, workers=2
    )
    assert table["status"].tolist() == ["ok", "ok"]
    assert set(table["basis"].iloc[0].split(",")) == {str(raw["id"]) for raw in EVERY}


def test_a_batch_refuses_rasters_that_are_not_there_or_serve_nothing(tmp_path: Path) -> None:
    files = {"wimd": tmp_path, "wind": tmp_path / "none.tif"}
    with pytest.raises(OptionError) as caught:
        batch(["a.gpkg"], out_dir=tmp_path, profile=profile_of(POTENTIAL), rasters=files)
    text = str(caught.value)
    assert "profile 'rasters' has no criterion for a raster 'wimd'; its rasters: wind" in text
    assert "raster 'wind': expected a file, found none at" in text


def test_a_cell_of_a_surface_has_the_score_of_a_site_there(study: Study, tmp_path: Path) -> None:
    import rasterio

    from standort.surfaces import surface

    profile = profile_of(*EVERY)
    path = surface(
        study, profile, out=tmp_path / "s.tif", cell_km=10, grid="geographic",
        bounds=(3.5, 51.2, 5.0, 52.0),
    )  # fmt: skip
    with rasterio.open(path) as file:
        scores, at = file.read(1), file.transform
    rows, cols = np.nonzero(np.isfinite(scores))
    lon, lat = at @ (cols + 0.5, rows + 0.5)
    ids = [f"c{i}" for i in range(len(lon))]
    sites = points(lon, lat, id_name="site_id", site_id=ids)
    expected = score(study.with_layer("sites", sites), profile).sites["score"]
    assert len(ids) > 50
    np.testing.assert_allclose(scores[rows, cols], expected, rtol=1e-9)


def test_a_surface_is_not_gone_on_with_when_a_raster_changed(
    study: Study, rasters: dict[str, Path], tmp_path: Path
) -> None:
    from standort.study.engine import Engine

    profile = profile_of(AT_SITE)
    other = write_raster(tmp_path / "wind.tif", np.ones((ROWS, COLS)), CORNER, SIZE)
    one = Engine.of(study, profile).raster_hashes
    assert one == {"wind_speed": hashlib.sha256(rasters["wind"].read_bytes()).hexdigest()}
    assert Engine.of(study.with_raster("wind", other), profile).raster_hashes != one


def test_the_profile_of_a_file_is_scored_as_it_is_loaded(
    rasters: dict[str, Path], tmp_path: Path
) -> None:
    from standort.scoring import profile_text

    text = profile_text("net-zero") + (
        '\n[[criteria]]\nid = "wind"\ncomponent = "net_zero_assets"\ntitle = "t"\n'
        'rationale = "r"\nmetric = "raster_value"\nunit = "m_per_s"\n'
        f'source = {{ raster = "wind", path = "{rasters["wind"].name}", unit = "m_per_s" }}\n'
        'value.kind = "goalpost"\nvalue.worst = { x = 4, source = "assumption" }\n'
        'value.best = { x = 9, source = "assumption" }\n'
    )
    path = rasters["wind"].with_name("mine.toml")
    path.write_text(text)
    result = score(study_of(all_layers()), path)
    assert "wind" in result.manifest["basis"]
    assert load_profile(path).content_hash == result.manifest["profile"]["hash"]
