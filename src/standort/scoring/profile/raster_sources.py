"""Rasters as the source of a criterion: which raster, its unit, and what is computed from it.

The profile names a raster; the study holds the file of that name, or the profile gives its path.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Discriminator, Field, PlainValidator, StringConstraints, Tag, model_validator

from standort.metric_table import METRICS
from standort.scoring.profile.base_model import FrozenModel, Number, Positive, Share, Text
from standort.scoring.profile.problems import Problem, as_number, as_table, raise_rules, suggest
from standort.units import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.metric_table import Metric

Statistic = Literal["mean", "min", "max", "sum", "integral", "share"]

#: Largest radius of a disc [km].
_FARTHEST_KM = 5_000.0
_PER_AREA = "_per_km2"
_FACTOR = "ratio"
#: A generic turbine [m/s].
_SPEEDS = {"cut_in": 3.0, "rated": 12.0, "cut_out": 25.0}
#: Kinds of unit whose values never add up from cell to cell.
_INTENSIVE = frozenset({"speed", "ratio", "voltage", "irradiation per day", "irradiation per year"})


def _check_band(raw: object) -> int | str:
    if isinstance(raw, str) and raw.strip():
        return raw.strip()
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 1:
        return raw
    msg = "expected the number of a band, from 1, or its name"
    raise ValueError(msg)


class RasterSource(FrozenModel):
    """A raster by its name, and how to read its values."""

    raster: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
    path: Text | None = None
    """Path used if the study has none of that name; in a profile file, relative to that file."""
    band: Annotated[int | str, PlainValidator(_check_band)] | None = None
    crs: Text | None = None
    """Reference system of a file that has none."""
    nodata: Number | None = None
    """A value that means unknown, besides those the file declares."""
    unit: str | None = None
    """Unit of the values; None for classes."""
    min_coverage: Share | None = None
    """Smallest known share of the disc for a value; None uses the default of the metric."""


class Density(FrozenModel):
    """Capacity per km2 that is built on, and its source."""

    mw_per_km2: Positive
    source: Text


class Availability(FrozenModel):
    """Share of the area that can be built on, and its source."""

    share: Share
    source: Text


class TurbineCurve(FrozenModel):
    """A turbine by three speeds [m/s], and the Weibull shape of the wind."""

    cut_in: Positive = _SPEEDS["cut_in"]
    rated: Positive = _SPEEDS["rated"]
    cut_out: Positive = _SPEEDS["cut_out"]
    shape: Positive = 2.0

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        raise_rules(_curve_problems(self.model_dump()))
        return self


class Technology(FrozenModel):
    """How densely a technology can be built, and on which share of the area."""

    density: Density
    availability: Availability
    power_curve: TurbineCurve | None = None
    """Converts wind speeds to capacity factors; None is a generic turbine."""


def _kind_of(raw: object) -> str:
    return "technology_name" if isinstance(raw, str) else "technology_table"


#: A technology in figures, or the name of a built-in one.
TechnologyChoice = Annotated[
    Annotated[Literal["onshore_wind"], Tag("technology_name")]
    | Annotated[Technology, Tag("technology_table")],
    Discriminator(_kind_of),
    Field(),
]


def source_problems(criterion: Mapping[str, object]) -> list[Problem]:
    """List problems between the keys of a criterion of a raster; none for other criteria."""
    row = METRICS.get(str(criterion.get("metric")))
    if row is None or not row.on_raster:
        return []
    source = as_table(criterion.get("source"))
    problems = [*_class_problems(criterion, row), *_reach_problems(criterion, source, row)]
    if source.get("raster") is not None:
        problems += [
            problem.under("source") for problem in _value_unit_problems(criterion, source, row)
        ]
    return problems


def technology_problems(criterion: Mapping[str, object]) -> list[Problem]:
    """List problems between the keys of a technology and the unit of the raster."""
    curve = as_table(criterion.get("technology")).get("power_curve")
    problems = [problem.under("power_curve") for problem in _curve_problems(curve)]
    unit = as_table(criterion.get("source")).get("unit")
    if curve is not None and unit == _FACTOR:
        message = (
            "does not apply to a raster of capacity factors (unit 'ratio'); remove it, or use "
            "wind speeds (unit 'm_per_s')"
        )
        problems.append(Problem(("power_curve",), message))
    return [problem.under("technology") for problem in problems]


def raster_unit(criterion: Mapping[str, object]) -> str | None:
    """Return the unit of a statistic of a raster; None if the keys do not determine it.

    >>> source = {"raster": "people", "unit": "people_per_km2"}
    >>> raster_unit({"metric": "raster_within", "statistic": "integral", "source": source})
    'people'
    """
    if criterion.get("statistic") == "share":
        return "ratio"
    unit = as_table(criterion.get("source")).get("unit")
    held = unit if isinstance(unit, str) and unit in UNITS else None
    if criterion.get("statistic") != "integral" or held is None:
        return held
    return "km2" if held == "ratio" else _times_area(held)


def _times_area(unit: str) -> str | None:
    """Return the unit of an amount per km2 times an area; None for other units."""
    return unit.removesuffix(_PER_AREA) if unit.endswith(_PER_AREA) else None


def _class_problems(criterion: Mapping[str, object], row: Metric) -> list[Problem]:
    if "statistic" not in row.needs or criterion.get("statistic") is None:
        return []
    by_class, given = criterion["statistic"] == "share", criterion.get("classes") is not None
    if by_class and not given:
        message = "expected the classes that count for statistic 'share', they are missing; "
        return [Problem(("classes",), f"{message}write classes = [130, 190]")]
    if given and not by_class:
        message = f"does not apply to statistic {criterion['statistic']!r}, only to 'share'"
        return [Problem(("classes",), f"{message}; remove it")]
    return []


def _reach_problems(
    criterion: Mapping[str, object], source: Mapping[str, object], row: Metric
) -> list[Problem]:
    problems = []
    radius = as_number(criterion.get("radius_km"))
    if radius is not None and radius > _FARTHEST_KM:
        message = f"expected at most {_FARTHEST_KM:,.0f} km around a site, got {radius:g}"
        problems.append(Problem(("radius_km",), f"{message}; choose a smaller one"))
    if "radius_km" not in row.needs and source.get("min_coverage") is not None:
        message = f"does not apply to metric {row.name!r}, which reads one cell; remove it"
        problems.append(Problem(("source", "min_coverage"), message))
    return problems


def _value_unit_problems(
    criterion: Mapping[str, object], source: Mapping[str, object], row: Metric
) -> list[Problem]:
    """Check the unit of the raster's values against what is computed from them."""
    unit, statistic = source.get("unit"), criterion.get("statistic")
    if statistic == "share":
        message = "does not apply to statistic 'share': classes have no unit; remove it"
        return [] if unit is None else [Problem(("unit",), message)]
    if unit is None:
        message = "expected the unit of the raster's values, it is missing; add it"
        return [Problem(("unit",), message)]
    if not isinstance(unit, str):
        return []
    if unit not in UNITS:
        return [Problem(("unit",), f"unknown unit {unit!r}; {suggest(unit, UNITS)}")]
    misfit = _misfit(criterion.get("statistic"), unit, row)
    return [] if misfit is None else [Problem(("unit",), misfit)]


