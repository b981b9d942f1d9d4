"""A profile written out whole, so that a result can be asked about long after it was scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standort.scoring.profile.schema import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_wholes", "defined_profile", "profile_definition"]


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
    >>> from standort.scoring.profile.loading import load_profile
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


def as_wholes(profile: Profile) -> Profile:
    """Give the profile by which groups are scored: their own density in place of their members'.

    Parameters
    ----------
    profile
        The profile of sites.

    Returns
    -------
    The profile with its cluster criteria in place of all criteria of their components.

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> [c.id for c in as_wholes(load_profile("net-zero")).criteria_of("firm_proximity")]
    ['neighbour_emissions', 'neighbour_count', 'mean_pairwise_distance']
    """
    own = {criterion.component for criterion in profile.cluster_criteria}
    criteria = [c for c in profile.criteria if c.component not in own]
    return profile.model_copy(
        update={"criteria": (*criteria, *profile.cluster_criteria), "cluster_criteria": ()}
    )
