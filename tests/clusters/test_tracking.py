"""Clusters matched between years."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from standort.clusters.tracking import track
from standort.errors import AlignmentError, OptionError


def labels(**clusters: int) -> pd.DataFrame:
    return pd.DataFrame({"cluster": clusters.values()}, index=list(clusters))


def events(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    rows = table[["event", "before", "after"]].astype(object).itertuples(index=False)
    return [tuple(None if pd.isna(v) else v for v in row) for row in rows]


def test_same_clusters_under_other_numbers_continue() -> None:
    result = track(labels(a=0, b=0, c=1, d=1), labels(a=1, b=1, c=0, d=0))
    assert events(result) == [("continued", 0, 1), ("continued", 1, 0)]
    assert result["jaccard"].tolist() == [1.0, 1.0]


def test_merged_split_born_died() -> None:
    merged = track(labels(a=0, b=0, c=1, d=1), labels(a=0, b=0, c=0, d=0))
    assert events(merged)[-2:] == [("merged", 0, 0), ("merged", 1, 0)]
    split = track(labels(a=0, b=0, c=0, d=0), labels(a=0, b=0, c=1, d=1))
    assert events(split)[-2:] == [("split", 0, 0), ("split", 0, 1)]
    gone = track(labels(a=0, b=0), labels(c=0, d=0))
    assert events(gone) == [("died", 0, None), ("born", None, 0)]
    assert gone["kept"].iloc[0] == 0.0


def test_weights_decide_who_continues() -> None:
    """By number the cluster of three continues, by emissions that of the large site."""
    old, new = labels(a=0, b=0, c=0, d=0), labels(a=0, b=1, c=1, d=1)
    tonnes = pd.Series([9e6, 1e6, 1e6, 1e6], index=list("abcd"))
    assert ("continued", 0, 1) in events(track(old, new))
    weighed = track(old, new, emissions_before=tonnes, emissions_after=tonnes)
    assert ("continued", 0, 0) in events(weighed)
    assert weighed["jaccard"].iloc[0] == 0.75


def test_falling_emissions_do_not_end_a_cluster() -> None:
    old, new = labels(a=0, b=0), labels(a=0, b=0)
    before = pd.Series([8e6, 4e6], index=list("ab"))
    result = track(old, new, emissions_before=before, emissions_after=before / 10)
    assert result["jaccard"].tolist() == [1.0]


def test_unknown_emissions_are_compared_by_number() -> None:
    old, new = labels(a=0, b=0, c=1, d=1), labels(a=0, b=0, c=1, d=1)
    tonnes = pd.Series([1e6, 1e6, np.nan, np.nan], index=list("abcd"))
    result = track(old, new, emissions_before=tonnes, emissions_after=tonnes)
    assert events(result) == [("continued", 0, 0), ("continued", 1, 1)]


@pytest.mark.parametrize("seed", range(4))
def test_matching_has_the_largest_total(seed: int) -> None:
    from itertools import permutations

    rng = np.random.default_rng(seed)
    ids = [f"s{i}" for i in range(40)]
    old = pd.DataFrame({"cluster": rng.integers(-1, 4, 40)}, index=ids)
    moved = np.where(rng.random(40) < 0.25, rng.integers(-1, 4, 40), old["cluster"])
    new = pd.DataFrame({"cluster": moved}, index=ids)
    jaccard = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            one, other = old["cluster"] == i, new["cluster"] == j
            jaccard[i, j] = (one & other).sum() / (one | other).sum()
    worth = np.where(jaccard >= 0.3, jaccard, 0)
    best = max(sum(worth[i, p[i]] for i in range(4)) for p in permutations(range(4)))
    result = track(old, new, at_least=0.3)
    kept = result[result["event"] == "continued"]
    assert kept["jaccard"].sum() == pytest.approx(best)
    reverse = track(new, old, at_least=0.3)
    assert (reverse["event"] == "continued").sum() == len(kept)


def test_wrong_tables_raise() -> None:
    with pytest.raises(OptionError, match="at_least"):
        track(labels(a=0), labels(a=0), at_least=0)
    with pytest.raises(AlignmentError, match="emissions_after"):
        track(labels(a=0), labels(a=0), emissions_after=pd.Series([1.0], index=["b"]))
    with pytest.raises(AlignmentError, match="'a'"):
        track(pd.concat([labels(a=0), labels(a=0)]), labels(a=0))
