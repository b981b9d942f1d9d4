"""Facts on hydrogen: who makes it, who could use it, and what connects them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.study.screening.asset_facts import Assets
from standort.study.screening.carbon_facts import carrying
from standort.study.screening.features_in_reach import as_flags, settle
from standort.study.screening.sector_rules import could_use_hydrogen, sectors_of
from standort.typology.rules import HYDROGEN_SECTORS, HYDROGEN_USERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.layers.features import Features
    from standort.study.screening.features_in_reach import Reach
    from standort.study.screening.screening_inputs import Known

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["hydrogen_facts"]

_HYDROGEN = "hydrogen"
#: words in the kind of an asset that makes hydrogen, besides "hydrogen"
_MAKES = ("plant", "produc", "electroly", "reform", "generat")
#: columns of salt caverns that may tell what they store
_STORES = ("stores", "kind")


def hydrogen_facts(known: Known, reach: Reach) -> dict[str, Floats]:
    """Tell the facts on hydrogen of each place.

    Parameters
    ----------
    known
        What facts are computed from.
    reach
        Places and what is near them.

    Returns
    -------
    The facts by name.
    """
    users, sectors = _users(reach)
    return {
        "hydrogen_producers": _producers(known, reach),
        "hydrogen_users": users,
        "hydrogen_user_sectors": sectors,
        "hydrogen_connections": _connections(known, reach),
    }


def _producers(known: Known, reach: Reach) -> Floats:
    """Count assets that make hydrogen and emitters of such a sector; no list of them is whole."""
    near = as_flags(reach.belonging @ reach.neighbours)
    makes = np.array(
        [name is not None and _HYDROGEN in name for name in sectors_of(reach.emitters)]
    )
    count = reach.count_in_reach(near, makes)
    count += Assets.of(known).count_at_places(reach, _makes_hydrogen)
    return np.where(count > 0, count, np.nan)


def _makes_hydrogen(kind: str) -> bool:
    return _HYDROGEN in kind and any(word in kind for word in _MAKES)


def _users(reach: Reach) -> tuple[Floats, Floats]:
    """Count emitters near each place whose sector could use hydrogen, and their sectors."""
    near = as_flags(reach.belonging @ reach.neighbours)
    could = could_use_hydrogen(reach.emitters)
    sure = reach.count_in_reach(near, could == 1.0)
    unknown = reach.count_in_reach(near, np.isnan(could))
    names = sectors_of(reach.emitters)
    sectors = np.zeros(reach.groups.count)
    for name in sorted({str(name) for name in names[could == 1.0]}):
        sectors += reach.count_in_reach(near, names == name) > 0
    return (
        settle(sure, sure + unknown, HYDROGEN_USERS),
        settle(sectors, sectors + unknown, HYDROGEN_SECTORS),
    )


def _connections(known: Known, reach: Reach) -> Floats:
    """Count hydrogen pipelines and caverns that store hydrogen near each place."""
    sure, possible = np.zeros(reach.groups.count), np.zeros(reach.groups.count)
    for layer, flags in (
        (known.layer("pipelines"), _lines),
        (known.layer("salt_caverns"), _storing),
    ):
        if layer is None:
            possible += np.inf
            continue
        surely, maybe = flags(layer)
        if flags is _lines and not surely.any():
            possible += np.inf  # a register of other lines tells nothing of these
        if maybe.any():
            near = reach.of_places(layer.subset(np.flatnonzero(maybe)))
            sure += reach.count_in_reach(near, surely[maybe])
            possible += np.asarray(near.sum(axis=1))
    return settle(sure, possible, 1)


def _lines(pipelines: Features) -> tuple[Flags, Flags]:
    """Tell which lines surely carry hydrogen, and which may."""
    return carrying(pipelines, _HYDROGEN)


def _storing(caverns: Features) -> tuple[Flags, Flags]:
    """Tell which caverns surely store hydrogen, and which may: nobody says what they store."""
    sure = np.zeros(len(caverns), dtype=bool)
    told = np.zeros(len(caverns), dtype=bool)
    for column in _STORES:
        if column in caverns.table:
            held = caverns.table[column]
            told |= held.notna().to_numpy(dtype=bool)
            sure |= np.array([_HYDROGEN in str(cell).casefold() for cell in held], dtype=bool)
    return sure & told, sure | ~told
