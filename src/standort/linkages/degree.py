"""The degree of linkage between the firms of each place, and its uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.arguments import MOST_DRAWS, SEED, SHARE, WEIGHT, YEAR, checked, positive, whole
from standort.linkages.evidence.collection import read_collection, searches_of
from standort.linkages.evidence.completion import CORNERS, draw_linkage, is_examined
from standort.linkages.evidence.examination import Pairs, gather_evidence
from standort.linkages.evidence.region import region
from standort.linkages.firm_network import build_network
from standort.linkages.firm_tables import LAYERS, read_tables
from standort.linkages.layer_scores import (
    LEAST_FIRMS,
    anchor_ties,
    as_recorded,
    combine,
    count,
    count_ties,
)
from standort.linkages.one_mode import pairs_within_groups
from standort.linkages.options import as_settings, check_anchors

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from standort.array_types import Floats, Keys
    from standort.linkages.evidence.collection import Search
    from standort.linkages.evidence.examination import LayerEvidence
    from standort.linkages.firm_network import Layer, Network
    from standort.linkages.layer_scores import Settings


#: Number of firms from which the degree of linkage is more than indicative.
_FIRM = 10
#: Effort from which what is on record is nearly all there is: recorded L is too low by 0.06 at most
#: on synthetic networks (docs/validation.md).
_ENOUGH = 0.8
#: Quantiles of the draws, and the corner at which each is taken.
_QUANTILES = {"p05": (0.05, "low"), "p50": (0.5, "middle"), "p95": (0.95, "high")}
#: Layers, firms and resources of Chertow's 3-2 rule.
_RULE_LAYERS, _RULE_FIRMS, _RULE_RESOURCES = ("formal", "infrastructure"), 3, 2
#: What to collect for each layer.
_COLLECT = {
    "formal": "linkages of kind formal (supply and value chains)",
    "informal": "memberships, or linkages of kind informal",
    "infrastructure": "assets with the firms that use them, or linkages of kind infrastructure",
}
_COLUMNS = [
    "n_firms",
    *(
        f"{layer}_{part}"
        for layer in LAYERS
        for part in ("m", "u1", "u2", "u4", "score")
        if part != "u4" or layer == "informal"
    ),
    "u3",
    "linkage",
    "linkage_recorded",
    "linkage_lower",
    "linkage_upper",
    *(f"linkage_{name}" for name in _QUANTILES),
    *(f"effort_{layer}" for layer in LAYERS),
    "examined",
    "coverage",
    "indicative",
    "chertow_3_2",
    "anchor_ties",
    "statement",
    "missing",
    "notes",
]
_TEXTS = ("statement", "missing", "notes")
_TYPES = (
    dict.fromkeys(_COLUMNS, "float64")
    | {"n_firms": "int64", "indicative": "bool", "chertow_3_2": "boolean"}
    | dict.fromkeys(_TEXTS, "object")
)


@checked(year=YEAR, k0=positive(), mu=SHARE, omega=WEIGHT, draws=whole(0, MOST_DRAWS), seed=SEED)
def linkage(  # noqa: PLR0913 - four tables, and the settings of the method
    firms: pd.DataFrame,
    linkages: pd.DataFrame | None,
    memberships: pd.DataFrame | None,
    *,
    year: int | None = None,
    assets: pd.DataFrame | None = None,
    collection: pd.DataFrame | None = None,
    k0: float = 2.0,
    mu: float = 0.2,
    omega: Mapping[str, float] | None = None,
    coordinating: Collection[str] | None = None,
    anchor: str | Mapping[Any, str] | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Score how strongly the firms of each place are linked, and say how much of it is known.

    Links form three layers: formal (supply, value chains), informal (collaboration, information)
    and infrastructure used together. In each layer, u1 measures the number of ties per firm, u2 the
    share of connected firms and u4 the share in a coordinating body; u3 measures the ties that
    occur in more than one layer. All increase with ties and, unlike density, none falls merely
    because a place has more firms.

    A missing record is not a missing link, so the degree is given as what is proved by the records
    (``linkage_recorded``), what they allow (``linkage_lower``, ``linkage_upper``), and what is
    likely where `collection` says who searched for links, and how well. Proximity and similarity
    are not ties. A nearby asset belongs to locational advantage, an asset used together belongs
    here: do not enter one record as both.

    Parameters
    ----------
    firms
        Column ``firm`` and, for several places (clusters, initiatives), ``place``. A row without a
        place belongs to none; a firm may belong to several. The table defines membership.
    linkages
        Columns ``firm_u``, ``firm_v``, ``kind`` (formal, informal, infrastructure) and, optionally,
        ``subtype`` (what is exchanged) and ``source``. Ties to firms outside the place are not
        counted here.
    memberships
        Columns ``firm``, ``organisation`` and, optionally, ``kind``, ``source``; ties of the
        informal layer.
    year
        Keep the rows of all tables whose ``year_from`` and ``year_to`` cover this year; an open end
        is unlimited. None keeps all rows.
    assets
        Columns ``firm`` and ``asset`` (used or owned, not near) and, optionally, ``kind``,
        ``source``; ties of the infrastructure layer.
    collection
        Who searched for links: ``layer``, ``source``, ``method`` and, optionally, ``unit`` (the
        place), ``firms``, ``detect_lo``, ``detect_hi``, ``false_lo``, ``false_hi``, ``total``,
        ``total_of``; see docs/linkages.md. Without it the effort is unknown, not complete.
    k0
        Mean degree at which u1 is 0.5, > 0.
    mu
        Weight of u3, in [0, 1].
    omega
        Weight of each layer; equal by default. Only ratios matter.
    coordinating
        Kinds of memberships that count as coordinating bodies for u4; None counts all.
    anchor
        The firm to which others may be tied (the largest emitter, for example), or one per place.
    draws, seed
        Number of draws of missed ties (0 for none) and random seed.

    Returns
    -------
    One row per place in order of appearance, index ``place`` (``"all"`` without places). With fewer
    than 3 firms, all figures of L are NaN.

    - ``n_firms``; excludes firms of unknown name, which ``notes`` counts;
    - for each layer ``<layer>_m`` (pairs of firms with a recorded tie), ``_u1``, ``_u2``,
      ``_score`` (mean of its measures) and ``informal_u4``; ``u3``; all of the records, in [0, 1];
    - ``linkage_recorded``, L of the records, in [0, 1]: the true L is at least that;
    - ``linkage_lower``, ``linkage_upper``: bounds that hold whatever was missed, given stated
      totals and complete searches;
    - ``linkage_p05``, ``linkage_p50``, ``linkage_p95``: of the draws, at the corners of the ranges
      in ``statement``; NaN where nobody searched, ``_p50`` also if a layer was not searched;
    - ``effort_<layer>``: mean probability that a true tie would be on record, in [0, 1]; NaN
      without `collection`. ``examined``: share of the pairs that anybody examined, mean of the
      layers;
    - ``linkage``: equals ``linkage_recorded`` where the effort is at least 0.8 in every layer, else
      NaN;
    - ``coverage``, share of firms that occur in any record;
    - ``indicative``: 3 to 9 firms; quote the interval, not the number;
    - ``chertow_3_2``: three linked firms exchange two resources; NA if unknown;
    - ``anchor_ties``: share of the other firms with a recorded tie to the anchor in any layer;
    - ``statement``: the stated ranges; ``missing``: layers to search; ``notes``: counts of repeated
      and omitted rows.

    Raises
    ------
    LayerError
        If tables violate their contract; lists all problems of all tables.
    OptionError
        If an option is out of range, or an anchor is not a firm of its place.

    Warns
    -----
    StandortWarning
        If names differ only in case, accents or punctuation; they are not merged.

    Notes
    -----
    u1 = k / (k + k0), k the mean degree. Ties through a body have Newman's weights among the firms
    of the place, so each body that a firm shares with others of the place adds 1. u2 is the share
    of firms in the largest component, but 0 instead of 1/n if there are no ties. u3 = k_mx / (k_mx
    + 1), k_mx the mean degree over pairs tied in two or more layers, at most the mean degree of the
    second-most tied layer. L = (1 - mu) sum omega_l L_l + mu u3, over all three layers.

    References
    ----------
    Rattle, I. and Taylor, P. G. (2025), Clusters in context, Geo: Geography and Environment,
    doi 10.1002/geo2.70000, section 5. Newman, M. E. J. (2001), Physical Review E 64, 016132. Frank,
    O. (1977), Scandinavian Journal of Statistics 4, 178-180 (density from a sample of firms).
    Newman, M. E. J. (2018), Nature Physics 14, 542-545 (ties given their detection).

    Examples
    --------
    Four firms supply each other in a ring, as all four said when asked. Three of them are in a
    council: 3 of 4 firms have 1 tie, and two of its pairs are in the ring. Nobody searched for
    other ties.

    >>> import pandas
    >>> firms = pandas.DataFrame({"firm": list("ABCD")})
    >>> ring = pandas.DataFrame({"firm_u": list("ABCD"), "firm_v": list("BCDA"), "kind": "formal"})
    >>> council = pandas.DataFrame({"firm": list("ABC"), "organisation": "council"})
    >>> survey = pandas.DataFrame(
    ...     {"layer": ["formal"], "source": "survey", "method": "roster", "detect_lo": 1.0}
    ... )
    >>> row = linkage(firms, ring, council, collection=survey.assign(detect_hi=1.0)).loc["all"]
    >>> columns = ["formal_u1", "formal_u2", "informal_u1", "informal_u2", "informal_u4", "u3"]
    >>> row[columns].astype(float).round(4).tolist()
    [0.5, 1.0, 0.2727, 0.75, 0.75, 0.4286]
    >>> row[["linkage_recorded", "linkage_upper", "effort_formal"]].astype(float).round(2).tolist()
    [0.44, 0.88, 1.0]
    >>> row["missing"]
    'nobody searched for informal ties: collect memberships, or linkages of kind informal; ...'
    """
    settings = as_settings(k0, mu, omega)
    tables = read_tables(firms, linkages, memberships, assets, year=year, coordinating=coordinating)
    log = read_collection(collection, year=year, known=tables.names)
    anchors = check_anchors(anchor, tables)
    rows = []
    for place, members in tables.places.items():
        network = build_network(tables, members)
        searches = searches_of(log, place, tables.names[members])
        evidence = gather_evidence(tables, network, searches)
        pairs = Pairs.of(len(network))
        row = _describe(network, settings)
        row |= _effort(evidence, pairs, known=log is not None)
        if len(network) >= LEAST_FIRMS:
            row |= _bounds(evidence, pairs, row["linkage_recorded"], settings)
            if draws and is_examined(evidence):
                drawn = draw_linkage(
                    evidence, pairs, tables.keys[members], settings, draws=draws, seed=seed
                )
                row |= {
                    f"linkage_{name}": np.quantile(drawn[corner], share)
                    for name, (share, corner) in _QUANTILES.items()
                }
        enough = min(row[f"effort_{layer}"] for layer in LAYERS) >= _ENOUGH
        row["linkage"] = row["linkage_recorded"] if enough else np.nan
        row["chertow_3_2"] = _chertow_3_2(network)
        row["anchor_ties"] = anchor_ties(network, anchors.get(place))
        row["statement"] = _describe_searches(searches)
        row["missing"] = _describe_missing(network, evidence, pairs, known=log is not None)
        row["notes"] = _describe_notes(network, tables.unnamed[place])
        rows.append(row)
    index = pd.Index(list(tables.places), name="place")
    return pd.DataFrame(rows, index=index, columns=_COLUMNS).astype(_TYPES)


