"""Places over several years: names carried on, trajectories of types, and causes of change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas
import pandas as pd

from standort.arguments import SHARE, checked
from standort.errors import LayerError, name_ids
from standort.typology import attribute_change, trajectory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame

    from standort.study.result.result import Result

#: aggregations whose changes can be attributed exactly
_SPLIT = ("geometric", "arithmetic")


@dataclass(frozen=True, eq=False, repr=False)
class PlaceHistory:
    """Places of several years.

    Parameters
    ----------
    results
        One result for each year, in the order of years.
    names
        For each result, the names of its places here: a cluster keeps its first name.
    threshold
        Thresholds of advantage and of linkage, the same for all years.
    """

    results: tuple[Result, ...]
    names: tuple[dict[str, str], ...]
    threshold: tuple[float, float]

    def __repr__(self) -> str:
        years = ", ".join(str(year) for year in self.years)
        return f"<PlaceHistory: {self.places.index.nunique()} places in {years}>"

    @property
    def years(self) -> list[int]:
        """The years, in order."""
        return [int(result.places["year"].iloc[0]) for result in self.results]

    @cached_property
    def places(self) -> GeoDataFrame:
        """The places of all years, as `Result.places`: a row per place and year."""
        parts = [
            result.places.rename(index=names)
            for result, names in zip(self.results, self.names, strict=True)
        ]
        columns = list(dict.fromkeys(name for part in parts for name in part.columns))
        rows = pd.concat([pd.DataFrame(part).reindex(columns=columns) for part in parts])
        return geopandas.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326")

    @cached_property
    def trajectories(self) -> pd.DataFrame:
        """Changes of type over the years; see `standort.typology.trajectory`."""
        rows = pd.DataFrame(self.places.drop(columns="geometry")).reset_index()
        shares = _probabilities(rows)
        drawn = rows[shares].notna().to_numpy().any()
        kept = ["place", "year", "advantage", "linkage", *(shares if drawn else [])]
        kept += ["vetoed"] if "vetoed" in rows else []
        return trajectory(rows[kept], threshold=self.threshold)

    @cached_property
    def attribution(self) -> pd.DataFrame:
        """Exact contribution of each component to each change of advantage.

        See `standort.typology.attribute_change`; empty for aggregations whose changes cannot be
        attributed exactly.
        """
        profile = self.results[0].profile
        components = {c.id: c.weight for c in profile.components if c.id in self.places}
        if profile.aggregation not in _SPLIT or not components:
            return pd.DataFrame(columns=["place", "from_year", "year", "change"])
        rows = pd.DataFrame(self.places).reset_index()[["place", "year", *components]]
        return attribute_change(
            rows.astype(dict.fromkeys(components, float)),
            components,
            aggregation=profile.aggregation,  # type: ignore[arg-type]  # one of these two
            floor=profile.floor,
        )

    @property
    def notes(self) -> list[str]:
        """Reasons why years may not be comparable, as sentences."""
        bases = {name: set(part["basis"].dropna()) for name, part in self.places.groupby(level=0)}
        other = [str(name) for name, held in bases.items() if len(held) > 1]
        if not other:
            return []
        reason = (
            f"the scores of {name_ids(other)} use different criteria in different years: a change "
            "may come from what was measured"
        )
        return [reason]

    @checked()
    def write(self, path: str | Path) -> Path:
        """Write the result of the last year, with the places and screening of all years.

        Parameters
        ----------
        path
            Path of the file; see `Result.write`.

        Returns
        -------
        The path.
        """
        screening, families = (
            pd.concat(
                [
                    getattr(result, name)
                    .assign(place=lambda table, names=names: table["place"].replace(names))
                    .assign(year=year)
                    for result, names, year in zip(
                        self.results, self.names, self.years, strict=True
                    )
                ],
                ignore_index=True,
            )
            for name in ("screening", "solution_families")
        )
        last = self.results[-1]
        members, contributions = (
            table.assign(place=table["place"].replace(self.names[-1]))
            for table in (last.place_members, last.place_contributions)
        )
        return last.write(
            path,
            instead={
                "places": self.places,
                "place_members": members,
                "place_contributions": contributions,
                "screening": screening,
                "solution_families": families,
                "trajectories": self.trajectories,
                "attribution": self.attribution,
            },
        )


@checked(threshold=SHARE)
def follow_places(
    results: Sequence[Result], *, threshold: tuple[float, float] = (0.5, 0.5)
) -> PlaceHistory:
    """Follow places through results of several years.

    Initiatives and unclustered sites keep their names. Clusters are identified separately for each
    year; a cluster continues if at least half of its sites in either year are in both years
    (`standort.clusters.track`).

    Parameters
    ----------
    results
        One for each year, from studies read with ``year=`` and scored with one profile.
    threshold
        Thresholds of advantage and of linkage, the same for all years.

    Returns
    -------
    The places of all years.

    Raises
    ------
    LayerError
        If a result has no year or no places, a year occurs twice, or profiles differ.
    """
    _check(results)
    ordered = tuple(sorted(results, key=lambda result: int(result.places["year"].iloc[0])))
    names: list[dict[str, str]] = []
    for position, result in enumerate(ordered):
        own = dict.fromkeys(result.places.index, "")
        carried = _carried(ordered[position - 1], result, names[-1]) if position else {}
        taken = set(carried.values())
        for name in own:
            fresh = str(name)
            while name not in carried and fresh in taken:
                fresh += f" ({int(result.places['year'].iloc[0])})"
            own[name] = carried.get(str(name), fresh)
        names.append(own)
    return PlaceHistory(ordered, tuple(names), threshold)


def _check(results: Sequence[Result]) -> None:
    problems = []
    if any(result.places.empty or result.places["year"].isna().any() for result in results):
        problems.append("expected places of a year in each result; read the study with year=")
    else:
        years = [int(result.places["year"].iloc[0]) for result in results]
        if len(set(years)) < len(years):
            problems.append(f"expected each year once, got {', '.join(map(str, years))}; drop one")
    if len({result.profile.content_hash for result in results}) > 1:
        problems.append("expected one profile for all years; score all of them with one")
    if problems:
        raise LayerError("; ".join(problems))


def _carried(before: Result, after: Result, names: dict[str, str]) -> dict[str, str]:
    """Return the earlier names of the clusters that continue, by their new names."""
    from standort.clusters import track

    labels = [_labels(result) for result in (before, after)]
    if any(label.empty for label, _ in labels):
        return {}
    events = track(labels[0][0], labels[1][0])
    continued = events[events["event"] == "continued"]
    return {
        labels[1][1][int(new)]: names[labels[0][1][int(old)]]
        for old, new in zip(continued["before"], continued["after"], strict=True)
    }


def _labels(result: Result) -> tuple[pd.DataFrame, list[str]]:
    """Return the cluster number of each site, and the names of the numbers."""
    clusters = result.places.index[result.places["kind"] == "cluster"]
    members = result.place_members
    members = members[members["place"].isin(clusters)]
    numbers: Any = clusters.get_indexer(pd.Index(members["place"]))
    index = pd.Index(members["site_id"], name="site_id")
    return pd.DataFrame({"cluster": numbers}, index=index), list(clusters)


def _probabilities(rows: pd.DataFrame) -> list[str]:
    from standort.typology import TYPES

    return [f"p_{name}" for name in TYPES if f"p_{name}" in rows]
