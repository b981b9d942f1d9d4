"""Screening: which place-based approaches of the paper's table 1 a place could be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from standort.typology.facts import read_facts
from standort.typology.rules import APPROACHES, FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from standort.typology.reasoning import Proof

__all__ = ["prove", "screen", "solution_families", "tell_missing"]


def screen(facts: pd.DataFrame, *, layers: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Tell which place-based approaches each place could be.

    A verdict says that what the approach needs is there, not that anybody plans it, that it pays
    or that it will be built. One place can be several of them. The paper defines the approaches in
    words; most thresholds are ours, and each stands in the proof with its source.

    Parameters
    ----------
    facts
        A row per place, its id the index; columns of `FACTS`. A column that is not there, or an
        empty cell, is unknown.
    layers
        What a fact comes from, by column; roles of layers if not given.

    Returns
    -------
    A row per place and approach: ``place``, ``approach`` (of `APPROACHES`), ``verdict`` (true,
    false, unknown), ``proof`` (every predicate with its value, threshold and layer, as text),
    ``missing``: what the approach lacks, or, where it is true, what its next level does; empty
    where nothing is missing.

    Raises
    ------
    LayerError
        If a column is no fact, a value cannot be one of its column, or a place occurs twice.

    Examples
    --------
    >>> table = pd.DataFrame({"co2_sources": [4], "co2_pipelines": [0]}, index=["Southampton"])
    >>> found = screen(table).set_index("approach")
    >>> print(found.proof["ccus_cluster_deployable"])
    [false] CCUS cluster, deployable: all of
      [true] most CO2 sources, of any sector, in reach of each other: 4, at least 2 ...
      [false] a transport and storage network: all of
        [false] CO2 pipelines, existing or planned, in reach of the sources: 0, at least 1 ...
        [unknown] CO2 stores of 100 Mt or more that these pipelines lead to ...: unknown, ...
    """
    rows = []
    for place, known in read_facts(facts, layers=layers).items():
        proofs = {name: approach.rule.prove(known) for name, approach in APPROACHES.items()}
        for name, proof in proofs.items():
            upper = APPROACHES[name].next_level
            wanted = proofs[upper] if proof.verdict == "true" and upper else proof
            rows.append((place, name, proof.verdict, proof.text(), tell_missing(wanted.missing())))
    return pd.DataFrame(rows, columns=["place", "approach", "verdict", "proof", "missing"])


def prove(
    facts: pd.DataFrame, place: object, approach: str, *, layers: Mapping[str, str] | None = None
) -> Proof:
    """Prove one approach of one place, as a tree.

    Parameters
    ----------
    facts, layers
        As for `screen`.
    place
        A place of the table.
    approach
        A name of `APPROACHES`.

    Returns
    -------
    The proof, with ``text()``, ``as_dict()`` and ``json()``.

    Raises
    ------
    LayerError
        As for `screen`.
    KeyError
        If there is no such place or approach.

    Examples
    --------
    >>> table = pd.DataFrame({"co2_sources": [4]}, index=["Southampton"])
    >>> proof = prove(table, "Southampton", "ccus_cluster_opportunity")
    >>> proof.as_dict()["parts"][0]["value"]
    4.0
    """
    return APPROACHES[approach].rule.prove(read_facts(facts, layers=layers)[place])


def tell_missing(missing: Iterable[Proof]) -> str:
    """Write what is missing in one cell; empty if nothing is."""
    return "; ".join(proof.line(origin=False) for proof in missing)


def solution_families(
    facts: pd.DataFrame, *, layers: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Tell which solution families each place suits.

    That a place suits a family says nothing of its cost, nor of whether its sectors can use it:
    a cement works needs capture however windy the place is. Efficiency is open to every firm;
    what is judged here is efficiency across firms.

    Parameters
    ----------
    facts, layers
        As for `standort.typology.screen`.

    Returns
    -------
    A row per place and family: ``place``, ``family`` (efficiency, electrification, hydrogen, ccus),
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
    for place, known in read_facts(facts, layers=layers).items():
        for name, family in FAMILIES.items():
            proof = family.rule.prove(known)
            evidence = "; ".join(leaf.line() for leaf in proof.leaves() if leaf.verdict == "true")
            missing = tell_missing(proof.missing())
            rows.append((place, name, proof.verdict, evidence, missing, proof.text()))
    columns = ["place", "family", "verdict", "evidence", "missing", "proof"]
    return pd.DataFrame(rows, columns=columns)
