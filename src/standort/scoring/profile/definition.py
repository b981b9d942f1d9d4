"""Profiles as JSON data, for the manifest of a result: whole, and how weights were elicited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from standort.arguments import checked
from standort.errors import ProfileError
from standort.scoring.profile.profile_model import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping


@checked()
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


@checked()
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
    ProfileError
        If the definition is not valid in this version of standort.
    """
    try:
        return Profile.model_validate(definition)
    except ValidationError as error:
        msg = f"the definition of a profile is not valid in this version: {error}; score again"
        raise ProfileError(msg) from error


@checked()
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


@checked()
def elicitation_summary(profile: Profile) -> dict[str, Any]:
    """Summarise for a manifest how the weights of a profile were obtained.

    Parameters
    ----------
    profile
        The profile.

    Returns
    -------
    Empty for plain weights, otherwise `weights`: method, variant, consistency ratio and worst
    judgement by group. The definition of the profile holds the judgements themselves.

    Examples
    --------
    >>> from standort.scoring.profile.loading import parse_profile
    >>> profile = parse_profile(
    ...     {
    ...         "extends": "net-zero",
    ...         "id": "assets-first",
    ...         "version": "1",
    ...         "weights": {
    ...             "components": {
    ...                 "method": "rank_order_centroid",
    ...                 "ranking": ["net_zero_assets", "firm_proximity", "physical_conditions"],
    ...             }
    ...         },
    ...     }
    ... )
    >>> elicitation_summary(profile)
    {'weights': {'components': {'method': 'rank_order_centroid'}}}
    """
    groups = {
        elicited.group: elicited.model_dump(exclude_none=True, exclude={"group", "judgements"})
        for elicited in profile.elicited
    }
    return {"weights": groups} if groups else {}
