"""Hydrogen facts of places: producers, possible users, pipelines and stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.study.screening.asset_facts import Assets
from standort.study.screening.carbon_facts import carrying
from standort.study.screening.features_in_reach import settle
from standort.study.screening.sector_rules import could_use_hydrogen, sectors_of
from standort.typology.rules import HYDROGEN_SECTORS, HYDROGEN_USERS

if TYPE_CHECKING:
    from standort.array_types import Flags, Floats
    from standort.layers.features import Features
    from standort.study.screening.features_in_reach import Reach
    from standort.study.screening.screening_inputs import ScreeningInputs


_HYDROGEN = "hydrogen"
#: words in the kind of an asset that produces hydrogen, besides "hydrogen"
_PRODUCES = ("plant", "produc", "electroly", "reform", "generat")
#: columns of salt caverns that may name what they store
_STORES = ("stores", "kind")


def hydrogen_facts(inputs: ScreeningInputs, reach: Reach) -> dict[str, Floats]:
    """Return the hydrogen facts of each place.

    Parameters
    ----------
    inputs
        What the facts are computed from.
    reach
        The places and what is within reach of them.

    Returns
    -------
    The facts by name.
    """
    users, sectors = _users(reach)
    return {
        "hydrogen_producers": _producers(inputs, reach),
        "hydrogen_users": users,
        "hydrogen_user_sectors": sectors,
        "hydrogen_connections": _connections(inputs, reach),
    }


def _producers(inputs: ScreeningInputs, reach: Reach) -> Floats:
    """Count producers among assets and emitters; lists are incomplete, so 0 is unknown."""
    near = reach.neighbours
    produces = np.array(
        [name is not None and _HYDROGEN in name for name in sectors_of(reach.emitters)]
    )
    count = reach.count_in_reach(near, produces)
    count += Assets.of(inputs).count_at_places(reach, _produces_hydrogen)
    return np.where(count > 0, count, np.nan)


def _produces_hydrogen(kind: str) -> bool:
    return _HYDROGEN in kind and any(word in kind for word in _PRODUCES)


def _users(reach: Reach) -> tuple[Floats, Floats]:
    """Count the emitters near each place that could use hydrogen, and their sectors."""
    near = reach.neighbours
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


def _connections(inputs: ScreeningInputs, reach: Reach) -> Floats:
    """Count hydrogen pipelines and caverns that store hydrogen near each place."""
    sure, possible = np.zeros(reach.groups.count), np.zeros(reach.groups.count)
    for layer, flags in (
        (inputs.layer("pipelines"), _lines),
        (inputs.layer("salt_caverns"), _storing),
    ):
        if layer is None:
            possible += np.inf
            continue
        surely, maybe = flags(layer)
        if flags is _lines and not surely.any():
            possible += np.inf  # without any hydrogen line, the layer does not cover them
        if maybe.any():
            near = reach.of_places(layer.subset(np.flatnonzero(maybe)))
            sure += reach.count_in_reach(near, surely[maybe])
            possible += np.asarray(near.sum(axis=1))
    return settle(sure, possible, 1)


def _lines(pipelines: Features) -> tuple[Flags, Flags]:
    """Return which lines carry hydrogen, and which carry it or might."""
    return carrying(pipelines, _HYDROGEN)


def _storing(caverns: Features) -> tuple[Flags, Flags]:
    """Return which caverns store hydrogen, and which store it or might (content unknown)."""
    sure = np.zeros(len(caverns), dtype=bool)
    is_known = np.zeros(len(caverns), dtype=bool)
    for column in _STORES:
        if column in caverns.table:
            held = caverns.table[column]
            is_known |= held.notna().to_numpy(dtype=bool)
            sure |= np.array([_HYDROGEN in str(cell).casefold() for cell in held], dtype=bool)
    return sure & is_known, sure | ~is_known
