"""What a result can be asked: contributions, explanations, comparisons, a file."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from study.small_studies import all_layers, study_of

from standort.errors import ComparabilityWarning, OptionError
from standort.study import Result, score

if TYPE_CHECKING:
    from pathlib import Path

    from standort.layers import Study


def test_contributions_are_long_by_site_then_criterion(full_result: Result) -> None:
    rows, basis = full_result.contributions, full_result.manifest["basis"]
    assert len(rows) == 60 * len(basis)
    assert rows["site_id"].tolist() == full_result.sites.index.repeat(len(basis)).tolist()
    assert rows["criterion"].tolist() == basis * 60
    assert rows.columns.tolist() == [
        *("site_id", "component", "criterion", "metric", "unit", "value", "partial_value"),
        *("weight", "contribution", "feature", "feature_name"),
        *("next_feature", "next_feature_name", "next_value"),
    ]


def test_contributions_hold_the_columns_of_the_sites(full_result: Result) -> None:
    rows = full_result.contributions.set_index(["criterion", "site_id"])
    for name in full_result.manifest["basis"]:
        own = rows.loc[name]
        unit = own["unit"].iloc[0]
        np.testing.assert_array_equal(own["value"], full_result.sites[f"{name}_{unit}"])
        np.testing.assert_array_equal(own["partial_value"], full_result.sites[f"{name}_value"])


def test_the_next_best_is_the_nearest_without_the_nearest(
    full_study: Study, full_result: Result
) -> None:
    rows = full_result.contributions.set_index(["criterion", "site_id"])
    ports = rows.loc["port_distance"]
    assert (ports["next_value"] >= ports["value"]).all()
    there = ports["next_feature"].notna()
    assert 0 < there.sum() < len(there)
    named = ports[there]
    assert (named["next_feature_name"] == "Port " + named["next_feature"].str[-1]).all()
    for nearest, at in ports.groupby("feature"):
        layer = full_study.layers["ports"].drop(index=nearest)
        without = score(full_study.with_layer("ports", layer)).sites.loc[at.index]
        distance = without["port_distance_km"]
        counts = distance <= 100  # farther off a port is worth nothing
        np.testing.assert_array_equal(at["next_value"], distance.where(counts, np.inf))
        feature = without["port_distance_feature"].astype(object).where(counts, None)
        assert at["next_feature"].astype(object).where(counts, None).tolist() == feature.tolist()
    others = rows.loc[["neighbour_distance", "renewable_capacity"]]  # these take in several
    assert others["next_feature"].isna().all()
    assert others["next_value"].isna().all()


def test_features_are_named(full_result: Result) -> None:
    ports = full_result.contributions.query("criterion == 'port_distance'")
    assert (ports["feature_name"] == "Port " + ports["feature"].str[-1]).all()
    stores = full_result.contributions.query("criterion == 'co2_storage_distance'")
    names_or_none = (
        stores["feature_name"].astype(object).where(stores["feature_name"].notna(), None)
    )
    names = dict(zip(stores["feature"], names_or_none, strict=True))
    expected = {"x01": None, "x02": "c", "x04": "e", "x07": "h"}  # of 100 Mt and more
    assert len(names) > 1
    assert all(expected[feature] == name for feature, name in names.items())
    neighbours = full_result.contributions.query("criterion == 'neighbour_distance'")
    assert (neighbours["feature"] != neighbours["site_id"]).all()


def test_explain_a_site(full_result: Result) -> None:
    site_id = full_result.sites["score"].idxmax()
    explained = full_result.explain(site_id)
    assert explained.site_id == site_id
    assert explained.score == full_result.sites.loc[site_id, "score"]
    assert explained.rows["contribution"].sum() == pytest.approx(explained.score, abs=1e-12)
    assert explained.basis == tuple(full_result.manifest["basis"])
    assert "rank 1" in explained.sentence
    assert "Port " in str(explained)


def test_explain_a_site_without_a_score(full_result: Result) -> None:
    unscored = full_result.sites.index[full_result.sites["score"].isna()]
    assert len(unscored) == 2
    explained = full_result.explain(unscored[0])
    assert "has no score" in explained.sentence
    assert np.isnan(explained.score)


def test_explain_takes_whole_numbers_as_text_too() -> None:
    layer = all_layers()["emitters"].assign(site_id=range(100, 160))
    result = score(study_of({"emitters": layer}))
    assert result.explain(103).site_id == result.explain("103").site_id == 103
    assert result.explain(103).rows["contribution"].sum() == pytest.approx(
        np.nan_to_num(result.sites.loc[103, "score"])
    )


def test_explain_an_unknown_id_suggests(full_result: Result) -> None:
    with pytest.raises(
        OptionError, match=r"expected the id of a site.*'e0011'.*did you mean 'e011'"
    ):
        full_result.explain("e0011")


# ------------------------------------------------------------------ comparing


def test_a_result_can_be_copied_and_pickled(full_result: Result) -> None:
    site = full_result.sites.index[0]
    for other in (copy.deepcopy(full_result), pickle.loads(pickle.dumps(full_result))):  # noqa: S301
        assert str(other.explain(site)) == str(full_result.explain(site))


def test_compare_with_itself_is_no_change(full_result: Result) -> None:
    table = full_result.compare(full_result)
    assert table.columns.tolist() == ["score", "score_other", "change"]
    assert table.index.equals(full_result.sites.index)
    assert (table["change"].dropna() == 0.0).all()


def test_compare_takes_the_sites_of_both(full_result: Result) -> None:
    part = score(study_of(all_layers(), sites=all_layers()["emitters"].iloc[5:9]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = full_result.compare(part)
    assert sorted(table.index) == sorted(part.sites.index)
    assert (table["change"].dropna() == 0.0).all()


def test_compare_warns_of_another_basis(full_result: Result) -> None:
    fewer = score(study_of(all_layers(), ports=None))
    with pytest.warns(ComparabilityWarning, match="only the left one uses port_distance"):
        table = full_result.compare(fewer)
    assert (table["change"].dropna() != 0.0).any()


def test_compare_warns_of_another_profile(full_result: Result) -> None:
    other = score(study_of(all_layers()), "frontrunner")
    with pytest.warns(ComparabilityWarning, match="different profiles"):
        full_result.compare(other)


# ------------------------------------------------------------------ writing


@pytest.mark.parametrize("kind", ["full", "no emitters", "one site", "whole-number ids"])
def test_any_result_can_be_written_and_read(kind: str, tmp_path: Path) -> None:
    layers = all_layers()
    emitting = layers["emitters"]
    study = {
        "full": lambda: study_of(layers),
        "no emitters": lambda: study_of(
            layers, emitters=None, sites=emitting[["site_id", "geometry"]]
        ),
        "one site": lambda: study_of(layers, sites=emitting.iloc[[3]]),
        "whole-number ids": lambda: study_of(layers, emitters=emitting.assign(site_id=range(60))),
    }[kind]()
    result = score(study)
    path = result.write(tmp_path / "out.gpkg")
    back = gpd.read_file(path, layer="sites")
    assert back["site_id"].astype(str).tolist() == result.sites.index.astype(str).tolist()
    np.testing.assert_array_equal(back["score"], result.sites["score"])
    rows = gpd.read_file(path, layer="contributions")
    assert len(rows) == len(result.contributions)
    assert isinstance(rows, pd.DataFrame)
