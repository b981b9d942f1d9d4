"""Rules in three-valued logic, and proofs that people can read.

A rule is a small tree of predicates. What a predicate asks for may be unknown, because a layer is
not there or a cell is empty. Kleene's logic carries that through: false and unknown is false, true
or unknown is true, and whatever the unknown could still decide is unknown.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from standort.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["AtLeast", "Fact", "Not", "Predicate", "Proof", "Rule", "Verdict", "all_of", "any_of"]

Verdict = Literal["true", "false", "unknown"]
Comparison = Literal["at least", "at most"]

_OPPOSITE: dict[Verdict, Verdict] = {"true": "false", "false": "true", "unknown": "unknown"}


@dataclass(frozen=True)
class Fact:
    """One thing known, or not known, of one place.

    Parameters
    ----------
    value
        A number; yes is 1 and no is 0, NaN is unknown, an infinite distance is nothing in reach.
    layer
        What it comes from, with its version where that matters; of an unknown one, what it would
        take to know it.
    """

    value: float = math.nan
    layer: str = ""


@dataclass(frozen=True)
class Predicate:
    """A fact compared with a threshold.

    Parameters
    ----------
    fact
        Name of the fact.
    comparison, threshold
        What must hold; the threshold itself is enough.
    says
        The fact in words.
    source
        Where the threshold comes from.
    unit
        What stands behind the number.
    yes_no
        Whether the fact is a yes (1) or no (0).

    Examples
    --------
    >>> rule = Predicate("industrial_sites", "at least", 3, "industrial sites", "assumption")
    >>> print(rule.prove({"industrial_sites": Fact(12, "emitters")}).text())
    [true] industrial sites: 12, at least 3 (emitters; threshold: assumption)
    """

    fact: str
    comparison: Comparison
    threshold: float
    says: str
    source: str
    unit: str = ""
    yes_no: bool = False

    def prove(self, facts: Mapping[str, Fact]) -> Proof:
        """Compare the fact, if it is known."""
        fact = facts.get(self.fact, Fact())
        if math.isnan(fact.value):
            verdict: Verdict = "unknown"
        else:
            enough = fact.value >= self.threshold
            if self.comparison == "at most":
                enough = fact.value <= self.threshold
            verdict = "true" if enough else "false"
        return Proof(self.says, verdict, predicate=self, fact=fact)

    def predicates(self) -> Iterator[Predicate]:
        """Give all predicates of the rule."""
        yield self


@dataclass(frozen=True)
class Not:
    """The opposite of a rule; of unknown it is unknown.

    Parameters
    ----------
    part
        The rule.
    """

    part: Rule

    def prove(self, facts: Mapping[str, Fact]) -> Proof:
        """Prove the rule and turn the verdict round."""
        proof = self.part.prove(facts)
        return Proof("", _OPPOSITE[proof.verdict], needed=0, parts=(proof,))

    def predicates(self) -> Iterator[Predicate]:
        """Give all predicates of the rule."""
        yield from self.part.predicates()


@dataclass(frozen=True)
class AtLeast:
    """At least so many of several rules: true once enough are, false once too few can be.

    Parameters
    ----------
    needed
        How many, 1 up to the number of parts.
    parts
        The rules.
    says
        The whole in words.

    Raises
    ------
    OptionError
        If `needed` is below 1 or above the number of parts.
    """

    needed: int
    parts: tuple[Rule, ...]
    says: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.needed <= len(self.parts):
            msg = (
                f"expected to need 1 to {len(self.parts)} of {len(self.parts)} parts, got "
                f"{self.needed}; correct the rule"
            )
            raise OptionError(msg)

    def prove(self, facts: Mapping[str, Fact]) -> Proof:
        """Prove every part, also when the verdict is clear already."""
        parts = tuple(part.prove(facts) for part in self.parts)
        true = sum(part.verdict == "true" for part in parts)
        unknown = sum(part.verdict == "unknown" for part in parts)
        verdict: Verdict = "unknown"
        if true >= self.needed:
            verdict = "true"
        elif true + unknown < self.needed:
            verdict = "false"
        return Proof(self.says, verdict, needed=self.needed, parts=parts)

    def predicates(self) -> Iterator[Predicate]:
        """Give all predicates of the rule."""
        for part in self.parts:
            yield from part.predicates()


Rule = Predicate | Not | AtLeast


def all_of(*parts: Rule, says: str = "") -> AtLeast:
    """Ask for all of several rules.

    >>> sites = Predicate("sites", "at least", 2, "sites", "assumption")
    >>> ports = Predicate("ports", "at least", 1, "ports", "assumption")
    >>> all_of(sites, ports).prove({"sites": Fact(1)}).verdict
    'false'
    """
    return AtLeast(len(parts), parts, says)


def any_of(*parts: Rule, says: str = "") -> AtLeast:
    """Ask for one of several rules.

    >>> sites = Predicate("sites", "at least", 2, "sites", "assumption")
    >>> ports = Predicate("ports", "at least", 1, "ports", "assumption")
    >>> any_of(sites, ports).prove({"sites": Fact(1)}).verdict
    'unknown'
    """
    return AtLeast(1, parts, says)


@dataclass(frozen=True)
class Proof:
    """Why a rule is true, false or unknown of one place.

    Parameters
    ----------
    says
        The rule in words.
    verdict
        ``true``, ``false`` or ``unknown``.
    predicate, fact
        What was compared, where it is a predicate.
    needed
        How many of the parts must be true; 0 where the one part must be false.
    parts
        Proofs of the parts.
    """

    says: str
    verdict: Verdict
    predicate: Predicate | None = None
    fact: Fact | None = None
    needed: int = 1
    parts: tuple[Proof, ...] = ()

    def text(self) -> str:
        """Write the proof as lines, each part indented below the whole."""
        return "\n".join(_indented(self, 0))

    def as_dict(self) -> dict[str, Any]:
        """Give the proof as nested dictionaries that JSON can hold; unknown is None."""
        told: dict[str, Any] = {"says": self.says, "verdict": self.verdict}
        if self.predicate is None or self.fact is None:
            return told | {"needed": self.needed, "parts": [part.as_dict() for part in self.parts]}
        value = self.fact.value
        return told | {
            "fact": self.predicate.fact,
            "value": value if math.isfinite(value) else None if math.isnan(value) else str(value),
            "comparison": self.predicate.comparison,
            "threshold": self.predicate.threshold,
            "unit": self.predicate.unit,
            "layer": self.fact.layer,
            "source": self.predicate.source,
        }

    def json(self) -> str:
        """Write `as_dict` as JSON."""
        return json.dumps(self.as_dict(), ensure_ascii=False, allow_nan=False)

    def leaves(self) -> Iterator[Proof]:
        """Give the proofs of all predicates, in order."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def missing(self) -> tuple[Proof, ...]:
        """Find what would have to change for the verdict to become true.

        Where one of several parts is enough, the one is named that lacks least: fewest facts
        that are false, then fewest that are unknown, then the first.
        """
        if self.verdict == "true":
            return ()
        if not self.parts or self.needed == 0:
            return (self,)
        lacking = [part.missing() for part in self.parts if part.verdict != "true"]
        true = len(self.parts) - len(lacking)
        shortest = sorted(range(len(lacking)), key=lambda k: _burden(lacking[k]))
        chosen = sorted(shortest[: self.needed - true])
        found = [proof for k in chosen for proof in lacking[k]]
        return tuple(dict.fromkeys(found))

    def line(self, *, origin: bool = True) -> str:
        """Write what was compared; with or without where fact and threshold come from."""
        if self.predicate is None or self.fact is None:
            return f"{self.says}: {self._needs()}" if self.says else self._needs()
        wanted = f"{self.predicate.comparison} {self._number(self.predicate.threshold)}"
        if self.predicate.yes_no:
            wanted = "yes is needed" if self.predicate.comparison == "at least" else "no is needed"
        layer = self.fact.layer
        if layer and math.isnan(self.fact.value):
            layer = f"needs {layer}"
        elif not origin:
            layer = ""
        source = f"threshold: {self.predicate.source}" if origin else ""
        told = "; ".join(part for part in (layer, source) if part)
        compared = f"{self.says}: {self._number(self.fact.value)}, {wanted}"
        return f"{compared} ({told})" if told else compared

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


def _indented(proof: Proof, depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}[{proof.verdict}] {proof.line()}"
    for part in proof.parts:
        yield from _indented(part, depth + 1)


def _burden(lacking: Sequence[Proof]) -> tuple[int, int]:
    false = sum(proof.verdict == "false" for proof in lacking)
    return false, len(lacking) - false
