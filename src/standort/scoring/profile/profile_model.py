"""The model of a profile: components, criteria, weights and settings, checked as a whole."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, StringConstraints, model_validator

from standort.arguments import checked
from standort.errors import ProfileError
from standort.scoring.profile.base_model import (
    FrozenModel,
    Identifier,
    Number,
    Positive,
    Share,
    Text,
    Weight,
)
from standort.scoring.profile.criteria import (
    ClusterCriterion,
    Criterion,
    cluster_criterion_problems,
    criterion_problems,
)
from standort.scoring.profile.problems import Problem, as_number, as_table, raise_rules, suggest
from standort.scoring.weights.weight_groups import ElicitedWeights

Aggregation = Literal["geometric", "arithmetic", "minimum", "power_mean", "owa", "topsis"]
Quantifier = Literal["all", "almost_all", "most", "half", "a_few", "at_least_a_few", "at_least_one"]
ProfileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]

#: Columns of score tables, which a component with the same id would overwrite.
_RESERVED = frozenset(
    {"basis", "coverage", "excluded", "gate_unknown", "rank", "score", "veto_unknown", "vetoed"}
)


class Component(FrozenModel):
    """A group of criteria that can partly substitute for each other."""

    id: Identifier
    title: Text
    rationale: Text
    weight: Weight = 1.0


class ClusterSettings(FrozenModel):
    """How clusters are detected, and which are major."""

    eps_km: Positive = 10.0
    min_samples: int = Field(default=4, ge=1, strict=True)
    mode: Literal["count", "emission", "count_and_emission"] = "count"
    min_emissions_mt_per_yr: Positive = 1.0
    dbscan_star: StrictBool = False
    adjacent_km: Positive = 25.0
    major_mt_per_yr: Positive = 2.0
    lone_anchor_mt_per_yr: Positive = 1.0


class Profile(FrozenModel):
    """Everything a score depends on besides the layers.

    Load one with `load_profile`, which lists all problems of a file together.
    """

    id: ProfileName
    version: Text
    title: Text
    description: Text
    aggregation: Aggregation = "geometric"
    floor: float = Field(default=0.01, gt=0, lt=1, strict=True)
    exponent: Number | None = None
    orness: Share | None = None
    quantifier: Quantifier | None = None
    coverage_limit: Share = 0.6
    clusters: ClusterSettings = ClusterSettings()
    # Contributions are computed from every subset of the components: 8 have 256.
    components: tuple[Component, ...] = Field(min_length=1, max_length=8)
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    cluster_criteria: tuple[ClusterCriterion, ...] = ()
    # Record of weights obtained from judgements; `load_profile` writes it.
    elicited: tuple[ElicitedWeights, ...] = ()

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content; comments, layout and paths of files do not affect it."""
        content = self.model_dump(mode="json")
        _leave_out_usual(content["clusters"])
        _leave_out_unset(content, ("exponent", "orness", "quantifier", "elicited"))
        for criterion in content["criteria"]:
            _leave_out_rasters(criterion)
            _leave_out_unset(criterion, ("discount", "measured_to"))
        for criterion in (*content["criteria"], *content["cluster_criteria"]):
            _leave_out_unset(criterion, ("veto", "gate"))
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @checked()
    def criterion(self, criterion_id: str) -> Criterion:
        """Return a criterion by its id.

        Parameters
        ----------
        criterion_id
            Such as ``"port_distance"``.

        Returns
        -------
        The criterion.

        Raises
        ------
        ProfileError
            If the profile has no such criterion.

        Examples
        --------
        >>> from standort.scoring.profile.loading import load_profile
        >>> load_profile("net-zero").criterion("salt_cavern_distance").layer
        'salt_caverns'
        """
        for criterion in self.criteria:
            if criterion.id == criterion_id:
                return criterion
        known = suggest(criterion_id, [criterion.id for criterion in self.criteria])
        msg = f"profile {self.id!r} has no criterion {criterion_id!r}; {known}"
        raise ProfileError(msg)

    @checked()
    def criteria_of(self, component_id: str) -> tuple[Criterion, ...]:
        """Return the criteria of a component, in profile order.

        Parameters
        ----------
        component_id
            Such as ``"net_zero_assets"``.

        Returns
        -------
        The criteria; empty if the profile has no such component.

        Examples
        --------
        >>> from standort.scoring.profile.loading import load_profile
        >>> len(load_profile("net-zero").criteria_of("firm_proximity"))
        4
        """
        return tuple(c for c in self.criteria if c.component == component_id)

    @property
    def rasters(self) -> tuple[str, ...]:
        """Names of the rasters that criteria are measured on, each once, in profile order."""
        named = [c.source.raster for c in self.criteria if c.source is not None]
        return tuple(dict.fromkeys(named))

    def __hash__(self) -> int:
        return hash(self.content_hash)

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        raise_rules(profile_problems(self.model_dump(), nested=False))
        return self


def _leave_out_usual(clusters: dict[str, Any]) -> None:
    """Drop settings added later where they have their defaults, so that the hash stays."""
    for key in ("mode", "min_emissions_mt_per_yr", "dbscan_star"):
        if clusters[key] == ClusterSettings.model_fields[key].default:
            del clusters[key]


def _leave_out_unset(table: dict[str, Any], keys: Sequence[str]) -> None:
    """Drop options added later where they are not set, so that the hash stays."""
    for key in keys:
        if table[key] is None or table[key] == []:
            del table[key]


