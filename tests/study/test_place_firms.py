"""Who is one firm, in a study: its linkage, its screening, and what is said of it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from study.small_studies import emitters

from standort.errors import LayerError, StandortWarning
from standort.layers import Study
from standort.linkages import linkage
from standort.study import score

RING = pd.DataFrame({"firm_u": list("abcd"), "firm_v": list("bcda"), "kind": "formal"})
COUNCIL = pd.DataFrame({"firm": list("abc"), "organisation": "council", "kind": "body"})
#: d is a plant of a; c belongs to a and to somebody without a site
OWNERS = pd.DataFrame(
    {"firm": ["d", "c", "c"], "owner": ["a", "a", "z"], "share": [1.0, 0.6, 0.4], "source": "me"}
)


def linked_study(*, firm: str = "abcdb", **tables: Any) -> Study:  # noqa: ANN401
    """One cluster of five sites."""
    lon = [4.0 + 0.01 * number for number in range(len(firm))]
    sites = emitters(lon, [52.0] * len(firm), [1e6] * len(firm), firm=list(firm))
    given = {"emitters": sites, "linkages": RING, "memberships": COUNCIL, **tables}
    return Study.from_layers(**{name: part for name, part in given.items() if part is not None})


def test_linkage_is_that_of_firms_with_one_name() -> None:
    place = score(linked_study(firm="abcdbe", firms=OWNERS)).places.iloc[0]
    edges = pd.DataFrame({"firm_u": ["a", "b"], "firm_v": ["b", "a"], "kind": "formal"})
    members = pd.DataFrame({"firm": list("ab"), "organisation": "council"})
    expected = linkage(pd.DataFrame({"firm": list("abe")}), edges, members).loc["all"]
    assert place["n_firms"] == expected["n_firms"] == 3
    assert place["linkage_recorded"] == expected["linkage_recorded"] > 0


def test_a_table_that_changes_nothing_changes_nothing() -> None:
    other = OWNERS.assign(firm=["p", "q", "r"])
    same, plain = (score(study).places for study in (linked_study(firms=other), linked_study()))
    pd.testing.assert_frame_equal(pd.DataFrame(same), pd.DataFrame(plain))


def test_only_the_owners_of_the_year_count() -> None:
    def later(year: int) -> Study:
        return linked_study(firms=OWNERS.assign(year_from=2020), year=year)

    assert score(later(2019)).places.iloc[0]["n_firms"] == 4
    assert score(later(2020)).places.iloc[0]["n_firms"] == 2


def test_a_joint_venture_alone_is_a_record_of_linkage() -> None:
    halves = pd.DataFrame({"firm": "c", "owner": ["a", "b"], "share": 0.5})
    study = linked_study(firm="abce", linkages=None, memberships=None, firms=halves)
    result = score(study)
    assert result.places.iloc[0]["n_firms"] == 3
    assert "the formal layer" not in result.places.iloc[0]["linkage_missing"]


def test_what_was_contracted_is_said() -> None:
    result = score(linked_study(firms=OWNERS))
    text = "; ".join(result.notes)
    assert "firms: 'c' is 'a', 'd' is 'a'; ties " in text
    assert "ties of a joint venture to its owners: 1, ties within one firm: 1, " in text
    assert "ties between owners of a joint venture: 1, memberships that repeat another: 1" in text
    assert not any(note.startswith("firms: ") for note in score(linked_study()).notes)


def test_owners_in_a_circle_are_refused() -> None:
    circle = pd.DataFrame({"firm": ["a", "b"], "owner": ["b", "a"]})
    with pytest.raises(LayerError, match="a, b own each other in a circle"):
        score(linked_study(firms=circle))


def test_a_placeholder_is_no_firm_of_a_place() -> None:
    study = linked_study(firm="abcd-")
    with pytest.warns(StandortWarning, match="1 names are placeholders"):
        assert score(study).places.iloc[0]["n_firms"] == 4
