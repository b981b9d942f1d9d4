"""What-if scores the edited study as it would be, and ranks candidates by exact gains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from study.small_studies import (
    SOUTH,
    WEST,
    WIDTH,
    all_layers,
    assert_same_clusters,
    assert_same_rows,
    emitters,
    points,
    shapes,
    study_of,
)

from standort.errors import LayerError, OptionError, StandortWarning
from standort.scoring import load_profile, parse_profile
from standort.scoring.profile.value_functions import Logistic, ReferencePoint
from standort.study import Result, score
from standort.study.whatif.candidates import best_next
from standort.study.whatif.edits import edit_study
from standort.study.whatif.scenario import what_if

if TYPE_CHECKING:
    from standort.layers import Study
    from standort.scoring import Profile


def _new(layer: str, n: int = 4, seed: int = 7) -> Any:  # noqa: ANN401 - a layer
    """Build features that could join a layer, one of them at a place that ties with nothing."""
    rng = np.random.default_rng(seed)
    lon, lat = WEST + rng.random(n) * WIDTH, SOUTH + rng.random(n) * WIDTH / 2
    ids = [f"new{i}" for i in range(n)]
    if layer == "pipelines":
        lines = [
            shapely.LineString([(x, y), (x + 0.2, y + 0.1)]) for x, y in zip(lon, lat, strict=True)
        ]
        carriers = ["co2", "oil", None, "hydrogen"]
        return shapes(lines, feature_id=ids, carrier=(carriers * n)[:n])
    quantities: dict[str, dict[str, list[Any]]] = {
        "co2_storage": {"capacity_mt": [30.0, 500.0, np.nan, 120.0], "name": ["A", "B", "C", "D"]},
        "renewables": {"capacity_mw": [900.0, np.nan, 5.0, 60.0]},
        "employment": {"jobs": [5e4, 100.0, np.nan, 3e3]},
        "grid_nodes": {"voltage_kv": [380.0] * 4},
    }
    held: dict[str, list[Any]] = quantities.get(layer, {})
    columns: dict[str, Any] = {name: (some * n)[:n] for name, some in held.items()}
    if layer == "co2_storage":
        boxes = [shapely.box(x, y, x + 0.1, y + 0.1) for x, y in zip(lon, lat, strict=True)]
        return shapes(boxes, feature_id=ids, **columns)
    return points(lon, lat, feature_id=ids, **columns)


def _appended(layers: dict[str, Any], name: str, new: Any) -> Any:  # noqa: ANN401 - a layer
    return gpd.GeoDataFrame(pd.concat([layers[name], new]), crs=4326)


@pytest.mark.parametrize("layer", ["ports", "pipelines", "co2_storage", "renewables"])
def test_adding_equals_scoring_the_edited_study_from_scratch(
    full_study: Study, full_result: Result, layer: str
) -> None:
    new = _new(layer)
    actual = what_if(full_study, add={layer: new}, before=full_result)
    layers = all_layers()
    layers[layer] = _appended(layers, layer, new[[c for c in new if c in layers[layer]]])
    scratch = score(study_of(layers))
    assert_same_rows(actual.after, scratch)
    assert_same_clusters(actual.after, scratch)
    change = scratch.sites["score"] - full_result.sites["score"]
    pd.testing.assert_series_equal(
        actual.sites["change"], change, check_names=False, check_exact=True
    )


def test_removing_equals_scoring_the_edited_study_from_scratch(
    full_study: Study, full_result: Result
) -> None:
    actual = what_if(
        full_study, remove={"ports": ["x01", "x03"], "emitters": ["e010"]}, before=full_result
    )
    layers = all_layers()
    layers["ports"] = layers["ports"].query("feature_id not in ['x01', 'x03']")
    layers["emitters"] = layers["emitters"].query("site_id != 'e010'")
    scratch = score(study_of(layers))
    assert_same_rows(actual.after, scratch)
    assert_same_clusters(actual.after, scratch)
    assert actual.sites.loc["e010", "status"] == "removed"
    assert actual.sites["change"].isna()["e010"]


def test_gains_and_losses_are_those_of_the_scores(full_study: Study, full_result: Result) -> None:
    new = emitters([WEST + 0.3], [SOUTH + 0.2], [8e6], site_id=["giant"])
    actual = what_if(full_study, add={"emitters": new}, before=full_result)
    change = (actual.after.sites["score"] - full_result.sites["score"]).dropna()
    assert "giant" in actual.after.sites.index
    assert set(actual.gains.index) == set(change[change > 1e-9].index)
    assert set(actual.losses.index) == set(change[change < -1e-9].index)
    assert len(actual.losses) > 0  # it draws on the stores
    assert len(actual.gains) > 0  # and is a neighbour
    assert actual.total_gain == math.fsum(change)
    assert actual.gains["change"].is_monotonic_decreasing


def test_there_and_back_again_changes_nothing(full_study: Study, full_result: Result) -> None:
    edited, _ = edit_study(full_study, add={"ports": _new("ports")})
    back, _ = edit_study(edited, remove=[f"new{i}" for i in range(4)])
    assert_same_rows(score(back), full_result)


def test_the_study_is_left_as_it_was(full_study: Study) -> None:
    before = full_study.layers["ports"].copy()
    edited, done = edit_study(full_study, add={"ports": _new("ports")}, remove=["ports=x00"])
    pd.testing.assert_frame_equal(full_study.layers["ports"], before)
    assert len(edited.layers["ports"]) == len(before) + 3
    assert done.removed == {"ports": ("x00",)}
    assert done.added == {"ports": ("new0", "new1", "new2", "new3")}


def test_the_manifest_says_that_the_layer_is_not_the_file(full_study: Study) -> None:
    edited, _ = edit_study(full_study, add={"ports": _new("ports")})
    notes = score(edited).manifest["inputs"]["ports"]["notes"]
    assert notes[-1] == "what if: 'new0', 'new1', 'new2', 'new3' added to ports"
    assert score(edited).manifest["inputs"]["ports"]["rows_kept"] == 10


def test_added_features_take_the_columns_that_are_there(full_study: Study) -> None:
    """Told of one only, a column would be unknown of all others, and a filter keep them out."""
    new = points([4.0], [52.0], feature_id=["new"], liquid_bulk=[True])
    with pytest.warns(StandortWarning, match="'ports' has no column 'liquid_bulk'"):
        edited, _ = edit_study(full_study, add={"ports": new})
    assert list(edited.layers["ports"].columns) == list(full_study.layers["ports"].columns)


def test_errors_come_with_a_remedy(full_study: Study) -> None:
    with pytest.raises(LayerError, match=r"layer 'ports' has 'x01' already"):
        edit_study(full_study, add={"ports": points([4.0], [52.0], feature_id=["x01"])})
    with pytest.raises(OptionError, match=r"no feature 'neww' in layer 'ports'"):
        edit_study(full_study, remove={"ports": ["neww"]})
    with pytest.raises(OptionError, match=r"no feature 'e01' in any layer; did you mean 'e0\d+'"):
        edit_study(full_study, remove=["e01"])
    with pytest.raises(OptionError, match=r"'x01' is in several layers .*as co2_storage=x01"):
        edit_study(full_study, remove=["x01"])
    with pytest.raises(OptionError, match=r"nothing to change"):
        edit_study(full_study)
    ports_only = study_of(all_layers(), salt_caverns=None)
    with pytest.raises(LayerError, match=r"no layer 'salt_caverns' to add to"):
        edit_study(ports_only, add={"salt_caverns": _new("salt_caverns")})


def test_all_missing_ids_are_reported_together(full_study: Study) -> None:
    with pytest.raises(OptionError, match=r"(?s)2 problems.*'p'.*'q'"):
        edit_study(full_study, remove={"ports": ["p", "q"]})


@pytest.fixture(scope="module")
def few() -> Study:
    """A smaller study with every layer."""
    return study_of(all_layers(n=25))


@pytest.fixture(scope="module")
def plain() -> Study:
    """One with few layers besides."""
    layers = all_layers(n=25)
    return study_of({name: layers[name] for name in ("emitters", "ports", "pipelines")})


def _assert_ranked_as_each_alone(study: Study, profile: Profile, layer: str, new: Any) -> None:  # noqa: ANN401 - a layer
    """Compare a ranking with what each candidate does alone."""
    ranked = best_next(study, profile, candidates={layer: new})
    before = score(study, profile)
    for position in range(len(new)):
        one = new.iloc[[position]]
        alone = what_if(study, profile, add={layer: one}, before=before)
        row = ranked.loc[one["feature_id"].iloc[0]]
        assert row["total_gain"] == alone.total_gain
        change = alone.sites["change"].dropna()
        assert row["sites_gaining"] == (change > 0).sum()
        assert row["sites_losing"] == (change < 0).sum()
        assert row["sites_scored"] == alone.sites_scored
        assert row["sites_excluded"] == alone.sites_excluded
        if row["sites_gaining"]:
            assert row["best_gain"] == change.max()
            assert change[row["best_site"]] == change.max()
    assert ranked["total_gain"].is_monotonic_decreasing
    assert ranked["total_gain"].iloc[0] > 0  # or nothing was compared
    assert ranked["rank"].tolist() == sorted(ranked["rank"])


@pytest.mark.parametrize("layer", ["ports", "pipelines", "co2_storage", "renewables", "employment"])
def test_best_next_equals_what_if_of_each_candidate(few: Study, layer: str) -> None:
    _assert_ranked_as_each_alone(few, load_profile("net-zero"), layer, _new(layer))


def test_best_next_equals_what_if_under_other_metrics_and_value_functions(plain: Study) -> None:
    """An S-curve has no end, a reach cuts it short, and a mean of several is nobody's distance."""
    profile = load_profile("net-zero")
    source = "a test"
    curve = Logistic(
        kind="logistic",
        midpoint=ReferencePoint(x=40.0, source=source),
        scale=ReferencePoint(x=-15.0, source=source),
    )
    port = profile.criterion("port_distance")
    variants: dict[str, dict[str, Any]] = {
        "s_curve": {"value": curve},
        "in_reach": {"value": curve, "max_distance_km": 35.0},
        "mean_of_3": {"metric": "neighbour_distance", "k": 3},
        "number": {"metric": "count_within", "radius_km": 50.0, "unit": "count"},
    }
    added = tuple(port.model_copy(update={"id": name, **c}) for name, c in variants.items())
    number = profile.criterion("neighbour_count").value
    added = (*added[:3], added[3].model_copy(update={"value": number}))
    profile = profile.model_copy(
        update={"criteria": (*profile.criteria, *added), "aggregation": "arithmetic"}
    )
    _assert_ranked_as_each_alone(plain, profile, "ports", _new("ports"))


