"""A layer with nothing near any site is reported, by score, in chunks and by check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.runs import run
from study.small_studies import emitters, points, study_of

from standort.batch import score_file
from standort.study import score

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FAR = [("ports", {"nearest_km": 6886, "reach_km": 100})]


def layers(*, swapped: bool) -> dict[str, Any]:
    lon, lat = ([52.0, 52.0], [4.1, 4.2]) if swapped else ([4.1, 4.2], [52.0, 52.0])
    plants = emitters([4.0, 4.02, 4.04], [51.9, 51.91, 51.92], [1e6, 9e5, 8e5])
    return {"emitters": plants, "ports": points(lon, lat)}


def far(manifest: Mapping[str, Any]) -> list[tuple[str, dict[str, float]]]:
    notes = [note for note in manifest["notes"] if note["kind"] == "out_of_reach"]
    return [(n["layer"], {k: round(v) for k, v in n["counts"].items()}) for n in notes]


def test_a_layer_out_of_reach_is_noted_with_its_distance() -> None:
    assert far(score(study_of(layers(swapped=False))).manifest) == []
    assert far(score(study_of(layers(swapped=True))).manifest) == FAR


def test_one_site_within_reach_is_enough() -> None:
    given = layers(swapped=True)
    lon = [*given["emitters"].geometry.x, 52.1]
    lat = [*given["emitters"].geometry.y, 4.15]
    given["emitters"] = emitters(lon, lat, [1e6] * 4)
    assert far(score(study_of(given)).manifest) == []


def test_chunks_note_what_no_chunk_has_within_reach(tmp_path: Path) -> None:
    sites = points([4.0, 4.5, 5.0], [52.0] * 3, id_name="site_id", site_id=["a", "b", "c"])
    path = tmp_path / "sites.parquet"
    sites.to_parquet(path)
    study = study_of(layers(swapped=True))
    ((layer, counts),) = far(score_file(study, path, tmp_path / "out", chunk_sites=1).manifest)
    assert (layer, counts["reach_km"]) == ("ports", 100)


def test_check_lists_it_among_the_warnings(tmp_path: Path) -> None:
    for name, layer in layers(swapped=True).items():
        layer.to_file(tmp_path / "s.gpkg", layer=name)
    done = run("check", tmp_path / "s.gpkg")
    assert "1. ports: no feature is within 100 km of any site" in " ".join(done.stdout.split())
