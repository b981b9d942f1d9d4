"""The manifest of a result: inputs, settings, versions and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from standort.layers import describe_raster
from standort.layers.content_hash import content_hash
from standort.results.manifest import creation_time, package_versions, plain
from standort.results.notes import Note
from standort.roles import ROLES
from standort.scoring import basis_criteria, elicitation_summary, profile_definition
from standort.scoring.profile.discounts import apply_discount
from standort.study.metric_options import as_decay, as_technology, min_coverage
from standort.study.result.site_table import RASTER_KNOWN, absent_components

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from standort.layers import LayerSource, Raster, Study
    from standort.scoring import Criterion, Profile
    from standort.study.context import Context
    from standort.study.evaluation import Availability
    from standort.study.result.site_table import Counts


def build_manifest(
    context: Context,
    profile: Profile,
    criteria: Sequence[Availability],
    counts: Counts,
    sources: Mapping[str, LayerSource] | None = None,
) -> dict[str, Any]:
    """Return the inputs, settings and versions of a result.

    Parameters
    ----------
    context
        The study.
    profile
        The profile.
    criteria
        Which criteria are available, and why others are not.
    counts
        Numbers of sites and clusters.
    sources
        Sources of layers that are not in the study.

    Returns
    -------
    The manifest, its notes as data, see `standort.results.notes`.
    """
    every: dict[str, Any] = {**context.study.sources, **(sources or {})}
    versions = package_versions()
    available = [c.criterion.id for c in criteria if c.reason is None]
    status, notes = _criteria_status(context, criteria, counts)
    read = [Note("layer", layer=name, text=text) for name, s in every.items() for text in s.notes]
    absent = _component_notes(available, profile)
    return {
        "standort": versions.get("standort", ""),
        "created": creation_time().isoformat(),
        "profile": {
            "id": profile.id,
            "version": profile.version,
            "hash": profile.content_hash,
            "aggregation": profile.aggregation,
            "coverage_limit": profile.coverage_limit,
            **elicitation_summary(profile),
            "definition": profile_definition(profile),
        },
        "basis": [c.id for c in basis_criteria(available, profile=profile)],
        "criteria": status,
        "counts": {
            **{key[0]: count for key, count in counts.items() if len(key) == 1},
            **_emitter_counts(context.study),
        },
        "options": plain(profile.clusters.model_dump()),
        "year": context.study.year,
        "inputs": {
            name: {
                **_source(s),
                **({} if name in (sources or {}) else _content(context, profile, name)),
            }
            for name, s in every.items()
        },
        "packages": versions,
        "notes": [
            note.to_entry() for note in (*read, *absent, *notes, *_gate_notes(profile, counts))
        ],
    }


def _criteria_status(
    context: Context, criteria: Sequence[Availability], counts: Counts
) -> tuple[dict[str, Any], list[Note]]:
    """Return for each criterion whether it was computed, why not, and counts of its filter."""
    status: dict[str, Any] = {}
    notes: list[Note] = []
    for available in criteria:
        criterion = available.criterion
        if available.reason is not None:
            reason = available.reason.to_entry()
            status[criterion.id] = {"status": "not available", "reason": reason}
            continue
        record = _layer_status if criterion.source is None else _raster_status
        status[criterion.id], own = record(context, criterion, counts)
        notes += own
    return status, notes


def _component_notes(available: Sequence[str], profile: Profile) -> list[Note]:
    """Note the components that are unknown, and the layers that would decide each."""
    weights = {component.id: component.weight for component in profile.components}
    notes = []
    for name in absent_components(available, profile):
        criteria = profile.criteria_of(name)
        layers = [c.source.raster if c.source else c.layer or "emitters" for c in criteria]
        if weights[name] > 0:
            notes.append(
                Note(
                    "component_unknown",
                    component=name,
                    ids=tuple(c.id for c in criteria),
                    layers=tuple(dict.fromkeys(layers)),
                )
            )
    return notes


def _raster_status(
    context: Context, criterion: Criterion, counts: Counts
) -> tuple[dict[str, Any], list[Note]]:
    """Return the file of a criterion on a raster, and its coverage at the sites."""
    keys = {kind: (criterion.id, kind) for kind in RASTER_KNOWN}
    known = {kind: counts[key] for kind, key in keys.items() if key in counts}
    raster = context.raster(criterion)
    entry = _raster_entry(criterion, raster, *context.raster_file(criterion), known)
    unknown, total = known.get("too_little_known", 0), sum(known.values())
    if not unknown:
        return entry, []
    note = Note(
        "raster_unknown", criterion.id, raster=raster.name, counts={"n": unknown, "of": total}
    )
    return entry, [note]


def _raster_entry(
    criterion: Criterion, raster: Raster, file: Path, sha256: str, sites: Mapping[str, int]
) -> dict[str, Any]:
    """Return the manifest entry of a criterion's raster, with the counts of sites by coverage."""
    source = criterion.source
    assert source is not None
    described = describe_raster(raster)
    entry: dict[str, Any] = {
        "status": "computed",
        "raster": {
            "name": source.raster,
            "path": file.name,
            "sha256": sha256,
            "crs": described.crs,
            "band": raster.band,
            "nodata": described.nodata if source.nodata is None else source.nodata,
            "unit": source.unit,
            "rows": described.rows,
            "columns": described.columns,
        },
    }
    if criterion.radius_km is not None:
        entry |= {"radius_km": criterion.radius_km, "min_coverage": min_coverage(criterion)}
    if criterion.statistic is not None:
        entry["statistic"] = criterion.statistic
    if criterion.technology is not None:
        technology = as_technology(criterion)
        entry["technology"] = {
            "density_mw_per_km2": technology.density_mw_per_km2,
            "availability": technology.availability,
            "source": technology.source,
        }
    return {**entry, "sites": dict(sites)} if sites else entry


