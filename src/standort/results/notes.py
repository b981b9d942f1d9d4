"""Notes on a result as data: what was left out or is unknown, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from standort.arguments import checked
from standort.errors import LayerError, name_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What a note is about.
#:
#: - no_layer, no_column, all_unknown, no_raster, no_emitters: why a criterion is not available
#: - component_unknown: a component of the profile without any criterion that can be measured
#: - no_features, filter_unknown, filter_skipped: features of a layer that do not count
#: - discount_skipped, discount_unknown: quantities that count in full, or by an unknown share
#: - values_at_an_end, values_move_together: criteria that tell few sites apart, or rank them alike
#: - out_of_reach: a layer without a feature near enough to any site
#: - raster_unknown, gate: sites without a value or without a score
#: - layer: a message from reading a layer
#: - members_not_emitters, initiative_empty, no_initiatives: the places of a study
#: - firms_contracted: names that are another firm
#: - linkage_not_recorded, no_collection, types_undecided: the data on links between firms
#: - vetoed, veto_unknown: the places a veto holds against, or may
NoteKind = Literal[
    "no_layer",
    "no_column",
    "all_unknown",
    "no_raster",
    "no_emitters",
    "component_unknown",
    "no_features",
    "filter_unknown",
    "filter_skipped",
    "discount_skipped",
    "discount_unknown",
    "values_at_an_end",
    "values_move_together",
    "out_of_reach",
    "raster_unknown",
    "gate",
    "layer",
    "members_not_emitters",
    "initiative_empty",
    "no_initiatives",
    "firms_contracted",
    "linkage_not_recorded",
    "no_collection",
    "types_undecided",
    "vetoed",
    "veto_unknown",
]

#: fields that hold several names
_SEVERAL = ("ids", "layers")


@dataclass(frozen=True, slots=True)
class Note:
    """One note on a result.

    Parameters
    ----------
    kind
        What it is about, one of `NoteKind`.
    criterion, layer, column, raster
        The subject, as far as it is one of these.
    counts
        Numbers it states, by name: ``n`` of ``of`` features, sites or places; by criterion for
        vetoes and shares of values; by two criteria for rank correlations; the limit of a gate;
        distances, such as ``reach_km``.
    ids
        Rows it names, all of them; the criteria of a component.
    text
        The message that a layer reported.
    component
        The subject, if it is a component.
    layers
        Layers and rasters of which any would add to what is known.
    """

    kind: NoteKind
    criterion: str | None = None
    layer: str | None = None
    column: str | None = None
    raster: str | None = None
    counts: Mapping[str, float] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    text: str | None = None
    component: str | None = None
    layers: tuple[str, ...] = ()

    def to_entry(self) -> dict[str, Any]:
        """Return the note as a manifest keeps it, without empty fields."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        entry = {name: value for name, value in fields.items() if value}
        return {
            **entry,
            **({"counts": dict(self.counts)} if self.counts else {}),
            **{name: list(fields[name]) for name in _SEVERAL if fields[name]},
        }

    @classmethod
    @checked()
    def of(cls, entry: Mapping[str, Any]) -> Note:
        """Read a note that a manifest holds.

        Examples
        --------
        >>> note = Note("filter_unknown", "port_distance", "ports", counts={"n": 2, "of": 9})
        >>> Note.of(note.to_entry()) == note
        True
        """
        if "kind" not in entry:
            msg = f"expected a note with a kind, got the keys {name_ids(list(entry))}; score again"
            raise LayerError(msg)
        known = {name: entry[name] for name in cls.__slots__ if name in entry}
        return cls(**{**known, **{name: tuple(known.get(name, ())) for name in _SEVERAL}})


@checked()
def notes_of(manifest: Mapping[str, Any]) -> list[Note]:
    """Return the notes that a manifest holds; kinds of other versions are left out."""
    entries = manifest.get("notes")
    if not isinstance(entries, list | tuple):
        return []
    known = get_args(NoteKind)
    return [Note.of(entry) for entry in entries if entry.get("kind") in known]