def test_best_next_of_emitters_goes_through_the_clusters(plain: Study) -> None:
    rng = np.random.default_rng(3)
    new = emitters(
        WEST + rng.random(2) * WIDTH,
        SOUTH + rng.random(2) * WIDTH / 2,
        [5e6, np.nan],
        site_id=["n1", "n2"],
    )
    ranked = best_next(plain, candidates={"emitters": new})
    for id_ in new["site_id"]:
        alone = what_if(plain, add={"emitters": new.query("site_id == @id_")})
        assert ranked.loc[id_, "total_gain"] == alone.total_gain


def test_best_next_does_not_depend_on_the_order_of_candidates(few: Study) -> None:
    new = _new("renewables", n=8)
    ranked = best_next(few, candidates={"renewables": new})
    shuffled = best_next(few, candidates={"renewables": new.sample(frac=1, random_state=2)})
    pd.testing.assert_frame_equal(ranked, shuffled, check_exact=True)


def test_best_next_counts_what_comes_within_reach_of_a_site_far_from_all() -> None:
    """Beyond the last breakpoint nothing counts, however much nearer the candidate is."""
    layers = {
        "emitters": emitters([4.0], [52.0], [1e6]),
        "ports": points([20.0], [52.0], feature_id=["far"]),
    }
    new = points([5.6, 4.5, 4.0], [52.0] * 3, feature_id=["110 km", "34 km", "here"])
    ranked = best_next(study_of(layers), candidates={"ports": new})
    assert ranked.index.tolist() == ["here", "34 km", "110 km"]
    assert ranked["sites_gaining"].tolist() == [1, 1, 0]
    assert ranked["co2_mt_per_yr"].tolist() == [1.0, 1.0, 0.0]


