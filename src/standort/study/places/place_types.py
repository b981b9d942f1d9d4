"""Types, linkage and screening of the places of a study."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas
import pandas as pd

from standort.results.notes import Note, NoteKind
from standort.study.places.place_firms import firm_notes
from standort.study.places.places import (
    Places,
    find_places,
    link_places,
    missing_data_notes,
    score_places,
)
from standort.study.screening.screening_inputs import ScreeningInputs
from standort.typology import compare_aggregations, type_places

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Flags, Floats
    from standort.study.engine import Engine
    from standort.study.evaluation import Evaluation
    from standort.typology import DrawRange
    from standort.typology.thresholds import Threshold, Thresholds


_AGGREGATIONS = ("geometric", "arithmetic", "minimum")
_ENDS = ("p05", "p50", "p95")
#: leading columns of the table of places
_FIRST = (
    "kind",
    "year",
    "n_sites",
    "co2_mt_per_yr",
    "advantage",
    "advantage_p05",
    "advantage_p50",
    "advantage_p95",
    "linkage",
    "linkage_p05",
    "linkage_p50",
    "linkage_p95",
    "linkage_recorded",
    "linkage_lower",
    "linkage_upper",
    "type",
    "type_set",
    "p_forerunner",
    "p_dispersed_cluster",
    "p_classic_cluster",
    "p_dispersed_sites",
    "entropy",
    "margin",
)
_LAST = ("label", "type_on_record", "basis", "linkage_statement", "linkage_missing", "geometry")
_TEXTS = (
    "kind",
    "type",
    "label",
    "type_set",
    "margin_axis",
    "threshold",
    "type_on_record",
    "linkage_statement",
    "linkage_missing",
    "basis",
)
_TABLES = frozenset({"assets", "collection", "initiatives", "linkages", "memberships"})


#: columns that name the criteria whose veto applies to a place, or might
_VETOES: dict[NoteKind, str] = {"vetoed": "vetoed", "veto_unknown": "veto_unknown"}


@dataclass(frozen=True, eq=False)
class TypedPlaces:
    """Places with their advantage, linkage and type; screening is computed on request.

    Parameters
    ----------
    places
        Index ``place``; see `standort.study.Result.places`.
    members
        One row per place and member: ``place``, ``site_id``.
    notes
        Missing data, and limits of the data.
    thresholds
        Values from which advantage and linkage are high; None without places.
    """

    places: GeoDataFrame
    members: pd.DataFrame
    notes: tuple[Note, ...]
    thresholds: Thresholds | None
    _inputs: ScreeningInputs | None

    @property
    def has_tables(self) -> bool:
        """Whether the study has a table on links between firms or on initiatives."""
        return self._inputs is not None and bool(_TABLES & set(self._inputs.study.tables))

    @cached_property
    def facts(self) -> pd.DataFrame:
        """The facts that screening needs of each place; NaN where unknown."""
        from standort.study.screening.place_facts import place_facts

        if self._inputs is None:
            return pd.DataFrame(index=self.places.index)
        return place_facts(self._inputs)

    @cached_property
    def screening(self) -> pd.DataFrame:
        """Place-based approaches that each place could follow; see `standort.typology.screen`."""
        from standort.typology import screen

        return screen(self.facts)

    @cached_property
    def solution_families(self) -> pd.DataFrame:
        """Solution families that suit each place; see `standort.typology.solution_families`."""
        from standort.typology import solution_families

        return solution_families(self.facts)

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """Contributions of criteria to the advantage of each place; see `place_contributions`."""
        from standort.study.places.place_contributions import place_contributions

        return place_contributions(self._inputs)

    def typed(
        self,
        *,
        threshold: Threshold = 0.5,
        advantage_draws: Floats | DrawRange | None = None,
        linkage_draws: Floats | DrawRange | None = None,
        threshold_draws: tuple[Floats, Floats] | None = None,
        vetoed_draws: Flags | None = None,
    ) -> TypedPlaces:
        """Return the same places with types by other thresholds, or from draws.

        Parameters
        ----------
        threshold, advantage_draws, linkage_draws, threshold_draws, vetoed_draws
            As for `standort.typology.type_places`.

        Returns
        -------
        The places with new types.
        """
        limits = _find_thresholds(self.places, threshold)
        table = _typed(
            self.places,
            limits,
            advantage_draws=advantage_draws,
            linkage_draws=linkage_draws,
            threshold_draws=threshold_draws,
            vetoed_draws=vetoed_draws,
        )
        return TypedPlaces(table, self.members, self.notes, limits, self._inputs)


def assess_places(
    engine: Engine, of_emitters: Evaluation | None, *, threshold: Threshold = 0.5
) -> TypedPlaces:
    """Return the places of a study, scored on both axes and typed.

    Parameters
    ----------
    engine
        The study with its clusters.
    of_emitters
        All criteria of the emitters, measured and valued, in the order of the input; None in a
        study without emitters.
    threshold
        Value from which a place is high; see `standort.typology.find_thresholds`.

    Returns
    -------
    The places; none in a study without emitters.
    """
    places = find_places(engine)
    if places is None or of_emitters is None or places.table.empty:
        return _no_places()
    study = engine.context.study
    scores, means = score_places(places, engine, of_emitters)
    linked = link_places(study, places)
    table = _join(places, scores, linked)
    limits = _find_thresholds(table, threshold)
    table = _typed(table, limits)
    notes = (
        *places.notes,
        *firm_notes(study, places.members),
        *missing_data_notes(study, table),
        *_undecided(table),
        *_vetoes(pd.DataFrame(table)),
    )
    inputs = ScreeningInputs(engine, places, of_emitters, means, linked)
    return TypedPlaces(table, places.members, notes, limits, inputs)


def place_columns(names: list[str]) -> list[str]:
    """Return the columns of the table of places in order: main figures first, texts last."""
    last = [name for name in _LAST if name in names]
    rest = [name for name in names if name not in {*_FIRST, *last}]
    return [*(name for name in _FIRST if name in names), *rest, *last]


def _join(places: Places, scores: pd.DataFrame, linked: pd.DataFrame) -> GeoDataFrame:
    """Join places, scores and linkage."""
    renamed = {"coverage": "advantage_coverage", "score": "advantage"}
    renamed |= {f"score_{name}": f"advantage_{name}" for name in (*_AGGREGATIONS, "min", "max")}
    own = places.table.drop(columns=places.table.geometry.name)
    table = own.join(scores.rename(columns=renamed)).join(linked)
    table[[f"advantage_{end}" for end in _ENDS]] = float("nan")
    return geopandas.GeoDataFrame(table, geometry=places.table.geometry)


def _find_thresholds(places: pd.DataFrame, threshold: Threshold) -> Thresholds:
    from standort.typology import find_thresholds

    # where linkage is unknown, what is on record can still be compared between places
    linkage = places["linkage"].astype(float).fillna(places["linkage_recorded"].astype(float))
    return find_thresholds(places["advantage"].astype(float), linkage, threshold=threshold)


def _typed(
    places: GeoDataFrame,
    limits: Thresholds,
    *,
    advantage_draws: Floats | DrawRange | None = None,
    linkage_draws: Floats | DrawRange | None = None,
    threshold_draws: tuple[Floats, Floats] | None = None,
    vetoed_draws: Flags | None = None,
) -> GeoDataFrame:
    """Add types; without draws, the bounds of both axes give the possible ones."""
    given = pd.DataFrame(places.drop(columns=places.geometry.name)).rename_axis(index=None)
    types = type_places(
        given.assign(place=given.index),
        threshold=limits,
        advantage_draws=advantage_draws,
        linkage_draws=linkage_draws,
        threshold_draws=threshold_draws,
        vetoed_draws=vetoed_draws,
    ).drop(columns="place")
    kept = types.drop(columns=[f"type_{name}" for name in _AGGREGATIONS], errors="ignore")
    kept = kept.drop(columns="agree", errors="ignore")
    table = kept.join(_types_by_aggregation(given, limits))
    texts = [name for name in _TEXTS if name in table]
    table = table.astype(dict.fromkeys(texts, object)).rename_axis(index="place")
    return geopandas.GeoDataFrame(
        table[place_columns(list(table.columns))], geometry=places.geometry, crs=places.crs
    )


def _types_by_aggregation(places: pd.DataFrame, limits: Thresholds) -> pd.DataFrame:
    """Type places under three aggregations, with the thresholds of the profile's own."""
    advantages = pd.DataFrame({name: places[f"advantage_{name}"] for name in _AGGREGATIONS})
    return compare_aggregations(
        advantages.astype(float),
        places["linkage"].astype(float),
        threshold=limits,
        vetoed=places.get("vetoed"),
    )


