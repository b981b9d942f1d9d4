"""The same bits on the real study of Great Britain: one site, half of them, another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from study.small_studies import assert_same_clusters, assert_same_rows

from standort.layers import Study, read_study
from standort.study import Result, score

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def study(great_britain_study_path: Path) -> Study:
    return read_study(great_britain_study_path)


@pytest.fixture(scope="module")
def result(study: Study) -> Result:
    return score(study)


def test_it_is_scored_whole(study: Study, result: Result) -> None:
    assert len(result.sites) == len(study.emitters) == 272
    # bounds are always known; a score is missing only where coverage is too low
    assert result.sites[["score_min", "score_max"]].notna().all(axis=None)
    unscored = result.sites["score"].isna()
    components = ["firm_proximity", "net_zero_assets"]
    assert (result.sites[components].isna().any(axis=1) == unscored).all()
    sums = result.contributions.groupby("site_id", sort=False)["contribution"].sum(min_count=1)
    np.testing.assert_allclose(sums.loc[result.sites.index], result.sites["score"], atol=1e-12)


@pytest.mark.parametrize("row", [0, 57, 131, 271])
def test_one_site_has_the_bits_of_the_full_run(study: Study, result: Result, row: int) -> None:
    one = score(study.with_layer("sites", study.emitters.iloc[[row]]))
    assert_same_rows(one, result)
    assert_same_clusters(one, result)


def test_a_random_half_has_the_bits_of_the_full_run(study: Study, result: Result) -> None:
    half = score(study.with_layer("sites", study.emitters.sample(frac=0.5, random_state=1)))
    assert len(half.sites) == 136
    assert_same_rows(half, result)
    assert_same_clusters(half, result)


def test_the_order_of_every_layer_changes_no_bit(study: Study, result: Result) -> None:
    shuffled = study
    for seed, (name, layer) in enumerate(study.layers.items()):
        shuffled = shuffled.with_layer(name, layer.sample(frac=1, random_state=seed))
    again = score(shuffled)
    assert again.sites.index.tolist() != result.sites.index.tolist()
    assert_same_rows(again, result)
    assert_same_clusters(again, result)
    pd.testing.assert_series_equal(
        again.sites["rank"].loc[result.sites.index], result.sites["rank"]
    )
