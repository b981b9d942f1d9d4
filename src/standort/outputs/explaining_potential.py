"""What a score could be: the raises and spans of an explanation, from the profile in a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from standort.outputs.wording import tell_reference
from standort.scoring import as_wholes, defined_profile, possible_raises, unknown_spans

if TYPE_CHECKING:
    from standort.scoring import Profile

__all__ = ["potential"]

_RAISES = ("criterion", "what", "reference", "unit", "partial_value", "score", "gain")
_SPANS = ("criterion", "score_worst", "score_best")


def potential(
    rows: pd.DataFrame, manifest: Mapping[str, object]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell what would raise a score, and where it could lie for what is not known.

    Parameters
    ----------
    rows
        One per criterion of the basis, with its partial value.
    manifest
        The manifest of the result; the profile is in it.

    Returns
    -------
    As `standort.scoring.possible_raises`, with the words for each reference point, ``what``, and
    as `standort.scoring.unknown_spans`. Both empty for a result that does not hold its profile, or
    one this version cannot read.
    """
    profile = _profile(manifest, rows["criterion"].tolist())
    if profile is None:
        return pd.DataFrame(columns=list(_RAISES)), pd.DataFrame(columns=list(_SPANS))
    values = dict(zip(rows["criterion"], rows["partial_value"].astype(float), strict=True))
    raises = possible_raises(values, profile=profile)
    words = [
        tell_reference(
            criterion.id,
            title=criterion.title,
            metric=criterion.metric,
            direction=criterion.value.direction,
            reference=reference,
            unit=criterion.unit,
        )
        for name, reference in zip(raises["criterion"], raises["reference"], strict=True)
        for criterion in [profile.criterion(str(name))]
    ]
    raises.insert(1, "what", pd.Series(words, dtype=object))
    return raises, unknown_spans(values, profile=profile)


def _profile(manifest: Mapping[str, object], criteria: list[str]) -> Profile | None:
    """Read the profile by which the criteria were scored; None if it is not to be had."""
    from pydantic import ValidationError

    told = manifest.get("profile")
    definition = told.get("definition") if isinstance(told, Mapping) else None
    if not isinstance(definition, Mapping):
        return None
    try:
        profile = defined_profile(definition)
    except ValidationError:  # written by another version, with settings this one does not know
        return None
    known = {criterion.id for criterion in profile.criteria}
    if not known.issuperset(criteria):
        profile = as_wholes(profile)
        known = {criterion.id for criterion in profile.criteria}
    return profile if known.issuperset(criteria) and criteria else None
