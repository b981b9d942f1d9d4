"""What all criteria are measured against: the layers of a study, prepared once."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from standort.clusters import cluster_features
from standort.errors import LayerError
from standort.layers.inputs import Features, as_features
from standort.layers.reading import file_hash
from standort.metrics import share_supply
from standort.scoring import apply_filter
from standort.study.distances import as_decay
from standort.study.resources import find_raster, open_rasters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers import Raster, Study
    from standort.metrics import SharedSupply
    from standort.scoring import Criterion, FilterOutcome
    from standort.study.clustering import Clusters

__all__ = ["CLUSTERS", "Context"]

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
