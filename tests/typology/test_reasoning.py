"""Reasoning: Kleene's truth tables in full, missing facts and the text for readers."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.errors import OptionError
from standort.typology import AtLeast, Fact, Not, Predicate, all_of, any_of

if TYPE_CHECKING:
    from standort.typology.reasoning import Rule, Verdict

NAN = float("nan")
#: What makes a predicate with the threshold 1 come out like this.
VALUE: dict[str, float] = {"true": 2.0, "false": 0.0, "unknown": NAN}
VERDICTS: tuple[Verdict, ...] = ("true", "false", "unknown")
NAMES = ("a", "b", "c", "d")


def asks(name: str) -> Predicate:
    return Predicate(name, "at least", 1, name.upper(), "assumption")


def facts(*verdicts: str) -> dict[str, Fact]:
    return {name: Fact(VALUE[v], f"layer {name}") for name, v in zip(NAMES, verdicts, strict=False)}


# Kleene (1952), Introduction to Metamathematics, section 64: the strong tables
AND = {
    ("true", "true"): "true",
    ("true", "false"): "false",
    ("true", "unknown"): "unknown",
    ("false", "true"): "false",
    ("false", "false"): "false",
    ("false", "unknown"): "false",
    ("unknown", "true"): "unknown",
    ("unknown", "false"): "false",
    ("unknown", "unknown"): "unknown",
}
OR = {
    ("true", "true"): "true",
    ("true", "false"): "true",
    ("true", "unknown"): "true",
    ("false", "true"): "true",
    ("false", "false"): "false",
    ("false", "unknown"): "unknown",
    ("unknown", "true"): "true",
    ("unknown", "false"): "unknown",
    ("unknown", "unknown"): "unknown",
}


@pytest.mark.parametrize("pair", AND)
def test_all_of_two(pair: tuple[str, str]) -> None:
    assert all_of(asks("a"), asks("b")).evaluate(facts(*pair)).verdict == AND[pair]


@pytest.mark.parametrize("pair", OR)
def test_any_of_two(pair: tuple[str, str]) -> None:
    assert any_of(asks("a"), asks("b")).evaluate(facts(*pair)).verdict == OR[pair]


@pytest.mark.parametrize(
    ("verdict", "opposite"), [("true", "false"), ("false", "true"), ("unknown", "unknown")]
)
def test_not(verdict: str, opposite: str) -> None:
    assert Not(asks("a")).evaluate(facts(verdict)).verdict == opposite


@pytest.mark.parametrize("needed", [1, 2, 3, 4])
def test_at_least_agrees_with_every_resolution_of_the_unknown(needed: int) -> None:
    rule = AtLeast(needed, tuple(asks(name) for name in NAMES))
    for verdicts in product(VERDICTS, repeat=4):
        ways = product(*((v,) if v != "unknown" else ("true", "false") for v in verdicts))
        outcomes = {way.count("true") >= needed for way in ways}
        expected = "unknown" if len(outcomes) == 2 else ("true" if outcomes.pop() else "false")
        assert rule.evaluate(facts(*verdicts)).verdict == expected


LEAF = st.sampled_from(NAMES).map(asks)
RULES: st.SearchStrategy[Rule] = st.recursive(
    LEAF,
    lambda parts: st.one_of(
        parts.map(Not),
        st.lists(parts, min_size=1, max_size=3).flatmap(
            lambda drawn: st.integers(1, len(drawn)).map(lambda k: AtLeast(k, tuple(drawn)))
        ),
    ),
    max_leaves=8,
)


@given(rule=RULES, verdicts=st.tuples(*[st.sampled_from(VERDICTS)] * 4))
def test_resolving_the_unknown_never_reverses_a_verdict(
    rule: Rule, verdicts: tuple[Verdict, ...]
) -> None:
    before = rule.evaluate(facts(*verdicts)).verdict
    for way in product(*((v,) if v != "unknown" else ("true", "false") for v in verdicts)):
        assert before in {"unknown", rule.evaluate(facts(*way)).verdict}


@given(rule=RULES, verdicts=st.tuples(*[st.sampled_from(VERDICTS)] * 4))
def test_not_all_is_any_not(rule: Rule, verdicts: tuple[Verdict, ...]) -> None:
    known, other = facts(*verdicts), asks("d")
    first = Not(all_of(rule, other)).evaluate(known).verdict
    assert first == any_of(Not(rule), Not(other)).evaluate(known).verdict


POSITIVE = st.recursive(
    LEAF,
    lambda parts: st.lists(parts, min_size=1, max_size=3).flatmap(
        lambda drawn: st.integers(1, len(drawn)).map(lambda k: AtLeast(k, tuple(drawn)))
    ),
    max_leaves=8,
)


@given(rule=POSITIVE, verdicts=st.tuples(*[st.sampled_from(VERDICTS)] * 4))
def test_supplying_what_is_missing_makes_the_rule_true(
    rule: Rule, verdicts: tuple[Verdict, ...]
) -> None:
    known = facts(*verdicts)
    reasoning = rule.evaluate(known)
    missing = {leaf.predicate.fact for leaf in reasoning.missing() if leaf.predicate}
    assert bool(missing) == (reasoning.verdict != "true")
    assert rule.evaluate(known | {name: Fact(1) for name in missing}).verdict == "true"


def test_an_absent_fact_is_unknown() -> None:
    assert asks("a").evaluate({}).verdict == "unknown"


@pytest.mark.parametrize(
    ("value", "verdict"), [(49.9, "true"), (50, "true"), (50.1, "false"), (float("inf"), "false")]
)
def test_at_most_includes_the_threshold(value: float, verdict: str) -> None:
    rule = Predicate("km", "at most", 50, "distance", "assumption", unit="km")
    assert rule.evaluate({"km": Fact(value)}).verdict == verdict


@pytest.mark.parametrize("needed", [0, 3])
def test_a_rule_that_needs_more_parts_than_it_has_raises(needed: int) -> None:
    with pytest.raises(OptionError, match="need 1 to 2 of 2 parts"):
        AtLeast(needed, (asks("a"), asks("b")))


# What a reader sees


def rule_of_three() -> AtLeast:
    distance = Predicate("km", "at most", 50, "distance to salt", "assumption", unit="km")
    wanted = Predicate("yes", "at least", 1, "a port route", "the paper", yes_no=True)
    return all_of(
        any_of(asks("a"), distance, description="geology"), Not(wanted), description="Oasis"
    )


def test_the_text_shows_each_predicate_with_value_threshold_layer_and_source() -> None:
    known = {"a": Fact(NAN, "caverns 2024"), "km": Fact(float("inf")), "yes": Fact(0, "ports")}
    assert rule_of_three().evaluate(known).text().splitlines() == [
        "[unknown] Oasis: all of",
        "  [unknown] geology: one of",
        "    [unknown] A: unknown, at least 1 (needs caverns 2024; threshold: assumption)",
        "    [false] distance to salt: nothing within reach, at most 50 km (threshold: assumption)",
        "  [true] the opposite of",
        "    [false] a port route: no, yes is needed (ports; threshold: the paper)",
    ]


def test_reasoning_survives_json() -> None:
    known = {"a": Fact(NAN, "caverns"), "km": Fact(float("inf")), "yes": Fact(0, "ports")}
    reasoning = rule_of_three().evaluate(known)
    message = json.loads(reasoning.json())
    assert message == reasoning.as_dict()
    unknown, infinite = message["parts"][0]["parts"]
    assert (unknown["value"], infinite["value"]) == (None, "inf")
    assert unknown["layer"] == "caverns"
    assert (infinite["comparison"], infinite["threshold"]) == ("at most", 50)


def test_missing_chooses_the_alternative_that_lacks_least() -> None:
    rule = any_of(all_of(asks("a"), asks("b")), asks("c"), asks("d"))
    result = rule.evaluate(facts("false", "false", "false", "unknown")).missing()
    assert [leaf.description for leaf in result] == ["D"]  # only to be looked up
    result = rule.evaluate(facts("false", "true", "false", "false")).missing()
    assert [leaf.description for leaf in result] == ["A"]  # one each, the first is named


def test_missing_lists_no_more_than_needed() -> None:
    rule = AtLeast(2, (asks("a"), asks("b"), asks("c")))
    result = rule.evaluate(facts("false", "true", "false")).missing()
    assert [leaf.description for leaf in result] == ["A"]
