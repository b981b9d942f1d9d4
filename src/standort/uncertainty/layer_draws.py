"""Random draws of layers: quantities, positions, and whether planned features are built.

Draws are keyed by feature id, so a feature's draw does not depend on other features or sites.
An emitter and a site with the same id are the same plant and move together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
import shapely

from standort.random_numbers import name_keys, normal, uniform
from standort.roles import unit_of
from standort.uncertainty.input_spreads import BUILT, GEOLOGICAL, Z90
from standort.uncertainty.unknown_emissions import EMISSIONS, UnknownEmissions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.array_types import Floats, Keys
    from standort.layers import Study
    from standort.scoring import Criterion
    from standort.uncertainty.input_spreads import Spreads


_GEOD = pyproj.Geod(ellps="WGS84")
#: layers whose ids are site ids
_OF_SITES = frozenset({"sites", "emitters"})


@dataclass(frozen=True, eq=False)
class DrawnLayer:
    """A layer with the spread of each of its features; `draw` returns one realisation.

    Parameters
    ----------
    name
        Name of the layer.
    frame
        The layer as recorded.
    keys
        Random key of each feature, from its id.
    down, up
        By quantity column, the standard deviation of its logarithm below and above the recorded
        value.
    shift_km
        Standard deviation of the position of each feature, eastwards and northwards [km].
    p_build
        Probability that each feature exists; None if all do.
    factors
        Descriptions of what is drawn.
    unknown
        What unknown emissions are drawn from; None if there are none, or nothing to draw from.
    """

    name: str
    frame: GeoDataFrame
    keys: Keys
    down: dict[str, Floats]
    up: dict[str, Floats]
    shift_km: Floats
    p_build: Floats | None
    factors: tuple[str, ...]
    unknown: UnknownEmissions | None = None

    @property
    def varies(self) -> bool:
        """Whether anything in the layer is drawn."""
        return bool(self.factors)

    def draws_unknown(self, column: str) -> bool:
        """Return whether the unknown values of a column are drawn."""
        return self.unknown is not None and column == EMISSIONS

    def draw(self, seed: int, replicate: int) -> GeoDataFrame:
        """Return one realisation, rows in their order, without features that are not built."""
        kind = "sites" if self.name in _OF_SITES else self.name
        drawn = self.frame.copy()
        for column, down in self.down.items():
            z = normal(seed, f"{kind} {column}", replicate, self.keys)
            factor = np.exp(np.where(z < 0.0, down, self.up[column]) * z)
            drawn[column] = drawn[column].to_numpy(dtype=np.float64, na_value=np.nan) * factor
        if self.unknown is not None:
            known = drawn[EMISSIONS].to_numpy(dtype=np.float64, na_value=np.nan)
            drawn[EMISSIONS] = self.unknown.fill(known, seed, replicate, self.keys)
        if (self.shift_km > 0.0).any():
            east, north = (
                normal(seed, f"{kind} {axis}", replicate, self.keys) * self.shift_km
                for axis in ("east", "north")
            )
            drawn[drawn.geometry.name] = _moved(drawn.geometry.to_numpy(), east, north)
        if self.p_build is not None:
            built = uniform(seed, f"{kind} built", replicate, self.keys) < self.p_build
            drawn = drawn[built]
        return drawn


def drawn_layers(
    study: Study, criteria: Iterable[Criterion], spreads: Spreads
) -> tuple[DrawnLayer, ...]:
    """Return the layers that are drawn, with the spread of each of their features.

    Parameters
    ----------
    study
        The study.
    criteria
        The measured criteria: layers and columns that none of them uses are not drawn.
    spreads
        The assumptions.

    Returns
    -------
    The layers in which anything is drawn.
    """
    layers = (
        _drawn_layer(name, study.layers[name], columns, spreads)
        for name, columns in _columns_used(criteria).items()
        if name in study.layers
    )
    return tuple(layer for layer in layers if layer.varies)


def _columns_used(criteria: Iterable[Criterion]) -> dict[str, set[str]]:
    """Return the layers that criteria and places use, with the quantities used of each."""
    used: dict[str, set[str]] = {"sites": set(), "emitters": {EMISSIONS}}
    for criterion in criteria:
        if criterion.layer is not None:
            columns = used.setdefault(criterion.layer, set())
            columns |= {criterion.column} if criterion.column else set()
            if criterion.filter is not None and criterion.layer in GEOLOGICAL:
                columns |= {c for c in criterion.filter.columns if unit_of(c) is not None}
        if criterion.demand is not None:
            used.setdefault(criterion.demand.layer, set()).add(criterion.demand.column)
    return used


@dataclass(frozen=True)
class NotDrawn:
    """An input that is not drawn.

    Parameters
    ----------
    what
        The input.
    why
        Why it is not drawn, or how else it is accounted for.
    """

    what: str
    why: str

    def __str__(self) -> str:
        """Return both in one line."""
        return f"{self.what}: {self.why}"


def not_drawn(
    study: Study, criteria: Iterable[Criterion], layers: Iterable[DrawnLayer]
) -> list[NotDrawn]:
    """List the inputs of a study that are not drawn, given its measured criteria."""
    drawn = {layer.name: layer for layer in layers}
    inputs = []
    for name, frame in study.layers.items():
        moved = name in drawn and bool((drawn[name].shift_km > 0.0).any())
        points = (shapely.get_type_id(frame.geometry.to_numpy()) == 0).all()
        if not moved and not points:
            inputs.append(NotDrawn(f"positions of {name}", "lines and areas without precision_km"))
    inputs += _unknown_quantities(study, criteria, drawn)
    if "emitters" in study.layers:
        inputs.append(NotDrawn("cluster membership", "clusters keep their recorded members"))
    if study.rasters:
        inputs.append(NotDrawn("rasters", "taken as recorded"))
    return inputs


def _unknown_quantities(
    study: Study, criteria: Iterable[Criterion], drawn: Mapping[str, DrawnLayer]
) -> Iterator[NotDrawn]:
    """List the unknown quantities that are not drawn."""
    for name, columns in _columns_used(criteria).items():
        frame = study.layers.get(name, pd.DataFrame())
        for column in sorted(columns & set(frame.columns)):
            unknown = int(frame[column].isna().sum())
            if not unknown or (name in drawn and drawn[name].draws_unknown(column)):
                continue
            why = "sums count what is known; score_min and score_max hold the rest"
            if (name, column) == ("emitters", EMISSIONS):
                why = (
                    "too few are known to draw them from, so what depends on them has no interval; "
                    "state a range in Spreads(unknown_emissions_mt_per_yr=...)"
                )
            yield NotDrawn(f"{column} unknown of {unknown:,} {name}", why)


def _drawn_layer(name: str, frame: GeoDataFrame, columns: set[str], spreads: Spreads) -> DrawnLayer:
    down, up, factors = {}, {}, []
    for column in sorted(columns & set(frame.columns)):
        down[column], up[column], how = _spread(name, frame, column, spreads)
        if down[column].any() or up[column].any():
            factors.append(f"{name}.{column}: {how}")
    shift, how = _shift(frame, spreads)
    if shift.any():
        factors.append(f"positions of {name}: {how}")
    p_build = None if name in _OF_SITES else _build_probability(frame, spreads)
    if p_build is not None:
        planned = int((p_build < 1.0).sum())
        factors.append(f"{name}: {planned} of {len(frame)} may not be built")
    unknown = UnknownEmissions.of(frame, spreads) if name == "emitters" else None
    if unknown is not None:
        factors.append(unknown.how)
    keys = name_keys(frame.index)
    return DrawnLayer(name, frame, keys, down, up, shift, p_build, tuple(factors), unknown)


def _spread(
    name: str, frame: GeoDataFrame, column: str, spreads: Spreads
) -> tuple[Floats, Floats, str]:
    """Return the spread of a quantity, from its low and high estimates where it has them."""
    if name == "emitters" and column == EMISSIONS:
        usual, how = spreads.emissions, f"lognormal, {spreads.emissions:.0%}"
    elif name in GEOLOGICAL:
        usual = float(np.log(spreads.capacity_factor)) / Z90
        how = f"lognormal, 80 of 100 within a factor of {spreads.capacity_factor:g}"
    else:
        usual, how = spreads.quantities, f"lognormal, {spreads.quantities:.0%}"
    down, up = np.full(len(frame), usual), np.full(len(frame), usual)
    unit = unit_of(column) or ""
    stem = column.removesuffix(unit).rstrip("_")
    low, high = f"{stem}_low_{unit}", f"{stem}_high_{unit}"
    if not {low, high} <= set(frame.columns) or spreads.recorded:
        return down, up, how
    least, mid, most = (
        frame[each].to_numpy(dtype=np.float64, na_value=np.nan) for each in (low, column, high)
    )
    given = (least > 0.0) & (least <= mid) & (mid <= most)
    down[given] = np.log(mid[given] / least[given]) / Z90
    up[given] = np.log(most[given] / mid[given]) / Z90
    return down, up, f"{low} and {high} as P10 and P90 for {given.sum()}, else {how}"


def _shift(frame: GeoDataFrame, spreads: Spreads) -> tuple[Floats, str]:
    """Return the position spread of each feature; lines and areas need ``precision_km``."""
    points = shapely.get_type_id(frame.geometry.to_numpy()) == 0
    shift = np.where(points, spreads.position_km, 0.0)
    if "precision_km" not in frame.columns or spreads.recorded:
        return shift, f"normal, {spreads.position_km:g} km"
    precision = frame["precision_km"].to_numpy(dtype=np.float64, na_value=np.nan)
    known = ~np.isnan(precision)
    return (
        np.where(known, precision, shift),
        f"normal, precision_km for {known.sum()}, else {spreads.position_km:g} km",
    )


def _build_probability(frame: GeoDataFrame, spreads: Spreads) -> Floats | None:
    """Return the probability that each feature is built; None if all exist."""
    p_build = np.ones(len(frame))
    if spreads.recorded:
        return None
    if "status" in frame.columns:
        status = frame["status"].astype("str").str.strip().str.casefold()
        exists = status.isin(BUILT) | frame["status"].isna()
        p_build[~exists.to_numpy()] = spreads.p_build
    if "p_build" in frame.columns:
        given = frame["p_build"].to_numpy(dtype=np.float64, na_value=np.nan)
        p_build = np.where(np.isnan(given), p_build, given)
    return p_build if (p_build < 1.0).any() else None


def _moved(
    geometries: NDArray[np.object_], east_km: Floats, north_km: Floats
) -> NDArray[np.object_]:
    """Move geometries along the geodesic; lines and areas rigidly, with their centroid."""
    points = shapely.get_type_id(geometries) == 0
    centre = geometries.copy()
    centre[~points] = shapely.centroid(geometries[~points])
    lon, lat = shapely.get_x(centre), shapely.get_y(centre)
    azimuth = np.degrees(np.arctan2(east_km, north_km))
    new_lon, new_lat, _ = _GEOD.fwd(lon, lat, azimuth, 1_000.0 * np.hypot(east_km, north_km))
    still = (east_km == 0.0) & (north_km == 0.0)
    new_lon, new_lat = np.where(still, lon, new_lon), np.where(still, lat, new_lat)
    moved = geometries.copy()
    moved[points] = shapely.points(new_lon[points], new_lat[points])
    for i in np.flatnonzero(~points & ~still):
        step = np.array([new_lon[i] - lon[i], new_lat[i] - lat[i]])
        moved[i] = shapely.transform(geometries[i], lambda xy, by=step: xy + by)
    return moved
