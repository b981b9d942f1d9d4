"""The result of scoring a study: tables, explanations, figures and files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from standort.arguments import SHARE, checked
from standort.errors import OptionError
from standort.outputs.explanation.explanation import Explanation, explain_place, explain_site
from standort.results.columns import describe_tables, draw_columns
from standort.results.manifest import plain
from standort.results.notes import notes_of
from standort.results.place_lookup import find_place
from standort.results.result_tables import ResultTables
from standort.results.schema import Schema
from standort.scoring import check_comparable
from standort.study.result.site_contributions import site_contributions, with_next_best
from standort.study.result.site_table import beside_rank
from standort.typology import TYPES, DrawRange
from standort.typology.thresholds import Threshold  # noqa: TC001 - read by `checked`

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import folium
    from geopandas import GeoDataFrame

    from standort.array_types import Flags, Floats
    from standort.outputs.figures.plots import Plots
    from standort.results.schema import ResultColumn
    from standort.scoring import Profile
    from standort.study.context import Context
    from standort.study.evaluation import Evaluation
    from standort.study.places.place_types import TypedPlaces


#: Tables of a result that are built on request.
_LONG_TABLES = (
    "place_members",
    "contributions",
    "place_contributions",
    "screening",
    "solution_families",
    "manifest",
)


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """The result of `score`. Tables have the index of the sites or of the clusters.

    Parameters
    ----------
    sites
        One row per site in input order: the attributes of the input, ``score``, ``rank``, the score
        under each aggregation, its bounds, ``coverage``, the components, cluster and tier, and for
        each criterion the metric ``<criterion>_<unit>``, the partial value ``<criterion>_value``
        and the deciding feature ``<criterion>_feature``, or, on a raster, the share of it that is
        known, ``<criterion>_coverage``.
    clusters
        One row per cluster, largest emissions first.
    cluster_hulls
        A polygon around each cluster, for maps.
    manifest
        Inputs, settings and versions of the result.
    profile
        The profile.
    """

    sites: GeoDataFrame
    clusters: GeoDataFrame
    cluster_hulls: GeoDataFrame
    manifest: Mapping[str, Any]
    profile: Profile
    _typed_places: TypedPlaces
    _columns: tuple[ResultColumn, ...]
    _evaluation: Evaluation
    _shares: pd.DataFrame
    _names: Mapping[str | None, pd.Series[Any]]
    _context: Context

    def __repr__(self) -> str:
        return (
            f"<Result of profile {self.profile.id} {self.profile.version}: "
            f"{len(self.sites)} sites, {len(self.clusters)} clusters>"
        )

    @property
    def schema(self) -> Schema:
        """Kind, meaning and unit of each column of each table.

        A `standort.results.Schema`; ``schema.to_frame()`` is a table of it.
        """
        return Schema.of(self.manifest)

    def described(self) -> Result:
        """Return the result with schema and thresholds of its current tables in the manifest."""
        tables = {
            "sites": self.sites,
            "clusters": self.clusters,
            "cluster_hulls": self.cluster_hulls,
            "places": self.places,
        }
        schema = describe_tables(tables, self.profile, self._columns, also=_LONG_TABLES)
        manifest = {**self.manifest, "schema": schema.to_entries()}
        limits = self._typed_places.thresholds
        if limits is not None:
            pair = {"advantage": limits.advantage, "linkage": limits.linkage}
            manifest["thresholds"] = {"method": limits.method, **pair}
        return replace(self, manifest=manifest)

    @property
    def places(self) -> GeoDataFrame:
        """Places that have a type: clusters, declared initiatives, unclustered sites by region.

        Index ``place``. Columns ``kind``, ``year``, ``n_sites``, ``co2_mt_per_yr`` (known),
        ``advantage`` and ``linkage`` in [0, 1] with ``_p05``, ``_p50`` and ``_p95`` (of the
        advantage only with draws), the linkage on record and its bounds (see
        `standort.linkages.linkage`), ``type``, ``type_set`` (all types that the data allow),
        ``type_on_record``, ``p_<type>`` with its range and ``entropy`` (with draws), ``margin`` to
        the nearer threshold, the types under the three aggregations (``type_geometric`` ...), and
        their basis. A profile with vetoes adds ``vetoed`` and ``veto_unknown``, the criteria whose
        veto applies, or might: a vetoed place counts as one of low advantage. In a study without
        tables of links, all places have a set of types and no type; see `place_notes`. Figures of
        draws are followed by their standard error, ``<figure>_error``.
        """
        return self._typed_places.places

    @property
    def place_members(self) -> pd.DataFrame:
        """One row per place and member: ``place``, ``site_id``."""
        return self._typed_places.members

    @property
    def screening(self) -> pd.DataFrame:
        """Place-based approaches that each place could follow; see `standort.typology.screen`.

        Columns ``place``, ``approach``, ``verdict`` (true, false, unknown), ``reasoning``,
        ``missing``.
        """
        return self._typed_places.screening

    @property
    def solution_families(self) -> pd.DataFrame:
        """Solution families that suit each place; see `standort.typology.solution_families`."""
        return self._typed_places.solution_families

    @property
    def notes(self) -> list[str]:
        """Data that were excluded, are unknown, or should be collected, as sentences."""
        from standort.outputs.note_text import format_notes

        return format_notes(notes_of(self.manifest))

    @property
    def place_notes(self) -> list[str]:
        """The notes on places: data missing for types, and limits of the data."""
        from standort.outputs.note_text import format_notes

        return format_notes(self._typed_places.notes)

    @property
    def strategic_dispersed_sites(self) -> pd.DataFrame:
        """The sites outside all clusters with a high advantage, the highest first."""
        from standort.typology import strategic_dispersed_sites

        sites = pd.DataFrame(self.sites.drop(columns=self.sites.geometry.name))
        if not self.schema.has("sites", "role"):
            return sites.iloc[:0]
        vetoed = sites["vetoed"] if self.schema.has("sites", "vetoed") else None
        return strategic_dispersed_sites(sites, vetoed=vetoed)

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """Contribution of each criterion to each score; the rows of a site add up to its score.

        Columns ``site_id``, ``component``, ``criterion``, ``metric``, ``unit``, ``value`` (the
        metric), ``partial_value``, ``weight``, ``contribution``, ``feature``, ``feature_name``,
        and, for distances to a nearest feature, the next best one: ``next_feature``,
        ``next_feature_name`` and ``next_value``.
        """
        return self._with_next_best(np.arange(len(self.sites)))

    @property
    def to_compare(self) -> ResultTables:
        """Tables for `compare`, without next-best features."""
        rows = self._contributions_of(np.arange(len(self.sites)))
        return ResultTables(self.sites, self.clusters, rows, self.manifest, self.places)

    @checked()
    def input_layer(self, name: str) -> pd.DataFrame | None:
        """Return a layer or table of the scored study; None if the study lacks it."""
        study = self._context.study
        held: pd.DataFrame | None = study.layers.get(name, study.tables.get(name))
        return held

    @cached_property
    def place_contributions(self) -> pd.DataFrame:
        """Contribution of each criterion to the advantage of each place; the rows add up to it.

        Columns ``place``, ``component``, ``criterion``, ``metric``, ``unit``, ``value`` (of the
        place as a whole; NaN where the partial value is the mean over members), ``partial_value``,
        ``weight``, ``contribution``, and the member that adds most to a mean, ``feature`` and
        ``feature_name``.
        """
        return self._typed_places.contributions

    @checked()
    def explain(
        self, site_id: object, *, of: Literal["site", "place"] | None = None
    ) -> Explanation:
        """Explain the score of a site, a cluster or another place.

        Parameters
        ----------
        site_id
            Id of a site, name of a place, or number of a cluster.
        of
            Whether it is the id of a site or place; by default a site if one has the id.

        Returns
        -------
        The explanation; print it, or display it in a notebook.

        Raises
        ------
        OptionError
            If no site or place has the id.
        """
        position = np.flatnonzero(self.sites.index.astype(str) == str(site_id))
        if of != "place" and position.size:
            site = self.sites.iloc[int(position[0])]
            return explain_site(site, self._with_next_best(position[:1]), self.manifest)
        place = None if of == "site" else find_place(self.places, site_id)
        if place is None:
            names = [] if of == "place" else list(self.sites.index.astype(str))
            names += [] if of == "site" else list(self.places.index.astype(str))
            close = get_close_matches(str(site_id), names, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "ids are in result.sites.index"
            what = of or "site or place"
            msg = f"expected the id of a {what} in this result, got {site_id!r}; {hint}"
            raise OptionError(msg)
        members = self.place_members.query("place == @place")["site_id"].astype(str)
        rows = self.place_contributions.query("place == @place")
        of_place = self.sites.loc[self.sites.index.astype(str).isin(set(members))]
        return explain_place(self.places.loc[place], rows, of_place, self.manifest)

    @checked()
    def compare(self, other: Result) -> pd.DataFrame:
        """Compare the scores of this result with those of another, for the sites in both.

        Parameters
        ----------
        other
            The other result.

        Returns
        -------
        Index ``site_id``: ``score``, ``score_other`` and ``change``.

        Warns
        -----
        ComparabilityWarning
            If the scores use different criteria or profiles, so that differences may come from
            what was measured, not from the site.
        """
        check_comparable(
            ",".join(self.manifest["basis"]),
            ",".join(other.manifest["basis"]),
            self.profile.content_hash,
            other.profile.content_hash,
        )
        both = self.sites[["score"]].join(other.sites["score"].rename("score_other"), how="inner")
        return pd.DataFrame(both).assign(change=both["score_other"] - both["score"])

    @checked()
    def with_draws(  # noqa: PLR0913 - parts of one result, each by its name
        self,
        figures: pd.DataFrame,
        settings: Mapping[str, Any],
        *,
        places: pd.DataFrame,
        advantage_draws: Floats | DrawRange,
        linkage_draws: Floats | DrawRange,
        threshold_draws: tuple[Floats, Floats],
        vetoed_draws: Flags | None = None,
    ) -> Result:
        """Return the result with figures of draws for sites, and types of places from draws.

        `standort.uncertainty.Uncertainty.applied_to` calls it.

        Parameters
        ----------
        figures
            Columns for the sites, on their index.
        settings
            Settings of the draws, for the manifest.
        places
            Figures of the places and their errors, on their index.
        advantage_draws, linkage_draws, threshold_draws, vetoed_draws
            As for `standort.typology.type_places`; a row per place.

        Returns
        -------
        A changed copy.

        Raises
        ------
        OptionError
            If the result already has figures of draws.
        """
        if "monte_carlo" in self.manifest:
            msg = "expected a result without draws, it has them; apply them to that of score"
            raise OptionError(msg)
        placed = self._typed_places
        if len(placed.places):
            placed = placed.typed(
                advantage_draws=advantage_draws,
                linkage_draws=linkage_draws,
                threshold_draws=threshold_draws,
                vetoed_draws=vetoed_draws,
            )
            placed = replace(placed, places=with_place_figures(placed.places, places))
        return replace(
            self,
            sites=beside_rank(self.sites, figures),
            manifest={**self.manifest, "monte_carlo": plain(settings)},
            _typed_places=placed,
            _columns=(*self._columns, *draw_columns(str(name) for name in figures)),
        ).described()

    @checked(threshold=SHARE)
    def with_thresholds(
        self,
        threshold: Threshold,
        *,
        advantage_draws: Floats | DrawRange | None = None,
        linkage_draws: Floats | DrawRange | None = None,
        threshold_draws: tuple[Floats, Floats] | None = None,
        vetoed_draws: Flags | None = None,
    ) -> Result:
        """Return the result with places typed by other thresholds.

        Parameters
        ----------
        threshold, advantage_draws, linkage_draws, threshold_draws, vetoed_draws
            As for `standort.typology.type_places`; a row of draws per place.

        Returns
        -------
        A changed copy.

        Raises
        ------
        OptionError
            If the threshold is invalid, or needs more places than there are.
        """
        if self.places.empty:
            return self
        placed = replace(self._typed_places, places=without_type_errors(self.places)).typed(
            threshold=threshold,
            advantage_draws=advantage_draws,
            linkage_draws=linkage_draws,
            threshold_draws=threshold_draws,
            vetoed_draws=vetoed_draws,
        )
        return replace(self, _typed_places=placed).described()

    @checked()
    def write(
        self,
        path: str | Path,
        *,
        screening: bool | None = None,
        instead: Mapping[str, pd.DataFrame] | None = None,
    ) -> Path:
        """Write a GeoPackage that opens in QGIS with its styles.

        Layers ``sites``, ``clusters``, ``cluster_hulls``, ``places``; tables ``place_members``,
        ``screening``, ``solution_families``, ``contributions``, ``place_contributions`` and
        ``manifest``. A result of standort is replaced, any other file is not.

        Parameters
        ----------
        path
            Where to write.
        screening
            Whether to write ``screening`` and ``solution_families``, which take time to compute.
            By default only if the study has a table on links or initiatives.
        instead
            Layers and tables, by name, that replace those of the result or are added.

        Returns
        -------
        The path.

        Raises
        ------
        FileError
            If it cannot be written, or another file is there.
        """
        from standort.outputs.geopackage.qgis_styles import STYLES, place_style
        from standort.outputs.geopackage.writer import write_geopackage
        from standort.results.manifest import flatten_manifest

        layers: dict[str, Any] = {
            "sites": self.sites,
            "clusters": self.clusters,
            "cluster_hulls": self.cluster_hulls,
            "places": self.places,
        }
        layers |= {name: table for name, table in (instead or {}).items() if name in layers}
        tables = {
            "place_members": self.place_members,
            "contributions": self.contributions,
            "place_contributions": self.place_contributions,
            "manifest": flatten_manifest(self.manifest),
        }
        if self._typed_places.has_tables if screening is None else screening:
            tables["screening"] = self.screening
            tables["solution_families"] = self.solution_families
        tables |= {name: table for name, table in (instead or {}).items() if name not in layers}
        styles = {**STYLES, "places": place_style()}
        return write_geopackage(
            path, layers=layers, tables=tables, styles=styles, schema=self.schema
        )

    def explore(self) -> folium.Map:
        """Draw an interactive map of sites, clusters and hulls, for a notebook."""
        from standort.outputs.figures.interactive_map import explore_map

        components = self.schema.names("sites", "component")
        return explore_map(self.sites, self.clusters, self.cluster_hulls, components=components)

    @property
    def plot(self) -> Plots:
        """Figures: ``result.plot.map()``, ``result.plot.typology()``."""
        from standort.outputs.figures.plots import Plots

        return Plots(self.sites, self.clusters, self.cluster_hulls, self.places)

    def _with_next_best(self, position: np.ndarray) -> pd.DataFrame:
        """Return the contributions for some sites, with the next best features."""
        rows = self._contributions_of(position)
        basis = [self.profile.criterion(str(name)) for name in self._shares.columns]
        return with_next_best(rows, basis, self._names, self._context, position)

    def _contributions_of(self, position: np.ndarray) -> pd.DataFrame:
        """Return the contributions for some sites, by site, then criterion."""
        return site_contributions(
            self._evaluation, self._shares, self._names, self.profile, position
        )


_ERROR = "_error"
#: shares of draws without a counterpart in a result without draws, and the column they follow
_SHARES, _AFTER = ("p_excluded", "p_vetoed"), "entropy"


def with_place_figures(places: GeoDataFrame, figures: pd.DataFrame) -> GeoDataFrame:
    """Return places with figures of draws, each followed by its error.

    Parameters
    ----------
    places
        Places, typed by the same draws.
    figures
        As `standort.uncertainty.Uncertainty.places`, on the same index.

    Returns
    -------
    A copy. For places that a gate excludes in some draws, figures are those of the other draws.
    """
    table = places.copy()
    names = [str(name) for name in table]
    label = figures["type"].astype(object)
    label = label.where(label.notna(), None)
    gapped = figures["p_excluded"] > 0.0 if "p_excluded" in figures else label.isna() & False
    for name in (str(name) for name in figures):
        if name in names and name not in {"kind", "type"}:
            table[name] = table[name].where(~gapped, figures[name])
    table["label"] = table["label"].where(~gapped, label)
    table["type"] = table["type"].where(~gapped, label.where(label.isin(TYPES), None))
    for name in _SHARES[::-1]:
        if name in figures:
            table.insert(table.columns.get_loc(_AFTER) + 1, name, figures[name])
    for name in [str(name) for name in table]:
        if f"{name}{_ERROR}" in figures:
            at = table.columns.get_loc(name) + 1
            table.insert(at, f"{name}{_ERROR}", figures[f"{name}{_ERROR}"])
    return table


def without_type_errors(places: GeoDataFrame) -> GeoDataFrame:
    """Drop the errors of type shares, which do not apply after new thresholds."""
    names = [str(name) for name in places]
    of_types = [n for n in names if n.endswith(_ERROR) and n.startswith(("p_", "entropy"))]
    return places.drop(columns=[n for n in of_types if not n.startswith(_SHARES)])
