"""Layers of a study, prepared once for all criteria that are measured against them."""

from __future__ import annotations

import operator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from geopandas import GeoSeries

from standort import layers
from standort.clusters import cluster_features
from standort.errors import FileError, LayerError, StandortError, gather
from standort.layers.features import Features, as_features
from standort.layers.files import file_hash
from standort.metrics import share_supply
from standort.scoring import apply_filter
from standort.scoring.profile.discounts import apply_discount
from standort.study.metric_options import as_decay

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import pandas as pd
    from geopandas import GeoDataFrame

    from standort.array_types import Flags
    from standort.layers import Raster, Study
    from standort.metrics import SharedSupply
    from standort.scoring import Criterion, FilterOutcome
    from standort.scoring.profile.criteria import ClusterPlace

Key = TypeVar("Key")
Value = TypeVar("Value")


#: what the distance to a cluster is measured to, unless the profile says otherwise
_USUAL_PLACE: ClusterPlace = "nearest_member"


class _Filtered(NamedTuple):
    """A layer and the filter of a criterion; the layer is None for the clusters."""

    layer: str | None
    condition: str
    place: str = _USUAL_PLACE
    """What distances to clusters are measured to."""

    @classmethod
    def by(cls, criterion: Criterion) -> _Filtered:
        text = "" if criterion.filter is None else criterion.filter.model_dump_json()
        return cls(criterion.layer, text, criterion.measured_to or _USUAL_PLACE)


@dataclass(frozen=True)
class Clusters:
    """Clusters of the emitters.

    Parameters
    ----------
    labels
        Cluster number and role of each emitter.
    table
        A row per cluster.
    hulls
        A polygon around each cluster.
    """

    labels: pd.DataFrame
    table: GeoDataFrame
    hulls: GeoDataFrame