def _leave_out_rasters(criterion: dict[str, Any]) -> None:
    """Drop keys of rasters without a raster, and the paths of rasters."""
    for key in ("source", "statistic", "classes", "technology"):
        if criterion[key] is None:
            del criterion[key]
    if "source" in criterion:
        del criterion["source"]["path"]


def profile_problems(raw: object, *, nested: bool = True) -> list[Problem]:
    """List problems between the keys of a profile; skip values of the wrong type."""
    table = as_table(raw)
    problems = [*_id_problems(table), *_component_problems(table), *_weight_problems(table)]
    problems += _raster_problems(table)
    problems += _aggregation_problems(table)
    if nested:
        problems += _item_problems(table, "criteria", criterion_problems)
        problems += _item_problems(table, "cluster_criteria", cluster_criterion_problems)
    return problems


#: Options of each aggregation; it takes exactly one of them.
_OPTIONS_OF = {"power_mean": ("exponent",), "owa": ("orness", "quantifier")}


def _aggregation_problems(table: Mapping[str, object]) -> list[Problem]:
    aggregation = str(table.get("aggregation", "geometric"))
    takes = _OPTIONS_OF.get(aggregation, ())
    problems = []
    for other, options in _OPTIONS_OF.items():
        problems += [
            Problem((option,), f"does not apply to {aggregation!r}, only to {other!r}; remove it")
            for option in options
            if table.get(option) is not None and other != aggregation
        ]
    given = [option for option in takes if table.get(option) is not None]
    if takes and len(given) != 1:
        came = " and ".join(given) or "none"
        message = f"{aggregation!r} takes {' or '.join(takes)}, got {came}; set one"
        problems.append(Problem(("aggregation",), message))
    return problems


def _items(table: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    items = table.get(key)
    return [as_table(item) for item in items] if isinstance(items, list | tuple) else []


def _item_problems(
    table: Mapping[str, object], key: str, rules: Callable[[object], list[Problem]]
) -> list[Problem]:
    return [
        problem.under(key, i)
        for i, item in enumerate(_items(table, key))
        for problem in rules(item)
    ]


def _id_problems(table: Mapping[str, object]) -> list[Problem]:
    problems = []
    for key in ("components", "criteria", "cluster_criteria"):
        seen: dict[object, int] = {}
        for i, item in enumerate(_items(table, key)):
            own_id = item.get("id")
            if isinstance(own_id, str) and seen.setdefault(own_id, i) != i:
                message = f"{own_id!r} is also the id of {key}[{seen[own_id]}]; rename one"
                problems.append(Problem((key, i, "id"), message))
    taken = {str(item.get("id")) for item in _items(table, "criteria")} | _RESERVED
    for i, item in enumerate(_items(table, "components")):
        if "id" in item and (str(item["id"]) in taken or str(item["id"]).startswith("score_")):
            message = f"{item['id']!r} is the name of a criterion or a column of results; rename it"
            problems.append(Problem(("components", i, "id"), message))
    return problems


def _raster_problems(table: Mapping[str, object]) -> list[Problem]:
    """List rasters with the same name and different paths."""
    problems, seen = [], dict[object, object]()
    for i, item in enumerate(_items(table, "criteria")):
        source = as_table(item.get("source"))
        name, path = source.get("raster"), source.get("path")
        if isinstance(name, str) and seen.setdefault(name, path) != path:
            message = f"raster {name!r} has the path {seen[name]!r} above, got {path!r}"
            problems.append(
                Problem(
                    ("criteria", i, "source", "path"),
                    f"{message}; use one path, or rename the raster",
                )
            )
    return problems


def _component_problems(table: Mapping[str, object]) -> list[Problem]:
    known = [own_id for c in _items(table, "components") if isinstance(own_id := c.get("id"), str)]
    problems, used = [], set()
    for key in ("criteria", "cluster_criteria"):
        for i, item in enumerate(_items(table, key)):
            component = item.get("component")
            if key == "criteria":
                used.add(str(component))
            if isinstance(component, str) and component not in known:
                message = f"{component!r} is not a component of this profile"
                loc = (key, i, "component")
                problems.append(Problem(loc, f"{message}; {suggest(component, known)}"))
    for i, item in enumerate(_items(table, "components")):
        if "id" in item and str(item["id"]) not in used:
            message = "expected at least one criterion in this component, got none"
            problems.append(
                Problem(("components", i), f"{message}; add one or remove the component")
            )
    return problems


def _weight_problems(table: Mapping[str, object]) -> list[Problem]:
    components = _items(table, "components")
    problems = _all_zero(components, ("components",), of="the components")
    for i, component in enumerate(components):
        for key, what in (("criteria", "criteria"), ("cluster_criteria", "cluster criteria")):
            members = [m for m in _items(table, key) if m.get("component") == component.get("id")]
            of = f"the {what} of this component"
            problems += _all_zero(members, ("components", i), of=of)
    return problems


def _all_zero(
    items: Sequence[Mapping[str, object]], loc: tuple[str | int, ...], *, of: str
) -> list[Problem]:
    weights = [as_number(item.get("weight", 1.0)) for item in items]
    if not weights or any(weight != 0 for weight in weights):
        return []
    message = f"expected a weight above 0 among {of}, got 0 for all {len(weights)}"
    return [Problem(loc, f"{message}; set at least one above 0")]
