"""Sites in chunks: the same results as scoring at once, for any size of chunk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal
from study.small_studies import all_layers, points, study_of

from standort.batch import score_file
from standort.errors import FileError, GeometryError, LayerError, OptionError, StandortWarning
from standort.study import score

if TYPE_CHECKING:
    from pathlib import Path

    from standort.layers import Study

N = 90


@pytest.fixture(scope="module")
def study() -> Study:
    """Give a study of emitters and every layer, the ids of ports numbers."""
    layers = all_layers()
    layers["ports"] = layers["ports"].assign(feature_id=range(6))
    return study_of(layers)


def some_sites() -> Any:  # noqa: ANN401 - geopandas has no types
    """Sites of which some are emitters, with columns of all kinds, some of them named as ours."""
    rng = np.random.default_rng(5)
    ids = [f"s{i:03d}" for i in range(N)]
    ids[7], ids[50] = "e003", "e017"
    return points(
        rng.uniform(1.0, 6.0, N),
        rng.uniform(50.5, 53.0, N),
        id_name="site_id",
        site_id=ids,
        name=[None if i % 4 == 0 else f"Plant {i}" for i in range(N)],
        score=rng.integers(0, 9, N),
        staff=pd.array([None if i % 7 else i for i in range(N)], dtype="Int64"),
        founded=pd.to_datetime(["1970-01-01"] * N),
        open=[bool(i % 2) for i in range(N)],
    )


def stored(sites: Any, path: Path) -> Path:  # noqa: ANN401
    if path.suffix == ".parquet":
        sites.to_parquet(path)
    else:
        sites.to_file(path, layer="sites", engine="pyogrio")
    return path


def written(path: Path) -> Any:  # noqa: ANN401
    if path.suffix:
        return geopandas.read_file(path, layer="sites", use_arrow=True).set_index("site_id")
    return geopandas.read_parquet(path / "sites.parquet").set_index("site_id")


def assert_same(one: Any, other: Any) -> None:  # noqa: ANN401
    assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other), check_exact=True)


@pytest.mark.parametrize("out", ["scores", "scores.gpkg"])
@pytest.mark.parametrize("name", ["sites.parquet", "sites.gpkg"])
def test_the_file_equals_scoring_at_once_to_the_bit(
    study: Study, tmp_path: Path, name: str, out: str
) -> None:
    sites = some_sites()
    done = score_file(study, stored(sites, tmp_path / name), tmp_path / out, chunk_sites=13)
    expected = score(study.with_layer("sites", sites))
    result = written(done.path)
    assert result.index.tolist() == expected.sites.index.tolist()
    assert list(result.columns[:-1]) == list(expected.sites.columns.drop(["rank", "geometry"]))
    for column in expected.sites.columns.drop(["rank", "geometry"]):
        whole = expected.sites[column]
        if whole.dtype == np.float64:
            np.testing.assert_array_equal(result[column], whole, err_msg=column)
        else:
            alike = [
                (pd.isna(a) and pd.isna(b)) or a == b
                for a, b in zip(result[column], whole, strict=True)
            ]
            assert all(alike), column
    assert shapely.equals_exact(result.geometry, expected.sites.geometry).all()
    assert result.crs == "EPSG:4326"
    counts = {**expected.manifest["counts"]}
    assert done.manifest["counts"] == counts
    assert done.manifest["inputs"]["sites"]["rows_read"] == N


@pytest.mark.parametrize(
    ("out", "ways"), [("scores", [(1, 1), (4, 2)]), ("scores.gpkg", [(1, 1), (5, 1)])]
)
def test_chunks_and_workers_change_nothing(
    study: Study, tmp_path: Path, out: str, ways: list[tuple[int, int]]
) -> None:
    # the first of them is an emitter; few, since every chunk is a run of its own
    path = stored(some_sites()[7:20], tmp_path / "sites.parquet")
    whole = written(score_file(study, path, tmp_path / f"whole{out}").path)
    for chunk_sites, workers in ways:
        some = score_file(study, path, tmp_path / out, chunk_sites=chunk_sites, workers=workers)
        assert_same(written(some.path), whole)


def test_best_sites_clusters_and_the_rest_of_the_folder(study: Study, tmp_path: Path) -> None:
    path = stored(some_sites(), tmp_path / "sites.gpkg")
    done = score_file(study, path, tmp_path / "scores", chunk_sites=9)
    expected = score(study.with_layer("sites", some_sites()))
    best = expected.sites.sort_values("score", ascending=False, kind="stable")
    assert done.best.index.tolist() == best.index.tolist()
    assert done.best["rank"].tolist() == best["rank"].tolist()
    assert_same(done.clusters.drop(columns="geometry"), expected.clusters.drop(columns="geometry"))
    files = sorted(file.name for file in (tmp_path / "scores").iterdir())
    names = ("cluster_hulls", "clusters", "manifest", "sites", "place_members", "places")
    assert files == sorted(f"{name}.parquet" for name in names)
    places = geopandas.read_parquet(tmp_path / "scores" / "places.parquet")
    np.testing.assert_array_equal(places["advantage"], expected.places["advantage"])
    assert places.index.tolist() == expected.places.index.tolist()


def test_progress_counts_sites(study: Study, tmp_path: Path) -> None:
    path = stored(some_sites(), tmp_path / "sites.gpkg")
    text: list[tuple[int, int]] = []
    score_file(
        study,
        path,
        tmp_path / "scores",
        chunk_sites=40,
        progress=lambda _, done, total: text.append((done, total)),
    )
    assert text == [(40, N), (80, N), (90, N)]


def test_an_id_in_two_chunks_raises_and_nothing_is_written(study: Study, tmp_path: Path) -> None:
    sites = some_sites()
    sites.loc[[3, 80], "site_id"] = "twice"
    path = stored(sites, tmp_path / "sites.parquet")
    with pytest.raises(LayerError, match="'site_id' must name each row once; 'twice' occurs more"):
        score_file(study, path, tmp_path / "scores", chunk_sites=20)
    assert [file.name for file in tmp_path.iterdir()] == ["sites.parquet"]


def test_problems_of_all_chunks_are_raised_together(study: Study, tmp_path: Path) -> None:
    sites = some_sites()
    sites.loc[[5, 77], "geometry"] = None
    path = stored(sites, tmp_path / "sites.gpkg")
    with pytest.raises(GeometryError) as caught:
        score_file(study, path, tmp_path / "scores.gpkg", chunk_sites=30)
    assert "rows 1 to 30: layer 'sites'" in str(caught.value)
    assert "rows 61 to 90: layer 'sites'" in str(caught.value)
    assert "s005" in str(caught.value)
    assert "s077" in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["sites.gpkg"]


def test_any_coordinate_system_and_one_warning_for_repairs(study: Study, tmp_path: Path) -> None:
    sites = some_sites()
    path = stored(sites.to_crs(3035), tmp_path / "projected.gpkg")
    done = score_file(study, path, tmp_path / "scores", chunk_sites=25)
    expected = score(study.with_layer("sites", sites.to_crs(3035)))
    np.testing.assert_array_equal(written(done.path)["score"], expected.sites["score"])
    wrapped = sites.set_geometry(
        shapely.transform(sites.geometry.to_numpy(), lambda p: p + np.array([-360.0, 0.0]))
    )
    path = stored(wrapped.set_crs(4326), tmp_path / "wrapped.parquet")
    with pytest.warns(StandortWarning, match="and similar in 3 other chunks") as text:
        score_file(study, path, tmp_path / "more", chunk_sites=25)
    assert len(text) == 1


def test_sites_of_another_year_are_omitted(study: Study, tmp_path: Path) -> None:
    sites = some_sites().assign(year_from=[2020 if i % 3 else 2040 for i in range(N)])
    path = stored(sites, tmp_path / "sites.parquet")
    done = score_file(study, path, tmp_path / "scores", year=2030, chunk_sites=20)
    kept = sites.loc[sites["year_from"] == 2020, "site_id"]
    assert written(done.path).index.tolist() == kept.tolist()
    source = done.manifest["inputs"]["sites"]
    assert (source["rows_read"], source["rows_kept"]) == (N, len(kept))


def test_numbers_remain_numbers(study: Study, tmp_path: Path) -> None:
    sites = some_sites().assign(site_id=range(N))[:5]
    path = stored(sites, tmp_path / "sites.parquet")
    result = written(score_file(study, path, tmp_path / "scores", chunk_sites=1).path)
    assert result.index.dtype == np.int64
    assert result["port_distance_feature"].dtype == np.int64
    assert str(result["neighbour_count_count"].dtype) == "float64"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("absent.gpkg", {}, "found none at"),
        ("sites.gpkg", {"chunk_sites": 0}, "expected chunk_sites to be a whole number"),
        ("sites.gpkg", {"workers": 0}, "expected workers to be a whole number"),
        ("plain.parquet", {}, "is Parquet without geometries"),
    ],
)
def test_invalid_input_raises(
    study: Study, tmp_path: Path, name: str, options: dict[str, Any], message: str
) -> None:
    stored(some_sites(), tmp_path / "sites.gpkg")
    pd.DataFrame({"site_id": ["a"]}).to_parquet(tmp_path / "plain.parquet")
    with pytest.raises((FileError, OptionError), match=message):
        score_file(study, tmp_path / name, tmp_path / "scores", **options)


def test_a_folder_of_something_else_is_not_replaced(study: Study, tmp_path: Path) -> None:
    path = stored(some_sites(), tmp_path / "sites.gpkg")
    (tmp_path / "mine").mkdir()
    with pytest.raises(FileError, match="is not a folder of results of standort and would be lost"):
        score_file(study, path, tmp_path / "mine")
    done = score_file(study, path, tmp_path / "scores")
    again = score_file(study, path, tmp_path / "scores", chunk_sites=7)
    assert_same(written(done.path), written(again.path))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mine", "scores", "sites.gpkg"]


@pytest.mark.parametrize("name", ["scores.gpkg", "scores"])
def test_a_full_disk_leaves_the_result_that_was_there(
    study: Study, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stored(some_sites(), tmp_path / "sites.gpkg")
    score_file(study, path, tmp_path / name)
    before = written(tmp_path / name)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left on device"):
        score_file(study, path, tmp_path / name)
    assert_same(written(tmp_path / name), before)
    assert sorted(file.name for file in tmp_path.iterdir()) == [name, "sites.gpkg"]


@pytest.mark.parametrize(
    ("kind", "first"), [("float64", 1), ("uint64", "9223372036854775809"), ("category", "1")]
)
def test_ids_of_any_type_are_those_of_scoring_at_once(
    study: Study, tmp_path: Path, kind: str, first: object
) -> None:
    large = 2**63 if kind == "uint64" else 0
    ids = [large + i for i in (1, 2, 3)]
    given = pd.Series(map(str, ids) if kind == "category" else ids, dtype=kind)
    sites = points([4.0, 4.1, 4.2], [52.0] * 3, id_name="site_id", site_id=given)
    path = stored(sites, tmp_path / "sites.parquet")
    done = score_file(study, path, tmp_path / "out", chunk_sites=2)
    assert written(done.path).index[0] == first
    assert score(study.with_layer("sites", sites)).sites.index[0] == first


def test_a_float_id_in_two_chunks_is_a_problem(study: Study, tmp_path: Path) -> None:
    sites = points([4.0, 4.1, 4.2], [52.0] * 3, id_name="site_id", site_id=[1.0, 2.0, 1.0])
    path = stored(sites, tmp_path / "sites.parquet")
    with pytest.raises(LayerError, match=r"1.0 occurs more than once"):
        score_file(study, path, tmp_path / "out", chunk_sites=2)