def _layer_status(
    context: Context, criterion: Criterion, _counts: Counts
) -> tuple[dict[str, Any], list[Note]]:
    """Return the number of features that count, and notes on the filter."""
    features, outcome = context.passing(criterion), context.filtered(criterion)
    total = len(outcome.passes)
    entry: dict[str, Any] = {"status": "computed", "features": len(features)}
    decay = as_decay(criterion.decay)
    if decay is not None:
        entry |= {"decay": decay.name, "half_distance_km": decay.half_distance_km}
    if criterion.filter is not None:
        entry |= {"filter": plain(criterion.filter.model_dump()), "features_in_layer": total}
    notes = []
    if not len(features):
        notes.append(Note("no_features", criterion.id, criterion.layer, counts={"of": total}))
    notes += [
        Note("filter_unknown", criterion.id, criterion.layer, name, counts={"n": n, "of": total})
        for name, n in outcome.unknown.items()
    ]
    notes += [
        Note("filter_skipped", criterion.id, criterion.layer, name) for name in outcome.skipped
    ]
    if criterion.discount is not None:
        entry["discount"] = criterion.discount.model_dump()
        notes += _discount_notes(context, criterion)
    if criterion.layer is None:
        entry["measured_to"] = criterion.measured_to or "nearest_member"
    return entry, notes


def _discount_notes(context: Context, criterion: Criterion) -> list[Note]:
    """Note that a quantity counts in full for want of a column, or in part is not known."""
    discount, passes = criterion.discount, context.filtered(criterion).passes
    assert discount is not None
    layer = context.measured_against(criterion)
    quantity, table = layer.quantity(str(criterion.column))[passes], layer.table[passes]
    counted = apply_discount(quantity, table, discount)
    if counted is None:
        return [Note("discount_skipped", criterion.id, criterion.layer, discount.column)]
    counts = {"n": int(counted.unknown.sum()), "of": len(quantity)}
    note = Note("discount_unknown", criterion.id, criterion.layer, discount.column, counts=counts)
    return [note] if counts["n"] else []


def _gate_notes(profile: Profile, counts: Counts) -> list[Note]:
    """Note the number of sites that each gate excludes."""
    return [
        Note("gate", c.id, counts={"n": n, "of": counts["sites",], "gate": float(c.gate)})
        for c in profile.criteria
        if c.gate is not None and (n := counts[c.id, "excluded"])
    ]


def _emitter_counts(study: Study) -> dict[str, int]:
    if "emitters" not in study.layers:
        return {}
    emissions = study.emitters["co2_t_per_yr"].to_numpy(dtype=float)
    return {"emitters": len(emissions), "unknown_emissions": int(np.isnan(emissions).sum())}


def _source(source: LayerSource) -> dict[str, Any]:
    return {
        "path": None if source.path is None else source.path.name,
        "layer": source.layer,
        "sha256": source.sha256,
        "crs": source.crs,
        "operation": source.operation,
        "rows_read": source.rows_read,
        "rows_kept": source.rows_kept,
        "unknown": dict(source.unknown),
        "notes": list(source.notes),
    }


def _content(context: Context, profile: Profile, name: str) -> dict[str, Any]:
    """Return the content hash of a layer, and one with columns that only the profile uses."""
    held = {**context.study.layers, **context.study.tables}
    if name not in held:
        return {}
    known = {column.name for column in ROLES[name].columns}
    used = sorted(_used_columns(profile, name) & set(held[name].columns) - known)
    entry: dict[str, Any] = {"content": content_hash(held[name], name)}
    if used:
        entry["content_asked"] = {
            "columns": used,
            "hash": content_hash(held[name], name, also=used),
        }
    return entry


def _used_columns(profile: Profile, name: str) -> set[str]:
    """Return the columns of a layer that criteria measure, filter or discount by."""
    used: set[str] = set()
    for criterion in profile.criteria:
        if criterion.layer == name:
            used |= {criterion.column} if criterion.column else set()
            used |= set(criterion.filter.columns) if criterion.filter is not None else set()
            used |= {criterion.discount.column} if criterion.discount is not None else set()
        if criterion.demand is not None and criterion.demand.layer == name:
            used.add(criterion.demand.column)
    return used