@dataclass(frozen=True, eq=False)
class Context:
    """The layers of a study and its clusters, prepared for measuring.

    Each part is prepared once, when it is first needed, and kept. Threads that need the same part
    wait for it; threads that need other parts do not.

    Parameters
    ----------
    study
        The study.
    clusters
        Its clusters; None in a study without emitters, and before they are identified.
    """

    study: Study
    clusters: Clusters | None = None
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)
    _layers: dict[str, Future[Features]] = field(default_factory=dict, repr=False)
    _cluster_features: dict[str, Future[Features]] = field(default_factory=dict, repr=False)
    _outcomes: dict[_Filtered, Future[FilterOutcome]] = field(default_factory=dict, repr=False)
    _subsets: dict[tuple[_Filtered, str], Future[Features]] = field(
        default_factory=dict, repr=False
    )
    _supplies: dict[tuple[str, int], Future[SharedSupply]] = field(default_factory=dict, repr=False)
    _rasters: dict[str, Future[Raster]] = field(default_factory=dict, repr=False)
    _hashes: dict[Path, Future[str]] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[type[Context], tuple[Study, Clusters | None]]:
        """Copy and pickle without the prepared parts: they are made again when needed."""
        return Context, (self.study, self.clusters)

    def with_clusters(self, clusters: Clusters | None) -> Context:
        """Return the same context with the clusters of its emitters."""
        return self._keeping(self.study, clusters, replaced=())

    def with_layers(self, layers: Mapping[str, GeoDataFrame]) -> Context:
        """Return a context with some layers replaced, its clusters not yet identified.

        What was prepared from the other layers is kept, and so is the spatial index of a replaced
        layer where only attributes differ. `layers` are as `read_study` returns them.
        """
        in_place = {
            name: self.layer(name).with_attributes(frame)
            for name, frame in layers.items()
            if name in self.study.layers and _same_geometries(frame, self.study.layers[name])
        }
        study = replace(self.study, layers={**self.study.layers, **layers})
        return self._keeping(study, None, replaced=layers, features=in_place)

    def with_features(self, name: str, features: Features) -> Context:
        """Return the same context with other features in one layer; its clusters stay."""
        return self._keeping(self.study, self.clusters, replaced=(name,), features={name: features})

    def layer(self, name: str) -> Features:
        """Return a whole layer, in the order of its ids."""
        return self._once(self._layers, name, lambda: as_features(self.study.layers[name]))

    def measured_against(self, criterion: Criterion) -> Features:
        """Return all features that a criterion could count: its layer, or the clusters."""
        if criterion.layer is not None:
            return self.layer(criterion.layer)
        place = criterion.measured_to or _USUAL_PLACE
        return self._once(self._cluster_features, place, lambda: self._clusters_as_features(place))

    def filtered(self, criterion: Criterion) -> FilterOutcome:
        """Return which features pass the filter of a criterion."""

        def apply() -> FilterOutcome:
            try:
                return apply_filter(self.measured_against(criterion).table, criterion.filter)
            except LayerError as error:
                msg = f"criterion {criterion.id!r}, layer {criterion.layer!r}: {error}"
                raise LayerError(msg) from error

        return self._once(self._outcomes, _Filtered.by(criterion), apply)

    def passing(self, criterion: Criterion) -> Features:
        """Return the features that pass the filter."""
        return self._subset(criterion, "passing", self.filtered(criterion).passes)

    def maybe_passing(self, criterion: Criterion) -> Features:
        """Return the features that pass the filter or whose outcome is unknown."""
        return self._subset(criterion, "maybe passing", self.filtered(criterion).may_pass)

    def doubtful(self, criterion: Criterion) -> Features:
        """Return the features whose filter outcome is unknown."""
        outcome = self.filtered(criterion)
        return self._subset(criterion, "doubtful", outcome.may_pass & ~outcome.passes)

    def shared_supply(self, criterion: Criterion, features: Features) -> SharedSupply:
        """Divide the supply of a floating catchment by the demand; independent of the sites."""
        demand = criterion.demand
        assert demand is not None
        return self._once(
            self._supplies,
            (criterion.id, len(features)),  # with those in doubt there are more
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
        """Open the rasters of all criteria, so that all problems are reported together."""
        opened = open_rasters(self.study, criteria)
        with self._lock:
            self._rasters.update({name: _finished(raster) for name, raster in opened.items()})

    def raster(self, criterion: Criterion) -> Raster:
        """Return the open raster of a criterion."""
        return self._once(
            self._rasters, criterion.id, lambda: open_rasters(self.study, [criterion])[criterion.id]
        )

    def raster_file(self, criterion: Criterion) -> tuple[Path, str]:
        """Return the file of the raster of a criterion, and its hash."""
        path = find_raster(self.study, criterion)
        assert path is not None
        return path, self._once(self._hashes, path, lambda: file_hash(path))

    def _clusters_as_features(self, place: ClusterPlace) -> Features:
        assert self.clusters is not None
        table, emitters = self.clusters.table, self.layer("emitters")
        at = None
        if place == "centroid":
            at = table.geometry
        elif place == "hull":
            at = self.clusters.hulls.geometry
        elif place == "anchor":
            anchors = emitters.geometries[emitters.ids.get_indexer(table["anchor"])]
            at = GeoSeries(anchors, index=table.index, crs=table.crs)
        plain = table.drop(columns=table.geometry.name)
        return cluster_features(emitters, self.clusters.labels, plain, places=at)

    def _subset(self, criterion: Criterion, which: str, kept: Flags) -> Features:
        part = self.measured_against(criterion)
        if not kept.all():
            whole, key = part, (_Filtered.by(criterion), which)
            part = self._once(self._subsets, key, lambda: whole.subset(np.flatnonzero(kept)))
        if criterion.discount is None:
            return part
        counted = f"{which}, {criterion.column} by {criterion.discount.model_dump_json()}"
        key = (_Filtered.by(criterion), counted)
        return self._once(self._subsets, key, lambda: _discounted(part, criterion))

    def _once(
        self, prepared: dict[Key, Future[Value]], key: Key, make: Callable[[], Value]
    ) -> Value:
        """Return what is prepared under a key; the first thread to ask makes it, others wait."""
        with self._lock:
            future = prepared.get(key)
            is_first = future is None
            if future is None:
                future = prepared[key] = Future()
        if is_first:
            try:
                future.set_result(make())
            except BaseException as error:
                with self._lock:
                    del prepared[key]
                future.set_exception(error)
                raise
        return future.result()

    def _keeping(
        self,
        study: Study,
        clusters: Clusters | None,
        *,
        replaced: Collection[str] = (),
        features: Mapping[str, Features] | None = None,
    ) -> Context:
        """Return a context with what does not depend on replaced layers or on the clusters."""

        def is_kept(layer: str | None) -> bool:
            return layer is not None and layer not in replaced

        new = {name: _finished(layer) for name, layer in (features or {}).items()}
        with self._lock:
            return Context(
                study,
                clusters,
                _layers=_done(self._layers, is_kept) | new,
                _outcomes=_done(self._outcomes, lambda key: is_kept(key.layer)),
                _subsets=_done(self._subsets, lambda key: is_kept(key[0].layer)),
                _supplies=_done(self._supplies, lambda _: not replaced),
                _rasters=_done(self._rasters, lambda _: True),
                _hashes=_done(self._hashes, lambda _: True),
            )


def _discounted(features: Features, criterion: Criterion) -> Features:
    """Return features with what counts of their quantity; they share one spatial index."""
    column, discount = str(criterion.column), criterion.discount
    assert discount is not None
    counted = apply_discount(features.quantity(column), features.table, discount)
    if counted is None:
        return features
    table = features.table.assign(**{column: counted.quantity})
    return replace(features, table=table, indexed=lambda: features.index)


def _finished(value: Value) -> Future[Value]:
    future: Future[Value] = Future()
    future.set_result(value)
    return future


def _done(
    prepared: Mapping[Key, Future[Value]], is_kept: Callable[[Key], bool]
) -> dict[Key, Future[Value]]:
    """Select what is completely prepared."""
    return {key: made for key, made in prepared.items() if made.done() and is_kept(key)}


def _same_geometries(frame: GeoDataFrame, recorded: GeoDataFrame) -> bool:
    """Return whether a layer holds the very geometry objects of another, row by row."""
    if not frame.index.equals(recorded.index):
        return False
    here, there = frame.geometry.to_numpy(), recorded.geometry.to_numpy()
    return all(map(operator.is_, here, there))


def find_raster(study: Study, criterion: Criterion) -> Path | None:
    """Return the file of a criterion's raster: that of the study, else that of the profile."""
    source = criterion.source
    if source is None:
        return None
    if source.raster in study.rasters:
        return study.rasters[source.raster]
    return None if source.path is None else Path(source.path)


def open_rasters(study: Study, criteria: Sequence[Criterion]) -> dict[str, Raster]:
    """Open the rasters of criteria, each once; report all problems together.

    Returns
    -------
    Rasters by the id of the criterion.

    Raises
    ------
    FileError, CRSError, LayerError, OptionError
        If rasters cannot be measured; the class common to all problems, or `FileError`.
    """
    opened: dict[object, Raster] = {}
    errors: dict[object, StandortError] = {}
    rasters: dict[str, Raster] = {}
    problems = []
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
                problems.append(_describe_problem(criterion, source.raster, error))
        if key in opened:
            rasters[criterion.id] = opened[key]
    if problems:
        kinds = {type(error) for error in errors.values()}
        kind = kinds.pop() if len(kinds) == 1 else FileError
        raise kind(gather(problems, of="list of rasters"))
    return rasters


def _describe_problem(criterion: Criterion, name: str, error: StandortError) -> str:
    return (
        f"raster {name!r}, criterion {criterion.id!r}: {error}; repair the file or its "
        f"[criteria.source], or give another by --raster {name}=FILE"
    )
