"""Contributions of criteria to the scores of sites: one row per site and criterion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.layers.features import as_sites, own_features
from standort.metric_table import METRICS
from standort.scoring import criterion_weights, reference_points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from standort.array_types import Floats
    from standort.scoring import Criterion, Profile
    from standort.study.context import Context
    from standort.study.evaluation import Evaluation

    Names = Mapping[str | None, pd.Series[Any]]
    from standort.layers.features import Sites


def site_contributions(
    evaluation: Evaluation,
    shares: pd.DataFrame,
    names: Names,
    profile: Profile,
    position: NDArray[np.intp],
) -> pd.DataFrame:
    """Return the contribution of each criterion to the score of each of some sites.

    Parameters
    ----------
    evaluation
        The criteria measured and valued at the sites.
    shares
        Contributions, a row per site and a column per criterion.
    names
        Names of features by layer; of clusters under None.
    profile
        The profile.
    position
        The sites, by position.

    Returns
    -------
    Columns ``site_id``, ``component``, ``criterion``, ``metric``, ``unit``, ``value``,
    ``partial_value``, ``weight``, ``contribution``, ``feature``, ``feature_name``.
    """
    basis = [profile.criterion(str(name)) for name in shares.columns]
    weights = criterion_weights([criterion.id for criterion in basis], profile=profile)
    measured = [evaluation.measurements[criterion.id] for criterion in basis]
    features = [one.feature.to_numpy(dtype=object)[position] for one in measured]
    values = evaluation.partial_values

    repeated = np.tile(np.arange(len(basis)), len(position))

    def of_criteria(values: list[Any]) -> pd.Index[Any]:
        as_index: pd.Index[Any] = pd.Index(values)
        return as_index[repeated]

    return pd.DataFrame(
        {
            "site_id": values.index[position].repeat(len(basis)),
            "component": of_criteria([c.component for c in basis]),
            "criterion": of_criteria([c.id for c in basis]),
            "metric": of_criteria([c.metric for c in basis]),
            "unit": of_criteria([c.unit for c in basis]),
            "value": _by_site([one.value.to_numpy()[position] for one in measured]),
            "partial_value": _by_site([values[c.id].to_numpy()[position] for c in basis]),
            "weight": of_criteria([float(weights.get(c.id, 0.0)) for c in basis]),
            "contribution": _by_site([shares[c.id].to_numpy()[position] for c in basis]),
            "feature": _by_site(features),
            "feature_name": _by_site(_named(features, basis, names)),
        }
    )


def with_next_best(
    rows: pd.DataFrame,
    basis: Sequence[Criterion],
    names: Names,
    context: Context,
    position: NDArray[np.intp],
) -> pd.DataFrame:
    """Return contributions with the next best features.

    Parameters
    ----------
    rows
        Contributions from `site_contributions`.
    basis
        The criteria, in their order.
    names, position
        As for `site_contributions`.
    context
        The layers, prepared.

    Returns
    -------
    The rows with ``next_feature``, ``next_feature_name`` and ``next_value``.
    """
    sites = as_sites(context.study.sites.iloc[position])
    following = [next_nearest(context, criterion, sites) for criterion in basis]
    features = [feature for feature, _ in following]
    return rows.assign(
        next_feature=_by_site(features),
        next_feature_name=_by_site(_named(features, basis, names)),
        next_value=_by_site([distance for _, distance in following]),
    )


def _by_site(columns: list[Any]) -> Any:  # noqa: ANN401 - an array of any type
    """Interleave one column per criterion into one column, by site."""
    return np.stack(columns, axis=1).ravel()


def _named(features: list[Any], basis: Sequence[Criterion], names: Names) -> list[Any]:
    """Return the names of features; None for criteria on rasters, which have no features."""
    named = []
    for criterion, feature in zip(basis, features, strict=True):
        known = names.get(criterion.layer) if criterion.source is None else None
        ids = pd.Series(feature, dtype=object)
        own = np.full(len(ids), None) if known is None else ids.map(known).to_numpy()
        named.append(own.astype(object))
    return named


_KM = 1_000.0


def next_nearest(
    context: Context, criterion: Criterion, sites: Sites
) -> tuple[NDArray[np.object_], Floats]:
    """Return the second nearest feature of a criterion at some sites.

    Only a distance to the nearest feature has a next best one: sums, counts and means already
    include all features within reach. A feature beyond the distance at which it adds value is not
    named.

    Parameters
    ----------
    context
        The layers, prepared.
    criterion
        The criterion.
    sites
        Some of the sites of the study.

    Returns
    -------
    Ids, None where there is none, and distances [km], infinite where nothing is within reach and
    NaN for other metrics.
    """
    row = METRICS[criterion.metric]
    if not (row.distance and row.one_feature_decides):
        return np.full(len(sites), None), np.full(len(sites), np.nan)
    features = context.passing(criterion)
    reach = min(_reach_of_value(criterion), criterion.max_distance_km or np.inf)
    near = features.index.nearest(
        sites.lon, sites.lat, k=2, max_distance=reach * _KM, exclude=own_features(sites, features)
    )
    return features.named(near.feature[:, 1]), near.distance[:, 1] / _KM


def _reach_of_value(criterion: Criterion) -> float:
    """Return the distance beyond which a feature adds no value [km]."""
    last = max(reference_points(criterion.value))
    at_last, at_infinity = criterion.value(np.array([last, np.inf]))
    return last if at_last == at_infinity else np.inf