def _misfit(statistic: object, unit: str, row: Metric) -> str | None:
    """Return why a metric cannot be computed from values of a unit; None if it can."""
    if row.raster_units is not None:
        if unit in row.raster_units:
            return None
        wanted = " or ".join(f"{name!r} ({what})" for name, what in row.raster_units.items())
        return f"expected {wanted} for metric {row.name!r}, got {unit!r}; convert the raster"
    per_area = [name for name in UNITS if name.endswith(_PER_AREA)]
    if statistic == "integral" and unit != "ratio" and unit not in per_area:
        return (
            f"expected an amount per km2 ({', '.join(per_area)}) or a share of the area (ratio) "
            f"for statistic 'integral', got {unit!r}; amounts per cell add up by 'sum'"
        )
    if statistic == "sum" and unit in per_area:
        return (
            f"expected an amount per cell for statistic 'sum', got {unit!r}, an amount per km2; "
            "use statistic 'integral'"
        )
    if statistic == "sum" and UNITS[unit][0] in _INTENSIVE:
        return (
            f"expected an amount per cell for statistic 'sum', got {unit!r}, which does not add "
            "up from cell to cell; use statistic 'mean'"
        )
    return None


def _curve_problems(raw: object) -> list[Problem]:
    table = as_table(raw)
    speeds = [as_number(table.get(key, default)) for key, default in _SPEEDS.items()]
    known = [speed for speed in speeds if speed is not None]
    if all(lower < higher for lower, higher in pairwise(known)):
        return []
    came = ", ".join(f"{speed:g}" for speed in known)
    return [Problem((), f"expected cut_in < rated < cut_out [m/s], got {came}; sort them")]
