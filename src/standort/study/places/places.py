"""Places of a study: clusters, declared initiatives, and the unclustered sites of regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd

from standort.clusters import describe_groups, outline_groups
from standort.clusters.cluster_table import members
from standort.layers.attributes.ids import id_texts
from standort.linkages.layer_scores import LEAST_FIRMS
from standort.results.notes import Note
from standort.study.group_scores import (
    Groups,
    emissions_of,
    mean_values,
    score_as_wholes,
    score_by_surroundings,
)
from standort.study.places.place_firms import contract_study

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.array_types import Flags, Ints
    from standort.layers import Study
    from standort.layers.features import Features
    from standort.study.engine import Engine
    from standort.study.evaluation import Evaluation
    from standort.typology import DrawRange

#: name of the unclustered sites where emitters have no column ``region``
_NO_REGIONS = "dispersed sites (no regions given)"
_NO_REGION = "dispersed sites of no region"
#: number of members from which a place has a density of its own
_PAIR = 2
_OUTLINE = ("n_sites", "n_unknown", "co2_mt_per_yr")
#: what is measured on places that are dense by construction or declaration
_DISTANCES = (
    "mean_pairwise_distance_km",
    "mean_pairwise_distance_min_km",
    "mean_pairwise_distance_max_km",
)


@dataclass(frozen=True, eq=False)
class Places:
    """The places of a study and their members.

    Parameters
    ----------
    table
        One row per place, index ``place`` (its unique name): ``kind`` (cluster, initiative or
        unclustered), ``cluster`` (number of the cluster, missing for other kinds), ``year`` of the
        study, ``n_sites``, ``n_unknown`` (members of unknown emissions), ``co2_mt_per_yr`` (known
        emissions; NaN if all are unknown), ``mean_pairwise_distance_km`` (of clusters and
        initiatives) with its bounds, and a point at the emission-weighted centroid. Clusters come
        first, by emissions; then initiatives and unclustered sites, each by name.
    members
        One row per place and member, ``place`` and ``site_id``. An emitter may belong to a cluster
        and to several initiatives; the unclustered sites are those that belong to neither.
    groups
        The same as arrays; the groups are the rows of `table`.
    notes
        Entries of the table of initiatives that are not emitters of the study.
    """

    table: GeoDataFrame
    members: pd.DataFrame
    groups: Groups
    notes: tuple[Note, ...] = ()

    @property
    def are_wholes(self) -> Flags:
        """Which places have a density of their own: clusters and initiatives of several sites."""
        kind, size = self.table["kind"].to_numpy(), self.table["n_sites"].to_numpy()
        return np.asarray((kind != "unclustered") & (size >= _PAIR))


def find_places(engine: Engine) -> Places | None:
    """Return the places of a study: its clusters, initiatives, and unclustered sites by region.

    Clusters are dense by construction. Initiatives are declared in the table ``initiatives``. The
    unclustered sites are the emitters of a region (column ``region`` of the emitters; without it,
    of the whole study) that belong to neither; they are a place only in the sense of a region.

    Parameters
    ----------
    engine
        The study with its clusters.

    Returns
    -------
    The places; None in a study without emitters.
    """
    if engine.clusters is None:
        return None
    context = engine.context
    layer = context.layer("emitters")
    member, label = members(layer, engine.clusters.labels)
    declared, notes = _initiatives(layer, context.study.tables.get("initiatives"))
    taken = np.zeros(len(layer), dtype=bool)
    taken[member] = True
    for positions in declared.values():
        taken[positions] = True
    rest = _unclustered_sites(layer, ~taken)
    names = _cluster_names(engine.clusters.table, {*declared, *rest})
    parts = [*np.split(member, np.flatnonzero(np.diff(label)) + 1)] if len(member) else []
    parts += [*declared.values(), *rest.values()]
    kinds = ["cluster"] * len(names) + ["initiative"] * len(declared) + ["unclustered"] * len(rest)
    places = pd.Index([*names, *declared, *rest], name="place", dtype=object)
    groups = Groups.of(
        layer,
        np.concatenate([np.array([], dtype=np.intp), *parts]),
        np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
    )
    table = _describe(layer, groups, places, np.array(kinds, dtype=object), engine.clusters.table)
    table.insert(2, "year", pd.array([context.study.year] * len(table), dtype="Int64"))
    ids = layer.ids.to_numpy(dtype=object)[groups.member]
    long = pd.DataFrame({"place": places.to_numpy()[groups.group], "site_id": ids})
    return Places(table, long, groups, notes)


def score_places(
    places: Places, engine: Engine, of_emitters: Evaluation
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score the advantage of each place in the same way as that of a cluster.

    Partial values are emission-weighted means over members. The component that clusters measure on
    themselves (proximity between firms) is measured on the place as a whole; for unclustered sites
    and single sites it is the mean over the surroundings of the members.

    Parameters
    ----------
    places
        The places.
    engine
        The study and the profile.
    of_emitters
        All criteria of the emitters, measured and valued, in the order of the input.

    Returns
    -------
    Scores, as from `standort.scoring.score_table`, and the mean partial values of the members for
    every criterion; both on the index ``place``.
    """
    layer = engine.context.layer("emitters")
    names = [criterion.id for criterion in engine.measured]
    bounded = mean_values(places.groups, of_emitters, names, emissions_of(layer))
    wholes = places.are_wholes
    values, low, high = (part.set_axis(places.table.index) for part in bounded)
    of_wholes = score_as_wholes(
        places.table[wholes], (values[wholes], low[wholes], high[wholes]), engine.profile
    )
    others = score_by_surroundings(
        places.table.index[~wholes], (values[~wholes], low[~wholes], high[~wholes]), engine.profile
    )
    parts = [part for part in (of_wholes, others) if len(part)]
    scores = pd.concat(parts) if parts else of_wholes
    components = [c.id for c in engine.profile.components if c.id in scores]
    ordered = [*components, *(name for name in scores.columns if name not in components)]
    return scores.reindex(places.table.index)[ordered], values


