"""Roles of layers and tables: geometry, ids, columns and units.

Each role is declared once, in `ROLES`. Reading, validation, `standort check` and profiles all use
this declaration, so a new layer or column is a change in this module alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from standort.errors import OptionError
from standort.units import UNITS

#: id: a name that may not be empty; reference: the id or ids of something else; quantity: a number
#: >= 0; year: a whole year; text: anything; flag: true or false. All but ids may be unknown.
ColumnKind = Literal["id", "reference", "quantity", "year", "text", "flag"]


@dataclass(frozen=True, slots=True)
class Plausible:
    """What a quantity is hardly ever above; beyond it, its unit is probably mistaken.

    Parameters
    ----------
    largest
        Largest plausible value of one row [unit of the column].
    mistaken
        The unit that such values are usually in.
    total
        Largest plausible sum of all rows; None if any sum is plausible.
    """

    largest: float
    mistaken: str
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layer or table.

    Parameters
    ----------
    name
        Name in the file.
    kind
        What its values are: id, reference, quantity, year, text or flag.
    unit
        Unit of a quantity, one of `standort.units.UNITS`; None for every other kind.
    required
        Whether the layer is rejected without it.
    choices
        The values allowed; empty if any value is.
    plausible
        What a quantity is hardly ever above; None if nothing is known.
    largest
        Largest value allowed of a quantity; None if any is.
    also
        Other names the column may have in the file.
    """

    name: str
    kind: ColumnKind
    unit: str | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    plausible: Plausible | None = None
    largest: float | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """The part a layer or table plays in a study.

    Parameters
    ----------
    name
        Name of the layer in the file.
    geometry
        Geometries allowed, from ``"point"``, ``"line"`` and ``"polygon"``; None for a table.
    id_column
        Column that identifies each row and becomes the index; None for a table without one.
    columns
        The columns of the role, including the id.
    in_criteria
        Whether a criterion may be measured against it, if it has geometry.
    """

    name: str
    geometry: frozenset[str] | None
    id_column: str | None
    columns: tuple[Column, ...]
    in_criteria: bool = True

    @property
    def is_table(self) -> bool:
        """Whether the role has no geometry."""
        return self.geometry is None

    @property
    def required(self) -> tuple[Column, ...]:
        """The columns without which the layer is rejected."""
        return tuple(column for column in self.columns if column.required)


def unit_of(name: str) -> str | None:
    """Return the unit of a quantity from its column name.

    Parameters
    ----------
    name
        Column name, such as ``co2_t_per_yr``.

    Returns
    -------
    The unit that `ROLES` declares for a column whose name does not end in its unit; otherwise the
    longest unit of `standort.units.UNITS` that the name ends with, or None.

    Examples
    --------
    >>> unit_of("injection_mt_per_yr"), unit_of("jobs"), unit_of("population"), unit_of("name")
    ('mt_per_yr', 'jobs', 'people', None)
    """
    for layer in criterion_layers():
        for column in ROLES[layer].columns:
            if column.name == name and column.kind == "quantity":
                return column.unit
    return _unit_suffix(name)


def _unit_suffix(name: str) -> str | None:
    ends = [unit for unit in UNITS if name == unit or name.endswith(f"_{unit}")]
    return max(ends, key=len, default=None)


def criterion_layers() -> tuple[str, ...]:
    """Return the names of the layers a criterion may be measured against.

    `sites` is not among them: a score must not depend on which sites are scored together.

    Examples
    --------
    >>> criterion_layers()[:3]
    ('emitters', 'co2_storage', 'salt_caverns')
    """
    return tuple(name for name, role in ROLES.items() if role.in_criteria and not role.is_table)


def find_role(name: str) -> Role:
    """Return a role by name.

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
        If no role has this name.

    Examples
    --------
    >>> find_role("pipelines").id_column
    'feature_id'
    """
    if name not in ROLES:
        msg = f"expected the role of a layer or table, got {name!r}; known: {', '.join(ROLES)}"
        raise OptionError(msg)
    return ROLES[name]


