"""Red flags: settings under which clusters say more about the setting than about the sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEGENERATE", "red_flags"]

#: shares of core sites below and above which nearly none, or nearly all, is dense
_ALMOST_NONE, _ALMOST_ALL = 0.05, 0.9
#: share of the clustered sites from which on one cluster holds nearly everything
_ONE_CLUSTER = 0.9
#: diameter from which on, alone or as a multiple of eps, a cluster is a chain [km]
_WIDE_KM, _WIDE_EPS = 100.0, 8.0

#: flags with which a partition says nothing, however stable it is
DEGENERATE = frozenset({"no cluster", "almost none core", "almost all core", "one cluster"})


def red_flags(setting: Mapping[str, Any]) -> dict[str, str]:
    """Say what speaks against a setting.

    The limits are our own, made to catch the eye: a flag is a reason to look, no fault.

    Parameters
    ----------
    setting
        A row of `stability`: its counts, shares and diameter.

    Returns
    -------
    Flags and what they mean here, in words: ``no cluster``; ``almost none core``, less than 5 % of
    the sites; ``almost all core``, more than 90 %; ``one cluster``, which holds 90 % or more of the
    clustered sites; ``chaining``, a diameter of 100 km or of 8 eps and more.

    Examples
    --------
    >>> shape = {"n_clusters": 2, "core_share": 0.5, "largest_share": 0.6, "eps_km": 10.0}
    >>> red_flags({**shape, "diameter_km": 99.0})
    {'chaining': 'chaining: 99 km wide, 9.9 times eps'}
    """
    if not setting["n_clusters"]:
        return {"no cluster": "no cluster"}
    flags = {}
    core, largest = setting["core_share"], setting["largest_share"]
    if core < _ALMOST_NONE:
        flags["almost none core"] = f"almost none core: {core:.1%} of sites"
    if core > _ALMOST_ALL:
        flags["almost all core"] = f"almost all core: {core:.1%} of sites"
    if largest >= _ONE_CLUSTER:
        flags["one cluster"] = f"one cluster holds {largest:.0%} of clustered sites"
    wide, eps = setting["diameter_km"], setting["eps_km"]
    if wide >= min(_WIDE_KM, _WIDE_EPS * eps):
        flags["chaining"] = f"chaining: {wide:.0f} km wide, {wide / eps:.1f} times eps"
    return flags
