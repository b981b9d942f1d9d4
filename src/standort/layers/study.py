"""A study: the layers, tables and rasters that come in together, checked and in WGS84."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from standort.errors import FileError, LayerError, OptionError, warn
from standort.layers.column_checks import suggest
from standort.layers.preparation import prepare
from standort.layers.provenance import Problem, LayerSource, raise_problems
from standort.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geopandas import GeoDataFrame
    from pandas import DataFrame

    from standort.layers.preparation import Prepared

__all__ = ["LayerSource", "Study", "assemble", "check_study", "collect", "study_problems"]


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """Everything a score is computed from, and where each part came from. Never changed.

    Make one with `read_study` or `from_layers`: they check and convert.

    Parameters
    ----------
    layers
        Layers by name, in EPSG:4326, each indexed by ``site_id`` or ``feature_id``.
    tables
        Tables by name.
    rasters
        Paths of rasters by name.
    sources
        Where each layer and table came from.
    ignored_layers
        Layers of the input that play no part.
    year
        Year whose rows were kept; None if all were.
    """

    layers: Mapping[str, GeoDataFrame]
    tables: Mapping[str, DataFrame] = field(default_factory=dict)
    rasters: Mapping[str, Path] = field(default_factory=dict)
    sources: Mapping[str, LayerSource] = field(default_factory=dict)
    ignored_layers: tuple[str, ...] = ()
    year: int | None = None

    def __post_init__(self) -> None:
        for name in ("layers", "tables", "rasters", "sources"):
            frozen = MappingProxyType(dict(getattr(self, name)))
            object.__setattr__(self, name, frozen)

    def __repr__(self) -> str:
        held = {**self.layers, **self.tables}
        return f"<Study: {', '.join(f'{name} ({len(rows)})' for name, rows in held.items())}>"

    def __reduce__(self) -> tuple[type[Study], tuple[Any, ...]]:
        # A mapping proxy cannot be pickled, and batch runs send studies to other processes.
        parts = (dict(self.layers), dict(self.tables), dict(self.rasters), dict(self.sources))
        return Study, (*parts, self.ignored_layers, self.year)

    @property
    def emitters(self) -> GeoDataFrame:
        """The context that density is measured against.

        Raises
        ------
        LayerError
            If the study has none.
        """
        if "emitters" not in self.layers:
            found = ", ".join(self.layers)
            msg = f"expected a layer 'emitters', the study holds {found}: add it to the study"
            raise LayerError(msg)
        return self.layers["emitters"]

    @property
    def sites(self) -> GeoDataFrame:
        """What is scored: the layer ``sites``, or the emitters where there is none."""
        given = self.layers.get("sites")
        return self.emitters if given is None else given

    @classmethod
    def from_layers(cls, *, year: int | None = None, **layers: GeoDataFrame | DataFrame) -> Study:
        """Check and convert layers and tables built in memory.

        Parameters
        ----------
        year
            Year of the study: rows whose ``year_from`` and ``year_to`` do not cover it are left
            out. None keeps every row.
        **layers
            Layers and tables by the name of their role; none is changed.

        Returns
        -------
        The study.

        Raises
        ------
        LayerError
            If any layer has a problem; `CRSError` or `GeometryError` if all are of that kind.

        Warns
        -----
        StandortWarning
            For each kind of repair in each layer, with its count.

        Examples
        --------
        >>> import geopandas
        >>> emitters = geopandas.GeoDataFrame(
        ...     {"site_id": ["a"], "co2_t_per_yr": [5.0e5]},
        ...     geometry=geopandas.points_from_xy([4.3], [51.9], crs="EPSG:4326"),
        ... )
        >>> Study.from_layers(emitters=emitters).sites["co2_t_per_yr"].to_dict()
        {'a': 500000.0}
        """
        unknown = [_unknown_role(name) for name in layers if name not in ROLES]
        known = {name: frame for name, frame in layers.items() if name in ROLES}
        prepared = {name: prepare(known[name], ROLES[name], year=year) for name in known}
        problems = [*unknown, *study_problems(prepared)]
        raise_problems(problems, of="the study")
        return assemble(prepared, year=year)

    def with_layer(
        self, name: str, frame: GeoDataFrame | DataFrame, *, source: LayerSource | None = None
    ) -> Study:
        """Return a study with one layer or table added or replaced.

        Parameters
        ----------
        name
            Name of its role.
        frame
            The layer; checked and converted like any other, and not changed.
        source
            Where it came from, as `read_layer` tells.

        Returns
        -------
        The changed copy.

        Raises
        ------
        LayerError
            If there is no such role or the layer has a problem.

        Examples
        --------
        >>> import geopandas
        >>> points = geopandas.points_from_xy([4.3], [51.9], crs="EPSG:4326")
        >>> sites = geopandas.GeoDataFrame({"site_id": ["a"]}, geometry=points)
        >>> study = Study.from_layers(sites=sites)
        >>> ports = geopandas.GeoDataFrame({"feature_id": ["p"]}, geometry=points)
        >>> sorted(study.with_layer("ports", ports).layers), sorted(study.layers)
        (['ports', 'sites'], ['sites'])
        """
        if name not in ROLES:
            raise_problems([_unknown_role(name)], of="the study")
        prepared = prepare(frame, ROLES[name])
        raise_problems(prepared.problems, of="the study")
        for message in prepared.warnings:
            warn(message)
        sources = {**self.sources, name: source or prepared.source}
        added: dict[str, Any] = {name: prepared.frame}
        if ROLES[name].is_table:
            return replace(self, tables={**self.tables, **added}, sources=sources)
        return replace(self, layers={**self.layers, **added}, sources=sources)

    def with_raster(self, name: str, path: str | Path) -> Study:
        """Return a study with one raster added or replaced.

        Parameters
        ----------
        name
            What the criteria of a profile call it.
        path
            The file. It is opened when it is measured, not here: which band of it is asked for,
            and in what unit, the profile tells.

        Returns
        -------
        The changed copy.

        Raises
        ------
        FileError
            If there is no such file.

        Examples
        --------
        >>> study = Study(layers={})
        >>> study.with_raster("wind", "no-such-folder/wind.tif")
        Traceback (most recent call last):
        standort.errors.FileError: raster 'wind': expected a file, found none at
        'no-such-folder/wind.tif': check the path
        """
        found = Path(path)
        if not found.is_file():
            msg = f"raster {name!r}: expected a file, found none at {str(path)!r}: check the path"
            raise FileError(msg)
        return replace(self, rasters={**self.rasters, name: found})


def check_study(study: object) -> None:
    """Refuse what is no study, a path above all.

    Parameters
    ----------
    study
        What was given for one.

    Raises
    ------
    OptionError
        If it is none.

    Examples
    --------
    >>> check_study("ports.gpkg")
    Traceback (most recent call last):
    standort.errors.OptionError: expected a study, got 'ports.gpkg': read it first, with
    standort.read_study('ports.gpkg')
    """
    if isinstance(study, Study):
        return
    if isinstance(study, str | Path):
        told = f"{str(study)!r}: read it first, with standort.read_study({str(study)!r})"
    else:
        told = f"{type(study).__name__}: make one with standort.read_study or Study.from_layers"
    msg = f"expected a study, got {told}"
    raise OptionError(msg)


def study_problems(
    prepared: Mapping[str, Prepared], *, suggestions: tuple[str, ...] = ()
) -> list[Problem]:
    """Gather the problems of all layers, and those of the study as a whole.

    Parameters
    ----------
    prepared
        Layers and tables by name.
    suggestions
        Sentences on ignored layers that may be the missing ones.

    Returns
    -------
    The problems; a study without anything to score is one.
    """
    problems = [problem for layer in prepared.values() for problem in layer.problems]
    scored = prepared.get("sites") or prepared.get("emitters")
    if scored is None:
        hint = f" ({'; '.join(suggestions)})" if suggestions else ""
        text = (
            "a study needs a layer 'emitters' or 'sites'; "
            f"known layers in it: {', '.join(prepared) or 'none'}{hint}: add one"
        )
        problems.append(Problem("attribute", text))
    elif scored.frame is not None and scored.frame.empty:
        notes = "".join(f" ({note})" for note in scored.source.notes)
        text = (
            f"layer {scored.source.layer!r}: nothing can be scored without rows; "
            f"0 of {scored.source.rows_read} are left{notes}: add sites or choose another year"
        )
        problems.append(Problem("attribute", text))
    return problems


def assemble(
    prepared: Mapping[str, Prepared],
    *,
    rasters: Mapping[str, Path] | None = None,
    ignored_layers: tuple[str, ...] = (),
    year: int | None = None,
) -> Study:
    """Make a study of faultless layers, and pass their warnings on.

    Parameters
    ----------
    prepared
        Layers and tables by name.
    rasters
        Paths of rasters by name.
    ignored_layers
        Layers of the input that play no part.
    year
        Year whose rows were kept; None if all were.

    Returns
    -------
    The study.
    """
    for layer in prepared.values():
        for message in layer.warnings:
            warn(message)
    return collect(prepared, rasters=rasters, ignored_layers=ignored_layers, year=year)


def collect(
    prepared: Mapping[str, Prepared],
    *,
    rasters: Mapping[str, Path] | None = None,
    ignored_layers: tuple[str, ...] = (),
    year: int | None = None,
) -> Study:
    """Make a study of the layers without problems, in silence; others are left out.

    Parameters
    ----------
    prepared, rasters, ignored_layers, year
        As for `assemble`.

    Returns
    -------
    The study. If problems keep layers out, it is good for looking at, not for scoring.
    """
    frames = {name: layer.frame for name, layer in prepared.items() if layer.frame is not None}
    return Study(
        layers={name: frame for name, frame in frames.items() if not ROLES[name].is_table},
        tables={name: frame for name, frame in frames.items() if ROLES[name].is_table},
        rasters=rasters or {},
        sources={name: prepared[name].source for name in frames},
        ignored_layers=ignored_layers,
        year=year,
    )


def _unknown_role(name: str) -> Problem:
    """Say that there is no such role, and which may be meant."""
    meant = suggest(name, tuple(ROLES))
    hint = f"did you mean {meant!r}?" if meant else f"the roles are {', '.join(ROLES)}"
    return Problem("attribute", f"expected the role of a layer or table, got {name!r}: {hint}")
