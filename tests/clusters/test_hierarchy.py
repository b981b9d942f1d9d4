"""Nested clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from clouds import CLOUDS
from clusters.plant_layers import cloud_of

from standort.clusters import (
    NOISE,
    cluster_hierarchy,
)
from standort.errors import OptionError
from standort.layers import read_study

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("cloud", CLOUDS)
def test_levels_are_nested(cloud: Any) -> None:  # noqa: ANN401
    sites = cloud_of(cloud)
    eps = sites.attrs["eps"]
    levels = {"macro": 2 * eps, "meso": 1.3 * eps, "micro": eps}
    result = cluster_hierarchy(sites, levels_km=levels, min_samples=3, emissions="co2_t_per_yr")
    assert result.index.get_level_values("level").unique().tolist() == ["macro", "meso", "micro"]
    above = {"meso": "macro", "micro": "meso"}
    for row in result.reset_index().to_dict("records"):
        assert len(row["site_ids"]) == row["n_sites"]
        if row["level"] == "macro":
            assert row["parent"] == NOISE
        else:
            parent = result.xs(above[row["level"]]).loc[row["parent"]]
            assert set(row["site_ids"]) <= set(parent["site_ids"])


def test_hierarchy_of_great_britain(great_britain_study_path: Path) -> None:
    emitters = read_study(great_britain_study_path).emitters
    result = cluster_hierarchy(emitters, emissions="co2_t_per_yr")
    count = result.groupby("level").size()
    assert (count["macro"], count["meso"], count["micro"]) == (10, 17, 10)
    with pytest.raises(OptionError, match="different eps"):
        cluster_hierarchy(emitters, levels_km={"a": 5, "b": 5})
