"""What all criteria are measured against: the layers of a study, prepared once."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from standort import layers, metrics
from standort.clusters import cluster_features
from standort.errors import FileError, LayerError, StandortError, gather
from standort.layers.features import Features, as_features
from standort.layers.files import file_hash
from standort.metrics import (
    cutoff,
    exponential,
    gaussian,
    linear,
    logistic,
    power,
    share_supply,
    steps,
    truncated_gaussian,
)
from standort.metrics.measurement import MIN_COVERAGE
from standort.scoring import apply_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers import Raster, Study
    from standort.layers.features import Sites
    from standort.metrics import Decay, RasterMeasurement, SharedSupply, Technology
    from standort.scoring import Criterion, DistanceDecay, FilterOutcome
    from standort.study.group_scores import Clusters

__all__ = [
    "CLUSTERS",
    "Context",
    "as_decay",
    "as_technology",
    "find_raster",
    "is_additive",
    "measure_on_raster",
    "open_rasters",
    "tell_raster",
]

Prepared = TypeVar("Prepared")

#: what a criterion without a layer is measured against
CLUSTERS = "clusters"

#: what is prepared of one layer and a filter, and of a file
_OF_ONE_LAYER = frozenset({"filtered", "passing", "maybe", "doubtful"})
_OF_A_FILE = frozenset({"raster", "sha256"})


@dataclass(frozen=True)
class Context:
    """The layers of a study, and its clusters once they are found, ready to be measured against.

    Whatever is prepared is kept, so that sites may come in any number of chunks.
    """

    study: Study
    clusters: Clusters | None = None
    _prepared: dict[object, Any] = field(default_factory=dict)

    def with_clusters(self, clusters: Clusters | None) -> Context:
        """Give the same context with the clusters of its emitters."""
        return replace(self, clusters=clusters, _prepared=dict(self._prepared))

    def with_layers(self, layers: Mapping[str, GeoDataFrame]) -> Context:
        """Give a context with some layers replaced, no clusters found in it yet.

        What was prepared of the other layers is kept, and where only attributes are other, the
        spatial index. `layers` are as `read_study` gives them.
        """
        study = replace(self.study, layers={**self.study.layers, **layers})
        kept = {key: made for key, made in self._prepared.items() if _outlives(key, layers)}
        for name, frame in layers.items():
            if name in self.study.layers and _in_place(frame, self.study.layers[name]):
                kept[name] = self.layer(name).with_attributes(frame)
        return Context(study, _prepared=kept)

    def layer(self, name: str) -> Features:
        """Give a whole layer, in the order of its ids."""
        return self._once(name, lambda: as_features(self.study.layers[name]))

    def measured_against(self, criterion: Criterion) -> Features:
        """Give all features that a criterion could count: its layer, or the clusters."""
        if criterion.layer is not None:
            return self.layer(criterion.layer)
        return self._once(None, self._cluster_features)

    def filtered(self, criterion: Criterion) -> FilterOutcome:
        """Tell which features pass the criterion's filter."""

        def apply() -> FilterOutcome:
            try:
                return apply_filter(self.measured_against(criterion).table, criterion.filter)
            except LayerError as error:
                msg = f"criterion {criterion.id!r}, layer {criterion.layer!r}: {error}"
                raise LayerError(msg) from error

        return self._once(("filtered", criterion.layer, _text(criterion)), apply)

    def passing(self, criterion: Criterion) -> Features:
        """Give the features that pass the criterion's filter."""
        return self._subset(criterion, "passing", self.filtered(criterion).passes)

    def maybe_passing(self, criterion: Criterion) -> Features:
        """Give those that pass, and those that only something unknown keeps from passing."""
        return self._subset(criterion, "maybe", self.filtered(criterion).may_pass)

    def doubtful(self, criterion: Criterion) -> Features:
        """Give the features that only something unknown keeps from passing the filter."""
        outcome = self.filtered(criterion)
        return self._subset(criterion, "doubtful", outcome.may_pass & ~outcome.passes)

    def shared_supply(self, criterion: Criterion, features: Features) -> SharedSupply:
        """Share the supply of a floating catchment out over the demand; the sites have no part."""
        demand = criterion.demand
        assert demand is not None
        return self._once(
            ("shared", criterion.id, len(features)),  # with those in doubt there are more
            lambda: share_supply(
                features,
                self.layer(demand.layer),
                supply=str(criterion.column),
                demand=demand.column,
                catchment_km=criterion.radius_km or np.nan,
                decay=as_decay(criterion.decay),
                capture_rate=demand.capture_rate,
            ),
        )

    def open_rasters(self, criteria: Sequence[Criterion]) -> None:
        """Open the rasters of all criteria, so that what is wrong with any is told at once."""
        for name, raster in open_rasters(self.study, criteria).items():
            self._prepared[("raster", name)] = raster

    def raster(self, criterion: Criterion) -> Raster:
        """Give the raster of a criterion, opened."""
        return self._once(
            ("raster", criterion.id), lambda: open_rasters(self.study, [criterion])[criterion.id]
        )

    def raster_file(self, criterion: Criterion) -> tuple[Path, str]:
        """Give the file of a criterion's raster, and its hash."""
        path = find_raster(self.study, criterion)
        assert path is not None
        return path, self._once(("sha256", path), lambda: file_hash(path))

    def _cluster_features(self) -> Features:
        assert self.clusters is not None
        table = self.clusters.table
        plain = table.drop(columns=table.geometry.name)
        return cluster_features(self.layer("emitters"), self.clusters.found, plain)

    def _subset(self, criterion: Criterion, which: str, kept: NDArray[np.bool_]) -> Features:
        whole = self.measured_against(criterion)
        if kept.all():
            return whole
        key = (which, criterion.layer, _text(criterion))
        return self._once(key, lambda: whole.subset(np.flatnonzero(kept)))

    def _once(self, key: object, make: Callable[[], Prepared]) -> Prepared:
        """Make a thing when it is first asked for, and keep it."""
        if key not in self._prepared:
            self._prepared[key] = make()
        kept: Prepared = self._prepared[key]
        return kept


def _outlives(key: object, replaced: Mapping[str, object]) -> bool:
    """Tell whether what was prepared under a key has no part in the replaced layers."""
    if isinstance(key, str):
        return key not in replaced
    if not isinstance(key, tuple):
        return False
    kind, of = key[0], key[1]
    one_layer = kind in _OF_ONE_LAYER and of is not None and of not in replaced
    return kind in _OF_A_FILE or one_layer


def _in_place(frame: GeoDataFrame, recorded: GeoDataFrame) -> bool:
    """Tell whether a layer holds the very geometries of another, row by row."""
    if not frame.index.equals(recorded.index):
        return False
    here, there = frame.geometry.to_numpy(), recorded.geometry.to_numpy()
    return all(map(operator.is_, here, there))


def _text(criterion: Criterion) -> str:
    """Write out a filter, to tell filters apart."""
    return "" if criterion.filter is None else criterion.filter.model_dump_json()


_FUNCTIONS: dict[str, Callable[..., Decay]] = {
    "exponential": exponential,
    "gaussian": gaussian,
    "truncated_gaussian": truncated_gaussian,
    "linear": linear,
    "cutoff": cutoff,
    "logistic": logistic,
    "power": power,
    "steps": steps,
}


def as_decay(decay: DistanceDecay | None) -> Decay | None:
    """Turn a decay as a profile writes it into one that weighs distances."""
    if decay is None:
        return None
    return _FUNCTIONS[decay.kind](**decay.model_dump(exclude={"kind"}))


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
