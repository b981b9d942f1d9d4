"""Vetoes and gates: limits that no other criterion compensates for.

Both are partial values that a criterion must reach. A gate is a hard constraint: a site below it
is not a candidate and has no score, and a column gives the reason. A veto leaves the score alone
and caps the class: a site with one critical weakness may have a high score and is still not called
well placed. An unknown value fails neither, and is reported.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from standort.arguments import checked
from standort.errors import AlignmentError, OptionError, name_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from standort.array_types import Flags, Floats
    from standort.scoring.profile.profile_model import Profile


#: key of a criterion -> columns of the criteria a site fails, and of those it might fail
_COLUMNS = {"veto": ("vetoed", "veto_unknown"), "gate": ("excluded", "gate_unknown")}


@checked()
def limit_names(profile: Profile) -> list[str]:
    """List the columns for vetoes and gates; none for a profile without any.

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> limit_names(load_profile("net-zero"))
    []
    """
    return [name for key, names in _COLUMNS.items() if _with_limit(profile, key) for name in names]


def limit_columns(
    values: Mapping[str, Floats],
    low: Mapping[str, Floats],
    high: Mapping[str, Floats],
    *,
    profile: Profile,
    size: int,
) -> dict[str, list[str]]:
    """List, for each site, the criteria whose veto or gate it fails, or might fail.

    Parameters
    ----------
    values, low, high
        Partial values and their bounds by criterion, for criteria that can be computed.
    profile
        The profile.
    size
        Number of sites.

    Returns
    -------
    The columns of `limit_names`: ids separated by commas, in profile order; empty for none. A
    criterion without a layer is unknown everywhere.
    """
    columns = {}
    for key, (failing, unknown) in _COLUMNS.items():
        limits = _with_limit(profile, key)
        if not limits:
            continue
        fails, might = {}, {}
        for name, limit in limits.items():
            if name not in values:
                fails[name], might[name] = np.zeros(size, bool), np.ones(size, bool)
                continue
            known = ~np.isnan(values[name])
            fails[name] = np.where(known, values[name] < limit, high[name] < limit)
            might[name] = ~known & ~fails[name] & (low[name] < limit)
        columns[failing], columns[unknown] = _named(fails, size), _named(might, size)
    return columns


def excluded_sites(values: Mapping[str, Floats], *, profile: Profile, size: int) -> Flags:
    """Return which sites are known to fail a gate.

    Parameters
    ----------
    values
        Partial values by criterion; NaN is unknown and excludes no site.
    profile
        The profile.
    size
        Number of sites.

    Returns
    -------
    One flag per site.

    Examples
    --------
    >>> from standort.scoring.profile.loading import parse_profile
    >>> own = {"extends": "net-zero", "id": "coastal", "version": "1"}
    >>> profile = parse_profile({**own, "gates": {"port_distance": 0.1}})
    >>> inland = {"port_distance": np.array([0.0, 0.5, np.nan])}
    >>> excluded_sites(inland, profile=profile, size=3)
    array([ True, False, False])
    """
    failing = [
        values[name] < limit
        for name, limit in _with_limit(profile, "gate").items()
        if name in values
    ]
    return reduce(np.logical_or, failing, np.zeros(size, bool))


@checked()
def cap_classes(classes: pd.Series, vetoed: pd.Series, *, caps: Mapping[str, str]) -> pd.Series:
    """Cap the classes of vetoed sites or places.

    Parameters
    ----------
    classes
        Class of each site or place; missing where it has none.
    vetoed
        Column `vetoed` of a score table, with the same index.
    caps
        Class that each class becomes under a veto. Types of advantage and linkage lose their high
        advantage: ``{"forerunner": "dispersed_cluster", "classic_cluster": "dispersed_sites"}``.

    Returns
    -------
    The classes, with the index and name of `classes`; those not in `caps` stay as they are.

    Raises
    ------
    AlignmentError
        If the two differ in their index.
    OptionError
        If a class that others are capped to is capped itself.

    Examples
    --------
    >>> import pandas as pd
    >>> types = pd.Series(["forerunner", "forerunner"], index=["a", "b"])
    >>> vetoed = pd.Series(["", "co2_storage_distance"], index=["a", "b"])
    >>> cap_classes(types, vetoed, caps={"forerunner": "dispersed_cluster"}).tolist()
    ['forerunner', 'dispersed_cluster']
    """
    if not classes.index.equals(vetoed.index):
        msg = "expected classes and vetoes of the same sites in one order; use one index for both"
        raise AlignmentError(msg)
    chained = [name for name in caps.values() if name in caps]
    if chained:
        msg = f"{name_ids(chained)} are capped to and capped themselves; name the end of the chain"
        raise OptionError(msg)
    held = vetoed.fillna("").astype(str).str.len() > 0
    return classes.where(~held, classes.map(lambda name: caps.get(name, name)))


def _with_limit(profile: Profile, key: str) -> dict[str, float]:
    return {c.id: float(limit) for c in profile.criteria if (limit := getattr(c, key)) is not None}


def _named(flags: Mapping[str, Flags], size: int) -> list[str]:
    """Join the names of the raised flags, site by site."""
    joined = np.full(size, "", dtype=object)
    for name, raised in flags.items():
        joined = np.where(raised, np.where(joined == "", name, joined + "," + name), joined)
    return [str(names) for names in joined]
