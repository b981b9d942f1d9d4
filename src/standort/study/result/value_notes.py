"""What the values of criteria say about the criteria: notes on a result, and for `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from standort.layers.features import as_sites
from standort.random_numbers import name_keys, uniform
from standort.results.notes import Note
from standort.scoring import end_shares, rank_correlations
from standort.scoring.diagnostics.value_spread import FEWEST_SITES

if TYPE_CHECKING:
    import pandas as pd

    from standort.array_types import Flags
    from standort.layers import Study
    from standort.results.notes import NoteKind
    from standort.scoring import Profile

#: Sites looked at, if there are more: a rank correlation of so many has an error of about 0.01.
_MOST_SITES = 10_000
#: Share of sites at an end of the scale from which a criterion is reported.
_AT_AN_END = 0.5


def sampled_values(study: Study, profile: Profile) -> pd.DataFrame:
    """Return the partial values of the sites of a study, or of a sample of many sites.

    Parameters
    ----------
    study
        The study.
    profile
        The profile.

    Returns
    -------
    One column per criterion that can be measured, on the ids of the sites.
    """
    from standort.study.engine import Engine

    engine = Engine.of(study, profile)
    sites = study.sites
    return engine.evaluate(as_sites(sites[_sample(sites.index)])).partial_values


def value_notes(values: pd.DataFrame) -> list[Note]:
    """Note the criteria that cannot tell most sites apart, and those that move together.

    Parameters
    ----------
    values
        Partial values of all sites, one column per criterion.

    Returns
    -------
    At most one note of each kind; none for fewer than 10 sites.
    """
    if len(values) < FEWEST_SITES:
        return []
    looked_at = values[_sample(values.index)]
    shares = end_shares(looked_at)
    at_ends = (shares["at_0"] + shares["at_1"]).sort_values(ascending=False, kind="stable")
    pairs = rank_correlations(looked_at)
    found: dict[NoteKind, pd.Series[float]] = {
        "values_at_an_end": at_ends[at_ends >= _AT_AN_END],
        "values_move_together": pairs.set_axis(pairs["first"] + " " + pairs["second"])["spearman"],
    }
    return [
        Note(kind, counts={str(name): float(share) for name, share in shares.round(4).items()})
        for kind, shares in found.items()
        if len(shares)
    ]


def _sample(index: pd.Index[Any]) -> Flags:
    """Flag the sites to look at: all of few, and of many those that a hash of their id picks."""
    if len(index) <= _MOST_SITES:
        return np.ones(len(index), dtype=np.bool_)
    drawn = uniform(0, "values looked at", name_keys(index))
    picked: Flags = drawn <= np.partition(drawn, _MOST_SITES - 1)[_MOST_SITES - 1]
    return picked
