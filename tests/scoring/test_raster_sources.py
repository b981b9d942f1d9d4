"""Criteria of rasters: keys checked against each other, and where files are searched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from standort.errors import ProfileError
from standort.metrics import potential, resource
from standort.scoring.profile import raster_sources as sources
from standort.scoring.profile.criteria import criterion_problems
from standort.scoring.profile.loading import load_profile, parse_profile, profile_text
from standort.units import UNITS

if TYPE_CHECKING:
    from standort.scoring.profile.profile_model import Profile

#: As in a copy of the default profile.
WIND = """
[[criteria]]
id = "wind_potential"
component = "net_zero_assets"
title = "Wind potential within 25 km"
rationale = "Power from nearby"
metric = "technical_potential"
unit = "twh_per_yr"
radius_km = 25
technology = "onshore_wind"
source = { raster = "wind", unit = "m_per_s" }
value.kind = "goalpost"
value.worst = { x = 0, source = "assumption" }
value.best = { x = 10, source = "assumption" }
"""
FIGURES = {
    "density": {"mw_per_km2": 10, "source": "a book"},
    "availability": {"share": 0.3, "source": "a map"},
}


def raw(metric: str, source: dict[str, Any], **options: object) -> dict[str, Any]:
    reach = {"x": 1, "source": "assumption"}
    return {
        "id": "c",
        "component": "net_zero_assets",
        "title": "a title",
        "rationale": "a reason",
        "metric": metric,
        "source": {"raster": "wind", **source},
        "value": {"kind": "goalpost", "worst": {**reach, "x": 0}, "best": reach},
        **options,
    }


def within(statistic: str, held: str | None, unit: str, **options: object) -> dict[str, Any]:
    source = {} if held is None else {"unit": held}
    given = {"unit": unit, "radius_km": 10, "statistic": statistic, **options}
    return raw("raster_within", source, **given)


def potential_of(technology: object, held: str = "m_per_s", **options: object) -> dict[str, Any]:
    given = {"unit": "twh_per_yr", "radius_km": 10, "technology": technology, **options}
    return raw("technical_potential", {"unit": held}, **given)


@pytest.mark.parametrize(
    "criterion",
    [
        raw("raster_value", {"unit": "m"}, unit="km"),
        raw("raster_value", {"unit": "m", "band": "height", "nodata": -1, "crs": "EPSG:4326"},
            unit="m"),
        within("mean", "m_per_s", "m_per_s"),
        within("max", "ratio", "ratio"),
        within("sum", "people", "million_people"),
        within("integral", "people_per_km2", "million_people"),
        within("integral", "ratio", "ha"),
        within("integral", "gwh_per_yr_per_km2", "twh_per_yr"),
        within("share", None, "ratio", classes=[130, 190.0]),
        potential_of("onshore_wind"),
        potential_of("onshore_wind", "ratio", unit="gwh_per_yr"),
        potential_of({**FIGURES, "power_curve": {"rated": 11}}),
        potential_of(FIGURES, "ratio"),
    ],
)  # fmt: skip
def test_matching_keys_have_no_problems(criterion: dict[str, Any]) -> None:
    assert criterion_problems(criterion) == []


FAULTY: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "no unit of the values": (
        within("mean", None, "m_per_s"),
        ("source", "unit"),
        "expected the unit of the raster's values, it is missing; add it",
    ),
    "unknown unit of the values": (
        within("mean", "m_per_sec", "m_per_s"),
        ("source", "unit"),
        "unknown unit 'm_per_sec'; did you mean 'm_per_s'?",
    ),
    "unit of the criterion": (
        within("mean", "m_per_s", "km"),
        ("unit",),
        (
            "expected a speed (m_per_s) for metric 'raster_within' with statistic 'mean' of a "
            "raster in 'm_per_s', got 'km' (length); change the unit"
        ),
    ),
    "unit of an integral": (
        within("integral", "people_per_km2", "people_per_km2"),
        ("unit",),
        "expected a number of people (people, million_people) for metric 'raster_within'",
    ),
    "integral of amounts per cell": (
        within("integral", "people", "people"),
        ("source", "unit"),
        "expected an amount per km2 (people_per_km2, jobs_per_km2,",
    ),
    "sum of amounts per km2": (
        within("sum", "people_per_km2", "people_per_km2"),
        ("source", "unit"),
        (
            "expected an amount per cell for statistic 'sum', got 'people_per_km2', an amount per "
            "km2; use statistic 'integral'"
        ),
    ),
    "sum of speeds": (
        within("sum", "m_per_s", "m_per_s"),
        ("source", "unit"),
        "expected an amount per cell for statistic 'sum', got 'm_per_s', which does not add up",
    ),
    "unit of classes": (
        within("share", "ratio", "ratio", classes=[1]),
        ("source", "unit"),
        "does not apply to statistic 'share': classes have no unit; remove it",
    ),
    "share of no classes": (
        within("share", None, "ratio"),
        ("classes",),
        "expected the classes that count for statistic 'share'",
    ),
    "classes of a mean": (
        within("mean", "m", "m", classes=[1]),
        ("classes",),
        "does not apply to statistic 'mean', only to 'share'; remove it",
    ),
    "radius": (
        within("mean", "m", "m", radius_km=5001),
        ("radius_km",),
        "expected at most 5,000 km around a site, got 5001; choose a smaller one",
    ),
    "coverage of one cell": (
        raw("raster_value", {"unit": "m", "min_coverage": 0.5}, unit="m"),
        ("source", "min_coverage"),
        "does not apply to metric 'raster_value', which reads one cell; remove it",
    ),
    "potential of heights": (
        potential_of("onshore_wind", "m"),
        ("source", "unit"),
        "expected 'm_per_s' (mean wind speeds) or 'ratio' (capacity factors) for metric",
    ),
    "power curve for capacity factors": (
        potential_of({**FIGURES, "power_curve": {"rated": 11}}, "ratio"),
        ("technology", "power_curve"),
        "does not apply to a raster of capacity factors (unit 'ratio'); remove it",
    ),
    "power curve that falls": (
        potential_of({**FIGURES, "power_curve": {"cut_in": 13}}),
        ("technology", "power_curve"),
        "expected cut_in < rated < cut_out [m/s], got 13, 12, 25; sort them",
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_keys_that_do_not_match_are_one_problem(name: str) -> None:
    criterion, loc, message = FAULTY[name]
    (problem,) = criterion_problems(criterion)
    assert problem.loc == loc
    assert problem.message.startswith(message)


def test_all_problems_of_a_raster_are_reported_together_by_their_paths(tmp_path: Path) -> None:
    spoilt = WIND.replace('"onshore_wind"', "{ density = 10, availability = { share = 3 } }")
    spoilt = spoilt.replace('unit = "m_per_s"', 'units = "m_per_s", band = 0')
    path = tmp_path / "mine.toml"
    path.write_text(profile_text("net-zero") + spoilt)
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    text = str(caught.value)
    at = "criteria.wind_potential."
    for line in (
        f"{at}source.units: unknown key; did you mean 'unit'?",
        f"{at}source.unit: expected the unit of the raster's values, it is missing; add it",
        f"{at}source.band: expected the number of a band, from 1, or its name, got 0; correct it",
        f"{at}technology.density: expected a table, got 10; write density = {{ mw_per_km2 = 10, ",
        f"{at}technology.availability.share: expected a number of at most 1, got 3; correct it",
        f"{at}technology.availability.source: expected a source, it is missing; say where",
    ):
        assert line in text, line


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('technology = "offshore_wind"', "technology: expected 'onshore_wind', got 'offshore_w"),
        ('source = "wind"', "source: expected a table, got 'wind'; write source = { raster = "),
        ('source = { raster = "My wind", unit = "m_per_s" }',
         "source.raster: expected a plain lower-case name without blanks, got 'My wind'"),
        ('statistic = "mean"', ("statistic: does not apply to metric 'technical_potential', which "
         "takes source, radius_km, technology; remove it")),
        ('layer = "renewables"', "layer: does not apply to metric 'technical_potential'"),
    ],
)  # fmt: skip
def test_what_a_profile_says_wrongly_is_named(written: str, message: str) -> None:
    import tomllib

    (criterion,) = tomllib.loads(WIND)["criteria"]
    document = tomllib.loads(profile_text("net-zero"))
    document["criteria"].append({**criterion, **tomllib.loads(written)})
    with pytest.raises(ProfileError) as caught:
        parse_profile(document)
    assert f"criteria.wind_potential.{message}" in str(caught.value)


def write(folder: Path, wind: str = WIND) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "mine.toml"
    path.write_text(profile_text("net-zero") + wind)
    return path


def source_path(profile: Profile) -> str | None:
    source = profile.criterion("wind_potential").source
    assert source is not None
    return source.path


def test_a_path_is_relative_to_the_file_of_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_path = WIND.replace('raster = "wind"', 'raster = "wind", path = "maps/wind.tif"')
    path = write(tmp_path / "profiles", with_path)
    wanted = str(tmp_path / "profiles" / "maps" / "wind.tif")
    assert source_path(load_profile(path)) == wanted
    monkeypatch.chdir(tmp_path)
    assert source_path(load_profile("profiles/mine.toml")) == wanted
    assert load_profile(path).rasters == ("wind",)


def test_an_absolute_path_stays(tmp_path: Path) -> None:
    with_path = WIND.replace('raster = "wind"', 'raster = "wind", path = "/maps/wind.tif"')
    assert source_path(load_profile(write(tmp_path, with_path))) == str(Path("/maps/wind.tif"))


def test_one_raster_in_two_places_is_named(tmp_path: Path) -> None:
    here = WIND.replace('raster = "wind"', 'raster = "wind", path = "a.tif"')
    there = here.replace("a.tif", "b.tif").replace("wind_potential", "more_wind")
    with pytest.raises(ProfileError, match=r"more_wind\.source\.path: raster 'wind' has the path"):
        load_profile(write(tmp_path, here + there))


def test_where_a_raster_lies_is_no_part_of_the_profile(tmp_path: Path) -> None:
    with_path = WIND.replace('raster = "wind"', 'raster = "wind", path = "wind.tif"')
    plain = load_profile(write(tmp_path / "a"))
    here = load_profile(write(tmp_path / "b", with_path))
    there = load_profile(write(tmp_path / "c", with_path))
    assert plain.content_hash == here.content_hash == there.content_hash


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('raster = "wind"', 'raster = "gusts"'),
        ('raster = "wind"', 'raster = "wind", band = 2'),
        ('raster = "wind"', 'raster = "wind", min_coverage = 0.9'),
        ('raster = "wind"', 'raster = "wind", nodata = -999'),
        ('unit = "m_per_s"', 'unit = "ratio"'),
    ],
)
def test_what_is_read_from_a_raster_is_part_of_the_profile(
    tmp_path: Path, before: str, after: str
) -> None:
    plain = load_profile(write(tmp_path / "a"))
    other = load_profile(write(tmp_path / "b", WIND.replace(before, after)))
    assert plain.content_hash != other.content_hash


def test_names_and_figures_are_those_of_the_metrics() -> None:
    """Scoring imports no metric: what it repeats of them must stay the same."""
    assert get_args(sources.Statistic) == get_args(resource.Statistic)
    curve = sources.TurbineCurve()
    assert potential.PowerCurve(**curve.model_dump()) == potential.PowerCurve()
    assert all(unit.removesuffix("_per_km2") in UNITS for unit in UNITS if "_per_km2" in unit)
