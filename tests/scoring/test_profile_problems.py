"""Every kind of invalid profile is reported by its key, with what came and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from standort.errors import ProfileError
from standort.scoring.profile.loading import parse_profile

if TYPE_CHECKING:
    from collections.abc import Callable

    Document = dict[str, Any]


def problems_of(document: Document) -> str:
    with pytest.raises(ProfileError) as caught:
        parse_profile(document, of="'mine'")
    return str(caught.value)


def criterion_of(document: Document, criterion_id: str) -> Document:
    (actual,) = [c for c in document["criteria"] if c["id"] == criterion_id]
    assert isinstance(actual, dict)
    return actual


def spoil_points(criterion: Document, i: int, **changed: object) -> None:
    criterion["value"]["points"][i].update(changed)


SPOILS: dict[str, tuple[Callable[[Document], object], str]] = {
    "unknown key": (
        lambda c: c.update(radius=25),
        "radius: unknown key; did you mean 'radius_km'?",
    ),
    "missing key": (
        lambda c: c.pop("rationale"),
        "rationale: expected this key, it is missing; add it",
    ),
    "missing unit": (
        lambda c: c.pop("unit"),
        "unit: expected the unit of the metric, it is missing; add it",
    ),
    "forbidden option": (
        lambda c: c.update(radius_km=25),
        (
            "radius_km: does not apply to metric 'nearest_distance', which takes "
            "layer, max_distance_km, filter; remove it"
        ),
    ),
    "wrong unit": (
        lambda c: c.update(unit="mt"),
        (
            "unit: expected a length (km) for metric 'nearest_distance', got "
            "'mt' (mass); change the unit and, with it, the breakpoints"
        ),
    ),
    "unknown unit": (
        lambda c: c.update(unit="kms"),
        "unit: unknown unit 'kms'; did you mean 'km'?",
    ),
    "unknown layer": (
        lambda c: c.update(layer="port"),
        "land, got 'port'; did you mean 'ports'?",
    ),
    "layer of what is scored": (
        lambda c: c.update(layer="sites"),
        "layer: expected one of emitters, co2_storage,",
    ),
    "unknown metric": (
        lambda c: c.update(metric="nearest"),
        "metric: expected one of nearest_distance,",
    ),
    "unknown component": (
        lambda c: c.update(component="net_zero"),
        (
            "component: 'net_zero' is not a component of this profile; did you "
            "mean 'net_zero_assets'?"
        ),
    ),
    "negative weight": (
        lambda c: c.update(weight=-1),
        "weight: expected 0 or a number from 1e-12 to 1e+12, got -1; weights are",
    ),
    "weight that is no number": (
        lambda c: c.update(weight=float("nan")),
        "weight: expected a finite number, got nan; weights are",
    ),
    "weight in quotes": (
        lambda c: c.update(weight="2"),
        "weight: expected a number (without quotes), got '2'; weights are",
    ),
    "weight that is true": (
        lambda c: c.update(weight=True),
        "weight: expected a number (without quotes), got True; weights are",
    ),
    "title that is a table": (
        lambda c: c.update(title={"en": "Port"}),
        "title: expected text (in quotes), got a table; correct it",
    ),
    "distance of 0": (
        lambda c: c.update(max_distance_km=0),
        "max_distance_km: expected a number above 0, got 0; correct it",
    ),
    "unknown value function": (
        lambda c: c["value"].update(kind="linear"),
        ("value.kind: expected one of piecewise, log_piecewise, goalpost, logistic, got 'linear'"),
    ),
    "no value function": (
        lambda c: c["value"].pop("kind"),
        "value: expected a key 'kind', it is missing; add it",
    ),
    "value function that is no table": (
        lambda c: c.update(value=5),
        "value: expected a table, got 5; correct it",
    ),
    "points out of order": (
        lambda c: spoil_points(c, 1, x=3),
        (
            "value.points[1].x: expected more than the 5 of the point before, "
            "got 3; sort the points by x"
        ),
    ),
    "values up and down": (
        lambda c: spoil_points(c, 2, value=0.7),
        (
            "value.points[2].value: expected values that only rise or only "
            "fall, got [1.0, 0.5, 0.7]; make them monotone"
        ),
    ),
    "value above 1": (
        lambda c: spoil_points(c, 0, value=100),
        "value.points[0].value: expected a number of at most 1, got 100",
    ),
    "breakpoint that is no number": (
        lambda c: spoil_points(c, 0, x=float("inf")),
        "value.points[0].x: expected a finite number, got inf; correct it",
    ),
    "no source": (
        lambda c: c["value"]["points"][2].pop("source"),
        (
            "value.points[2].source: expected a source, it is missing; say "
            "where the number comes from, or write 'assumption'"
        ),
    ),
    "empty source": (
        lambda c: spoil_points(c, 2, source="  "),
        (
            "value.points[2].source: expected some text, got '  '; say where "
            "the number comes from, or write 'assumption'"
        ),
    ),
    "one point": (
        lambda c: c["value"]["points"].__delitem__(slice(1, None)),
        "value.points: expected a list of at least 2, got a list of 1",
    ),
    "key of another value function": (
        lambda c: c["value"].update(midpoint={"x": 3, "source": "a"}),
        "value.midpoint: unknown key; did you mean 'points'?",
    ),
    "filter that is code": (
        lambda c: c.update(filter="liquid_bulk == True"),
        "filter: expected a table, got 'liquid_bulk == True'; correct it",
    ),
    "filter turned round": (
        lambda c: c.update(filter={"year_from": {"min": 2030, "max": 2020}}),
        "filter.year_from.max: expected at least the min of 2030, got 2020",
    ),
    "filter key": (
        lambda c: c.update(filter={"year_from": {"minimum": 2030}}),
        "filter.year_from.minimum: unknown key; did you mean",
    ),
    "id that is no name": (
        lambda c: c.update(id="Port distance"),
        "criteria[N].id: expected a plain lower-case name without blanks, got 'Port distance'",
    ),
}


@pytest.mark.parametrize("kind", SPOILS)
def test_a_problem_of_a_criterion_is_reported_by_its_key(document: Document, kind: str) -> None:
    spoil, expected_text = SPOILS[kind]
    number = document["criteria"].index(criterion_of(document, "port_distance"))
    spoil(document["criteria"][number])
    message = problems_of(document)
    assert message.startswith("profile 'mine'")
    assert expected_text.replace("[N]", f"[{number}]") in message
    key = f"criteria[{number}]." if kind == "id that is no name" else "criteria.port_distance."
    assert key in message
    assert "problems" not in message, "one cause, one problem"


def test_ids_that_occur_twice_are_reported(document: Document) -> None:
    port = criterion_of(document, "port_distance")
    first, second = document["criteria"].index(port), len(document["criteria"])
    of_clusters = len(document["cluster_criteria"])
    document["criteria"].append(dict(port))
    document["cluster_criteria"].append(dict(document["cluster_criteria"][0]))
    message = problems_of(document)
    again = f"criteria[{second}].id: 'port_distance' is also the id of criteria[{first}]"
    assert f"{again}; rename one" in message
    assert f"cluster_criteria[{of_clusters}].id: 'neighbour_emissions' is also the id of" in message


@pytest.mark.parametrize("taken", ["score", "score_min", "coverage", "port_distance"])
def test_a_component_must_not_take_the_name_of_a_column(document: Document, taken: str) -> None:
    number = len(document["components"])
    document["components"].append({"id": taken, "title": "t", "rationale": "r"})
    expected = f"components[{number}].id: {taken!r} is the name of a criterion or a column"
    assert expected in problems_of(document)


def test_weights_that_sum_to_0_are_reported(document: Document) -> None:
    for component in document["components"]:
        component["weight"] = 0
    sites, clusters = document["criteria"], document["cluster_criteria"]
    firms = [criterion for criterion in sites if criterion["component"] == "firm_proximity"]
    for criterion in firms + clusters:
        criterion["weight"] = 0
    message = problems_of(document)
    assert "components: expected a weight above 0 among the components, got 0 for all 3" in message
    assert (
        "components.firm_proximity: expected a weight above 0 among the criteria of this "
        f"component, got 0 for all {len(firms)}; set at least one above 0"
    ) in message
    of_clusters = f"among the cluster criteria of this component, got 0 for all {len(clusters)}"
    assert of_clusters in message


def test_a_component_without_criteria_is_reported(document: Document) -> None:
    document["components"].append({"id": "culture", "title": "t", "rationale": "r"})
    assert "components.culture: expected at least one criterion" in problems_of(document)


def test_too_many_components_are_reported(document: Document) -> None:
    document["components"] += [{"id": f"c{i}", "title": "t", "rationale": "r"} for i in range(6)]
    assert "components: expected a list of at most 8, got a list of 9" in problems_of(document)


@pytest.mark.parametrize(
    ("changed", "expected_text"),
    [
        ({"aggregation": "mean"}, "aggregation: expected one of geometric, arithmetic, minimum"),
        ({"floor": 0}, "floor: expected a number above 0, got 0; correct it"),
        ({"floor": 1}, "floor: expected a number below 1, got 1; correct it"),
        ({"coverage_limit": 60}, "coverage_limit: expected a number of at most 1, got 60"),
        ({"coverage_limit": -0.1}, "coverage_limit: expected a number of at least 0, got -0.1"),
        ({"version": 1}, "version: expected text (in quotes), got 1; correct it"),
        ({"id": "my profile"}, "id: expected a plain lower-case name without blanks"),
        ({"clusters": {"eps": 10}}, "clusters.eps: unknown key; did you mean 'eps_km'?"),
        ({"clusters": {"eps_km": -1}}, "clusters.eps_km: expected a number above 0, got -1"),
        ({"clusters": {"min_samples": 2.5}}, "clusters.min_samples: expected a whole number"),
        ({"clusters": {"min_samples": 0}}, "clusters.min_samples: expected a number of at least 1"),
        ({"typology": {}}, "typology: unknown key"),
        ({"criteria": 3}, "criteria: expected a list, got 3"),
    ],
)
def test_a_problem_of_a_setting_is_reported_by_its_key(
    document: Document, changed: Document, expected_text: str
) -> None:
    assert expected_text in problems_of({**document, **changed})


def test_a_problem_of_a_cluster_criterion_is_reported_by_its_key(document: Document) -> None:
    document["cluster_criteria"][2]["unit"] = "mt_per_yr"
    document["cluster_criteria"][1]["metric"] = "cluster_size"
    message = problems_of(document)
    assert "cluster_criteria.mean_pairwise_distance.unit: expected a length (km)" in message
    assert "cluster_criteria.neighbour_count.metric: expected one of cluster_emissions" in message


def test_problems_of_decays_and_scales_are_reported_by_their_keys(document: Document) -> None:
    criterion_of(document, "market_potential")["decay"] = {"kind": "exponential", "scale_km": 0}
    criterion_of(document, "nearby_clusters")["decay"] = {"kind": "gaussian", "scale_km": 10}
    criterion_of(document, "heat_demand")["value"]["points"][0]["x"] = 0
    message = problems_of(document)
    assert "criteria.market_potential.decay.scale_km: expected a number above 0, got 0" in message
    assert "criteria.nearby_clusters.decay.bandwidth_km: expected this key" in message
    assert "criteria.nearby_clusters.decay.scale_km: unknown key" in message
    assert "criteria.heat_demand.value.points[0].x: expected a number above 0 on a log" in message


def test_all_problems_of_a_profile_are_reported_together(document: Document) -> None:
    for spoil, _ in list(SPOILS.values())[:1]:
        spoil(criterion_of(document, "port_distance"))
    spoil_points(criterion_of(document, "port_distance"), 1, x=3)
    document["floor"] = 2
    number = len(document["criteria"])
    criterion_of(document, "grid_connection_distance")["unit"] = "gw"
    document["criteria"].append(7)
    message = problems_of(document)
    assert "profile 'mine' has 5 problems:" in message
    for key in (
        "floor: expected a number below 1",
        "criteria.port_distance.radius: unknown key",
        f"criteria[{number}]: expected a table, got 7",
        "criteria.grid_connection_distance.unit: expected a length",
        "criteria.port_distance.value.points[1].x: expected more than the 5",
    ):
        assert key in message


def test_an_empty_file_reports_what_a_profile_needs() -> None:
    message = problems_of({})
    for key in ("id", "version", "title", "description", "components", "criteria"):
        assert f"{key}: expected this key, it is missing; add it" in message


def test_the_document_is_left_as_it_was(document: Document, net_zero_document: Document) -> None:
    parse_profile(document)
    assert document == net_zero_document