def test_best_next_refuses_sites_and_several_layers(full_study: Study) -> None:
    with pytest.raises(OptionError, match="one layer"):
        best_next(full_study, candidates={"sites": _new("ports")})
    both = {"ports": _new("ports"), "renewables": _new("renewables")}
    with pytest.raises(OptionError, match="one layer"):
        best_next(full_study, candidates=both)


def test_the_report_names_the_change_and_the_largest_gain(
    full_study: Study, full_result: Result
) -> None:
    actual = what_if(full_study, add={"ports": _new("ports")}, before=full_result)
    text = actual.to_text(top=3)
    assert text.startswith("What if: 'new0', 'new1', 'new2', 'new3' added to ports.")
    assert f"largest: {actual.gains.index[0]}, {actual.gains['change'].iloc[0]:+.3f}" in text
    assert "port distance" in text
    report = actual.to_dict()
    assert report["what_if"]["added"] == {"ports": ["new0", "new1", "new2", "new3"]}  # type: ignore[index]  # dict
    assert len(report["sites"]) >= len(actual.gains)  # type: ignore[arg-type]  # list


def test_best_next_counts_sites_that_a_gate_lets_in() -> None:
    """Of two ports that move no score the one that lets more sites in comes first."""
    layers = {
        "emitters": emitters([4.0, 6.0, 6.01], [52.0] * 3, [1e6] * 3),
        "ports": points([4.0], [52.0], feature_id=["p"]),
    }
    own = {"extends": "net-zero", "id": "coastal", "version": "1"}
    profile = parse_profile({**own, "gates": {"port_distance": 0.5}})
    new = points([30.0, 6.0], [52.0] * 2, feature_id=["a far", "by two"])
    study = study_of(layers)
    ranked = best_next(study, profile, candidates={"ports": new})
    assert ranked["total_gain"].tolist() == [0.0, 0.0]
    assert ranked.index.tolist() == ["by two", "a far"]
    assert ranked["rank"].tolist() == [1, 2]
    assert ranked["sites_scored"].tolist() == [2, 0]
    alone = what_if(study, profile, add={"ports": new.iloc[[1]]})
    assert (alone.sites_scored, alone.sites_excluded) == (2, 0)
    report = alone.to_dict()["what_if"]
    assert isinstance(report, dict)
    assert report["sites_scored"] == 2


