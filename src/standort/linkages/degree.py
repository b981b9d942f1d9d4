"""The degree of linkage between the firms of each place, and its uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.arguments import (
    MOST_DRAWS,
    SEED,
    SHARE,
    WEIGHT,
    YEAR,
    between,
    checked,
    positive,
    whole,
)
from standort.linkages.bootstrap import resample
from standort.linkages.firm_network import build_network
from standort.linkages.firm_tables import LAYERS, read_tables
from standort.linkages.layer_scores import (
    LEAST_FIRMS,
    LEAST_LAYERS,
    Measures,
    Settings,
    anchor_ties,
    as_recorded,
    combine,
    count_ties,
    measure,
)
from standort.linkages.one_mode import pairs_within_groups
from standort.linkages.options import as_range, as_settings, check_anchors
from standort.linkages.recording_errors import ErrorRates, simulate_recording_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from standort.array_types import Floats
    from standort.linkages.firm_network import Layer, Network
    from standort.linkages.firm_tables import SourceTables


#: Number of firms from which the degree of linkage is more than indicative.
_FIRM = 10
_P05, _P95 = 0.05, 0.95
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
        for part in ("observed", "m", "u1", "u2", "u4", "score")
        if part != "u4" or layer == "informal"
    ),
    "u3",
    "linkage",
    "linkage_p05",
    "linkage_p95",
    "linkage_min",
    "linkage_max",
    "n_layers",
    "coverage",
    "indicative",
    "chertow_3_2",
    "anchor_ties",
    "missing",
    "notes",
]
_WHOLE_NUMBERS = ("n_firms", "n_layers")
_FLAGS = ("indicative", *(f"{layer}_observed" for layer in LAYERS))
_TYPES = (
    dict.fromkeys(_COLUMNS, "float64")
    | dict.fromkeys(_WHOLE_NUMBERS, "int64")
    | dict.fromkeys(_FLAGS, "bool")
    | {"chertow_3_2": "boolean", "missing": "object", "notes": "object"}
)


@checked(year=YEAR, k0=positive(), mu=SHARE, omega=WEIGHT, draws=whole(0, MOST_DRAWS), seed=SEED)
def linkage(  # noqa: PLR0913 - three tables, and the settings of the method
    firms: pd.DataFrame,
    linkages: pd.DataFrame | None,
    memberships: pd.DataFrame | None,
    *,
    year: int | None = None,
    assets: pd.DataFrame | None = None,
    k0: float = 2.0,
    mu: float = 0.2,
    omega: Mapping[str, float] | None = None,
    coordinating: Collection[str] | None = None,
    anchor: str | Mapping[Any, str] | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Score how strongly the firms of each place are linked.

    Links form three layers: formal (supply, value chains), informal (collaboration, information)
    and infrastructure used together. In each layer, u1 measures the number of ties per firm, u2 the
    share of connected firms and u4 the share in a coordinating body; u3 measures the ties that
    occur in more than one layer. All increase with ties and, unlike density, none falls merely
    because a place has more firms.

    Missing data are not read as missing links: a layer is observed in a place only if a firm of the
    place occurs in its data, and with fewer than two observed layers the degree is NaN. It misleads
    where data are partial (see ``coverage``): a firm that was not surveyed counts as one without
    ties. Proximity and similarity are not ties. A nearby asset belongs to locational advantage, an
    asset used together belongs here: do not enter one record as both.

    Parameters
    ----------
    firms
        Column ``firm`` and, for several places (clusters, initiatives), ``place``. A row without a
        place belongs to none; a firm may belong to several. The table defines membership.
    linkages
        Columns ``firm_u``, ``firm_v``, ``kind`` (formal, informal, infrastructure) and, optionally,
        ``subtype`` (what is exchanged). Ties to firms outside the place are not counted here.
    memberships
        Columns ``firm``, ``organisation`` and, optionally, ``kind``; ties of the informal layer.
    year
        Keep the rows of all tables whose ``year_from`` and ``year_to`` cover this year; an open end
        is unlimited. None keeps all rows.
    assets
        Columns ``firm`` and ``asset`` (used or owned, not near) and, optionally, ``kind``; ties of
        the infrastructure layer.
    k0
        Mean degree at which u1 is 0.5, > 0.
    mu
        Weight of u3, in [0, 1].
    omega
        Weight of each layer; equal by default. Only ratios matter; the weights of unobserved layers
        are redistributed to the observed ones.
    coordinating
        Kinds of memberships that count as coordinating bodies for u4; None counts all.
    anchor
        The firm to which others may be tied (the largest emitter, for example), or one per place.
    draws, seed
        Number of bootstrap draws (0 for none) and random seed.

    Returns
    -------
    One row per place in order of appearance, index ``place`` (``"all"`` without places):

    - ``n_firms``; excludes firms of unknown name, which ``notes`` counts;
    - for each layer ``<layer>_observed``, ``_m`` (pairs of firms with a tie), ``_u1``, ``_u2``,
      ``_score`` (mean of its measures, all in [0, 1]) and ``informal_u4``; NaN if not observed.
      ``informal_u4`` is NaN, and omitted from the score, if no firm is in `memberships`;
    - ``u3``; NaN with fewer than two observed layers;
    - ``linkage``, L in [0, 1]; NaN with fewer than 3 firms or two observed layers;
    - ``linkage_p05``, ``linkage_p95``: interval of the vertex bootstrap, recentred on L;
    - ``linkage_min``, ``linkage_max``: L if all unobserved measures were at their worst or best;
    - ``n_layers`` observed; ``coverage``, share of firms that occur in any data;
    - ``indicative``: 3 to 9 firms; quote the interval, not the number;
    - ``chertow_3_2``: three linked firms exchange two resources; NA if unknown;
    - ``anchor_ties``: share of the other firms with a tie to the anchor in any layer;
    - ``missing``: missing data, as text; ``notes``: counts of repeated and omitted rows.

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
    + 1), k_mx the mean degree over pairs tied in two or more layers. L = (1 - mu) sum omega_l L_l +
    mu u3. A layer observed for the first time may lower L.

    References
    ----------
    Rattle, I. and Taylor, P. G. (2025), Clusters in context, Geo: Geography and Environment,
    doi 10.1002/geo2.70000, section 5. Newman, M. E. J. (2001), Physical Review E 64, 016132.
    Snijders, T. A. B. and Borgatti, S. P. (1999), Connections 22(2), 161-170.

    Examples
    --------
    Four firms supply each other in a ring: 2 ties each, and all are connected. Three of them are in
    a council, which ties every two: 3 of 4 firms have 1 tie, and two of the pairs are in the ring.

    >>> import pandas
    >>> firms = pandas.DataFrame({"firm": list("ABCD")})
    >>> ring = pandas.DataFrame({"firm_u": list("ABCD"), "firm_v": list("BCDA"), "kind": "formal"})
    >>> council = pandas.DataFrame({"firm": list("ABC"), "organisation": "council"})
    >>> row = linkage(firms, ring, council).loc["all"]
    >>> columns = ["formal_u1", "formal_u2", "informal_u1", "informal_u2", "informal_u4", "u3"]
    >>> row[columns].astype(float).round(4).tolist()
    [0.5, 1.0, 0.2727, 0.75, 0.75, 0.5]
    >>> float(row["linkage"]), row["missing"]
    (0.6364, 'no linkage data for the infrastructure layer: collect assets with the firms ...')
    """
    settings = as_settings(k0, mu, omega)
    tables = read_tables(firms, linkages, memberships, assets, year=year, coordinating=coordinating)
    anchors = check_anchors(anchor, tables)
    rows = []
    for place, members in tables.places.items():
        network = build_network(tables, members)
        row = _describe(network, settings)
        interval = np.full(2, np.nan)
        if draws and not np.isnan(row["linkage"]):
            drawn = resample(network, tables.keys[members], settings, draws=draws, seed=seed)
            interval = np.quantile(_recentre(row["linkage"], drawn), [_P05, _P95])
        row["linkage_p05"], row["linkage_p95"] = interval
        row["chertow_3_2"] = _chertow_3_2(network)
        row["anchor_ties"] = anchor_ties(network, anchors.get(place))
        row["missing"] = _describe_missing(network)
        row["notes"] = _describe_notes(network, tables.unnamed[place])
        rows.append(row)
    index = pd.Index(list(tables.places), name="place")
    return pd.DataFrame(rows, index=index, columns=_COLUMNS).astype(_TYPES)


