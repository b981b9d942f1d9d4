"""Solution families: which of four ways to net zero a place suits, and the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from standort.typology.facts import read_facts
from standort.typology.rules import FAMILIES
from standort.typology.screening import tell_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["solution_families"]


def solution_families(
    facts: pd.DataFrame, *, layers: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Tell which solution families each unit suits.

    That a place suits a family says nothing of its cost, nor of whether its sectors can use it:
    a cement works needs capture however windy the place is. Efficiency is open to every firm;
    what is judged here is efficiency across firms.

    Parameters
    ----------
    facts, layers
        As for `standort.typology.screen`.

    Returns
    -------
    A row per unit and family: ``unit``, ``family`` (efficiency, electrification, hydrogen, ccus),
    ``verdict`` (true, false, unknown), ``evidence`` (the facts that hold), ``missing`` (what
    would make it true) and ``proof`` as in `standort.typology.screen`.

    Raises
    ------
    LayerError
        As for `standort.typology.screen`.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"linkage": [0.6], "salt_cavern_distance_value": [0.1]}, index=["Black Country"]
    ... )
    >>> solution_families(table)[["family", "verdict"]]
                family  verdict
    0       efficiency     true
    1  electrification  unknown
    2         hydrogen  unknown
    3             ccus  unknown
    """
    rows = []
    for unit, known in read_facts(facts, layers=layers).items():
        for name, family in FAMILIES.items():
            proof = family.rule.prove(known)
            evidence = "; ".join(leaf.line() for leaf in proof.leaves() if leaf.verdict == "true")
            missing = tell_missing(proof.missing())
            rows.append((unit, name, proof.verdict, evidence, missing, proof.text()))
    columns = ["unit", "family", "verdict", "evidence", "missing", "proof"]
    return pd.DataFrame(rows, columns=columns)