def test_best_next_counts_sites_that_a_new_emitter_takes_the_score_from() -> None:
    """Storage for one emitter alone is shared out when a second comes."""
    layers = {
        "emitters": emitters([4.0], [52.0], [1e6]),
        "co2_storage": points([4.0], [52.1], capacity_mt=[100.0]),
    }
    own = {"extends": "net-zero", "id": "stored", "version": "1"}
    profile = parse_profile({**own, "gates": {"co2_storage_access": 0.9}})
    new = emitters([4.05], [52.0], [9e6], site_id=["big"])
    ranked = best_next(study_of(layers), profile, candidates={"emitters": new})
    assert ranked["sites_excluded"].tolist() == [1]


def test_numbers_added_to_ids_of_text_are_compared_as_written() -> None:
    ports = points([4.0, 4.1], [52.0, 52.0], feature_id=["1", "2"])
    study = study_of({"emitters": emitters([4.0], [52.0], [1e6]), "ports": ports})
    with pytest.raises(LayerError, match=r"layer 'ports' has 1 already"):
        edit_study(study, add={"ports": points([4.2], [52.0], feature_id=[1])})
    edited, _ = edit_study(study, add={"ports": points([4.2], [52.0], feature_id=[3])})
    assert edited.layers["ports"].index.tolist() == ["1", "2", "3"]
    with pytest.warns(StandortWarning, match=r"nearly the same ids .*'01' and '1'"):
        edit_study(study, add={"ports": points([4.2], [52.0], feature_id=["01"])})