@checked(year=YEAR, k0=positive(), mu=SHARE, omega=WEIGHT, draws=whole(1, MOST_DRAWS), seed=SEED)
def linkage_draws(  # noqa: PLR0913 - four tables, and the settings of the method
    firms: pd.DataFrame,
    linkages: pd.DataFrame | None,
    memberships: pd.DataFrame | None,
    *,
    year: int | None = None,
    assets: pd.DataFrame | None = None,
    collection: pd.DataFrame | None = None,
    k0: float = 2.0,
    mu: float = 0.2,
    omega: Mapping[str, float] | None = None,
    coordinating: Collection[str] | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, pd.DataFrame]:
    """Draw the degree of linkage of each place with the ties that searches missed.

    Each corner of the stated ranges has draws of its own, from the same random numbers. Where
    nobody searched, the lowest corner is what is on record and the highest what is possible.

    Parameters
    ----------
    firms, linkages, memberships, year, assets, collection, k0, mu, omega, coordinating
        As for `linkage`.
    draws, seed
        Number of draws, >= 1, and random seed. Draw i is the same in every place with the same
        firms and records, regardless of other places and of the order of rows. A large place has
        fewer different draws, which are repeated in turn.

    Returns
    -------
    By corner (``low``, ``middle``, ``high``), shape (places, draws): index ``place``, columns 0 to
    draws - 1, each in [0, 1]; NaN for a place with fewer than 3 firms. In each draw low <= high.
    The middle is NaN if a layer of the place was not searched.

    Raises
    ------
    LayerError
        If tables violate their contract; lists all problems of all tables.
    OptionError
        If an option is out of range.

    Examples
    --------
    A ring of four firms, found by a search of documents:

    >>> import pandas
    >>> firms = pandas.DataFrame({"firm": list("ABCD")})
    >>> ring = pandas.DataFrame({"firm_u": list("ABCD"), "firm_v": list("BCDA"), "kind": "formal"})
    >>> search = pandas.DataFrame(
    ...     {"layer": LAYERS, "source": "documents", "method": "document_search"}
    ... )
    >>> drawn = linkage_draws(firms, ring, None, collection=search, draws=200)
    >>> drawn["low"].shape, bool((drawn["low"] <= drawn["high"]).all(axis=None))
    ((1, 200), True)
    """
    settings = as_settings(k0, mu, omega)
    tables = read_tables(firms, linkages, memberships, assets, year=year, coordinating=coordinating)
    log = read_collection(collection, year=year, known=tables.names)
    drawn: dict[str, list[Floats]] = {corner: [] for corner in CORNERS}
    for place, members in tables.places.items():
        network = build_network(tables, members)
        evidence = gather_evidence(tables, network, searches_of(log, place, tables.names[members]))
        of_place = _draw_place(evidence, tables.keys[members], settings, draws=draws, seed=seed)
        for corner, numbers in of_place.items():
            drawn[corner].append(numbers)
    index = pd.Index(list(tables.places), name="place")
    columns = pd.RangeIndex(draws, name="draw")
    return {
        corner: pd.DataFrame(
            np.array(rows, dtype=np.float64).reshape(len(index), draws),
            index=index,
            columns=columns,
        )
        for corner, rows in drawn.items()
    }


