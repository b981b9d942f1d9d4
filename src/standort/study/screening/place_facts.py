"""Screening facts of each place, computed from the layers and tables of a study.

A fact is unknown (NaN), never 0, where a layer is missing, where an attribute that would decide is
empty, and where a list that cannot be complete has no entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.study.group_scores import emissions_of
from standort.study.screening.asset_facts import asset_facts
from standort.study.screening.carbon_facts import carbon_facts
from standort.study.screening.features_in_reach import Reach, most_together, settle
from standort.study.screening.hydrogen_facts import hydrogen_facts
from standort.study.screening.sector_rules import is_industrial
from standort.typology.facts import FACTS
from standort.typology.rules import GOOD_VALUE, INDUSTRIAL_SHARE, INDUSTRIAL_SITES, SHARING_SITES

if TYPE_CHECKING:
    from standort.array_types import Floats
    from standort.study.screening.screening_inputs import ScreeningInputs


_VALUE = "_value"


def place_facts(inputs: ScreeningInputs) -> pd.DataFrame:
    """Return every fact of `standort.typology.FACTS` for each place, as far as data allow.

    A count is a lower bound: where there may be more and it would matter to a rule, the fact is
    unknown. A place is near what lies within 25 km of any of its members.

    Parameters
    ----------
    inputs
        What the facts are computed from.

    Returns
    -------
    Index ``place``, the columns of `FACTS`.
    """
    emitters = inputs.engine.context.layer("emitters")
    reach = Reach(emitters, inputs.places.groups)
    carbon, routes = carbon_facts(inputs, reach)
    facts = {
        "is_cluster_or_initiative": (inputs.places.table["kind"] != "unclustered").to_numpy(float),
        **_industry(reach),
        **_own_values(inputs),
        **carbon,
        "sharing_sites": _sharing(inputs, reach, routes),
        **hydrogen_facts(inputs, reach),
        **asset_facts(inputs, reach),
        "chertow_3_2": inputs.linked["chertow_3_2"]
        .astype("Float64")
        .to_numpy(float, na_value=np.nan),
        "linkage": inputs.linked["linkage"].to_numpy(dtype=np.float64),
    }
    return pd.DataFrame(facts, index=inputs.places.table.index)[list(FACTS)]


def _own_values(inputs: ScreeningInputs) -> dict[str, Floats]:
    """Return the members' mean partial values; unknown if the profile lacks the criterion."""
    unknown = np.full(len(inputs.places.table), np.nan)
    return {
        fact: inputs.means[name].to_numpy(dtype=np.float64) if name in inputs.means else unknown
        for fact in FACTS
        if fact.endswith(_VALUE)
        for name in [fact.removesuffix(_VALUE)]
    }


def _industry(reach: Reach) -> dict[str, Floats]:
    """Return the number of industrial sites of each place and their share of emissions."""
    industrial = is_industrial(reach.emitters)
    sure, possible = industrial == 1.0, industrial != 0.0
    belonging = reach.belonging
    count = [np.asarray(belonging @ flags.astype(float)) for flags in (sure, possible)]
    emissions = np.nan_to_num(emissions_of(reach.emitters)[reach.emitters.order])
    total = np.asarray(belonging @ emissions)
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = (
            np.asarray(belonging @ np.where(flags, emissions, 0.0)) / total
            for flags in (sure, possible)
        )
    share = settle(np.minimum(low, 1.0), np.minimum(high, 1.0), INDUSTRIAL_SHARE)
    # below the limit whatever the unknown sites are
    share = np.where(high < INDUSTRIAL_SHARE, np.minimum(high, 1.0), share)
    return {
        "industrial_sites": settle(count[0], count[1], INDUSTRIAL_SITES),
        "industrial_emission_share": share,
    }


def _sharing(inputs: ScreeningInputs, reach: Reach, routes: Floats) -> Floats:
    """Count members in reach of each other that the best single intervention could serve."""
    sure, possible = [], []
    for feasible in _interventions(inputs, reach, routes):
        sure.append(most_together(reach, feasible == 1.0))
        possible.append(most_together(reach, feasible != 0.0))
    return settle(_greatest(sure), _greatest(possible), SHARING_SITES)


def _interventions(inputs: ScreeningInputs, reach: Reach, routes: Floats) -> list[Floats]:
    """Return for each intervention whether it could serve each emitter: 1, 0 or NaN."""
    near = {
        name: _good(inputs.value_at_emitters(name))
        for name in (
            "co2_storage_distance",
            "salt_cavern_distance",
            "renewable_capacity",
            "grid_connection_distance",
            "heat_demand",
        )
    }
    emissions = emissions_of(reach.emitters)[reach.emitters.order]
    emits = np.where(np.isnan(emissions), np.nan, emissions > 0.0)
    return [
        _both(emits, _either(near["co2_storage_distance"], routes)),
        near["salt_cavern_distance"],
        _both(near["renewable_capacity"], near["grid_connection_distance"]),
        near["heat_demand"],
    ]


def _good(value: Floats) -> Floats:
    return np.where(np.isnan(value), np.nan, value >= GOOD_VALUE)


def _both(first: Floats, second: Floats) -> Floats:
    """Kleene's conjunction: false if either is false."""
    return np.where((first == 0.0) | (second == 0.0), 0.0, first * second)


def _either(first: Floats, second: Floats) -> Floats:
    """Kleene's disjunction: true if either is true."""
    return np.where((first == 1.0) | (second == 1.0), 1.0, first + second)


def _greatest(columns: list[Any]) -> Floats:
    greatest = columns[0]
    for column in columns[1:]:
        greatest = np.maximum(greatest, column)
    return np.asarray(greatest)