def _initiatives(
    layer: Features, declared: pd.DataFrame | None
) -> tuple[dict[str, Ints], tuple[Note, ...]]:
    """Return the positions of the members of each initiative, by name."""
    if declared is None or declared.empty:
        return {}, ()
    wanted = id_texts(declared["site_id"])
    position = id_texts(layer.ids).get_indexer(wanted)
    names = declared["initiative"].astype(str).to_numpy()
    members = {name: np.unique(position[(names == name) & (position >= 0)]) for name in set(names)}
    notes = []
    lost = sorted(set(wanted[position < 0]))
    if lost:
        notes.append(Note("members_not_emitters", layer="initiatives", ids=tuple(lost)))
    empty = sorted(name for name, positions in members.items() if not len(positions))
    if empty:
        notes.append(Note("initiative_empty", layer="initiatives", ids=tuple(empty)))
    kept = {name: members[name] for name in sorted(members) if name not in empty}
    return kept, tuple(notes)


def _unclustered_sites(layer: Features, left: Flags) -> dict[str, Ints]:
    """Return the positions of the unclustered emitters, by region."""
    position = np.flatnonzero(left)
    if not len(position):
        return {}
    if "region" not in layer.table:
        return {_NO_REGIONS: position}
    region = layer.table["region"].to_numpy(dtype=object)[position]
    named = np.array(
        [_NO_REGION if pd.isna(name) else f"dispersed sites of {name}" for name in region],
        dtype=object,
    )
    return {name: position[named == name] for name in sorted(set(named))}


def _cluster_names(clusters: pd.DataFrame, taken: set[str]) -> list[str]:
    """Name clusters by their anchors, with the id of the anchor where names are not unique."""
    names = clusters["name"].astype(str)
    common = names.duplicated(keep=False) | names.isin(list(taken))
    with_id = names + " (" + clusters["anchor"].astype(str) + ")"
    return list(_unique(with_id.where(common, names), taken))


def _unique(names: pd.Series[str], taken: set[str]) -> Iterator[str]:
    """Append a word to names until none occurs twice."""
    used = set(taken)
    for given in names:
        name = given
        while name in used:
            name += " (cluster)"
        used.add(name)
        yield name


def _describe(
    layer: Features,
    groups: Groups,
    places: pd.Index[Any],
    kind: NDArray[np.object_],
    clusters: pd.DataFrame,
) -> GeoDataFrame:
    """Return the table of places before they are scored."""
    outline = outline_groups(layer, groups.member, groups.group)
    distances = pd.DataFrame(np.nan, index=places, columns=_DISTANCES)
    of_cluster = kind == "cluster"
    distances[of_cluster] = clusters[list(_DISTANCES)].to_numpy()
    declared = kind == "initiative"
    if declared.any():
        part = groups.take(declared)
        described = describe_groups(layer, part.member, part.group)
        distances[declared] = described[list(_DISTANCES)].to_numpy()
    number = pd.array([pd.NA] * len(places), dtype="Int64")
    number[of_cluster] = np.arange(of_cluster.sum())
    columns = {
        "kind": kind,
        "cluster": number,
        **{name: outline[name].to_numpy() for name in _OUTLINE},
        **{name: distances[name].to_numpy() for name in _DISTANCES},
    }
    points = outline.geometry.to_numpy()
    return geopandas.GeoDataFrame(columns, index=places, geometry=points, crs="EPSG:4326")


