"""The layers of a study, drawn: quantities, places, and whether what is planned is built.

A feature is drawn by its id, so it is drawn alike whatever other features and sites there are.
Emitters and sites that bear one id are one thing, and move together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from standort.random_numbers import name_keys, normal, uniform
from standort.roles import unit_of
from standort.uncertainty.input_spreads import BUILT, GEOLOGICAL, Z90

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers import Study
    from standort.scoring import Criterion, Profile
    from standort.uncertainty.input_spreads import Spreads

    Floats = NDArray[np.float64]
    Keys = NDArray[np.uint64]

__all__ = ["DrawnLayer", "drawn_layers", "not_drawn"]

_GEOD = pyproj.Geod(ellps="WGS84")
#: layers whose ids are ids of sites
_OF_SITES = frozenset({"sites", "emitters"})


@dataclass(frozen=True, eq=False)
class DrawnLayer:
    """A layer with the spread of each of its features; `draw` gives it as it may be.

    Parameters
    ----------
    name
        Name of the layer.
    frame
        The layer as recorded.
    keys
        A key for each feature, from its id.
    down, up
        By quantity column, the standard deviation of its logarithm below and above the record.
    shift_km
        Standard deviation of the place of each feature, eastwards and northwards [km].
    p_build
        Probability that each is there; None if all are.
    factors
        What is drawn, in words.
    """

    name: str
    frame: GeoDataFrame
    keys: Keys
    down: dict[str, Floats]
    up: dict[str, Floats]
    shift_km: Floats
    p_build: Floats | None
    factors: tuple[str, ...]

    @property
    def varies(self) -> bool:
        """Whether anything of it is drawn."""
        return bool(self.factors)

    def draw(self, seed: int, replicate: int) -> GeoDataFrame:
        """Give the layer as it may be, rows in their order; what is not built is left out."""
        kind = "sites" if self.name in _OF_SITES else self.name
        drawn = self.frame.copy()
        for column, down in self.down.items():
            z = normal(seed, f"{kind} {column}", replicate, self.keys)
            factor = np.exp(np.where(z < 0.0, down, self.up[column]) * z)
            drawn[column] = drawn[column].to_numpy(dtype=np.float64, na_value=np.nan) * factor
        if (self.shift_km > 0.0).any():
            east, north = (
                normal(seed, f"{kind} {way}", replicate, self.keys) * self.shift_km
                for way in ("east", "north")
            )
            drawn[drawn.geometry.name] = _moved(drawn.geometry.to_numpy(), east, north)
        if self.p_build is not None:
            built = uniform(seed, f"{kind} built", replicate, self.keys) < self.p_build
            drawn = drawn[built]
        return drawn


def drawn_layers(
    study: Study, criteria: Iterable[Criterion], spreads: Spreads
) -> tuple[DrawnLayer, ...]:
    """Tell which layers are drawn, and how far each of their features may be from its record.

    Parameters
    ----------
    study
        The study.
    criteria
        The criteria that are measured: a layer, or a column of it, that none of them asks for is
        not drawn.
    spreads
        The assumptions.

    Returns
    -------
    The layers of which anything is drawn.
    """
    wanted: dict[str, set[str]] = {"sites": set(), "emitters": {"co2_t_per_yr"}}
    for criterion in criteria:
        if criterion.layer is not None:
            columns = wanted.setdefault(criterion.layer, set())
            columns |= {criterion.column} if criterion.column else set()
            if criterion.filter is not None and criterion.layer in GEOLOGICAL:
                columns |= {c for c in criterion.filter.columns if unit_of(c) is not None}
        if criterion.demand is not None:
            wanted.setdefault(criterion.demand.layer, set()).add(criterion.demand.column)
    layers = (
        _drawn_layer(name, study.layers[name], columns, spreads)
        for name, columns in wanted.items()
        if name in study.layers
    )
    return tuple(layer for layer in layers if layer.varies)


def not_drawn(
    study: Study, layers: Iterable[DrawnLayer], profile: Profile | None = None
) -> list[str]:
    """Say in words what a run cannot draw; with a profile, that its gates are not applied."""
    drawn = {layer.name: layer for layer in layers}
    said = []
    for name, frame in study.layers.items():
        moved = name in drawn and bool((drawn[name].shift_km > 0.0).any())
        points = (shapely.get_type_id(frame.geometry.to_numpy()) == 0).all()
        if not moved and not points:
            said.append(f"places of {name}: lines and areas without precision_km")
    if "emitters" in study.layers:
        unknown = int(study.emitters["co2_t_per_yr"].isna().sum())
        if unknown:
            said.append(
                f"unknown emissions of {unknown} emitters in the sums of others: see score_min "
                "and score_max"
            )
        said.append("which emitters make a cluster: the clusters are those of the recorded inputs")
    if study.rasters:
        said.append("what rasters hold")
    limited = () if profile is None else profile.criteria
    if any(c.gate is not None or c.veto is not None for c in limited):
        said.append("gates and vetoes: whom they stop is decided on the recorded inputs")
    return said


def _drawn_layer(name: str, frame: GeoDataFrame, columns: set[str], spreads: Spreads) -> DrawnLayer:
    down, up, factors = {}, {}, []
    for column in sorted(columns & set(frame.columns)):
        down[column], up[column], how = _spread(name, frame, column, spreads)
        if down[column].any() or up[column].any():
            factors.append(f"{name}.{column}: {how}")
    shift, how = _shift(frame, spreads)
    if shift.any():
        factors.append(f"places of {name}: {how}")
    p_build = None if name in _OF_SITES else _chance_of_building(frame, spreads)
    if p_build is not None:
        planned = int((p_build < 1.0).sum())
        factors.append(f"{name}: {planned} of {len(frame)} are built or not")
    keys = name_keys(frame.index)
    return DrawnLayer(name, frame, keys, down, up, shift, p_build, tuple(factors))


def _spread(
    name: str, frame: GeoDataFrame, column: str, spreads: Spreads
) -> tuple[Floats, Floats, str]:
    """Give the spread of a quantity, through its low and high estimate where it has them."""
    if name == "emitters" and column == "co2_t_per_yr":
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
    return down, up, f"through {low} and {high} as P10 and P90 for {given.sum()}, else {how}"


def _shift(frame: GeoDataFrame, spreads: Spreads) -> tuple[Floats, str]:
    """Give how far each feature may be off; lines and areas only where they say so."""
    points = shapely.get_type_id(frame.geometry.to_numpy()) == 0
    shift = np.where(points, spreads.position_km, 0.0)
    if "precision_km" not in frame.columns or spreads.recorded:
        return shift, f"normal, {spreads.position_km:g} km each way"
    given = frame["precision_km"].to_numpy(dtype=np.float64, na_value=np.nan)
    told = ~np.isnan(given)
    return (
        np.where(told, given, shift),
        f"normal, precision_km each way for {told.sum()}, else {spreads.position_km:g} km",
    )


def _chance_of_building(frame: GeoDataFrame, spreads: Spreads) -> Floats | None:
    """Give the probability that each feature is built; None if all of them are there."""
    chance = np.ones(len(frame))
    if spreads.recorded:
        return None
    if "status" in frame.columns:
        status = frame["status"].astype("str").str.strip().str.casefold()
        there = status.isin(BUILT) | frame["status"].isna()
        chance[~there.to_numpy()] = spreads.p_build
    if "p_build" in frame.columns:
        given = frame["p_build"].to_numpy(dtype=np.float64, na_value=np.nan)
        chance = np.where(np.isnan(given), chance, given)
    return chance if (chance < 1.0).any() else None


def _moved(
    geometries: NDArray[np.object_], east_km: Floats, north_km: Floats
) -> NDArray[np.object_]:
    """Move geometries along the geodesic; lines and areas as wholes, by the way of their middle."""
    points = shapely.get_type_id(geometries) == 0
    middle = geometries.copy()
    middle[~points] = shapely.centroid(geometries[~points])
    lon, lat = shapely.get_x(middle), shapely.get_y(middle)
    way = np.degrees(np.arctan2(east_km, north_km))
    new_lon, new_lat, _ = _GEOD.fwd(lon, lat, way, 1_000.0 * np.hypot(east_km, north_km))
    still = (east_km == 0.0) & (north_km == 0.0)
    new_lon, new_lat = np.where(still, lon, new_lon), np.where(still, lat, new_lat)
    moved = geometries.copy()
    moved[points] = shapely.points(new_lon[points], new_lat[points])
    for i in np.flatnonzero(~points & ~still):
        step = np.array([new_lon[i] - lon[i], new_lat[i] - lat[i]])
        moved[i] = shapely.transform(geometries[i], lambda xy, by=step: xy + by)
    return moved
