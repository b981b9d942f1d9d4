"""Quantiles and type probabilities of places from draws, with Monte Carlo standard errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.linkages.evidence.completion import DIFFERENT
from standort.typology.probabilities import (
    PROBABILITY_COLUMNS,
    RANGE_COLUMNS,
    DrawRange,
    type_probabilities,
)
from standort.uncertainty.propagation.histograms import (
    FEWEST_REPLICATES,
    ReplicateSums,
    least_error,
)
from standort.uncertainty.propagation.site_figures import P05, P50, P95, about, resolved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from standort.array_types import Flags, Floats, Ints

    Thresholds = tuple[Floats, Floats]

#: name of the flags of draws in which a veto applies
_VETOED = "p_vetoed"
#: Quantiles, in the order of a `DrawRange`: at its lowest, in its middle and at its highest.
_SHARES_OF_DRAWS = {"p05": P05, "p50": P50, "p95": P95}


def place_table(
    places: pd.DataFrame,
    advantage: DrawRange,
    linkage: DrawRange,
    thresholds: Thresholds,
    replicates: int,
    flags: Mapping[str, Flags] | None = None,
) -> pd.DataFrame:
    """Compute quantiles of both axes and probabilities of types, with their errors.

    Parameters
    ----------
    places
        The places, with their ``kind``.
    advantage, linkage
        Draws, each of shape (n_places, n_draws). A place has no advantage (NaN) in draws in which a
        gate excludes it; its figures are those of the other draws.
    thresholds
        Of advantage and linkage in each draw.
    replicates
        Number of replicates; draw d belongs to replicate d mod `replicates`.
    flags
        Flags of draws by name; each becomes a column with the share of all draws. Where
        ``p_vetoed`` is set, the advantage counts as low.

    Returns
    -------
    As `Uncertainty.places`.
    """
    draws = advantage.middle.shape[1]
    replicate = np.arange(draws) % replicates
    there = ~np.isnan(advantage.middle)
    n_there = there.sum(axis=1)
    # a place excluded in every draw is typed as one of unknown advantage
    whole = (n_there == draws) | (n_there == 0)
    vetoed = (flags or {}).get(_VETOED)
    tables = []
    for rows in (np.flatnonzero(whole), *(np.array([i]) for i in np.flatnonzero(~whole))):
        some = np.arange(draws) if whole[rows].all() else np.flatnonzero(there[rows[0]])
        of_rows, links = (
            DrawRange(*(end[rows][:, some] for end in axis)) for axis in (advantage, linkage)
        )
        limits = (thresholds[0][some], thresholds[1][some])
        held = None if vetoed is None else vetoed[rows][:, some]
        figures = _figures(of_rows, links, limits, _parts(replicate[some]), held)
        tables.append(figures.set_axis(rows, axis=0))
    table = pd.concat([part for part in tables if len(part)] or tables[:1])
    table = table.sort_index().set_axis(places.index, axis=0)
    of_all = {**_linkage_columns(linkage), **_shares(flags or {}, replicate)}
    table = table.assign(kind=places["kind"], **of_all)
    names = [str(name) for name in table]
    first = ["kind", *(name for name in names if name.startswith("advantage")), *of_all]
    return table[[*first, *(name for name in names if name not in first)]]


def _figures(
    advantage: DrawRange,
    linkage: DrawRange,
    thresholds: Thresholds,
    parts: Sequence[Ints],
    vetoed: Flags | None,
) -> pd.DataFrame:
    """Return the figures of places with an advantage in all of these draws, or in none."""
    columns: dict[str, Floats] = {}
    draws, enough = advantage.middle.shape[1], len(parts) >= FEWEST_REPLICATES
    least = least_error(_likeness(advantage.middle, parts), draws=draws, replicates=len(parts))
    for (name, share), drawn in zip(_SHARES_OF_DRAWS.items(), advantage, strict=True):
        at = np.quantile(drawn, share, axis=1)
        below = drawn <= at[:, np.newaxis]
        error = np.maximum(_error_of_parts([below[:, part] for part in parts]), least)
        error = np.nan_to_num(error, nan=1.0)  # a single replicate has no spread
        known = resolved(share, error) & enough & ~np.isnan(at)
        columns[f"advantage_{name}"] = at
        width = _width(drawn, at, share, error)
        columns[f"advantage_{name}_error"] = np.where(known, width, np.nan)
    table = pd.DataFrame(columns)
    types = type_probabilities(advantage, linkage, threshold=thresholds, vetoed=vetoed)
    of_parts = np.stack(
        [_probabilities(advantage, linkage, thresholds, part, vetoed) for part in parts]
    )
    # the draws of linkage are the same in all replicates
    shares = types[list(PROBABILITY_COLUMNS)].to_numpy(dtype=np.float64)
    common = np.sqrt(shares * (1.0 - shares) / min(draws, DIFFERENT))
    errors = {
        f"{name}_error": np.maximum.reduce(
            [_error_of_parts(list(of_parts[:, :, i, np.newaxis])), common[:, i], least]
        )
        for i, name in enumerate(PROBABILITY_COLUMNS)
    }
    sizes = np.array([len(part) for part in parts], dtype=np.float64)
    logs = np.log2(np.where(shares > 0.0, shares, 1.0))
    variance = (shares * logs**2).sum(axis=1) - (shares * logs).sum(axis=1) ** 2  # delta method
    errors["entropy_error"] = np.maximum.reduce(
        [
            _jackknife_entropy(of_parts, sizes),
            np.sqrt(np.maximum(variance, 0.0) / min(draws, DIFFERENT)) / 2.0,
            _entropy(np.stack([least, 1.0 - least], axis=-1)),
        ]
    )
    types = types.assign(**{n: e if enough else e * np.nan for n, e in errors.items()})
    ordered = [
        name for figure in (*PROBABILITY_COLUMNS, "entropy") for name in (figure, f"{figure}_error")
    ]
    return table.join(types[[*ordered, *RANGE_COLUMNS, "type", "type_set"]])


def _parts(replicate: Ints) -> list[Ints]:
    """Return the draws of each replicate that has any."""
    return [np.flatnonzero(replicate == r) for r in np.unique(replicate)]


def _likeness(drawn: Floats, parts: Sequence[Ints]) -> Floats:
    """Return the correlation of draws of one replicate; see `ReplicateSums.likeness`."""
    sums = ReplicateSums(len(drawn))
    for part in parts:
        rows = drawn[:, part]
        noise = rows.var(axis=1, ddof=1) / len(part) if len(part) > 1 else np.zeros(len(rows))
        sums.add(rows.mean(axis=1), noise, len(part))
    return sums.likeness(sums.draws)


def _error_of_parts(parts: Sequence[Floats | Flags]) -> Floats:
    """Return the standard error of the mean over replicates, of shape (n_places, draws) each."""
    means = np.stack([part.mean(axis=1) for part in parts])
    if len(means) == 1:
        return np.full(means.shape[1], np.nan)
    return np.asarray(means.std(axis=0, ddof=1) / np.sqrt(len(means)))


def _width(drawn: Floats, at: Floats, share: float, error: Floats) -> Floats:
    """Return the error of a quantile from the error of its share.

    Linkage takes few values if there are few firms, and the next may lie just beyond one standard
    error, so the width at two standard errors counts half.
    """
    widths = []
    for times in (1.0, 2.0):
        ends = [
            [np.quantile(row, low), np.quantile(row, high)]
            for row, low, high in zip(drawn, *about(share, times * error), strict=True)
        ]
        low, high = np.reshape(ends, (-1, 2)).T
        widths.append(np.maximum(high - at, at - low) / times)
    return np.asarray(np.maximum(*widths))


def _linkage_columns(linkage: DrawRange) -> dict[str, Floats]:
    """Return quantiles of linkage: at the ends of its range, and in its middle."""
    columns = {}
    for (name, share), drawn in zip(_SHARES_OF_DRAWS.items(), linkage, strict=True):
        different = min(drawn.shape[1], DIFFERENT)
        error = np.full(len(drawn), np.sqrt(share * (1.0 - share) / different))
        at = np.quantile(drawn, share, axis=1)
        columns[f"linkage_{name}"] = at
        known = resolved(share, error) & ~np.isnan(at)
        columns[f"linkage_{name}_error"] = np.where(known, _width(drawn, at, share, error), np.nan)
    return columns


def _shares(flags: Mapping[str, Flags], replicate: Ints) -> dict[str, Floats]:
    """Return the share of all draws in which each flag is set."""
    columns, parts = {}, _parts(replicate)
    for name, up in flags.items():
        # flags that never varied might vary between replicates only
        least = least_error(np.ones(1), draws=up.shape[1], replicates=len(parts))[0]
        error = _error_of_parts([up[:, part] for part in parts])
        error = np.where(error > 0.0, error, least)
        columns[name] = up.mean(axis=1)
        columns[f"{name}_error"] = error if len(parts) >= FEWEST_REPLICATES else error * np.nan
    return columns


def _probabilities(
    advantage: DrawRange,
    linkage: DrawRange,
    thresholds: Thresholds,
    part: Ints,
    vetoed: Flags | None,
) -> Floats:
    """Return shares of types in the draws of one replicate, in the middle of the ranges."""
    limits = (thresholds[0][part], thresholds[1][part])
    held = None if vetoed is None else vetoed[:, part]
    types = type_probabilities(
        advantage.middle[:, part], linkage.middle[:, part], threshold=limits, vetoed=held
    )
    return types[list(PROBABILITY_COLUMNS)].to_numpy(dtype=np.float64)


def _jackknife_entropy(of_parts: Floats, sizes: Floats) -> Floats:
    """Return the jackknife standard error of the entropy over replicates."""
    weighted = of_parts * sizes[:, np.newaxis, np.newaxis]
    left = (sizes.sum() - sizes)[:, np.newaxis, np.newaxis]
    without = _entropy((weighted.sum(axis=0) - weighted) / np.maximum(left, 1.0))
    n = len(sizes)
    return np.asarray(np.sqrt((n - 1.0) * without.var(axis=0)))


def _entropy(shares: Floats) -> Floats:
    """Return the entropy of shares along the last axis, as `type_probabilities` does."""
    logs = np.log2(np.where(shares > 0.0, shares, 1.0))
    return np.asarray(-(shares * logs).sum(axis=-1) / 2.0)
