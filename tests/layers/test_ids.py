from __future__ import annotations

import unicodedata
from typing import Any

import pandas as pd
import pytest

from standort.layers.attributes.ids import id_texts, name_pairs, near_matches

MALMO = "Malmö"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("e1 ", "e1"),
        ("e 1", "e1"),
        ("E1", "e1"),
        ("1.0", 1),
        ("001", 1),
        ("site-07", "site-7"),
        (unicodedata.normalize("NFD", MALMO), unicodedata.normalize("NFC", MALMO)),
        ("a\u00a0b", "a b"),
        ("a\u200bb", "ab"),
        ("\ufeffa", "a"),
        ("\uff21", "A"),
    ],
)
def test_ids_that_nearly_match_are_found_from_both_sides(one: object, other: object) -> None:
    pair = (str(one), str(other))
    assert near_matches(pd.Index([one]), pd.Index([other])) == [pair]
    assert near_matches(pd.Index([other]), pd.Index([one])) == [pair[::-1]]


@pytest.mark.parametrize(
    ("one", "other"), [("e1", "e2"), ("1.05", "1.5"), ("10", "1"), ("1.50", "150"), ("a-b", "ab")]
)
def test_other_ids_do_not_match(one: str, other: str) -> None:
    assert near_matches(pd.Index([one]), pd.Index([other])) == []


def test_an_exact_match_excludes_a_near_one() -> None:
    """A table that holds both "A" and "a" distinguishes them."""
    assert near_matches(pd.Index(["A", "a"]), pd.Index(["a"])) == []
    assert near_matches(pd.Index(["A"]), pd.Index(["a", "A"])) == []


def test_numbers_and_texts_are_one_id_by_their_written_form() -> None:
    ids: list[Any] = [[1, 2], [1.0, 2.0], ["1", "2"], pd.array([1, 2], dtype="Int64")]
    assert {tuple(id_texts(pd.Index(kind))) for kind in ids} == {("1", "2")}
    assert near_matches(pd.Index([1, 2]), pd.Index(["1", "2"])) == []


def test_five_pairs_are_named_and_the_others_counted() -> None:
    pairs = [(f"e{i} ", f"e{i}") for i in range(7)]
    assert name_pairs(pairs).endswith("'e4 ' and 'e4' and 2 more pairs")
    assert name_pairs([("a\u00a0b", "a b")]) == r"'a\xa0b' and 'a b'"