def _draw_place(
    evidence: Mapping[str, LayerEvidence], keys: Keys, settings: Settings, *, draws: int, seed: int
) -> dict[str, Floats]:
    """Draw the degree of one place; a place that nobody searched has its bounds in all draws."""
    n, pairs = len(keys), Pairs.of(len(keys))
    if n < LEAST_FIRMS:
        return {corner: np.full(draws, np.nan) for corner in CORNERS}
    if is_examined(evidence):
        return draw_linkage(evidence, pairs, keys, settings, draws=draws, seed=seed)
    low, high = region(evidence, pairs, n, settings)
    ends = {"low": low, "middle": np.nan, "high": high}
    return {corner: np.full(draws, number) for corner, number in ends.items()}


def _describe(network: Network, settings: Settings) -> dict[str, Any]:
    """Return the measures of the recorded network of a place."""
    n = len(network)
    row: dict[str, Any] = dict.fromkeys(_COLUMNS, np.nan)
    row |= {"n_firms": n, "indicative": LEAST_FIRMS <= n < _FIRM}
    if not n:
        return row
    drawn = {name: as_recorded(layer) for name, layer in network.layers.items()}
    scores = combine(count(drawn, n, 1), settings)
    for name in LAYERS:
        row[f"{name}_m"] = count_ties(drawn[name], n)
        row[f"{name}_u1"], row[f"{name}_u2"] = scores.u1[name][0], scores.u2[name][0]
        row[f"{name}_score"] = scores.layers[name][0]
    row |= {"informal_u4": scores.u4[0], "u3": scores.u3[0], "coverage": network.seen.mean()}
    row["linkage_recorded"] = scores.linkage[0] if n >= LEAST_FIRMS else np.nan
    return row