def _undecided(table: pd.DataFrame) -> list[Note]:
    """Note the places of which the data allow several types."""
    names = tuple(str(name) for name in table.index[table["type"].isna()])
    counts = {"n": len(names), "of": len(table)}
    return [Note("types_undecided", counts=counts, ids=names)] if names else []


def _vetoes(table: pd.DataFrame) -> list[Note]:
    """Note the places to which a veto applies, or might, and their number by criterion."""
    notes: list[Note] = []
    for kind, column in _VETOES.items():
        if column not in table:
            continue
        named = table[column].fillna("").astype(str)
        named = named[named != ""]
        if len(named):
            counts = {"n": len(named), "of": len(table)}
            counts |= {
                str(c): int(n) for c, n in named.str.split(",").explode().value_counts().items()
            }
            notes.append(Note(kind, counts=counts, ids=tuple(str(name) for name in named.index)))
    return notes


def _no_places() -> TypedPlaces:
    columns = place_columns([*_FIRST, "geometry"])
    empty = geopandas.GeoDataFrame(
        {name: [] for name in columns if name != "geometry"},
        index=pd.Index([], name="place", dtype=object),
        geometry=[],
        crs="EPSG:4326",
    )
    members = pd.DataFrame({"place": [], "site_id": []}, dtype=object)
    return TypedPlaces(empty, members, (), None, None)
