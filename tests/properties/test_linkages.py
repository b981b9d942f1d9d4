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


class Data(NamedTuple):
    """The tables of one place."""

    firms: pd.DataFrame
    linkages: pd.DataFrame
    memberships: pd.DataFrame
    assets: pd.DataFrame


@st.composite
def data(draw: Callable[..., Any]) -> Data:
    """A network in which every layer, and the table of bodies, is observed."""
    anyone = st.sampled_from(FIRMS + OUTSIDE)
    edge = st.tuples(anyone, anyone, st.sampled_from(LAYERS))
    edges = draw(st.lists(edge, max_size=25))
    edges += [(FIRMS[0], OUTSIDE[0], layer) for layer in LAYERS]
    members = draw(st.lists(st.tuples(anyone, st.sampled_from("abc")), max_size=12))
    users = draw(st.lists(st.tuples(anyone, st.sampled_from("pq")), max_size=8))
    return Data(
        pd.DataFrame({"firm": FIRMS}),
        pd.DataFrame(edges, columns=["firm_u", "firm_v", "kind"]),
        pd.DataFrame([*members, (FIRMS[0], "d")], columns=["firm", "organisation"]),
        pd.DataFrame(users, columns=["firm", "asset"]),
    )


def run(tables: Data, **options: Any) -> pd.DataFrame:  # noqa: ANN401
    options = {"draws": 0} | options
    return linkage(
        tables.firms, tables.linkages, tables.memberships, assets=tables.assets, **options
    )


def at_least(more: pd.DataFrame, less: pd.DataFrame) -> bool:
    columns = [*MEASURES, "linkage"]
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


@given(data(), st.integers(0, 3))
def test_same_seed_same_draws_and_all_within_0_and_1(tables: Data, seed: int) -> None:
    one, other = (
        linkage_draws(*tables[:3], assets=tables.assets, draws=11, seed=seed) for _ in range(2)
    )
    assert_frame_equal(one, other, check_exact=True)
    assert ((one >= 0) & (one <= 1)).all(axis=None)
    few = linkage_draws(
        *tables[:3], assets=tables.assets, draws=11, seed=seed, missed=(0, 0), false=(0, 0)
    )
    assert few.shape == one.shape


@given(data())
def test_all_measures_lie_within_0_and_1_and_the_interval_about_the_degree(tables: Data) -> None:
    result = run(tables, draws=60)
    measures = result[[*MEASURES, "linkage"]]
    assert ((measures >= 0) & (measures <= 1)).all(axis=None)
    assert (result["linkage_p05"] <= result["linkage_p95"]).all()
    assert (result["linkage_min"] <= result["linkage"] + 1e-12).all()
    assert (result["linkage"] <= result["linkage_max"] + 1e-12).all()


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
