"""Reasons why two results may differ, from their manifests: inputs, profile, options, versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from standort.results.manifest import plain

if TYPE_CHECKING:
    import pandas as pd

#: Keys of the profile that other keys explain.
_HASHED = frozenset({"definition", "hash"})


class Reason(NamedTuple):
    """One difference between two runs."""

    kind: str
    """One of ``input``, ``raster``, ``profile``, ``basis``, ``option``, ``draws`` (of Monte Carlo),
    ``version``, ``package``."""
    what: str
    before: object
    """None if there was none."""
    after: object

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.kind} {self.what}: added ({self.after})"
        if self.after is None:
            return f"{self.kind} {self.what}: removed (before: {self.before})"
        return f"{self.kind} {self.what}: {self.before} -> {self.after}"


def manifest_reasons(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[Reason, ...]:
    """List the differences between two runs.

    It lists what may have changed scores, not what did: another version of a package need not
    change any number.

    Parameters
    ----------
    before, after
        Manifests of two results.

    Returns
    -------
    Reasons: inputs and rasters, the profile field by field, the basis, options, settings of
    Monte Carlo draws, the versions of standort and of packages. Empty if all of them are equal.

    Examples
    --------
    >>> old = {"standort": "1.0", "basis": ["port_distance"], "profile": {"version": "1"}}
    >>> new = {"standort": "1.0", "basis": ["port_distance", "land"], "profile": {"version": "2"}}
    >>> for reason in manifest_reasons(old, new):
    ...     print(reason)
    profile version: 1 -> 2
    basis land: added (used)
    """
    return (
        *_input_reasons(before, after),
        *_raster_reasons(before, after),
        *_profile_reasons(before, after),
        *_basis_reasons(before, after),
        *_flat_reasons("option", *(_options(side) for side in (before, after))),
        *_flat_reasons("draws", *(_draw_settings(side) for side in (before, after))),
        *_version_reasons(before, after),
    )


def changed_layers(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Return the layers and tables of both results whose content differs.

    Parameters
    ----------
    before, after
        Manifests of two results.

    Returns
    -------
    Names, without layers whose content has no recorded hash.

    Examples
    --------
    >>> old, new = ({"inputs": {"ports": {"content": c}, "land": {"content": 0}}} for c in "ab")
    >>> changed_layers(old, new)
    ['ports']
    """
    old, new = _table(before, "inputs"), _table(after, "inputs")
    return [name for name in old if name in new and _same_content(old[name], new[name]) is False]


def threshold_reasons(before: pd.DataFrame | None, after: pd.DataFrame | None) -> list[Reason]:
    """Compare the thresholds of two tables of places.

    Parameters
    ----------
    before, after
        Tables of places with their column ``threshold``; None for a result without places.

    Returns
    -------
    One reason, or none.
    """
    thresholds = [
        "; ".join(sorted(places["threshold"].dropna().astype(str).unique()))
        for places in (before, after)
        if places is not None and "threshold" in places
    ]
    if len(thresholds) < len((before, after)) or not all(thresholds):
        return []
    return [] if len(set(thresholds)) == 1 else [Reason("option", "threshold", *thresholds)]


def _draw_settings(side: Mapping[str, object]) -> dict[str, object]:
    """Return the settings of Monte Carlo draws; their outcome is not a reason."""
    entry = _table(side, "monte_carlo")
    chosen = {key: entry[key] for key in ("draws", "replicates", "seed") if key in entry}
    return {**chosen, **_fields(_table(entry, "spreads"), "spreads")} if entry else {}


def _options(side: Mapping[str, object]) -> dict[str, object]:
    year = side.get("year")
    return {**_table(side, "options"), **({} if year is None else {"year": year})}


def _input_reasons(before: Mapping[str, object], after: Mapping[str, object]) -> list[Reason]:
    old, new = _table(before, "inputs"), _table(after, "inputs")
    reasons = []
    for name in _either(old, new):
        sources = [_describe_source(side.get(name)) for side in (old, new)]
        hashes = [_table(side, name).get("sha256") for side in (old, new)]
        same = _same_content(old.get(name), new.get(name))
        if same:
            # another file, name or order of rows, but the same layer
            continue
        if sources[0] != sources[1]:
            reasons.append(Reason("input", name, *sources))
        elif same is False and sources[0] is not None:
            changed = f"{sources[1]}, with other content"
            reasons.append(Reason("input", name, sources[0], changed))
        elif hashes[0] != hashes[1] and sources[0] is not None:
            # all layers of a GeoPackage share a hash: this layer may not have changed
            files = [_short(digest) for digest in hashes]
            reasons.append(Reason("input", name, f"file {files[0]}", f"file {files[1]}"))
    return reasons


