"""Every key of a profile with one odd value at a time: a profile or a ProfileError."""

from __future__ import annotations

import copy
import datetime as dt
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from standort.errors import ProfileError, StandortError
from standort.scoring import Profile, parse_profile, profile_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ODD: tuple[object, ...] = (
    *(None, "", "x", [], [1], [[]], {}, {"a": 1}, {"id": []}, True, 0, 1, -1, 10**30, 10**400),
    *(5e-324, 1e308, float("nan"), float("inf"), dt.date(2020, 1, 1), dt.datetime.now(dt.UTC)),
)
OWN = tomllib.loads(profile_text("net-zero"))
HEAD = {"extends": "net-zero", "id": "a", "version": "1"}
NAMES = [c["id"] for c in OWN["components"]]
EXTENDING = (
    {**HEAD, "weights": {"port_distance": 2}, "vetoes": {"port_distance": 0.2}},
    {**HEAD, "gates": {"port_distance": 0.2}, "clusters": {"eps_km": 5}, "coverage_limit": 0.5},
    {**HEAD, "aggregation": "owa", "quantifier": "most"},
    {**HEAD, "aggregation": "power_mean", "exponent": 2},
    {**HEAD, "weights": {"method": "equal"}},
    {**HEAD, "weights": {"components": {"method": "swing", "points": dict.fromkeys(NAMES, 100)}}},
    {**HEAD, "weights": {"components": {"method": "rank_order_centroid", "ranking": NAMES}}},
    {
        **HEAD,
        "weights": {
            "components": {
                "method": "ahp",
                "variant": "eigenvector",
                "judgements": [[a, b, 2] for i, a in enumerate(NAMES) for b in NAMES[i + 1 :]],
            }
        },
    },
)


def paths(node: object, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every key and entry, of lists of tables the first entry of each form."""
    entries: Iterable[tuple[Any, object]] = node.items() if isinstance(node, dict) else ()
    if isinstance(node, list):
        forms = {str(sorted(e) if isinstance(e, dict) else type(e)): i for i, e in enumerate(node)}
        entries = ((i, node[i]) for i in forms.values())
    for key, value in entries:
        yield (*above, key)
        yield from paths(value, (*above, key))


def changed(document: dict[str, Any], path: tuple[Any, ...], odd: object) -> dict[str, Any]:
    """Return the document with one value replaced."""
    changed = copy.deepcopy(document)
    node: Any = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = odd
    return changed


@pytest.mark.parametrize("document", [OWN, *EXTENDING])
def test_odd_values_are_profile_errors(document: dict[str, Any]) -> None:
    assert isinstance(parse_profile(document), Profile)
    wrong = []
    for i, path in enumerate(paths(document)):
        # of the many keys of an own profile, each gets a part of the values
        for odd in ODD[i % 5 :: 5] if document is OWN else ODD:
            try:
                parse_profile(changed(document, path, odd))
            except ProfileError:
                pass
            except Exception as error:  # noqa: BLE001 - every other error is wrong
                wrong.append(f"{path} = {odd!r}: {type(error).__name__}: {error}")
    assert wrong == []


@pytest.mark.parametrize("document", [None, [], "", 3, {1: 2}, {None: {}}, {"extends": {}}])
def test_a_document_that_is_no_table_is_an_error(document: Any) -> None:  # noqa: ANN401
    with pytest.raises(StandortError):
        parse_profile(document)
