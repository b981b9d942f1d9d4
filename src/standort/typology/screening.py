"""Screening of places for place-based approaches and solution families."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import pandas as pd

from standort.arguments import checked, one_of
from standort.errors import OptionError, name_ids
from standort.typology.facts import read_facts
from standort.typology.rules import APPROACHES, FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from standort.typology.reasoning import Reasoning


@checked()
def screen(facts: pd.DataFrame, *, layers: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Screen each place for the place-based approaches of table 1 of the paper.

    A true verdict means that the requirements of the approach are met, not that it is planned,
    economic or will be built. A place can suit several approaches. The paper defines them in words;
    most thresholds are assumptions of standort, and the reasoning states each with its source.

    Parameters
    ----------
    facts
        A row per place, indexed by its id; columns of `FACTS`. A missing column or an empty cell
        is unknown.
    layers
        Source of each fact, by column; by default the roles of the layers.

    Returns
    -------
    A row per place and approach: ``place``, ``approach`` (of `APPROACHES`), ``verdict`` (true,
    false, unknown), ``reasoning`` (every predicate with its value, threshold and layer, as text)
    and ``missing``: what the approach lacks or, if it is true, what its next level lacks; empty if
    nothing is missing.

    Raises
    ------
    LayerError
        If a column is not a fact, a value is invalid, or a place occurs twice.

    Examples
    --------
    >>> table = pd.DataFrame({"co2_sources": [4], "co2_pipelines": [0]}, index=["Southampton"])
    >>> verdicts = screen(table).set_index("approach")
    >>> print(verdicts.reasoning["ccus_cluster_deployable"])
    [false] CCUS cluster, deployable: all of
      [true] most CO2 sources, of any sector, in reach of each other: 4, at least 2 ...
      [false] a transport and storage network: all of
        [false] CO2 pipelines, existing or planned, in reach of the sources: 0, at least 1 ...
        [unknown] CO2 stores of 100 Mt or more that these pipelines lead to ...: unknown, ...
    """
    rows = []
    for place, known in read_facts(facts, layers=layers).items():
        by_approach = {name: a.rule.evaluate(known) for name, a in APPROACHES.items()}
        for name, reasoning in by_approach.items():
            upper = APPROACHES[name].next_level
            wanted = by_approach[upper] if reasoning.verdict == "true" and upper else reasoning
            rows.append(
                (
                    place,
                    name,
                    reasoning.verdict,
                    reasoning.text(),
                    _format_missing(wanted.missing()),
                )
            )
    return pd.DataFrame(rows, columns=["place", "approach", "verdict", "reasoning", "missing"])


@checked(approach=one_of(*APPROACHES))
def explain_approach(
    facts: pd.DataFrame, place: object, approach: str, *, layers: Mapping[str, str] | None = None
) -> Reasoning:
    """Return the reasoning behind one verdict of `screen`, as a tree.

    Parameters
    ----------
    facts, layers
        As for `screen`.
    place
        Id of a place in the table.
    approach
        Name of an approach in `APPROACHES`.

    Returns
    -------
    The reasoning, with ``text()``, ``as_dict()`` and ``json()``.

    Raises
    ------
    LayerError
        As for `screen`.
    OptionError
        If the place or the approach does not exist.

    Examples
    --------
    >>> table = pd.DataFrame({"co2_sources": [4]}, index=["Southampton"])
    >>> reasoning = explain_approach(table, "Southampton", "ccus_cluster_opportunity")
    >>> reasoning.as_dict()["parts"][0]["value"]
    4.0
    """
    known = read_facts(facts, layers=layers)
    if not isinstance(place, Hashable) or place not in known:
        ids = name_ids(list(known))
        msg = f"expected the id of a place in the table, got {place!r}; it has {ids}"
        raise OptionError(msg)
    return APPROACHES[approach].rule.evaluate(known[place])


@checked()
def solution_families(
    facts: pd.DataFrame, *, layers: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Screen each place for the solution families.

    A true verdict says nothing about costs or about whether the sectors of the place can use the
    solution: a cement works needs capture however windy its location is. Every firm can become more
    efficient; this screening is about efficiency across firms.

    Parameters
    ----------
    facts, layers
        As for `standort.typology.screen`.

    Returns
    -------
    A row per place and family: ``place``, ``family`` (efficiency, electrification, hydrogen, ccus),
    ``verdict`` (true, false, unknown), ``evidence`` (the predicates that are true), ``missing``
    (what would make it true) and ``reasoning`` as in `standort.typology.screen`.

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
            reasoning = family.rule.evaluate(known)
            evidence = "; ".join(
                leaf.line() for leaf in reasoning.leaves() if leaf.verdict == "true"
            )
            missing = _format_missing(reasoning.missing())
            rows.append((place, name, reasoning.verdict, evidence, missing, reasoning.text()))
    columns = ["place", "family", "verdict", "evidence", "missing", "reasoning"]
    return pd.DataFrame(rows, columns=columns)


def _format_missing(missing: Iterable[Reasoning]) -> str:
    """Format what is missing as one line; empty if nothing is."""
    return "; ".join(reasoning.line(origin=False) for reasoning in missing)