@checked(
    year=YEAR,
    k0=positive(),
    mu=SHARE,
    omega=WEIGHT,
    missed=between(0, 1, closed="left"),
    false=SHARE,
    draws=whole(1, MOST_DRAWS),
    seed=SEED,
)
def linkage_draws(  # noqa: PLR0913 - three tables, and the settings of the method
    firms: pd.DataFrame,
    linkages: pd.DataFrame | None,
    memberships: pd.DataFrame | None,
    *,
    year: int | None = None,
    assets: pd.DataFrame | None = None,
    k0: float = 2.0,
    mu: float = 0.2,
    omega: Mapping[str, float] | None = None,
    coordinating: Collection[str] | None = None,
    missed: tuple[float, float] = (0.0, 0.3),
    false: tuple[float, float] = (0.0, 0.05),
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Draw the degree of linkage of each place under sampling and recording errors.

    Each draw is the degree with some records removed and some added, plus the deviation of one
    bootstrap draw from the mean of all, clipped to [0, 1]. Data that were never collected are not
    simulated: firms absent from the data and unobserved layers remain so.

    Parameters
    ----------
    firms, linkages, memberships, year, assets, k0, mu, omega, coordinating
        As for `linkage`.
    missed
        Range of the share of true records that were missed, in [0, 1); (0, 0) for none.
    false
        Range of the share of records that are false, in [0, 1].
    draws, seed
        Number of draws, >= 1, and random seed. Draw i is the same in every place with the same
        firms and records, regardless of other places and of the order of rows.

    Returns
    -------
    Shape (places, draws): index ``place``, columns 0 to draws - 1, each in [0, 1]; NaN for a place
    without a degree of linkage.

    Raises
    ------
    LayerError
        If tables violate their contract; lists all problems of all tables.
    OptionError
        If an option is out of range.

    Examples
    --------
    >>> import pandas
    >>> firms = pandas.DataFrame({"firm": list("ABCD")})
    >>> ring = pandas.DataFrame({"firm_u": list("ABCD"), "firm_v": list("BCDA"), "kind": "formal"})
    >>> council = pandas.DataFrame({"firm": list("ABC"), "organisation": "council"})
    >>> drawn = linkage_draws(firms, ring, council, draws=200)
    >>> drawn.shape, bool(drawn.stack().between(0, 1).all())
    ((1, 200), True)
    """
    settings = as_settings(k0, mu, omega)
    rates = ErrorRates(as_range("missed", missed), as_range("false", false))
    tables = read_tables(firms, linkages, memberships, assets, year=year, coordinating=coordinating)
    drawn = [
        _draw_place(tables, place, settings, rates, draws=draws, seed=seed)
        for place in tables.places
    ]
    index = pd.Index(list(tables.places), name="place")
    table = np.array(drawn, dtype=np.float64).reshape(len(index), draws)
    return pd.DataFrame(table, index=index, columns=pd.RangeIndex(draws, name="draw"))


def _draw_place(
    tables: SourceTables,
    place: object,
    settings: Settings,
    rates: ErrorRates,
    *,
    draws: int,
    seed: int,
) -> Floats:
    """Draw the degree of one place."""
    network = build_network(tables, tables.places[place])
    if not _has_degree(network):
        return np.full(draws, np.nan)
    keys = tables.keys[network.firms]
    drawn = simulate_recording_errors(
        network, keys, tables.body_keys, settings, rates, draws=draws, seed=seed
    )
    sampled = resample(network, keys, settings, draws=draws, seed=seed)
    return np.asarray(np.clip(drawn + (sampled - sampled.mean()), 0.0, 1.0))


def _recentre(degree: float, drawn: Floats) -> Floats:
    """Shift the draws so that their mean is the degree: on average they are too low."""
    return np.asarray(np.clip(drawn + (degree - drawn.mean()), 0.0, 1.0))


def _has_degree(network: Network) -> bool:
    """Return whether a place has enough firms and layers for a degree of linkage."""
    observed = sum(layer.observed for layer in network.layers.values())
    return len(network) >= LEAST_FIRMS and observed >= LEAST_LAYERS


def _describe(network: Network, settings: Settings) -> dict[str, Any]:
    """Return the measures of the recorded network of a place."""
    drawn = {name: as_recorded(layer) for name, layer in network.layers.items() if layer.observed}
    measures = measure(network, drawn, 1, settings)
    scores, degree = combine(measures, settings)
    row: dict[str, Any] = {"n_firms": len(network), "u3": measures.u3[0]}
    for name in LAYERS:
        row[f"{name}_observed"] = name in drawn
        row[f"{name}_m"] = count_ties(drawn[name], len(network)) if name in drawn else np.nan
        row[f"{name}_u1"], row[f"{name}_u2"] = measures.u1[name][0], measures.u2[name][0]
        row[f"{name}_score"] = scores[name][0]
    row["informal_u4"] = measures.u4["informal"][0]
    row["n_layers"] = len(drawn)
    row["coverage"] = network.seen.mean() if len(network) else np.nan
    row["indicative"] = LEAST_FIRMS <= len(network) < _FIRM
    row["linkage"] = degree[0] if _has_degree(network) else np.nan
    row["linkage_min"], row["linkage_max"] = 0.0, 1.0
    if len(network) >= LEAST_FIRMS:
        for bound, unknown in (("linkage_min", 0.0), ("linkage_max", 1.0)):
            row[bound] = combine(_assume(measures, unknown), settings)[1][0]
    return row


def _assume(measures: Measures, unknown: float) -> Measures:
    """Return the measures with unobserved ones replaced by a number."""
    u1, u2, u4 = (
        {name: np.nan_to_num(measure[name], nan=unknown) for name in LAYERS}
        for measure in (measures.u1, measures.u2, measures.u4)
    )
    for name in LAYERS:
        if name != "informal":
            u4[name] = measures.u4[name]
    # an unobserved layer may repeat any tie, so u3 may take any value
    complete = all(not np.isnan(measures.u1[name]).any() for name in LAYERS)
    u3 = measures.u3 if complete or unknown == 0.0 else np.full_like(measures.u3, unknown)
    return Measures(u1, u2, u4, np.nan_to_num(u3, nan=unknown))


def _describe_missing(network: Network) -> str:
    """Describe the data that the degree of linkage lacks; empty if none."""
    lacking = [
        f"no linkage data for the {name} layer: collect {_COLLECT[name]}"
        for name, layer in network.layers.items()
        if not layer.observed
    ]
    informal = network.layers["informal"]
    if informal.observed and not informal.joined:
        lacking.append("no memberships: whether firms are in coordinating bodies is unknown")
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
