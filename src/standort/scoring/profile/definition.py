"""Profiles as JSON data, so that a result can be explained long after it was scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standort.scoring.profile.profile_model import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping


def profile_definition(profile: Profile) -> dict[str, Any]:
    """Return a profile as JSON data.

    Parameters
    ----------
    profile
        The profile.

    Returns
    -------
    Its content, without options that are not set and the paths of rasters.

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> profile = load_profile("net-zero")
    >>> definition = profile_definition(profile)
    >>> definition["aggregation"], definition["criteria"][0]["id"]
    ('geometric', 'grid_connection_distance')
    >>> defined_profile(definition) == profile
    True
    """
    definition = profile.model_dump(mode="json", exclude_none=True)
    for criterion in definition["criteria"]:
        criterion.get("source", {}).pop("path", None)
    return definition


def defined_profile(definition: Mapping[str, Any]) -> Profile:
    """Return the profile of a definition made by `profile_definition`.

    Parameters
    ----------
    definition
        The definition, from memory or read from JSON.

    Returns
    -------
    The profile, with the same content hash.

    Raises
    ------
    pydantic.ValidationError
        If the definition is not valid in this version of standort.
    """
    return Profile.model_validate(definition)


def as_wholes(profile: Profile) -> Profile:
    """Return the profile for groups of sites, which uses their own density, not their members'.

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
