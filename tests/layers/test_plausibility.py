from __future__ import annotations

import pandas as pd
import pytest

from standort.layers.attributes.plausibility import find_implausible_quantities
from standort.roles import ROLES


@pytest.mark.parametrize(
    ("emissions", "text"),
    [
        ([4.2e9, 1e5], "is above 100,000,000 t/yr in 1 row (0): are the values in kg/yr?"),
        (
            [9e7] * 500,
            "adds up to 4.5e+10 t/yr, above 37,000,000,000 t/yr: are the values in kg/yr?",
        ),
    ],
)
def test_kilograms_taken_for_tonnes_are_reported(emissions: list[float], text: str) -> None:
    table = pd.DataFrame({"co2_t_per_yr": emissions})
    (notice,) = find_implausible_quantities(table, ROLES["emitters"])
    assert notice.text == f"column 'co2_t_per_yr' {text}"


def test_every_quantity_of_a_layer_has_a_bound_in_its_own_unit() -> None:
    layers = [role for role in ROLES.values() if not role.is_table]
    columns = [c for role in layers for c in role.columns if c.kind == "quantity"]
    assert [c.name for c in columns if c.plausible is None] == []


def test_unknown_and_usual_quantities_are_not_reported() -> None:
    table = pd.DataFrame({"capacity_mw": [None, 22_500.0, 0.0]})
    assert find_implausible_quantities(table, ROLES["renewables"]) == []