def _bounds(
    evidence: Mapping[str, LayerEvidence], pairs: Pairs, recorded: float, settings: Settings
) -> dict[str, float]:
    low, high = region(evidence, pairs, len(evidence["formal"].members.T), settings)
    # equal but for rounding where everything was examined
    return {"linkage_lower": max(low, recorded), "linkage_upper": max(low, high, recorded)}


def _effort(
    evidence: Mapping[str, LayerEvidence], pairs: Pairs, *, known: bool
) -> dict[str, float]:
    """Return the mean detection of the pairs of each layer, and the share of examined ones."""
    if not known or not len(pairs.u):
        return {}
    detection = {name: of.detection_of_pairs(pairs, 0.5) for name, of in evidence.items()}
    effort = {f"effort_{name}": float(of.mean()) for name, of in detection.items()}
    return effort | {"examined": float(np.mean([of > 0.0 for of in detection.values()]))}


def _describe_searches(searches: Mapping[str, list[Search]]) -> str:
    """Describe the stated ranges of each layer; empty if nobody searched."""
    return "; ".join(
        f"{name}: {', '.join(search.statement for search in of)}"
        for name, of in searches.items()
        if of
    )


def _describe_missing(
    network: Network, evidence: Mapping[str, LayerEvidence], pairs: Pairs, *, known: bool
) -> str:
    """Describe the data that the degree of linkage lacks; empty if none."""
    lacking = [
        f"nobody searched for {name} ties: collect {_COLLECT[name]}"
        for name, of in evidence.items()
        if known and not (of.detection_of_pairs(pairs, 1.0) > 0.0).any()
    ]
    if not known:
        lacking.append("no table 'collection' says who searched for links: their effort is unknown")
    if len(network) < LEAST_FIRMS:
        lacking.append(f"fewer than {LEAST_FIRMS} firms: too few for a degree of linkage")
    return "; ".join(lacking)


