"""Criteria of rasters: where the file is, what is measured on it, and what the manifest tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

# rasters load themselves when a profile measures on one
from standort import layers, metrics
from standort.errors import FileError, StandortError, gather
from standort.metrics.measurement import MIN_COVERAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from standort.layers import Raster, Study
    from standort.layers.inputs import Sites
    from standort.metrics import RasterMeasurement, Technology
    from standort.scoring import Criterion

__all__ = [
    "as_technology",
    "find_raster",
    "is_additive",
    "measure_on_raster",
    "open_rasters",
    "tell_raster",
]

#: of a raster of capacity factors; any other of a potential holds wind speeds
_FACTORS = "ratio"
#: statistics that can only grow as more of the disc becomes known
_ADDITIVE = frozenset({"sum", "integral"})


def find_raster(study: Study, criterion: Criterion) -> Path | None:
    """Find the file of a criterion's raster: the study's, or else the one the profile names."""
    source = criterion.source
    if source is None:
        return None
    if source.raster in study.rasters:
        return study.rasters[source.raster]
    return None if source.path is None else Path(source.path)


def open_rasters(study: Study, criteria: Sequence[Criterion]) -> dict[str, Raster]:
    """Open the rasters of criteria, each once; all that is wrong with them is told together.

    Returns
    -------
    Rasters by the id of the criterion.

    Raises
    ------
    FileError, CRSError, LayerError, OptionError
        If rasters cannot be measured; of the kind all faults are of, or `FileError`.
    """
    opened: dict[object, Raster] = {}
    errors: dict[object, StandortError] = {}
    found: dict[str, Raster] = {}
    faults = []
    for criterion in criteria:
        source, path = criterion.source, find_raster(study, criterion)
        if source is None or path is None:
            continue
        key = (path, source.band, source.crs, source.nodata)
        if key not in opened and key not in errors:
            try:
                opened[key] = layers.open_raster(
                    path, band=source.band, crs=source.crs, nodata=source.nodata
                )
            except StandortError as error:
                errors[key] = error
                faults.append(_told(criterion, source.raster, error))
        if key in opened:
            found[criterion.id] = opened[key]
    if faults:
        kinds = {type(error) for error in errors.values()}
        kind = kinds.pop() if len(kinds) == 1 else FileError
        raise kind(gather(faults, of="list of rasters"))
    return found


def _told(criterion: Criterion, name: str, error: StandortError) -> str:
    return (
        f"raster {name!r}, criterion {criterion.id!r}: {error}; mend the file or its "
        f"[criteria.source], or give another by --raster {name}=FILE"
    )


def is_additive(criterion: Criterion) -> bool:
    """Tell whether a metric can only grow as more of the disc becomes known."""
    return criterion.metric == "technical_potential" or criterion.statistic in _ADDITIVE


def measure_on_raster(sites: Sites, criterion: Criterion, raster: Raster) -> RasterMeasurement:
    """Call the metric that the criterion names; what it gives is in the unit of the metric.

    What is unknown round a site could only add to an amount, and is counted. It could change a
    mean either way, within what nobody knows: there, only too little coverage is unknown.
    """
    measured = _call(sites, criterion, raster)
    return measured if is_additive(criterion) else replace(measured, unknown=measured.unknown * 0)


def _call(sites: Sites, criterion: Criterion, raster: Raster) -> RasterMeasurement:
    if criterion.metric == "raster_value":
        return metrics.measure_raster_value(sites, raster)
    radius, limit = criterion.radius_km, _limit(criterion)
    assert radius is not None
    if criterion.metric == "technical_potential":
        technology = as_technology(criterion)
        return metrics.measure_potential(
            sites, raster, technology, radius_km=radius, min_coverage=limit
        )
    assert criterion.statistic is not None
    return metrics.measure_raster(
        sites,
        raster,
        radius_km=radius,
        statistic=criterion.statistic,
        classes=criterion.classes,
        min_coverage=limit,
    )


def _limit(criterion: Criterion) -> float:
    source = criterion.source
    given = None if source is None else source.min_coverage
    return MIN_COVERAGE if given is None else given


def as_technology(criterion: Criterion) -> Technology:
    """Give the technology of a criterion; a power curve only if the raster holds wind speeds."""
    chosen, source = criterion.technology, criterion.source
    assert chosen is not None
    assert source is not None
    has_factors = source.unit == _FACTORS
    if isinstance(chosen, str):
        wind = metrics.ONSHORE_WIND
        return replace(wind, power_curve=None) if has_factors else wind
    told = chosen.power_curve
    curve = metrics.PowerCurve() if told is None else metrics.PowerCurve(**told.model_dump())
    return metrics.Technology(
        density_mw_per_km2=chosen.density.mw_per_km2,
        availability=chosen.availability.share,
        source=f"density: {chosen.density.source}; availability: {chosen.availability.source}",
        power_curve=None if has_factors else curve,
    )


def tell_raster(
    criterion: Criterion, raster: Raster, file: Path, sha256: str, sites: Mapping[str, int]
) -> dict[str, Any]:
    """Write down for the manifest what a criterion was measured on, and how much of it is known."""
    source = criterion.source
    assert source is not None
    described = layers.describe_raster(raster)
    entry: dict[str, Any] = {
        "status": "computed",
        "raster": {
            "name": source.raster,
            "path": file.name,
            "sha256": sha256,
            "crs": described.crs,
            "band": raster.band,
            "nodata": described.nodata if source.nodata is None else source.nodata,
            "unit": source.unit,
            "rows": described.rows,
            "columns": described.columns,
        },
    }
    if criterion.radius_km is not None:
        entry |= {"radius_km": criterion.radius_km, "min_coverage": _limit(criterion)}
    if criterion.statistic is not None:
        entry["statistic"] = criterion.statistic
    if criterion.technology is not None:
        technology = as_technology(criterion)
        entry["technology"] = {
            "density_mw_per_km2": technology.density_mw_per_km2,
            "availability": technology.availability,
            "source": technology.source,
        }
    return {**entry, "sites": dict(sites)} if sites else entry
