"""A profile written out whole, so that a result can be asked about long after it was scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standort.scoring.schema import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["defined_profile", "profile_definition"]


def profile_definition(profile: Profile) -> dict[str, Any]:
    """Write a profile out as what JSON can hold.

    Parameters
    ----------
    profile
        The profile.

    Returns
    -------
    Its content; options that are not set and the places of rasters are left out.

    Examples
    --------
    >>> from standort.scoring.profiles import load_profile
    >>> profile = load_profile("net-zero")
    >>> definition = profile_definition(profile)
    >>> definition["aggregation"], len(definition["criteria"])
    ('geometric', 18)
    >>> defined_profile(definition) == profile
    True
    """
    definition = profile.model_dump(mode="json", exclude_none=True)
    for criterion in definition["criteria"]:
        criterion.get("source", {}).pop("path", None)
    return definition


def defined_profile(definition: Mapping[str, Any]) -> Profile:
    """Make a profile of what `profile_definition` wrote.

    Parameters
    ----------
    definition
        The content, from memory or read from JSON.

    Returns
    -------
    The profile; it has the content hash of the one that was written.

    Raises
    ------
    pydantic.ValidationError
        If this version of standort knows no such profile.
    """
    return Profile.model_validate(definition)