def _describe_notes(network: Network, unnamed: int) -> str:
    """Describe the rows of a place that were omitted or repeat another; empty if none."""
    repeats = sum(layer.repeats for layer in network.layers.values())
    counts = (
        (repeats, "rows repeat a tie or membership and count once"),
        (network.loops, "rows link a firm to itself and are omitted"),
        (unnamed, "rows of the place have no firm name and are omitted"),
    )
    return "; ".join(f"{count} {what}" for count, what in counts if count)


def _chertow_3_2(network: Network) -> bool | Any:  # noqa: ANN401 - pandas.NA
    """Return whether three linked firms exchange two resources (Chertow 2007).

    The formal and the infrastructure layer are combined. A resource is the ``subtype`` of a linkage
    or the ``kind`` of an asset (its name if it has no kind).

    Returns
    -------
    True if a group of connected firms has at least three firms and two resources; NA if neither
    layer is observed, or if a linkage of unknown resource could decide.
    """
    observed = [network.layers[name] for name in _RULE_LAYERS if network.layers[name].observed]
    if not observed:
        return pd.NA
    ties = pd.concat([_exchanges(layer) for layer in observed], ignore_index=True)
    known, possible = False, False
    for group in _groups(ties, len(network)):
        firms = len(np.unique(group[["u", "v"]].to_numpy()))
        n_known = group["resource"].nunique()
        # two rows on one pair may stand for two resources
        n_unknown = int(group["resource"].isna().sum())
        known |= firms >= _RULE_FIRMS and n_known >= _RULE_RESOURCES
        possible |= firms >= _RULE_FIRMS and n_known + n_unknown >= _RULE_RESOURCES
    return True if known else (pd.NA if possible else False)


def _exchanges(layer: Layer) -> pd.DataFrame:
    """Return the ties of a layer with the resources exchanged."""
    members = layer.members
    earlier, later = pairs_within_groups(members["body"].to_numpy())
    firm = members["firm"].to_numpy(dtype=np.intp)
    shared = pd.DataFrame(
        {
            "u": firm[earlier],
            "v": firm[later],
            "resource": members["resource"].to_numpy(dtype=object)[earlier],
        }
    )
    return pd.concat([layer.resources, shared], ignore_index=True).astype({"resource": object})


def _groups(ties: pd.DataFrame, n: int) -> list[pd.DataFrame]:
    """Group the ties by connected component of firms."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    u, v = (ties[end].to_numpy(dtype=np.intp) for end in ("u", "v"))
    graph = coo_array((np.ones(len(u), dtype=np.int8), (u, v)), shape=(n, n))
    _, label = connected_components(graph.tocsr(), directed=False)
    return [group for _, group in ties.groupby(label[u])]
