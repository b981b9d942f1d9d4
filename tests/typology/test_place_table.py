"""The place table and the dispersed sites with a high score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from standort.errors import AlignmentError, LayerError, OptionError
from standort.typology import TYPES, strategic_dispersed_sites, type_places
from standort.typology.probabilities import PROBABILITY_COLUMNS

NAN = float("nan")


@pytest.fixture
def places() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": ["Rotterdam", "Black Country", "Humber"],
            "kind": ["cluster", "initiative", "cluster"],
            "year": 2025,
            "n_sites": [40, 12, 20],
            "co2_mt_per_yr": [20.0, NAN, 12.4],
            "advantage": [0.8, 0.3, 0.7],
            "linkage": [0.7, 0.6, NAN],
        },
        index=[7, 3, 5],
    )


def test_without_draws_there_are_types_and_no_probabilities(places: pd.DataFrame) -> None:
    result = type_places(places)
    assert result.columns[: len(places.columns)].tolist() == places.columns.tolist()
    assert result.index.tolist() == [7, 3, 5]
    assert result["type"].tolist() == ["forerunner", "dispersed_cluster", None]
    assert result["type_set"].tolist()[2] == "forerunner | classic_cluster"
    assert result[[*PROBABILITY_COLUMNS, "entropy"]].isna().all(axis=None)
    assert result["threshold"].unique().tolist() == ["fixed: advantage 0.5, linkage 0.5"]


def test_an_interval_of_linkage_narrows_the_set(places: pd.DataFrame) -> None:
    known = places.assign(linkage_lower=[0.6, 0.1, 0.55], linkage_upper=[0.8, 0.7, 0.9])
    assert type_places(known)["type_set"].tolist()[1:] == ["dispersed_cluster", "forerunner"]


def test_bounds_of_advantage_widen_the_set(places: pd.DataFrame) -> None:
    known = places.assign(advantage_min=[0.4, 0.1, 0.6], advantage_max=[0.9, 0.4, 0.9])
    result = type_places(known)
    assert result["type_set"].iloc[0] == "forerunner | dispersed_cluster"
    assert result["label"].iloc[0] == "undecided by the data"
    assert result["type_on_record"].iloc[0] == "forerunner"


def test_draws_give_all_columns_of_the_files(places: pd.DataFrame) -> None:
    rng = np.random.default_rng(8)
    a = np.clip(places[["advantage"]].to_numpy() + rng.normal(0, 0.1, (3, 500)), 0, 1)
    b = np.clip(places[["linkage"]].to_numpy() + rng.normal(0, 0.1, (3, 500)), 0, 1)
    result = type_places(places, advantage_draws=a, linkage_draws=b)
    promised = {
        *("place", "kind", "year", "n_sites", "co2_mt_per_yr"),
        *("advantage", "advantage_p05", "advantage_p95"),
        *("linkage", "linkage_p05", "linkage_p95"),
        *("type", "type_set", *PROBABILITY_COLUMNS, "entropy", "margin"),
    }
    assert promised <= set(result.columns)
    assert result["p_forerunner"].iloc[0] == np.mean((a[0] >= 0.5) & (b[0] >= 0.5))
    assert result["type"].iloc[0] == "forerunner"
    assert result["type_set"].iloc[2] == "forerunner | classic_cluster"
    assert result["margin_sd"].iloc[1] == pytest.approx(0.1 / b[1].std(ddof=1))


def test_typing_twice_gives_the_same_table(places: pd.DataFrame) -> None:
    once = type_places(places)
    pd.testing.assert_frame_equal(type_places(once), once)


def test_drawn_thresholds_blur_the_border(places: pd.DataFrame) -> None:
    a, b = np.full((3, 2), 0.5), np.full((3, 2), 0.9)
    drawn = (np.array([0.45, 0.55]), np.array([0.5, 0.5]))
    result = type_places(places, advantage_draws=a, linkage_draws=b, threshold_draws=drawn)
    assert result["p_forerunner"].tolist() == [0.5] * 3


def test_an_ambiguous_place_has_a_label_and_no_type(places: pd.DataFrame) -> None:
    a, b = np.full((3, 10), 0.9), np.full((3, 10), 0.9)
    b[0, :5] = 0.1
    result = type_places(places, advantage_draws=a, linkage_draws=b)
    assert result["type"].tolist() == [None, "forerunner", "forerunner"]
    assert result["label"].tolist()[0] == "ambiguous forerunner/classic_cluster"
    assert result["label"].tolist()[1:] == ["forerunner", "forerunner"]
    assert result["type_set"].iloc[0] == "forerunner | classic_cluster"


def test_draws_of_only_one_axis_raise(places: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match="draws of both axes"):
        type_places(places, advantage_draws=np.zeros((3, 2)))


def test_invalid_tables_raise(places: pd.DataFrame) -> None:
    with pytest.raises(LayerError, match="'linkage'"):
        type_places(places.drop(columns="linkage"))
    with pytest.raises(LayerError, match=r"(?s)2 problems.*index without repeats.*got 'region'"):
        type_places(places.assign(kind="region").set_index(pd.Index([1, 1, 2])))


def test_inputs_are_not_changed(places: pd.DataFrame) -> None:
    copy = places.copy()
    type_places(places)
    pd.testing.assert_frame_equal(places, copy)


def test_well_placed_noise_is_listed_best_first() -> None:
    sites = pd.DataFrame(
        {"role": ["core", "noise", None, "noise", "noise", "border"]}
        | {"score": [0.9, 0.5, 0.9, NAN, 0.8, 0.9]},
        index=list("abcdef"),
    )
    assert strategic_dispersed_sites(sites).index.tolist() == ["e", "b"]


def test_linkage_of_the_sites_gives_their_type_sets() -> None:
    sites = pd.DataFrame({"role": ["noise"] * 2, "score": [0.8, 0.7]}, index=["a", "b"])
    linkage = pd.Series([0.1, NAN], index=["a", "b"])
    result = strategic_dispersed_sites(sites, linkage=linkage)
    assert result["type_set"].tolist() == ["classic_cluster", "forerunner | classic_cluster"]


def test_a_table_without_roles_raises() -> None:
    with pytest.raises(LayerError, match="'role'"):
        strategic_dispersed_sites(pd.DataFrame({"score": [0.5]}))


def test_a_veto_takes_the_high_advantage_from_type_set_and_margin(places: pd.DataFrame) -> None:
    message = pd.Series(["port_distance", "port_distance,heat_demand", None], index=places.index)
    vetoed = type_places(places.assign(vetoed=message))
    held = type_places(places.assign(vetoed=["", "", "port_distance"]))
    assert vetoed["type"].tolist() == ["dispersed_cluster", "dispersed_cluster", None]
    assert held["type"].tolist() == ["forerunner", "dispersed_cluster", None]
    assert held["type_set"].iloc[2] == "dispersed_cluster | dispersed_sites"
    # whatever the advantage, only linkage leads to another type
    assert vetoed["margin_axis"].tolist()[:2] == ["linkage", "linkage"]
    assert vetoed["margin"].iloc[0] == pytest.approx(0.2)


def test_no_veto_changes_nothing(places: pd.DataFrame) -> None:
    message = pd.Series(["", None, ""], index=places.index)
    result = type_places(places.assign(vetoed=message)).drop(columns="vetoed")
    pd.testing.assert_frame_equal(result, type_places(places))


def test_vetoes_apply_draw_by_draw(places: pd.DataFrame) -> None:
    advantage = np.array([[0.8, 0.8, 0.8, 0.2], [0.3] * 4, [0.7, 0.7, NAN, 0.7]])
    linkage = np.array([[0.7] * 4, [0.6] * 4, [NAN] * 4])
    held = np.array([[True, False, False, True], [False] * 4, [True] * 4])
    drawn: dict[str, Any] = {"advantage_draws": advantage, "linkage_draws": linkage}
    result = type_places(places, **drawn, vetoed_draws=held)
    assert result["p_forerunner"].iloc[:2].tolist() == [0.5, 0.0]
    assert result["p_dispersed_cluster"].iloc[:2].tolist() == [0.5, 1.0]
    # a draw without an advantage is left open: nothing is known that could be capped
    assert result["type_set"].iloc[2] == " | ".join(TYPES)
    recorded = type_places(places.assign(vetoed=["x", "", ""]), **drawn)
    assert recorded["p_forerunner"].iloc[0] == 0.0
    with pytest.raises(AlignmentError, match=r"shape \(3, 4\), got \(3, 1\)"):
        type_places(places, **drawn, vetoed_draws=held[:, :1])


def test_a_vetoed_site_is_not_listed() -> None:
    sites = pd.DataFrame(
        {"role": "noise", "score": [0.9, 0.7], "vetoed": ["port_distance", ""]}, index=["a", "b"]
    )
    chosen = strategic_dispersed_sites(sites, vetoed=sites["vetoed"])
    assert chosen.index.tolist() == ["b"]
    # a column of that name may be one of the input's
    assert strategic_dispersed_sites(sites).index.tolist() == ["a", "b"]