#: Bounds far above the largest known example, so that what exists is never in doubt.
_PLAUSIBLE = {
    # Secunda, called the largest single source, emits less than 60 Mt/yr (Sasol's annual reports);
    # the world 37 Gt/yr of fossil CO2 (Global Carbon Budget 2023, doi:10.5194/essd-15-5301-2023)
    "co2_t_per_yr": Plausible(1e8, "kg/yr", total=3.7e10),
    "precision_km": Plausible(1_000, "m"),
    # the highest estimate for a single aquifer in CO2Stop (JRC, 2014) is 2 million Mt
    "capacity_mt": Plausible(1e7, "t"),
    "capacity_low_mt": Plausible(1e7, "t"),
    "capacity_high_mt": Plausible(1e7, "t"),
    # the world captures about 50 Mt/yr (Global CCS Institute, Global Status of CCS 2024)
    "injection_mt_per_yr": Plausible(1_000, "t/yr"),
    # all salt caverns of Europe could hold 85 million GWh (doi:10.1016/j.ijhydene.2019.12.161)
    "capacity_gwh": Plausible(8.5e7, "MWh"),
    # Three Gorges, the largest power plant, has 22,500 MW (Global Energy Monitor)
    "capacity_mw": Plausible(100_000, "kW"),
    # the highest voltage in operation is 1,150 kV (Ekibastuz-Kokshetau)
    "voltage_kv": Plausible(1_500, "V"),
    # heating and cooling in the European Union take some 6,000 TWh a year (Heat Roadmap Europe 4)
    "demand_gwh_per_yr": Plausible(6e6, "MWh/yr"),
    # India, the largest country, has 1.4 billion people (World Population Prospects 2024)
    "population": Plausible(1.5e9, "something other than people"),
    "jobs": Plausible(1.5e9, "something other than jobs"),
    # Russia, the largest country, has 1.7 billion ha
    "area_ha": Plausible(1.7e9, "m²"),
}


def _quantity(name: str, *, unit: str | None = None, required: bool = False) -> Column:
    """Declare a quantity; without `unit`, its name ends in its unit."""
    unit = unit or _unit_suffix(name)
    if unit is None:
        msg = f"the name of the quantity {name!r} does not end in a unit"
        raise OptionError(msg)
    return Column(name, "quantity", unit, required, plausible=_PLAUSIBLE.get(name))


def _id(name: str) -> Column:
    """Declare a column of ids, which may not be empty."""
    return Column(name, "id", required=True)


def _text(name: str, *, required: bool = False, choices: tuple[str, ...] = ()) -> Column:
    """Declare a column of text."""
    return Column(name, "text", None, required, choices)


def _reference(name: str, *, also: tuple[str, ...] = ()) -> Column:
    """Declare a column of ids of something else, which may be unknown."""
    return Column(name, "reference", also=also)


def _share(name: str) -> Column:
    """Declare a column of shares, from 0 to 1."""
    return Column(name, "quantity", "ratio", largest=1.0)


_NAME = _text("name")
_STATUS = _text("status")
_SOURCE = _text("source")
_PERIOD = (Column("year_from", "year"), Column("year_to", "year"))


def _sites(name: str, *columns: Column, in_criteria: bool = True) -> Role:
    """Declare a layer of sites: points identified by ``site_id``."""
    every = (_id("site_id"), _NAME, *columns, *_PERIOD)
    return Role(name, frozenset({"point"}), "site_id", every, in_criteria)


def _features(name: str, geometry: str, *columns: Column) -> Role:
    """Declare a layer of features; each feature may have a period."""
    every = (_id("feature_id"), *columns, _NAME, _STATUS, *_PERIOD)
    return Role(name, frozenset(geometry.split()), "feature_id", every)


def _table(name: str, *columns: Column) -> Role:
    """Declare a table; each row may have a period."""
    return Role(name, None, None, (*columns, *_PERIOD))


_LINKAGE_KINDS = ("formal", "informal", "infrastructure")
#: how records of links were found, from asking every firm to nobody having looked
_METHODS = (
    "roster",
    "member_list",
    "register",
    "project_db",
    "document_search",
    "press",
    "none",
)

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
    _sites("sites", in_criteria=False),
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
        _text("kind", required=True, choices=_LINKAGE_KINDS),
        _text("subtype"),
        _quantity("weight", unit="ratio"),
        _SOURCE,
    ),
    _table("memberships", _id("firm"), _id("organisation"), _text("kind"), _SOURCE),
    _table("initiatives", _id("initiative"), _id("site_id")),
    _table(
        "collection",
        _reference("unit", also=("initiative",)),
        _text("layer", required=True, choices=_LINKAGE_KINDS),
        _text("source", required=True),
        _text("method", required=True, choices=_METHODS),
        _reference("firms"),
        *(_share(name) for name in ("detect_lo", "detect_hi", "false_lo", "false_hi")),
        _quantity("total", unit="ratio"),  # of the firms; above 1 their number
        _reference("total_of"),
        *(_text(name) for name in ("who", "date", "note")),
    ),
    _table(
        "firms",
        _id("firm"),
        _reference("owner"),
        _share("share"),
        _reference("alias_of"),
        _SOURCE,
        _text("note"),
    ),
)

#: Every layer and table a study may hold, by name.
ROLES: dict[str, Role] = {role.name: role for role in _LAYERS}

#: Names of the roles without geometry.
TABLES: tuple[str, ...] = tuple(name for name, role in ROLES.items() if role.is_table)
