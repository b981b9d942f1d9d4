"""Why two results differ, as far as their manifests tell: inputs, profile, versions, options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from standort.results.manifest import plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Reason", "changed_layers", "manifest_reasons", "threshold_reasons"]

#: What does not change a result: when it was made, and what only another key explains.
_HASHED = frozenset({"definition", "hash"})


class Reason(NamedTuple):
    """One thing that two runs did not have in common."""

    kind: str
    """One of ``input``, ``raster``, ``profile``, ``basis``, ``option``, ``draws`` (of Monte Carlo),
    ``version``, ``package``."""
    what: str
    before: object
    """None where there was none."""
    after: object

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.kind} {self.what}: new ({self.after})"
        if self.after is None:
            return f"{self.kind} {self.what}: gone (was {self.before})"
        return f"{self.kind} {self.what}: {self.before} -> {self.after}"


def manifest_reasons(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[Reason, ...]:
    """List what two runs did not have in common.

    It lists what could have moved scores, not what did: a package of another version need not have
    changed a bit.

    Parameters
    ----------
    before, after
        Manifests of two results.

    Returns
    -------
    Reasons: inputs and rasters, then the profile field by field, the basis, options, how
    draws were made, the version of standort and those of packages. None if the runs had all of it
    in common.

    Examples
    --------
    >>> old = {"standort": "1.0", "basis": ["port_distance"], "profile": {"version": "1"}}
    >>> new = {"standort": "1.0", "basis": ["port_distance", "land"], "profile": {"version": "2"}}
    >>> for reason in manifest_reasons(old, new):
    ...     print(reason)
    profile version: 1 -> 2
    basis land: new (counts)
    """
    return (
        *_input_reasons(before, after),
        *_raster_reasons(before, after),
        *_profile_reasons(before, after),
        *_basis_reasons(before, after),
        *_flat_reasons("option", *(_options(side) for side in (before, after))),
        *_flat_reasons("draws", *(_drawing(side) for side in (before, after))),
        *_version_reasons(before, after),
    )


def changed_layers(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Name the layers and tables that both results have, and that do not hold the same.

    Parameters
    ----------
    before, after
        Manifests of two results.

    Returns
    -------
    Names. A layer without a recorded hash of what it holds is not among them.

    Examples
    --------
    >>> old, new = ({"inputs": {"ports": {"content": c}, "land": {"content": 0}}} for c in "ab")
    >>> changed_layers(old, new)
    ['ports']
    """
    old, new = _table(before, "inputs"), _table(after, "inputs")
    return [name for name in old if name in new and _same_content(old[name], new[name]) is False]


def threshold_reasons(before: pd.DataFrame | None, after: pd.DataFrame | None) -> list[Reason]:
    """Tell whether two tables of places were typed by other thresholds.

    Parameters
    ----------
    before, after
        Tables of places with their column ``threshold``; None where a result has none.

    Returns
    -------
    One reason, or none.
    """
    told = [
        "; ".join(sorted(places["threshold"].dropna().astype(str).unique()))
        for places in (before, after)
        if places is not None and "threshold" in places
    ]
    if len(told) < len((before, after)) or not all(told) or told[0] == told[1]:
        return []
    return [Reason("option", "threshold", *told)]


def _drawing(side: Mapping[str, object]) -> dict[str, object]:
    """Tell how draws were made; what came of them is no reason."""
    told = _table(side, "monte_carlo")
    chosen = {key: told[key] for key in ("draws", "replicates", "seed") if key in told}
    return {**chosen, **_fields(_table(told, "spreads"), "spreads")} if told else {}


def _options(side: Mapping[str, object]) -> dict[str, object]:
    year = side.get("year")
    return {**_table(side, "options"), **({} if year is None else {"year": year})}


def _input_reasons(before: Mapping[str, object], after: Mapping[str, object]) -> list[Reason]:
    old, new = _table(before, "inputs"), _table(after, "inputs")
    reasons = []
    for name in _either(old, new):
        told = [_describe_source(side.get(name)) for side in (old, new)]
        hashes = [_table(side, name).get("sha256") for side in (old, new)]
        same = _same_content(old.get(name), new.get(name))
        if same:
            # Another file, name or order of rows, and the same layer.
            continue
        if told[0] != told[1]:
            reasons.append(Reason("input", name, *told))
        elif same is False and told[0] is not None:
            reasons.append(Reason("input", name, told[0], f"{told[1]}, with other content"))
        elif hashes[0] != hashes[1] and told[0] is not None:
            # Of one GeoPackage all layers share a hash: the layer itself may be as it was.
            files = [_short(found) for found in hashes]
            reasons.append(Reason("input", name, f"file {files[0]}", f"file {files[1]}"))
    return reasons


def _same_content(old: object, new: object) -> bool | None:
    """Tell whether two layers hold the same; None where it was not recorded of both."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return None
    if not (old.get("content") and new.get("content")):
        return None
    asked = [_table(source, "content_asked") for source in (old, new)]
    alike = asked[0].get("columns") != asked[1].get("columns") or asked[0] == asked[1]
    return old["content"] == new["content"] and alike


def _describe_source(source: object) -> str | None:
    """Tell where a layer came from and what was kept of it, but for the hash of its file."""
    if not isinstance(source, Mapping):
        return None
    read, kept = source.get("rows_read"), source.get("rows_kept")
    rows = f"{kept} rows" if read == kept else f"{kept} of {read} rows"
    position = [str(source[key]) for key in ("path", "layer") if source.get(key)]
    unknown = {k: v for k, v in _table(source, "unknown").items() if v}
    told = [", ".join([rows, *position])]
    told += [f"{column} unknown in {count}" for column, count in unknown.items()]
    return "; ".join(told)


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
        told = {reason.what for reason in reasons}
        fields = [_fields(definition) for definition in definitions]
        return reasons + [r for r in _flat_reasons("profile", *fields) if r.what not in told]
    if old.get("hash") != new.get("hash"):
        reasons.append(Reason("profile", "hash", _short(old.get("hash")), _short(new.get("hash"))))
    return reasons


def _fields(value: object, path: str = "") -> dict[str, object]:
    """Lay a definition out by path; what has an id goes by it, other lists by position."""
    if isinstance(value, Mapping):
        pairs = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        pairs = [
            (str(item.get("id", position)) if isinstance(item, Mapping) else str(position), item)
            for position, item in enumerate(value)
        ]
    else:
        return {path: value}
    found: dict[str, object] = {}
    for key, item in pairs:
        found |= _fields(item, f"{path}.{key}" if path else key)
    return found


def _basis_reasons(before: Mapping[str, object], after: Mapping[str, object]) -> list[Reason]:
    old, new = (_ids(side.get("basis")) for side in (before, after))
    return [
        *(Reason("basis", name, "counts", None) for name in old if name not in new),
        *(Reason("basis", name, None, "counts") for name in new if name not in old),
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
    found = side.get(key)
    return found if isinstance(found, Mapping) else {}


def _ids(basis: object) -> list[str]:
    if isinstance(basis, str):
        return [name for name in basis.split(",") if name]
    return [str(name) for name in basis] if isinstance(basis, list | tuple) else []


def _short(digest: object) -> str:
    return str(digest)[:12]