def _same_content(old: object, new: object) -> bool | None:
    """Return whether two layers have the same content; None if it is not recorded for both."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return None
    if not (old.get("content") and new.get("content")):
        return None
    asked = [_table(source, "content_asked") for source in (old, new)]
    alike = asked[0].get("columns") != asked[1].get("columns") or asked[0] == asked[1]
    return old["content"] == new["content"] and alike


def _describe_source(source: object) -> str | None:
    """Describe the source of a layer and the rows kept, without the hash of its file."""
    if not isinstance(source, Mapping):
        return None
    read, kept = source.get("rows_read"), source.get("rows_kept")
    rows = f"{kept} rows" if read == kept else f"{kept} of {read} rows"
    source_name = [str(source[key]) for key in ("path", "layer") if source.get(key)]
    unknown = {k: v for k, v in _table(source, "unknown").items() if v}
    texts = [", ".join([rows, *source_name])]
    texts += [f"{column} unknown in {count}" for column, count in unknown.items()]
    return "; ".join(texts)


def _raster_reasons(before: Mapping[str, object], after: Mapping[str, object]) -> list[Reason]:
    old, new = (
        {
            name: f"{raster.get('path')} {_short(raster.get('sha256'))}"
            for name, entry in _table(side, "criteria").items()
            if isinstance(entry, Mapping) and (raster := _table(entry, "raster"))
        }
        for side in (before, after)
    )
    return _flat_reasons("raster", old, new)


def _profile_reasons(before: Mapping[str, object], after: Mapping[str, object]) -> list[Reason]:
    old, new = _table(before, "profile"), _table(after, "profile")
    reasons = [
        Reason("profile", key, old.get(key), new.get(key))
        for key in _either(old, new)
        if key not in _HASHED and old.get(key) != new.get(key)
    ]
    definitions = [_table(side, "definition") for side in (old, new)]
    if all(definitions):
        listed = {reason.what for reason in reasons}
        fields = [_fields(definition) for definition in definitions]
        return reasons + [r for r in _flat_reasons("profile", *fields) if r.what not in listed]
    if old.get("hash") != new.get("hash"):
        reasons.append(Reason("profile", "hash", _short(old.get("hash")), _short(new.get("hash"))))
    return reasons


def _fields(value: object, path: str = "") -> dict[str, object]:
    """Flatten a definition by path: entries with an id by the id, others by position."""
    if isinstance(value, Mapping):
        pairs = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        pairs = [
            (str(item.get("id", position)) if isinstance(item, Mapping) else str(position), item)
            for position, item in enumerate(value)
        ]
    else:
        return {path: value}
    fields: dict[str, object] = {}
    for key, item in pairs:
        fields |= _fields(item, f"{path}.{key}" if path else key)
    return fields


def _basis_reasons(before: Mapping[str, object], after: Mapping[str, object]) -> list[Reason]:
    old, new = (_ids(side.get("basis")) for side in (before, after))
    return [
        *(Reason("basis", name, "used", None) for name in old if name not in new),
        *(Reason("basis", name, None, "used") for name in new if name not in old),
    ]


def _version_reasons(before: Mapping[str, object], after: Mapping[str, object]) -> list[Reason]:
    own = [side.get("standort") for side in (before, after)]
    reasons = [] if own[0] == own[1] else [Reason("version", "standort", *own)]
    old, new = (
        {k: v for k, v in _table(side, "packages").items() if k != "standort"}
        for side in (before, after)
    )
    return reasons + _flat_reasons("package", old, new)


def _flat_reasons(kind: str, old: Mapping[str, object], new: Mapping[str, object]) -> list[Reason]:
    return [
        Reason(kind, name, plain(old.get(name)), plain(new.get(name)))
        for name in _either(old, new)
        if plain(old.get(name)) != plain(new.get(name))
    ]


def _either(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return list(dict.fromkeys([*old, *new]))


def _table(side: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    entry = side.get(key)
    return entry if isinstance(entry, Mapping) else {}


def _ids(basis: object) -> list[str]:
    if isinstance(basis, str):
        return [name for name in basis.split(",") if name]
    return [str(name) for name in basis] if isinstance(basis, list | tuple) else []


def _short(digest: object) -> str:
    return str(digest)[:12]
