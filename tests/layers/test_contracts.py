from __future__ import annotations

import pytest

from standort.errors import OptionError
from standort.roles import ROLES, TABLES, find_role, unit_of
from standort.units import UNITS


def test_every_quantity_has_a_known_unit_and_no_other_column_has_one() -> None:
    for role in ROLES.values():
        for column in role.columns:
            assert (column.unit in UNITS) == (column.kind == "quantity"), (role.name, column)


def test_every_layer_names_its_rows_and_no_table_does() -> None:
    for name, role in ROLES.items():
        assert role.name == name
        assert (role.id_column is None) == role.is_table == (name in TABLES)
        if role.id_column is not None:
            assert role.id_column in {column.name for column in role.required}


def test_no_role_knows_a_column_twice() -> None:
    for role in ROLES.values():
        names = [name for column in role.columns for name in (column.name, *column.also)]
        assert len(names) == len(set(names)), role.name


@pytest.mark.parametrize(
    ("role", "required"),
    [
        ("emitters", {"site_id", "co2_t_per_yr"}),
        ("sites", {"site_id"}),
        ("co2_storage", {"feature_id", "capacity_mt"}),
        ("salt_caverns", {"feature_id"}),
        ("ports", {"feature_id"}),
        ("pipelines", {"feature_id", "carrier"}),
        ("renewables", {"feature_id", "capacity_mw"}),
        ("grid_nodes", {"feature_id", "voltage_kv"}),
        ("freight_routes", {"feature_id", "mode"}),
        ("feedstock", {"feature_id", "kind"}),
        ("heat_demand", {"feature_id", "demand_gwh_per_yr"}),
        ("population", {"feature_id", "population"}),
        ("employment", {"feature_id", "jobs"}),
        ("land", {"feature_id"}),
        ("assets", {"asset", "firm"}),
        ("linkages", {"firm_u", "firm_v", "kind"}),
        ("memberships", {"firm", "organisation"}),
        ("initiatives", {"initiative", "site_id"}),
        ("collection", {"layer", "source", "method"}),
        ("firms", {"firm"}),
    ],
)
def test_required_columns_are_those_of_the_contract(role: str, required: set[str]) -> None:
    assert {column.name for column in find_role(role).required} == required


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("co2_t_per_yr", "t_per_yr"),
        ("injection_mt_per_yr", "mt_per_yr"),
        ("capacity_mt", "mt"),
        ("demand_gwh_per_yr", "gwh_per_yr"),
        ("precision_km", "km"),
        ("jobs", "jobs"),
        ("format", None),
        ("carrier", None),
    ],
)
def test_unit_is_read_from_the_longest_suffix(name: str, unit: str | None) -> None:
    assert unit_of(name) == unit


def test_only_quantities_have_a_largest_value_and_none_of_them_is_required() -> None:
    bounded = {
        (role.name, column.name): column
        for role in ROLES.values()
        for column in role.columns
        if column.largest is not None
    }
    shares = ("detect_lo", "detect_hi", "false_lo", "false_hi")
    assert bounded.keys() == {*(("collection", name) for name in shares), ("firms", "share")}
    for column in bounded.values():
        assert (column.kind, column.unit, column.largest) == ("quantity", "ratio", 1)
        assert not column.required


def test_unknown_role_is_refused_with_the_known_ones() -> None:
    with pytest.raises(OptionError, match=r"got 'harbours'; known: emitters, sites,"):
        find_role("harbours")
