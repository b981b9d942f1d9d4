"""Properties of the degree of linkage for any network (method.md F.2 nos. 26, 27)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from standort.linkages import LAYERS, linkage, linkage_draws, linkage_indicators, projection
from standort.linkages.indicators import external_internal

if TYPE_CHECKING:
    from collections.abc import Callable

FIRMS = [f"f{i}" for i in range(8)]
OUTSIDE = ["x0", "x1"]
MEASURES = [f"{layer}_{u}" for layer in LAYERS for u in ("u1", "u2")] + ["informal_u4", "u3"]


SOME_LAYERS = [LAYERS, LAYERS[:1], LAYERS[1:]]


class Data(NamedTuple):
    """The tables of one place."""

    firms: pd.DataFrame
    linkages: pd.DataFrame
    memberships: pd.DataFrame
    assets: pd.DataFrame


@st.composite
def data(draw: Callable[..., Any]) -> Data:
    """A network in which any layer may have no record."""
    anyone = st.sampled_from(FIRMS + OUTSIDE)
    edge = st.tuples(anyone, anyone, st.sampled_from(draw(st.sampled_from(SOME_LAYERS))))
    edges = draw(st.lists(edge, max_size=25))
    members = draw(st.lists(st.tuples(anyone, st.sampled_from("abc")), max_size=12))
    users = draw(st.lists(st.tuples(anyone, st.sampled_from("pq")), max_size=8))
    return Data(
        pd.DataFrame({"firm": FIRMS}),
        pd.DataFrame(edges, columns=["firm_u", "firm_v", "kind"]),
        pd.DataFrame(members, columns=["firm", "organisation"]),
        pd.DataFrame(users, columns=["firm", "asset"]),
    )


def run(tables: Data, **options: Any) -> pd.DataFrame:  # noqa: ANN401
    options = {"draws": 0} | options
    return linkage(
        tables.firms, tables.linkages, tables.memberships, assets=tables.assets, **options
    )


def at_least(more: pd.DataFrame, less: pd.DataFrame) -> bool:
    columns = [*MEASURES, "linkage_recorded", "linkage_lower"]
    return bool((more[columns] >= less[columns] - 1e-12).all(axis=None))


@given(data(), st.sampled_from(FIRMS), st.sampled_from(FIRMS), st.sampled_from(LAYERS))
def test_a_further_edge_never_lowers_anything(tables: Data, u: str, v: str, kind: str) -> None:
    edge = pd.DataFrame({"firm_u": [u], "firm_v": [v], "kind": [kind]})
    more = tables._replace(linkages=pd.concat([tables.linkages, edge], ignore_index=True))
    assert at_least(run(more), run(tables))


@given(data(), st.sampled_from(FIRMS), st.sampled_from("abcd"))
def test_a_further_membership_never_lowers_anything(tables: Data, firm: str, body: str) -> None:
    member = pd.DataFrame({"firm": [firm], "organisation": [body]})
    more = tables._replace(memberships=pd.concat([tables.memberships, member], ignore_index=True))
    assert at_least(run(more), run(tables))


@given(data(), st.sampled_from(OUTSIDE), st.sampled_from(OUTSIDE + FIRMS), st.sampled_from(LAYERS))
def test_ties_that_leave_the_place_change_nothing(tables: Data, u: str, v: str, kind: str) -> None:
    edge = pd.DataFrame({"firm_u": [u], "firm_v": [v], "kind": [kind]})
    more = tables._replace(linkages=pd.concat([tables.linkages, edge], ignore_index=True))
    assert_frame_equal(run(more)[MEASURES], run(tables)[MEASURES], check_exact=True)


@given(data())
def test_a_firm_without_ties_never_raises_anything(tables: Data) -> None:
    more = tables._replace(firms=pd.DataFrame({"firm": [*FIRMS, "alone"]}))
    assert at_least(run(tables), run(more))


@given(data(), st.randoms(use_true_random=False))
def test_row_order_and_edge_direction_change_nothing(tables: Data, source: Any) -> None:  # noqa: ANN401
    seed = source.randrange(2**31)
    shuffled = Data(*(table.sample(frac=1, random_state=seed) for table in tables))
    recorded = run(tables, draws=7)
    assert_frame_equal(run(shuffled, draws=7), recorded, check_exact=True)
    turned = tables._replace(
        linkages=tables.linkages.rename(columns={"firm_u": "firm_v", "firm_v": "firm_u"})
    )
    assert_frame_equal(run(turned, draws=7), recorded, check_exact=True)


@st.composite
def searches(draw: Callable[..., Any]) -> pd.DataFrame:
    """A log of searches, some of which show everything or name a body, its members or a total."""
    rows = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "layer": st.sampled_from(LAYERS),
                    "source": st.just("somebody"),
                    "method": st.sampled_from(["roster", "register", "document_search", "none"]),
                    "firms": st.sampled_from(["all", ";".join(FIRMS[:5])]),
                    "detect_lo": st.sampled_from([0.0, 0.4, 1.0]),
                    "total_of": st.sampled_from([None, None, "a", "p", "z"]),
                }
            ),
            max_size=5,
        )
    )
    table = pd.DataFrame(
        rows, columns=["layer", "source", "method", "firms", "detect_lo", "total_of"]
    )
    table["total_of"] = table["total_of"].mask(table["layer"] == "formal")  # it has no bodies
    return table.assign(detect_hi=np.maximum(table["detect_lo"].astype(float), 0.5))


@given(data(), searches(), st.integers(0, 3))
def test_same_seed_same_draws_and_all_within_0_and_1(
    tables: Data, log: pd.DataFrame, seed: int
) -> None:
    options: dict[str, Any] = {"assets": tables.assets, "collection": log}
    options |= {"draws": 11, "seed": seed}
    one, other = (linkage_draws(*tables[:3], **options) for _ in range(2))
    for corner, drawn in one.items():
        assert_frame_equal(drawn, other[corner], check_exact=True)
        assert (drawn.isna() | ((drawn >= 0) & (drawn <= 1))).all(axis=None)
    assert (one["low"] <= one["high"]).all(axis=None)


@given(data(), searches())
def test_the_bounds_hold_the_record_and_the_draws(tables: Data, log: pd.DataFrame) -> None:
    result = run(tables, collection=log, draws=20).iloc[0]
    assert 0.0 <= result["linkage_recorded"] <= result["linkage_lower"] + 1e-12
    assert result["linkage_lower"] <= result["linkage_upper"] <= 1.0
    if not np.isnan(result["linkage_p05"]):
        assert result["linkage_lower"] - 1e-9 <= result["linkage_p05"]
        assert result["linkage_p05"] <= result["linkage_p95"] <= result["linkage_upper"] + 1e-9


@given(data(), searches(), searches())
def test_a_further_search_never_widens_the_bounds(
    tables: Data, log: pd.DataFrame, more: pd.DataFrame
) -> None:
    both = pd.concat([log, more], ignore_index=True)
    few, many = (run(tables, collection=given).iloc[0] for given in (log, both))
    assert many["linkage_lower"] >= few["linkage_lower"] - 1e-12
    assert many["linkage_upper"] <= few["linkage_upper"] + 1e-12


@given(data(), st.sampled_from(FIRMS), st.sampled_from(FIRMS), st.sampled_from(LAYERS))
def test_a_further_tie_never_widens_the_bounds(tables: Data, u: str, v: str, kind: str) -> None:
    edge = pd.DataFrame({"firm_u": [u], "firm_v": [v], "kind": [kind]})
    more = tables._replace(linkages=pd.concat([tables.linkages, edge], ignore_index=True))
    before, after = run(tables).iloc[0], run(more).iloc[0]
    assert after["linkage_lower"] >= before["linkage_lower"] - 1e-12
    assert after["linkage_upper"] <= before["linkage_upper"] + 1e-12


@given(data())
def test_complete_searches_leave_no_doubt(tables: Data) -> None:
    log = pd.DataFrame({"layer": LAYERS, "source": "all", "method": "roster", "detect_lo": 1.0})
    result = run(tables, collection=log.assign(detect_hi=1.0), draws=20).iloc[0]
    for name in ("linkage", "linkage_lower", "linkage_upper", "linkage_p05", "linkage_p95"):
        assert abs(result[name] - result["linkage_recorded"]) < 1e-9, name


@given(data())
def test_all_measures_lie_within_0_and_1(tables: Data) -> None:
    measures = run(tables)[[*MEASURES, "linkage_recorded"]]
    assert ((measures >= 0) & (measures <= 1)).all(axis=None)


@given(st.integers(0, 50), st.integers(0, 50))
def test_external_and_internal_are_opposites(external: int, internal: int) -> None:
    one, other = external_internal(external, internal), external_internal(internal, external)
    assert np.isnan(one) == (external + internal == 0)
    assert np.isnan(one) or one == -other


@given(data())
def test_indicators_keep_their_ranges(tables: Data) -> None:
    result = linkage_indicators(*tables[:3], assets=tables.assets, draws=0)
    shares = ["density", "non_isolates", "reciprocity", "transitivity", "centralisation"]
    assert (((result[shares] >= 0) & (result[shares] <= 1)) | result[shares].isna()).all(axis=None)
    assert result["ei"].dropna().between(-1, 1).all()


@given(data())
def test_strength_is_the_number_of_bodies_shared_with_others(tables: Data) -> None:
    result = projection(tables.memberships)
    strength = pd.concat([result.set_index(end)["weight"] for end in ("firm_u", "firm_v")])
    once = tables.memberships.drop_duplicates()
    several = once[once.groupby("organisation")["firm"].transform("size") > 1]
    expected = several.groupby("firm").size()
    totals = strength.groupby(level=0).sum().reindex(expected.index)
    np.testing.assert_allclose(totals.to_numpy(dtype=float), expected.to_numpy(dtype=float))
