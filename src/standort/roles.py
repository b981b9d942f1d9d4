"""What each layer and table of a study must hold: geometry, ids, columns and their units.

The contract is data. Reading, validation, `standort check` and the documentation all walk the same
`ROLES`, so a column is described in one place only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from standort.errors import OptionError
from standort.units import UNITS

__all__ = ["ROLES", "TABLES", "Column", "ColumnKind", "Role", "find_role", "unit_of"]

#: id: a reference that may not be empty; quantity: a number >= 0; year: a whole year;
#: text: anything; flag: true or false. Quantities, years, texts and flags may be unknown.
ColumnKind = Literal["id", "quantity", "year", "text", "flag"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layer or table.

    Parameters
    ----------
    name
        Name in the file.
    kind
        What its values are: id, quantity, year, text or flag.
    unit
        Unit of a quantity, one of `standort.units.UNITS`; None for every other kind.
    required
        Whether the layer is of no use without it.
    choices
        The only values allowed; empty if any will do.
    """

    name: str
    kind: ColumnKind
    unit: str | None = None
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """The part a layer or table plays in a study.

    Parameters
    ----------
    name
        Name of the layer in the file.
    geometry
        Geometries allowed, out of ``"point"``, ``"line"`` and ``"polygon"``; None for a table.
    id_column
        Column that names each row, and becomes the index; None for a table without one.
    columns
        The columns the role knows, the id among them.
    """

    name: str
    geometry: frozenset[str] | None
    id_column: str | None
    columns: tuple[Column, ...]

    @property
    def is_table(self) -> bool:
        """Whether the role carries no geometry."""
        return self.geometry is None

    @property
    def required(self) -> tuple[Column, ...]:
        """The columns without which the layer is refused."""
        return tuple(column for column in self.columns if column.required)


def unit_of(name: str) -> str | None:
    """Read the unit of a quantity from the suffix of its column name.

    Parameters
    ----------
    name
        Column name, such as ``co2_t_per_yr``.

    Returns
    -------
    The longest unit of `standort.units.UNITS` the name ends with, or None.

    Examples
    --------
    >>> unit_of("injection_mt_per_yr"), unit_of("jobs"), unit_of("name")
    ('mt_per_yr', 'jobs', None)
    """
    found = [unit for unit in UNITS if name == unit or name.endswith(f"_{unit}")]
    return max(found, key=len, default=None)


def find_role(name: str) -> Role:
    """Look up a role by name.

    Parameters
    ----------
    name
        A key of `ROLES`.

    Returns
    -------
    The role.

    Raises
    ------
    OptionError
        If there is no such role.

    Examples
    --------
    >>> find_role("pipelines").id_column
    'feature_id'
    """
    if name not in ROLES:
        msg = f"expected the role of a layer or table, got {name!r}; known: {', '.join(ROLES)}"
        raise OptionError(msg)
    return ROLES[name]


def _quantity(name: str, *, unit: str | None = None, required: bool = False) -> Column:
    """Describe a quantity; its unit is in its name unless told."""
    unit = unit or unit_of(name)
    if unit is None:
        msg = f"the quantity {name!r} names no unit in its suffix"
        raise OptionError(msg)
    return Column(name, "quantity", unit, required)


def _id(name: str) -> Column:
    """Describe a column of references that may not be empty."""
    return Column(name, "id", required=True)


def _text(name: str, *, required: bool = False, choices: tuple[str, ...] = ()) -> Column:
    """Describe a column of text."""
    return Column(name, "text", None, required, choices)


_NAME = _text("name")
_STATUS = _text("status")
_SOURCE = _text("source")
_PERIOD = (Column("year_from", "year"), Column("year_to", "year"))


def _sites(name: str, *columns: Column) -> Role:
    """Describe a layer of sites: points named by ``site_id``."""
    return Role(name, frozenset({"point"}), "site_id", (_id("site_id"), _NAME, *columns, *_PERIOD))


def _features(name: str, geometry: str, *columns: Column) -> Role:
    """Describe a layer that sites are measured against; every one may carry a period."""
    known = (_id("feature_id"), *columns, _NAME, _STATUS, *_PERIOD)
    return Role(name, frozenset(geometry.split()), "feature_id", known)


def _table(name: str, *columns: Column) -> Role:
    """Describe a table; every one may carry a period."""
    return Role(name, None, None, (*columns, *_PERIOD))


_LAYERS = (
    _sites(
        "emitters",
        _quantity("co2_t_per_yr", required=True),
        _text("sector"),
        _text("firm"),
        _text("region"),
        Column("year", "year"),
        _STATUS,
        _quantity("precision_km"),
    ),
    _sites("sites"),
    _features(
        "co2_storage",
        "point polygon",
        _quantity("capacity_mt", required=True),
        _quantity("capacity_low_mt"),
        _quantity("capacity_high_mt"),
        _quantity("injection_mt_per_yr"),
        _text("kind"),
        _text("maturity"),
    ),
    _features("salt_caverns", "point polygon", _quantity("capacity_gwh"), _text("kind")),
    _features("ports", "point", Column("liquid_bulk", "flag"), _text("size")),
    _features("pipelines", "line", _text("carrier", required=True)),
    _features("renewables", "point", _quantity("capacity_mw", required=True), _text("technology")),
    _features("grid_nodes", "point", _quantity("voltage_kv", required=True)),
    _features("freight_routes", "line point", _text("mode", required=True)),
    _features("feedstock", "point", _text("kind", required=True)),
    _features("heat_demand", "point polygon", _quantity("demand_gwh_per_yr", required=True)),
    _features("population", "point polygon", _quantity("population", unit="people", required=True)),
    _features("employment", "point polygon", _quantity("jobs", required=True)),
    _features("land", "polygon", _quantity("area_ha")),
    _table("assets", _id("asset"), _id("firm"), _text("kind"), _SOURCE),
    _table(
        "linkages",
        _id("firm_u"),
        _id("firm_v"),
        _text("kind", required=True, choices=("formal", "informal", "infrastructure")),
        _text("subtype"),
        _quantity("weight", unit="ratio"),
        _SOURCE,
    ),
    _table("memberships", _id("firm"), _id("organisation"), _text("kind"), _SOURCE),
    _table("initiatives", _id("initiative"), _id("site_id")),
)

#: Every layer and table a study may hold, by name.
ROLES: dict[str, Role] = {role.name: role for role in _LAYERS}

#: Names of the roles without geometry.
TABLES: tuple[str, ...] = tuple(name for name, role in ROLES.items() if role.is_table)
