"""Loading profiles: the built-in ones by name, others from TOML files.

A profile that extends a built-in one changes only its weights and settings, so that their
breakpoints cannot diverge.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from standort.arguments import checked
from standort.errors import FileError, ProfileError, gather
from standort.scoring.profile.base_model import WEIGHT_RANGE, is_weight
from standort.scoring.profile.criteria import CatchmentDemand, ClusterCriterion, Criterion
from standort.scoring.profile.decays import DECAYS
from standort.scoring.profile.discounts import Discount
from standort.scoring.profile.filters import Range
from standort.scoring.profile.problems import (
    Loc,
    Problem,
    as_number,
    as_table,
    dotted_path,
    shape_problems,
    suggest,
)
from standort.scoring.profile.profile_model import (
    ClusterSettings,
    Component,
    Profile,
    profile_problems,
)
from standort.scoring.profile.raster_sources import (
    Availability,
    Density,
    RasterSource,
    Technology,
    TurbineCurve,
)
from standort.scoring.profile.value_functions import (
    Breakpoint,
    Goalpost,
    Logistic,
    LogPiecewise,
    Piecewise,
    ReferencePoint,
)
from standort.scoring.weights.weight_groups import elicit_groups, is_elicited, plain_weights

if TYPE_CHECKING:
    from standort.scoring.profile.base_model import FrozenModel


def profile_names() -> list[str]:
    """List the built-in profiles.

    Returns
    -------
    Names in alphabetical order.

    Examples
    --------
    >>> profile_names()
    ['frontrunner', 'net-zero']
    """
    folder = resources.files("standort").joinpath("profiles")
    files = [entry.name for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return sorted(name.removesuffix(".toml") for name in files)


@checked()
def profile_text(name: str) -> str:
    """Return the TOML of a built-in profile, to read or to start a new one from.

    Parameters
    ----------
    name
        One of `profile_names`.

    Returns
    -------
    The text of the file.

    Raises
    ------
    ProfileError
        If there is no built-in profile of that name.

    Examples
    --------
    >>> "co2_storage_distance" in profile_text("net-zero")
    True
    """
    if name not in profile_names():
        msg = f"unknown built-in profile {name!r}; {suggest(name, profile_names())}"
        raise ProfileError(msg)
    file = resources.files("standort").joinpath("profiles").joinpath(f"{name}.toml")
    return file.read_text(encoding="utf-8")


@checked()
def load_profile(profile: str | Path | Profile) -> Profile:
    """Load a profile by name or from a TOML file.

    Parameters
    ----------
    profile
        A name of `profile_names`, the path of a TOML file, or a profile, which is returned as is.

    Returns
    -------
    The profile, frozen.

    Raises
    ------
    ProfileError
        If there is no such profile, the file is not TOML, or its content is invalid; the message
        lists every invalid key.
    FileError
        If the file cannot be read.

    Examples
    --------
    >>> profile = load_profile("net-zero")
    >>> profile.aggregation, profile.criterion("port_distance").unit
    ('geometric', 'km')
    """
    if isinstance(profile, Profile):
        return profile
    if isinstance(profile, str) and profile in profile_names():
        return _built_in(profile)
    path = Path(profile)
    if isinstance(profile, str) and path.suffix != ".toml" and not path.is_file():
        msg = (
            f"expected the name of a built-in profile or the path of a TOML file, got "
            f"{profile!r}; {suggest(profile, profile_names())}"
        )
        raise ProfileError(msg)
    document = _read_toml(_read_text(path), of=path.name)
    return parse_profile(_with_absolute_paths(document, path.parent), of=f"file {path.name!r}")


@cache
def _built_in(name: str) -> Profile:
    """Read a built-in profile once: it is immutable."""
    return parse_profile(_read_toml(profile_text(name), of=name), of=repr(name))


@checked()
def parse_profile(document: Mapping[str, object], *, of: str = "given") -> Profile:
    """Build a profile from the content of a TOML file.

    Parameters
    ----------
    document
        Tables, lists and scalars as `tomllib` returns them.
    of
        Name of the profile in messages.

    Returns
    -------
    The profile, frozen.

    Raises
    ------
    ProfileError
        If the content is invalid; the message lists every invalid key, its value and a remedy.

    Notes
    -----
    With `extends = "net-zero"` a document changes the settings and weights of a built-in profile.
    Its tables `weights`, `vetoes` and `gates` are keyed by id; a cluster criterion shares the entry
    of the criterion with its id. Any profile may have judgements in `weights` instead of numbers,
    by group (docs/weights.md); the weights are computed from them.

    Examples
    --------
    >>> document = {
    ...     "extends": "net-zero",
    ...     "id": "ports-first",
    ...     "version": "1",
    ...     "weights": {"port_distance": 3},
    ... }
    >>> parse_profile(document).criterion("port_distance").weight
    3.0
    """
    merged, problems = _resolve(document)
    problems += profile_problems(merged)
    try:
        profile = Profile.model_validate(merged)
    except ValidationError as error:
        problems = [*shape_problems(error.errors(), merged, keys_at=_keys_at), *problems]
    if problems:
        lines = [f"{dotted_path(problem.loc, merged)}: {problem.message}" for problem in problems]
        raise ProfileError(gather(lines, of=f"profile {of}"))
    return profile


def _with_absolute_paths(document: dict[str, object], folder: Path) -> dict[str, object]:
    """Make the paths of rasters and judgements absolute: they are relative to the profile."""
    items = []
    for item in _listed(document.get("criteria")):
        source = as_table(as_table(item).get("source"))
        path = source.get("path")
        if isinstance(path, str) and path.strip():
            absolute = {**source, "path": str(folder.absolute() / path.strip())}
            items.append({**as_table(item), "source": absolute})
        else:
            items.append(item)  # type: ignore[arg-type]  # invalid ones are reported later
    absolute = {**document, "criteria": items} if items else dict(document)
    if isinstance(document.get("weights"), dict):
        absolute["weights"] = _with_files(as_table(document["weights"]), folder)
    return absolute


def _with_files(weights: Mapping[str, object], folder: Path) -> dict[str, object]:
    """Make the paths of files of judgements absolute.

    A profile from elsewhere must not make standort read what lies outside its folder.
    """
    absolute = {
        key: _with_files(value, folder) if isinstance(value, dict) else value
        for key, value in weights.items()
    }
    if isinstance(absolute.get("file"), str):
        path = folder.absolute() / str(absolute["file"]).strip()
        if not path.resolve().is_relative_to(folder.resolve()):
            msg = (
                "weights.file: expected a file in the folder of the profile or below it, got "
                f"{str(absolute['file'])!r}; copy it there"
            )
            raise ProfileError(msg)
        absolute["file"] = str(path)
    return absolute


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"profile file {path.name!r} is not UTF-8 text ({error.reason}); save it as UTF-8"
        raise ProfileError(msg) from error
    except OSError as error:
        msg = f"cannot read the profile {str(path)!r}: {error.strerror}; check the path"
        raise FileError(msg) from error


def _read_toml(text: str, *, of: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"profile {of!r} is not valid TOML: {error}; correct that line"
        raise ProfileError(msg) from error


def _resolve(document: Mapping[str, object]) -> tuple[dict[str, object], list[Problem]]:
    """Merge a document into the built-in profile that it extends."""
    if "extends" not in document:
        return _resolve_own(dict(document))
    name = document["extends"]
    if name not in profile_names():
        message = f"unknown built-in profile {name!r}; {suggest(name, profile_names())}"
        raise ProfileError(gather([f"extends: {message}"], of="profile"))
    base, _ = _resolve(_read_toml(profile_text(str(name)), of=str(name)))
    own = {key: document[key] for key in document if key not in _BY_ID}
    problems = _reserved_problems(own)
    for key in ("components", "criteria", "cluster_criteria"):
        if own.pop(key, None) is not None:
            message = "a profile that extends another changes only weights and settings; "
            problems.append(Problem((key,), message + "start from a copy of it instead"))
    if isinstance(own.get("clusters"), Mapping):
        own["clusters"] = {**as_table(base.get("clusters")), **as_table(own["clusters"])}
    for key in ("id", "version"):  # two profiles must not share a name
        del base[key]
    merged = {**base, **own}
    for key in _LIMITS:
        problems += _override_limits(merged, key, document.get(key, {}))
    return merged, problems + _override_weights(merged, document.get("weights", {}))


def _resolve_own(own: dict[str, object]) -> tuple[dict[str, object], list[Problem]]:
    """Compute weights from the judgements of a document that extends nothing."""
    problems = _reserved_problems(own)
    for key, own_key in _LIMITS.items():
        if own.pop(key, None) is not None:
            message = f"applies only together with 'extends'; write {own_key} = 0.2 in a "
            problems.append(Problem((key,), message + "criterion"))
    if "weights" not in own:
        return own, problems
    weights = own.pop("weights")
    plain = plain_weights(as_table(weights))
    if plain or not is_elicited(weights):
        message = (
            "applies only together with 'extends', or with judgements; set the weight of each "
            "criterion"
        )
        return own, [*problems, Problem(("weights",), message)]
    return own, problems + elicit_groups(as_table(weights), own)


def _reserved_problems(own: dict[str, object]) -> list[Problem]:
    if own.pop("elicited", None) is None:
        return []
    message = "is written by standort; put judgements, or weights, in [weights]"
    return [Problem(("elicited",), message)]


def _override_limits(merged: dict[str, object], key: str, limits: object) -> list[Problem]:
    """Set vetoes or gates by id; their range is checked with the criteria."""
    if not isinstance(limits, Mapping):
        return [Problem((key,), f"expected a table of ids and partial values; write [{key}]")]
    known: set[str] = set()
    for group in ("criteria", "cluster_criteria"):
        items = [dict(as_table(item)) for item in _listed(merged.get(group))]
        for item in items:
            known.add(str(item["id"]))
            if item["id"] in limits:
                item[_LIMITS[key]] = limits[item["id"]]
        merged[group] = items
    return [
        Problem((key, own_id), f"is not the id of a criterion; {suggest(own_id, sorted(known))}")
        for own_id in limits
        if own_id not in known
    ]


def _override_weights(merged: dict[str, object], weights: object) -> list[Problem]:
    """Set weights by id, or from judgements."""
    if not isinstance(weights, Mapping):
        return [Problem(("weights",), "expected a table of ids and weights; write [weights]")]
    problems = _override_plain(merged, plain_weights(weights))
    return problems + (elicit_groups(weights, merged) if is_elicited(weights) else [])


def _override_plain(merged: dict[str, object], weights: Mapping[str, object]) -> list[Problem]:
    """Set weights by id; invalid ones are reported and not set."""
    known: set[str] = set()
    for key in ("components", "criteria", "cluster_criteria"):
        items = [dict(as_table(item)) for item in _listed(merged.get(key))]
        for item in items:
            known.add(str(item["id"]))
            weight = as_number(weights.get(str(item["id"])))
            if weight is not None and is_weight(weight):
                item["weight"] = weight
        merged[key] = items
    problems = []
    for own_id, given in weights.items():
        number = as_number(given)
        if own_id not in known:
            message = f"is not the id of a component or criterion; {suggest(own_id, sorted(known))}"
            problems.append(Problem(("weights", own_id), message))
        elif number is None or not is_weight(number):
            message = f"expected {WEIGHT_RANGE}, got {given!r}; only the ratios of weights matter"
            problems.append(Problem(("weights", own_id), message))
    return problems


#: Keys of a document that are resolved before it is validated.
_BY_ID = frozenset({"extends", "weights", "vetoes", "gates"})
#: Tables that set a key of criteria, and that key.
_LIMITS = {"vetoes": "veto", "gates": "gate"}


def _listed(raw: object) -> Iterable[object]:
    return raw if isinstance(raw, list | tuple) else ()


#: Model of each table, by the name of the table in a location.
_MODELS: dict[str, type[FrozenModel]] = {
    "clusters": ClusterSettings,
    "components": Component,
    "criteria": Criterion,
    "cluster_criteria": ClusterCriterion,
    "demand": CatchmentDemand,
    "discount": Discount,
    "source": RasterSource,
    "technology": Technology,
    "density": Density,
    "availability": Availability,
    "power_curve": TurbineCurve,
    "range": Range,
    "points": Breakpoint,
    "worst": ReferencePoint,
    "best": ReferencePoint,
    "midpoint": ReferencePoint,
    "scale": ReferencePoint,
    "piecewise": Piecewise,
    "log_piecewise": LogPiecewise,
    "goalpost": Goalpost,
    "logistic": Logistic,
}


def _keys_at(loc: Loc) -> Iterable[str]:
    # a logistic may be a value function or a decay
    models = {**_MODELS, **DECAYS} if "decay" in loc else _MODELS
    named = [part for part in loc[:-1] if part in models]
    model: type[FrozenModel] = models[str(named[-1])] if named else Profile
    extra = sorted(_BY_ID) if model is Profile else ()
    return (*(name for name in model.model_fields if name != "elicited"), *extra)
