"""Copies of a study with features added or removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from standort.errors import LayerError, OptionError, gather, name_ids, raise_problems, warn
from standort.layers.attributes.ids import id_texts, name_pairs, near_matches
from standort.layers.preparation import prepare
from standort.roles import ROLES

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.layers import Study


Added: TypeAlias = "Mapping[str, GeoDataFrame | pd.DataFrame]"

Removed: TypeAlias = "Mapping[str, Iterable[object]] | Iterable[object]"


@dataclass(frozen=True)
class Edit:
    """Changes of a study: ids added and removed by layer, numbers of rows added to tables."""

    added: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    removed: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def touched(self) -> frozenset[str]:
        """Layers and tables that changed."""
        return frozenset({*self.added, *self.removed, *self.rows})

    def __str__(self) -> str:
        parts = [f"{name_ids(ids)} added to {name}" for name, ids in self.added.items()]
        parts += [f"{count:,} rows added to {name}" for name, count in self.rows.items()]
        parts += [f"{name_ids(ids)} removed from {name}" for name, ids in self.removed.items()]
        return "; ".join(parts)


def edit_study(
    study: Study, *, add: Added | None = None, remove: Removed | None = None
) -> tuple[Study, Edit]:
    """Return a study with features added or removed.

    Parameters
    ----------
    study
        The study; not changed.
    add
        Features by layer, or rows by table; checked and converted like any input. They take the
        columns of the existing layer: other columns are dropped with a warning, missing ones are
        unknown.
    remove
        Ids of features by layer, or ids alone where only one layer has them; ``ports=p1`` means
        the feature p1 of the layer ports.

    Returns
    -------
    The edited study, and the changes.

    Raises
    ------
    LayerError
        If the study lacks a layer, or already has an id to add. A missing layer is unknown, and
        one more feature would not make it known.
    OptionError
        If no layer has an id to remove, or several have it.
    """
    if not add and not remove:
        msg = "nothing to change: name features to add, or ids to remove"
        raise OptionError(msg)
    dropped = _positions(study, remove)
    study = _without(study, dropped)
    rows: dict[str, int] = {}
    added: dict[str, tuple[object, ...]] = {}
    for name, frame in (add or {}).items():
        prepared = prepare_added(study, name, frame)
        if ROLES[name].is_table:
            tables = {**study.tables, name: _stacked(study.tables[name], prepared, ignore=True)}
            study, rows[name] = replace(study, tables=tables), len(prepared)
        else:
            layers = {**study.layers, name: _stacked(study.layers[name], prepared, ignore=False)}
            study, added[name] = replace(study, layers=layers), tuple(prepared.index)
    done = Edit(added, {name: tuple(ids) for name, ids in dropped.items()}, rows)
    return _with_sources(study, done), done


def prepare_added(
    study: Study, name: str, frame: GeoDataFrame | pd.DataFrame
) -> GeoDataFrame | pd.DataFrame:
    """Check and convert rows to be added to a layer or table of a study.

    Parameters
    ----------
    study
        The study.
    name
        Name of the layer or table.
    frame
        The rows.

    Returns
    -------
    The rows, with the columns of the existing layer.

    Raises
    ------
    LayerError
        If the study lacks the layer, the rows have an error, or an id already exists.
    """
    held = {**study.layers, **study.tables}
    if name not in held:
        msg = (
            f"the study has no layer {name!r} to add to, it has {', '.join(held)}: a missing layer "
            "is unknown; add the whole layer to the study first, an empty one if there are no such "
            "features"
        )
        raise LayerError(msg)
    prepared = prepare(frame, ROLES[name], year=study.year)
    raise_problems(prepared.problems, of="what is to be added")
    for notice in prepared.warnings:
        warn(notice.text)
    rows, existing = prepared.frame, held[name]
    assert rows is not None
    if not ROLES[name].is_table:
        _check_new(rows.index, existing.index, name)
    extra = [str(column) for column in rows.columns if column not in existing.columns]
    if extra:
        warn(f"layer {name!r} has no column {name_ids(extra)}: left out of what is added")
    return rows.reindex(columns=existing.columns)


def _check_new(ids: pd.Index[Any], existing: pd.Index[Any], name: str) -> None:
    """Raise if a layer has ids to be added; warn if it has nearly the same."""
    there = id_texts(ids).isin(id_texts(existing))
    if there.any():
        twice = name_ids(ids[there].tolist())
        msg = f"layer {name!r} has {twice} already; change the ids of what is added, or remove it"
        raise LayerError(msg)
    pairs = near_matches(ids, existing)
    if pairs:
        warn(f"layer {name!r} has nearly the same ids as what is added: {name_pairs(pairs)}")


def _positions(study: Study, remove: Removed | None) -> dict[str, list[object]]:
    """Return the ids to remove by layer."""
    if remove is None:
        return {}
    removed: dict[str, list[object]] = {}
    problems: list[str] = []
    wanted = (
        [(name, id_) for name, ids in remove.items() for id_ in _several(ids)]
        if isinstance(remove, Mapping)
        else [(None, id_) for id_ in _several(remove)]
    )
    known = {
        name: dict(zip(id_texts(layer.index), layer.index, strict=True))
        for name, layer in study.layers.items()
    }
    for name, id_ in (_in_layer(name, id_, known) for name, id_ in wanted):
        if name is not None and name not in known:
            problems.append(f"there is no layer {name!r}, the study has {', '.join(known)}")
            continue
        having = [layer for layer in ([name] if name else known) if str(id_) in known[layer]]
        if len(having) == 1:
            removed.setdefault(having[0], []).append(known[having[0]][str(id_)])
        elif having:
            problems.append(
                f"id {id_!r} is in several layers ({', '.join(having)}); "
                f"say which, as {having[0]}={id_}"
            )
        else:
            problems.append(_no_such(id_, name, known))
    if problems:
        raise OptionError(gather(problems, of="list of features to remove"))
    return {name: list(dict.fromkeys(ids)) for name, ids in removed.items()}


def _in_layer(
    name: str | None, id_: object, known: Mapping[str, Mapping[str, object]]
) -> tuple[str | None, object]:
    """Split LAYER=ID, unless the whole text is an id."""
    before, sign, after = str(id_).partition("=")
    if name is not None or not sign or before not in known:
        return name, id_
    return (None, id_) if any(str(id_) in ids for ids in known.values()) else (before, after)


def _several(ids: object) -> list[object]:
    """Return ids as a list; a single id is a list of one."""
    return list(ids) if isinstance(ids, Iterable) and not isinstance(ids, str | bytes) else [ids]


def _no_such(id_: object, name: str | None, known: Mapping[str, Mapping[str, object]]) -> str:
    where = f"layer {name!r}" if name else "any layer"
    ids = [text for layer in ([name] if name else known) for text in known[layer]]
    close = get_close_matches(str(id_), ids, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "look the ids up in the study"
    return f"no feature {id_!r} in {where}; {hint}"


def _without(study: Study, dropped: Mapping[str, list[object]]) -> Study:
    layers: dict[str, Any] = dict(study.layers)
    for name, ids in dropped.items():
        layers[name] = layers[name].drop(index=ids)
    return replace(study, layers=layers)


def _stacked(existing: Any, rows: Any, *, ignore: bool) -> Any:  # noqa: ANN401 - frames with and without geometry
    """Append rows to those of a layer or table."""
    if rows.empty:
        return existing
    if existing.empty:
        return rows if ignore else rows.rename_axis(existing.index.name)
    if not ignore and existing.index.dtype != rows.index.dtype:  # numbers and text: both as text
        name = existing.index.name
        existing, rows = (f.set_axis(id_texts(f.index).astype(str)) for f in (existing, rows))
        return pd.concat([existing, rows]).rename_axis(name)
    return pd.concat([existing, rows], ignore_index=ignore)


def _with_sources(study: Study, done: Edit) -> Study:
    """Record in the sources that layers differ from their files."""
    sources = dict(study.sources)
    held = {**study.layers, **study.tables}
    for name in done.touched:
        source = sources.get(name)
        if source is not None:
            of_layer = Edit(
                {k: v for k, v in done.added.items() if k == name},
                {k: v for k, v in done.removed.items() if k == name},
                {k: v for k, v in done.rows.items() if k == name},
            )
            note = f"what if: {of_layer}"
            sources[name] = replace(
                source, sha256=None, rows_kept=len(held[name]), notes=(*source.notes, note)
            )
    return replace(study, sources=sources)
