"""The sentences for the notes on a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.errors import name_ids
from standort.outputs.firm_sentences import describe_rows
from standort.outputs.wording import count_of, humanise, join_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from standort.results.notes import Note, NoteKind

#: Most ids that a sentence names.
_NAMED = 3
#: Most criteria, or pairs of them, that a sentence lists.
_LISTED = 6
#: The tables on links between firms, with the columns they need.
_LINK_TABLES = {
    "linkages": "linkages (firm_u, firm_v, kind)",
    "memberships": "memberships (firm, organisation)",
    "assets": "assets (asset, firm)",
    "firm": "a column firm of the emitters",
}


def format_note(note: Note) -> str:
    """Format a note as a sentence that starts with its criterion, component or layer.

    Parameters
    ----------
    note
        The note.

    Returns
    -------
    The sentence, without a full stop.

    Examples
    --------
    >>> from standort.results.notes import Note
    >>> counts = {"n": 4, "of": 31}
    >>> format_note(Note("filter_unknown", "co2_storage_distance", "co2_storage", "capacity_mt",
    ...                  counts=counts))
    "CO2 storage distance: 4 of 31 features of layer 'co2_storage' excluded: 'capacity_mt' unknown"
    """
    named = note.criterion or note.component
    about = humanise(named) if named else note.layer
    sentence = SENTENCES[note.kind](note)
    return f"{about}: {sentence}" if about else sentence


def format_notes(notes: Iterable[Note]) -> list[str]:
    """Format notes as sentences."""
    return [format_note(note) for note in notes]


def format_reason(note: Note) -> str:
    """Format the reason why a criterion is not available, without naming it."""
    return SENTENCES[note.kind](note)


def _of(note: Note, noun: str) -> str:
    """Format how many of how many a note counts."""
    count, total = int(note.counts["n"]), int(note.counts["of"])
    return f"all {total:,} {noun}s" if count == total else f"{count:,} of {count_of(total, noun)}"


def _component_unknown(note: Note) -> str:
    criteria = join_words([humanise(name) for name in note.ids])
    return (
        f"unknown, as none of its criteria can be measured ({criteria}): scores are on the known "
        "components, and their bounds allow any value of it; layers that would decide it: "
        f"{join_words(note.layers)}"
    )


def _no_features(note: Note) -> str:
    if note.layer is None:
        return "no other clusters were found, so this criterion has its lowest value everywhere"
    features = f"none of the {count_of(int(note.counts['of']), 'feature')} of layer {note.layer!r}"
    return f"{features} counts, so this criterion has its lowest value everywhere"


def _raster_unknown(note: Note) -> str:
    sentence = f"too little of raster {note.raster!r} is known at {_of(note, 'site')}"
    if note.counts["n"] < note.counts["of"]:
        return sentence
    return f"{sentence}; check that it covers them and that its CRS is right"


def _firms_contracted(note: Note) -> str:
    more = len(note.ids) - _NAMED
    names = ", ".join(note.ids[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return f"{names}; {describe_rows(note.counts)}; standort check lists all"


def _linkage_not_recorded(note: Note) -> str:
    lacking = [_LINK_TABLES[name] for name in note.ids]
    return (
        f"linkage is unknown for {_of(note, 'place')}, so each has a set of possible types and no "
        f"type: collect {join_words(lacking)}"
    )


def _no_collection(note: Note) -> str:
    return (
        "no table 'collection' says who searched for links, so the linkage of "
        f"{_of(note, 'place')} has bounds, but neither a value nor an interval: a missing record "
        "is not a missing link"
    )


def _types_undecided(note: Note) -> str:
    return (
        f"the data do not decide the type of {_of(note, 'place')}: {name_ids(note.ids)}; type_set "
        "lists the possible types, linkage_missing what to collect"
    )


def _vetoed(note: Note) -> str:
    verb = "is" if note.counts["n"] == 1 else "are"
    return (
        f"{_of(note, 'place')} {verb} vetoed ({_vetoes(note)}; whatever its advantage, a vetoed "
        "place is typed as one of low advantage (column vetoed)"
    )


def _veto_unknown(note: Note) -> str:
    return (
        f"whether a veto holds is unknown for {_of(note, 'place')} ({_vetoes(note)}; their types "
        "assume that none does (column veto_unknown)"
    )


def _vetoes(note: Note) -> str:
    """Format the first places and the count by criterion."""
    criteria = {name: n for name, n in note.counts.items() if name not in {"n", "of"}}
    counted = ", ".join(f"{humanise(name)} at {int(n):,}" for name, n in criteria.items())
    return f"{name_ids(note.ids, limit=_NAMED)}): {counted}"


def _values_at_an_end(note: Note) -> str:
    shares = [f"{humanise(name)} {share:.0%}" for name, share in note.counts.items()]
    return (
        "values of 0 or 1 at half of the sites or more, where these criteria tell sites apart no "
        f"further: {_listed(shares)}"
    )


def _values_move_together(note: Note) -> str:
    pairs = [
        f"{join_words([humanise(name) for name in names.split()])} {rho:.2f}"
        for names, rho in note.counts.items()
    ]
    return (
        "criteria whose values rise and fall together, or against each other, and so do not count "
        f"independently (rank correlation): {_listed(pairs, mark='; ')}"
    )


def _listed(texts: list[str], *, mark: str = ", ") -> str:
    """List the first texts and count the rest."""
    more = len(texts) - _LISTED
    return mark.join([*texts[:_LISTED], *([f"{more} more"] if more > 0 else [])])


#: The sentence for each kind of note.
SENTENCES: dict[NoteKind, Callable[[Note], str]] = {
    "no_layer": lambda note: f"the study has no layer {note.layer!r}",
    "no_column": lambda note: f"layer {note.layer!r} has no column {note.column!r}",
    "all_unknown": lambda note: f"layer {note.layer!r}: {note.column!r} is unknown in every row",
    "no_raster": lambda note: (
        f"the study has no raster {note.raster!r}: give one by --raster {note.raster}=FILE"
    ),
    "no_emitters": lambda note: f"the study has no layer {note.layer!r} to form clusters from",
    "component_unknown": _component_unknown,
    "no_features": _no_features,
    "filter_unknown": lambda note: (
        f"{_of(note, 'feature')} of layer {note.layer!r} excluded: {note.column!r} unknown"
    ),
    "filter_skipped": lambda note: (
        f"the filter on {note.column!r} was skipped: layer {note.layer!r} has no such column"
    ),
    "discount_skipped": lambda note: (
        f"every feature of layer {note.layer!r} counts in full: nothing is known of its "
        f"{note.column!r}"
    ),
    "discount_unknown": lambda note: (
        f"how much of {_of(note, 'feature')} of layer {note.layer!r} counts is unknown, since "
        f"{note.column!r} is empty or a word the profile does not know"
    ),
    "values_at_an_end": _values_at_an_end,
    "values_move_together": _values_move_together,
    "out_of_reach": lambda note: (
        f"no feature is within {note.counts['reach_km']:,.0f} km of any site, beyond which none "
        f"counts; the nearest is {note.counts['nearest_km']:,.0f} km away: check the CRS of the "
        "layer, whether longitude and latitude are swapped, and that it covers the sites"
    ),
    "raster_unknown": _raster_unknown,
    "gate": lambda note: (
        f"its gate of {note.counts['gate']:g} leaves {_of(note, 'site')} without a score"
    ),
    "layer": lambda note: str(note.text),
    "members_not_emitters": lambda note: (
        f"{count_of(len(note.ids), 'member')} not among the emitters of this study: "
        f"{name_ids(note.ids)}"
    ),
    "initiative_empty": lambda note: (
        f"dropped, without an emitter in this study: {name_ids(note.ids)}"
    ),
    "no_initiatives": lambda _: (
        "places: only clusters and unclustered sites; a table initiatives (initiative, site_id) "
        "adds declared initiatives"
    ),
    "firms_contracted": _firms_contracted,
    "linkage_not_recorded": _linkage_not_recorded,
    "no_collection": _no_collection,
    "types_undecided": _types_undecided,
    "vetoed": _vetoed,
    "veto_unknown": _veto_unknown,
}