#: Tables of links between firms.
_TABLES = ("linkages", "memberships", "assets")
#: names of the columns of `link_places`, by their names in `standort.linkages.linkage`
LINKAGE_COLUMNS = {
    **{
        name: name
        for name in (
            "linkage",
            "linkage_p05",
            "linkage_p50",
            "linkage_p95",
            "linkage_recorded",
            "linkage_lower",
            "linkage_upper",
            "effort_formal",
            "effort_informal",
            "effort_infrastructure",
            "examined",
            "n_firms",
            "indicative",
            "chertow_3_2",
        )
    },
    "coverage": "linkage_coverage",
    "statement": "linkage_statement",
    "missing": "linkage_missing",
}
_LINKAGE_TEXTS = ("linkage_statement", "linkage_missing")
_COUNTS_AND_FLAGS = ("n_firms", "indicative", "chertow_3_2")


def has_linkage_data(study: Study) -> bool:
    """Return whether a study has any data on links between firms."""
    named = (*_TABLES, "firms")  # owners of one firm have a tie
    return "firm" in study.emitters and any(name in study.tables for name in named)


def link_places(study: Study, places: Places) -> pd.DataFrame:
    """Measure how strongly the firms of each place are linked.

    The firms of a place are those in the column ``firm`` of its members, each under one name. If
    the study has none of the tables, or no firms, everything is unknown.

    Parameters
    ----------
    study
        The study, its tables limited to its year.
    places
        The places.

    Returns
    -------
    Index ``place``, the columns `LINKAGE_COLUMNS`; see `standort.linkages.linkage`.
    """
    if not has_linkage_data(study):
        names = list(LINKAGE_COLUMNS.values())
        types = {
            name: object if name in _LINKAGE_TEXTS else float
            for name in names
            if name not in _COUNTS_AND_FLAGS
        }
        return pd.DataFrame(index=places.table.index, columns=names).astype(types)
    from standort.linkages import linkage

    done = contract_study(study, places.members)
    linked = linkage(
        done.firms,
        done.linkages,
        done.memberships,
        assets=done.assets,
        collection=done.collection,
    )
    return linked[list(LINKAGE_COLUMNS)].rename(columns=LINKAGE_COLUMNS).reindex(places.table.index)


def draw_linkage(study: Study, places: Places, *, draws: int, seed: int) -> DrawRange:
    """Draw the linkage of each place; see `standort.linkages.linkage_draws`.

    Parameters
    ----------
    study, places
        As for `link_places`.
    draws, seed
        Number of draws, and the random seed.

    Returns
    -------
    Each of shape (n_places, draws); NaN where linkage is unknown.
    """
    from standort.typology.probabilities import DrawRange, as_range

    if not has_linkage_data(study):
        return as_range(np.full((len(places.table), draws), np.nan))
    from standort.linkages import linkage_draws

    done = contract_study(study, places.members)
    drawn = linkage_draws(
        done.firms,
        done.linkages,
        done.memberships,
        assets=done.assets,
        collection=done.collection,
        draws=draws,
        seed=seed,
    )
    ordered = {c: table.reindex(places.table.index) for c, table in drawn.items()}
    return DrawRange(**{c: table.to_numpy(dtype=np.float64) for c, table in ordered.items()})


def missing_data_notes(study: Study, table: pd.DataFrame) -> list[Note]:
    """Return notes on the data needed for each place to have a type.

    Parameters
    ----------
    study
        The study.
    table
        Its places, with ``kind`` and ``linkage``.

    Returns
    -------
    Notes; empty if nothing is missing.
    """
    notes = [] if "initiatives" in study.tables else [Note("no_initiatives")]
    if not has_linkage_data(study):
        counts = {"n": len(table), "of": len(table)}
        lacking = [] if "firm" in study.emitters else ["firm"]
        lacking += [name for name in _TABLES if name not in study.tables]
        return [*notes, Note("linkage_not_recorded", counts=counts, ids=tuple(lacking))]
    linked = table[table["n_firms"] >= LEAST_FIRMS]
    if "collection" not in study.tables and len(linked):
        notes.append(Note("no_collection", counts={"n": len(linked), "of": len(table)}))
    return notes
