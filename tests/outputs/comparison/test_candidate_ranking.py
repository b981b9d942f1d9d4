"""Rankings of candidates as text: ids, ties, and candidates without gains."""

from __future__ import annotations

import pandas as pd

from standort.outputs.comparison.candidate_ranking import format_ranking, with_site_names


def _ranked(gains: list[float], **columns: list[object]) -> pd.DataFrame:
    """Return a ranking of candidates that raise the score of site "a" only."""
    table = pd.DataFrame({"total_gain": gains}, index=[f"c{i}" for i in range(len(gains))])
    table.insert(0, "rank", table["total_gain"].rank(method="min", ascending=False).astype(int))
    table["sites_gaining"] = [int(gain > 0) for gain in gains]
    table["sites_losing"] = table["sites_scored"] = table["sites_excluded"] = 0
    table["co2_mt_per_yr"] = [2.0 if gain > 0 else 0.0 for gain in gains]
    table["best_site"] = ["a" if gain > 0 else None for gain in gains]
    table["best_gain"] = gains
    for name, cells in columns.items():
        table[name] = pd.Series(cells, index=table.index, dtype=object)
    return table


def test_a_candidate_has_its_name_and_id() -> None:
    ranked = with_site_names(_ranked([0.25, 0.0], name=["Quay", None]), {"a": "Alpha works"})
    first, _, head, best, other = format_ranking(ranked, layer="ports").splitlines()
    assert first == (
        "2 candidates for ports, each added alone: Quay (c0) adds most, +0.250 in total; "
        "1 site gains, most Alpha works (a), +0.250."
    )
    assert head.split()[:3] == ["rank", "id", "name"]
    assert best.split()[:3] == ["1", "c0", "Quay"]
    assert best.endswith("Alpha works (a)")
    assert other.split() == ["2", "c1", "-", "+0.000", "0", "-", "-", "-"]


def test_without_names_there_is_no_name_column() -> None:
    text = format_ranking(_ranked([0.25]), layer="ports")
    assert "name" not in text
    assert "c0 adds most, +0.250 in total; 1 site gains, most a, +0.250." in text


def test_losing_sites_are_counted_only_if_there_are_any() -> None:
    assert "losing" not in format_ranking(_ranked([0.25]), layer="ports")
    assert "losing" in format_ranking(_ranked([0.25], sites_losing=[3]), layer="emitters")


def test_an_id_is_never_cut_for_a_name() -> None:
    ranked = with_site_names(_ranked([0.1]), {"a": "An uncommonly long name of a works by the sea"})
    assert format_ranking(ranked, layer="ports").endswith("An uncommonly long name of a works… (a)")


def test_ties_with_the_best_are_counted() -> None:
    assert "; 1 other as much." in format_ranking(_ranked([0.25, 0.25, 0.1]), layer="ports")


def test_no_site_gains() -> None:
    text = format_ranking(_ranked([0.0, 0.0]), layer="ports")
    assert "none of them raises a score" in text


def test_an_attribute_of_the_candidates_keeps_its_values_under_another_name() -> None:
    ranked = with_site_names(_ranked([0.1], best_site_name=["theirs"]), {"a": "Alpha works"})
    assert ranked["best_site_name"].tolist() == ["Alpha works"]
    assert ranked["input_best_site_name"].tolist() == ["theirs"]


def test_sites_that_gain_or_lose_a_score_are_counted() -> None:
    text = format_ranking(_ranked([0.0, 0.0], sites_scored=[15, 0]), layer="ports")
    assert "c0 ranks first; no score rises; 15 sites gain a score" in text
    assert "gaining a score" in text
    assert "losing the score" not in text
    both = _ranked([0.25], sites_scored=[1], sites_excluded=[2])
    assert "1 site gains a score; 2 sites lose the score." in format_ranking(both, layer="ports")
    later = format_ranking(_ranked([0.0, -0.1], sites_scored=[0, 3]), layer="ports")
    assert "none of them raises a score, 1 gives a score to sites without one." in later
    assert format_ranking(_ranked([0.1]), layer="ports").startswith("1 candidate for ports")
