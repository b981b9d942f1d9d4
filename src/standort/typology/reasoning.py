"""Rules in three-valued logic, and the reasoning behind their verdicts.

A rule is a small tree of predicates. A fact may be unknown because a layer is missing or a cell is
empty. Kleene's logic applies: false and unknown is false, true or unknown is true, and a verdict
that the unknown fact could change is unknown.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from standort.arguments import ANY_NUMBER, between, checked, whole
from standort.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Verdict = Literal["true", "false", "unknown"]
Comparison = Literal["at least", "at most"]

_OPPOSITE: dict[Verdict, Verdict] = {"true": "false", "false": "true", "unknown": "unknown"}


@checked(value=ANY_NUMBER)
@dataclass(frozen=True)
class Fact:
    """A fact about one place, known or unknown.

    Parameters
    ----------
    value
        A number. Yes is 1 and no is 0; NaN is unknown; an infinite distance means that nothing is
        in reach.
    layer
        Source of the fact, with its version where relevant; for an unknown fact, the layer it
        requires.
    """

    value: float = math.nan
    layer: str = ""


@checked(threshold=between())
@dataclass(frozen=True)
class Predicate:
    """A fact compared with a threshold.

    Parameters
    ----------
    fact
        Name of the fact.
    comparison, threshold
        Comparison that must hold; a value equal to the threshold is sufficient.
    description
        Description of the fact.
    source
        Source of the threshold.
    unit
        Unit printed after the number.
    yes_no
        Whether the fact is yes (1) or no (0).

    Examples
    --------
    >>> rule = Predicate("industrial_sites", "at least", 3, "industrial sites", "assumption")
    >>> print(rule.evaluate({"industrial_sites": Fact(12, "emitters")}).text())
    [true] industrial sites: 12, at least 3 (emitters; threshold: assumption)
    """

    fact: str
    comparison: Comparison
    threshold: float
    description: str
    source: str
    unit: str = ""
    yes_no: bool = False

    @checked()
    def evaluate(self, facts: Mapping[str, Fact]) -> Reasoning:
        """Compare the fact with the threshold, if it is known."""
        fact = facts.get(self.fact, Fact())
        if math.isnan(fact.value):
            verdict: Verdict = "unknown"
        else:
            enough = fact.value >= self.threshold
            if self.comparison == "at most":
                enough = fact.value <= self.threshold
            verdict = "true" if enough else "false"
        return Reasoning(self.description, verdict, predicate=self, fact=fact)

    def predicates(self) -> Iterator[Predicate]:
        """Yield all predicates of the rule."""
        yield self


@checked()
@dataclass(frozen=True)
class Not:
    """The negation of a rule; the negation of unknown is unknown.

    Parameters
    ----------
    part
        The rule.
    """

    part: Rule

    @checked()
    def evaluate(self, facts: Mapping[str, Fact]) -> Reasoning:
        """Evaluate the rule and negate the verdict."""
        reasoning = self.part.evaluate(facts)
        return Reasoning("", _OPPOSITE[reasoning.verdict], needed=0, parts=(reasoning,))

    def predicates(self) -> Iterator[Predicate]:
        """Yield all predicates of the rule."""
        yield from self.part.predicates()


@checked(needed=whole(0))
@dataclass(frozen=True)
class AtLeast:
    """At least so many of several rules: true if enough are true, false if too few can be.

    Parameters
    ----------
    needed
        Number of parts that must be true, from 1 to the number of parts.
    parts
        The rules.
    description
        Description of the rule as a whole.

    Raises
    ------
    OptionError
        If `needed` is below 1 or above the number of parts.
    """

    needed: int
    parts: tuple[Rule, ...]
    description: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.needed <= len(self.parts):
            msg = (
                f"expected a rule to need 1 to {len(self.parts)} of {len(self.parts)} parts, got "
                f"{self.needed}; correct the rule"
            )
            raise OptionError(msg)

    @checked()
    def evaluate(self, facts: Mapping[str, Fact]) -> Reasoning:
        """Evaluate every part, even if the verdict is already clear."""
        parts = tuple(part.evaluate(facts) for part in self.parts)
        true = sum(part.verdict == "true" for part in parts)
        unknown = sum(part.verdict == "unknown" for part in parts)
        verdict: Verdict = "unknown"
        if true >= self.needed:
            verdict = "true"
        elif true + unknown < self.needed:
            verdict = "false"
        return Reasoning(self.description, verdict, needed=self.needed, parts=parts)

    def predicates(self) -> Iterator[Predicate]:
        """Yield all predicates of the rule."""
        for part in self.parts:
            yield from part.predicates()


Rule = Predicate | Not | AtLeast


@checked()
def all_of(*parts: Rule, description: str = "") -> AtLeast:
    """Require all of several rules.

    >>> sites = Predicate("sites", "at least", 2, "sites", "assumption")
    >>> ports = Predicate("ports", "at least", 1, "ports", "assumption")
    >>> all_of(sites, ports).evaluate({"sites": Fact(1)}).verdict
    'false'
    """
    return AtLeast(len(parts), parts, description)


@checked()
def any_of(*parts: Rule, description: str = "") -> AtLeast:
    """Require at least one of several rules.

    >>> sites = Predicate("sites", "at least", 2, "sites", "assumption")
    >>> ports = Predicate("ports", "at least", 1, "ports", "assumption")
    >>> any_of(sites, ports).evaluate({"sites": Fact(1)}).verdict
    'unknown'
    """
    return AtLeast(1, parts, description)


@dataclass(frozen=True)
class Reasoning:
    """Why a rule is true, false or unknown for one place.

    Parameters
    ----------
    description
        Description of the rule.
    verdict
        ``true``, ``false`` or ``unknown``.
    predicate, fact
        What was compared, for a predicate.
    needed
        Number of parts that must be true; 0 if the single part must be false.
    parts
        Reasoning of each part.
    """

    description: str
    verdict: Verdict
    predicate: Predicate | None = None
    fact: Fact | None = None
    needed: int = 1
    parts: tuple[Reasoning, ...] = ()

    def text(self) -> str:
        """Format the reasoning as lines, with parts indented."""
        return "\n".join(_indented(self, 0))

    def as_dict(self) -> dict[str, Any]:
        """Return the reasoning as nested dictionaries for JSON; unknown is None."""
        entry: dict[str, Any] = {"description": self.description, "verdict": self.verdict}
        if self.predicate is None or self.fact is None:
            return entry | {"needed": self.needed, "parts": [part.as_dict() for part in self.parts]}
        value = self.fact.value
        return entry | {
            "fact": self.predicate.fact,
            "value": value if math.isfinite(value) else None if math.isnan(value) else str(value),
            "comparison": self.predicate.comparison,
            "threshold": self.predicate.threshold,
            "unit": self.predicate.unit,
            "layer": self.fact.layer,
            "source": self.predicate.source,
        }

    def json(self) -> str:
        """Return `as_dict` as JSON."""
        return json.dumps(self.as_dict(), ensure_ascii=False, allow_nan=False)

    def leaves(self) -> Iterator[Reasoning]:
        """Yield the reasoning of each predicate, in order."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def missing(self) -> tuple[Reasoning, ...]:
        """Return the predicates that would have to become true for the verdict to become true.

        If one of several parts is sufficient, the part that lacks least is chosen: the fewest false
        facts, then the fewest unknown ones, then the first.
        """
        if self.verdict == "true":
            return ()
        if not self.parts or self.needed == 0:
            return (self,)
        lacking = [part.missing() for part in self.parts if part.verdict != "true"]
        true = len(self.parts) - len(lacking)
        shortest = sorted(range(len(lacking)), key=lambda k: _burden(lacking[k]))
        chosen = sorted(shortest[: self.needed - true])
        return tuple(dict.fromkeys(part for k in chosen for part in lacking[k]))

    @checked()
    def line(self, *, origin: bool = True) -> str:
        """Format the comparison, with or without the origin of fact and threshold."""
        if self.predicate is None or self.fact is None:
            return f"{self.description}: {self._needs()}" if self.description else self._needs()
        wanted = f"{self.predicate.comparison} {self._number(self.predicate.threshold)}"
        if self.predicate.yes_no:
            wanted = "yes is needed" if self.predicate.comparison == "at least" else "no is needed"
        layer = self.fact.layer
        if layer and math.isnan(self.fact.value):
            layer = f"needs {layer}"
        elif not origin:
            layer = ""
        source = f"threshold: {self.predicate.source}" if origin else ""
        origins = "; ".join(part for part in (layer, source) if part)
        compared = f"{self.description}: {self._number(self.fact.value)}, {wanted}"
        return f"{compared} ({origins})" if origins else compared

    def _needs(self) -> str:
        if self.needed == 0:
            return "the opposite of"
        if self.needed == len(self.parts):
            return "all of"
        return f"at least {self.needed} of" if self.needed > 1 else "one of"

    def _number(self, number: float) -> str:
        assert self.predicate is not None
        if math.isnan(number):
            return "unknown"
        if self.predicate.yes_no:
            return "yes" if number >= 1 else "no"
        if math.isinf(number):
            return "nothing within reach"
        return f"{number:.4g} {self.predicate.unit}".rstrip()


def _indented(reasoning: Reasoning, depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}[{reasoning.verdict}] {reasoning.line()}"
    for part in reasoning.parts:
        yield from _indented(part, depth + 1)


def _burden(lacking: Sequence[Reasoning]) -> tuple[int, int]:
    false = sum(reasoning.verdict == "false" for reasoning in lacking)
    return false, len(lacking) - false
