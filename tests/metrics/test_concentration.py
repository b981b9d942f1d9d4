"""Location quotient and Ellison-Glaeser index: cases by hand, sums by loops, random plants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from standort.errors import AlignmentError, LayerError, StandortWarning
from standort.metrics import ellison_glaeser, location_quotient

if TYPE_CHECKING:
    from collections.abc import Sequence

HALVES = pd.Series({"east": 0.5, "west": 0.5})
NAMES: dict[str, Any] = {"sector": "sector", "region": "region"}


def plants(rows: Sequence[tuple[object, object, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["sector", "region", "mt"])


def random_plants(seed: int, n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sector": rng.choice(["cement", "glass", "steel"], n),
            "region": rng.choice(list("ABCDE"), n, p=[0.4, 0.3, 0.15, 0.1, 0.05]),
            "mt": rng.lognormal(0.0, 1.0, n),
        }
    )


def test_twenty_percent_here_and_ten_over_all_is_two() -> None:
    jobs = plants([("steel", "here", 20), ("other", "here", 80), ("other", "there", 100)])
    result = location_quotient(jobs, **NAMES, column="mt")
    assert result.loc["here", "steel"] == pytest.approx(2.0)
    assert result.loc["there", "steel"] == 0.0
    assert result.index.name == "region"
    assert result.columns.name == "sector"


@pytest.mark.parametrize("column", [None, "mt"])
def test_quotients_equal_sums_by_loops(column: str | None) -> None:
    held = random_plants(1)
    result = location_quotient(held, **NAMES, column=column)
    x = held["mt"] if column else pd.Series(1.0, index=held.index)
    for region in "ABCDE":
        for sector in ("cement", "glass", "steel"):
            here, of = held["region"] == region, held["sector"] == sector
            expected = (x[here & of].sum() / x[here].sum()) / (x[of].sum() / x.sum())
            assert result.loc[region, sector] == pytest.approx(expected)


def test_all_plants_in_one_of_two_equal_regions_is_one_and_an_even_split_below_none() -> None:
    together = plants([("steel", "east", 1.0)] * 10)
    result = ellison_glaeser(together, **NAMES, column="mt", reference=HALVES)
    assert result.loc["steel", "gamma"] == pytest.approx(1.0)
    assert result.loc["steel", "herfindahl"] == pytest.approx(0.1)
    even = plants([("steel", "east", 1.0)] * 5 + [("steel", "west", 1.0)] * 5)
    result = ellison_glaeser(even, **NAMES, column="mt", reference=HALVES)
    assert result.loc["steel", "gamma"] == pytest.approx(-1.0 / 9.0)


def test_gamma_equals_its_formula_by_loops() -> None:
    held = random_plants(2)
    result = ellison_glaeser(held, **NAMES, column="mt")
    for sector in ("cement", "glass", "steel"):
        of = held[held["sector"] == sector]
        g, x_square = 0.0, 0.0
        for region in "ABCDE":
            s = of.loc[of["region"] == region, "mt"].sum() / of["mt"].sum()
            x = held.loc[held["region"] == region, "mt"].sum() / held["mt"].sum()
            g, x_square = g + (s - x) ** 2, x_square + x**2
        h = ((of["mt"] / of["mt"].sum()) ** 2).sum()
        expected = (g - (1 - x_square) * h) / ((1 - x_square) * (1 - h))
        assert result.loc[sector, "gamma"] == pytest.approx(expected)
        assert result.loc[sector, "plants"] == len(of)


def test_plants_dropped_at_random_have_no_concentration_on_average() -> None:
    """Three hundred times a dozen, each dozen as a sector of its own."""
    shares = pd.Series({"A": 0.5, "B": 0.3, "C": 0.2})
    rng = np.random.default_rng(3)
    dropped = pd.DataFrame(
        {
            "sector": [f"steel {i:03}" for i in range(300) for _ in range(12)],
            "region": rng.choice(shares.index, 3_600, p=shares),
            "mt": rng.lognormal(0, 1, 3_600),
        }
    )
    gamma = ellison_glaeser(dropped, **NAMES, column="mt", reference=shares)["gamma"]
    assert len(gamma) == 300
    assert abs(gamma.mean()) < 4.0 * gamma.std() / np.sqrt(300)


def test_one_plant_or_one_region_tells_nothing() -> None:
    one = plants([("steel", "east", 1.0), ("glass", "west", 2.0), ("glass", "east", 0.3)])
    result = ellison_glaeser(one, **NAMES, column="mt")
    assert np.isnan(result["gamma"]["steel"])
    assert not np.isnan(result["gamma"]["glass"])
    everything = one.assign(region="east")
    assert ellison_glaeser(everything, **NAMES, column="mt")["gamma"].isna().all()


def test_a_sector_that_holds_nothing_has_no_quotient_and_no_gamma() -> None:
    held = plants([("steel", "east", 0.0), ("steel", "west", 0.0), ("glass", "east", 2.0)])
    assert location_quotient(held, **NAMES, column="mt")["steel"].isna().all()
    result = ellison_glaeser(held, **NAMES, column="mt", reference=HALVES)
    assert np.isnan(result["gamma"]["steel"])


def test_unknown_sites_are_left_out_and_counted() -> None:
    held = plants(
        [
            ("steel", "east", 1.0),
            ("steel", "west", np.nan),
            (None, "east", 2.0),
            ("glass", "west", 3),
        ]
    )
    with pytest.warns(StandortWarning, match="left out 2 of 4 sites"):
        result = location_quotient(held, **NAMES, column="mt")
    known = location_quotient(held.dropna(), **NAMES, column="mt")
    pd.testing.assert_frame_equal(result, known)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_and_order_of_rows_change_nothing(scale: float) -> None:
    held = random_plants(4)
    other = held.assign(mt=held["mt"] * scale).sample(frac=1.0, random_state=1)
    for measure in (location_quotient, ellison_glaeser):
        pd.testing.assert_frame_equal(
            measure(other, **NAMES, column="mt"), measure(held, **NAMES, column="mt"), rtol=1e-9
        )
    pd.testing.assert_frame_equal(
        location_quotient(held, **NAMES, column="mt"),
        location_quotient(held.iloc[::-1], **NAMES, column="mt"),
        check_exact=True,
    )


def test_all_problems_are_reported_together() -> None:
    held = plants([("steel", "east", -1.0)]).drop(columns="region")
    with pytest.raises(LayerError, match=r"(?s)2 problems.*'region'.*negative or infinite"):
        location_quotient(held, **NAMES, column="mt")
    with pytest.raises(LayerError, match="numeric"):
        ellison_glaeser(random_plants(5).assign(mt="much"), **NAMES, column="mt")


def test_a_reference_must_know_every_region_and_add_up() -> None:
    held = plants([("steel", "east", 1.0), ("steel", "north", 1.0)])
    with pytest.raises(AlignmentError, match="'north'"):
        ellison_glaeser(held, **NAMES, column="mt", reference=HALVES)
    with pytest.raises(AlignmentError, match="add up to 1"):
        ellison_glaeser(
            held, **NAMES, column="mt", reference=pd.Series({"east": 0.5, "north": 0.4})
        )
