"""Studies: checked layers, tables and rasters that belong together, in WGS84."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from standort.arguments import YEAR, checked
from standort.errors import FileError, LayerError, Problem, raise_problems, warn
from standort.layers.attributes.column_checks import suggest
from standort.layers.attributes.joins import JOINED, find_doubtful_joins
from standort.layers.preparation import prepare
from standort.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geopandas import GeoDataFrame
    from pandas import DataFrame

    from standort.layers.preparation import Prepared
    from standort.layers.provenance import LayerSource


@checked(year=YEAR)
@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """All inputs of a score and their sources. Immutable.

    Create a study with `read_study` or `from_layers`, which check and convert the layers.

    Parameters
    ----------
    layers
        Layers by name, in EPSG:4326, each indexed by ``site_id`` or ``feature_id``.
    tables
        Tables by name.
    rasters
        Paths of rasters by name.
    sources
        Source of each layer and table.
    ignored_layers
        Layers of the input without a role.
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
        # Mapping proxies cannot be pickled, but batches send studies to other processes.
        parts = (dict(self.layers), dict(self.tables), dict(self.rasters), dict(self.sources))
        return Study, (*parts, self.ignored_layers, self.year)

    @property
    def emitters(self) -> GeoDataFrame:
        """Emitters, the context of density metrics.

        Raises
        ------
        LayerError
            If the study has none.
        """
        if "emitters" not in self.layers:
            names = ", ".join(self.layers)
            msg = f"expected a layer 'emitters', the study has {names}: add it to the study"
            raise LayerError(msg)
        return self.layers["emitters"]

    @property
    def sites(self) -> GeoDataFrame:
        """Sites to score: the layer ``sites``, or the emitters without such a layer."""
        given = self.layers.get("sites")
        return self.emitters if given is None else given

    @classmethod
    @checked(year=YEAR)
    def from_layers(cls, *, year: int | None = None, **layers: GeoDataFrame | DataFrame) -> Study:
        """Check and convert layers and tables built in memory.

        Parameters
        ----------
        year
            Year of the study: rows whose ``year_from`` and ``year_to`` do not cover it are
            omitted. None keeps all rows.
        **layers
            Layers and tables by role; they are not changed.

        Returns
        -------
        The study.

        Raises
        ------
        LayerError
            If layers have problems; `CRSError` or `GeometryError` if all are of that kind.

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

    @checked()
    def with_layer(
        self, name: str, frame: GeoDataFrame | DataFrame, *, source: LayerSource | None = None
    ) -> Study:
        """Return a study with one layer or table added or replaced.

        Parameters
        ----------
        name
            Name of its role.
        frame
            The layer, which is checked and converted; it is not changed.
        source
            Source of the layer, as returned by `read_layer`.

        Returns
        -------
        The changed copy.

        Raises
        ------
        LayerError
            If the role is unknown or the layer has problems.

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
        for notice in prepared.warnings:
            warn(notice.text)
        sources = {**self.sources, name: source or prepared.source}
        added: dict[str, Any] = {name: prepared.frame}
        if ROLES[name].is_table:
            changed = replace(self, tables={**self.tables, **added}, sources=sources)
        else:
            changed = replace(self, layers={**self.layers, **added}, sources=sources)
        if name in JOINED:
            warn_of_doubtful_joins(changed)
        return changed

    @checked()
    def with_raster(self, name: str, path: str | Path) -> Study:
        """Return a study with one raster added or replaced.

        Parameters
        ----------
        name
            Name of the raster in the criteria of the profile.
        path
            The file. It is opened only when it is measured; the profile states band and unit.

        Returns
        -------
        The changed copy.

        Raises
        ------
        FileError
            If the file does not exist.

        Examples
        --------
        >>> study = Study(layers={})
        >>> study.with_raster("wind", "no-such-folder/wind.tif")
        Traceback (most recent call last):
        standort.errors.FileError: raster 'wind': expected a file, found none at
        'no-such-folder/wind.tif': check the path
        """
        file = Path(path)
        if not file.is_file():
            msg = f"raster {name!r}: expected a file, found none at {str(path)!r}: check the path"
            raise FileError(msg)
        return replace(self, rasters={**self.rasters, name: file})


def study_problems(
    prepared: Mapping[str, Prepared], *, suggestions: tuple[str, ...] = ()
) -> list[Problem]:
    """Return the problems of all layers and of the study as a whole.

    Parameters
    ----------
    prepared
        Layers and tables by name.
    suggestions
        Suggestions for ignored layers with misspelt names.

    Returns
    -------
    The problems, including a study without sites.
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
        problems.append(no_rows(scored.source))
    return problems


def no_rows(source: LayerSource) -> Problem:
    """Return the problem of a layer to be scored of which no row is left.

    Parameters
    ----------
    source
        Source of the layer.

    Returns
    -------
    The problem.

    Examples
    --------
    >>> from standort.layers.provenance import LayerSource
    >>> no_rows(LayerSource(None, "sites")).text
    "layer 'sites': nothing can be scored without rows; 0 of 0 are left:
      add sites or choose another year"
    """
    notes = "".join(f" ({note})" for note in source.notes)
    text = (
        f"layer {source.layer!r}: nothing can be scored without rows; "
        f"0 of {source.rows_read} are left{notes}: add sites or choose another year"
    )
    return Problem("attribute", text)


def assemble(
    prepared: Mapping[str, Prepared],
    *,
    rasters: Mapping[str, Path] | None = None,
    ignored_layers: tuple[str, ...] = (),
    year: int | None = None,
) -> Study:
    """Create a study from layers without problems, and issue their warnings.

    Parameters
    ----------
    prepared
        Layers and tables by name.
    rasters
        Paths of rasters by name.
    ignored_layers
        Layers of the input without a role.
    year
        Year whose rows were kept; None if all were.

    Returns
    -------
    The study.
    """
    for layer in prepared.values():
        for notice in layer.warnings:
            warn(notice.text)
    study = collect(prepared, rasters=rasters, ignored_layers=ignored_layers, year=year)
    warn_of_doubtful_joins(study)
    return study


def warn_of_doubtful_joins(study: Study) -> None:
    """Warn of ids of sites and initiatives that nearly match those of the emitters.

    Parameters
    ----------
    study
        The study.

    Warns
    -----
    StandortWarning
        Once for the sites and once for the initiatives, with pairs of ids.
    """
    for notice in find_doubtful_joins(study.layers, study.tables):
        warn(notice.text)


def collect(
    prepared: Mapping[str, Prepared],
    *,
    rasters: Mapping[str, Path] | None = None,
    ignored_layers: tuple[str, ...] = (),
    year: int | None = None,
) -> Study:
    """Create a study from the layers without problems, without warnings.

    Parameters
    ----------
    prepared, rasters, ignored_layers, year
        As for `assemble`.

    Returns
    -------
    The study, without the layers that have problems: for inspection, not for scoring.
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
    """Return the problem of an unknown role, with a suggestion."""
    meant = suggest(name, tuple(ROLES))
    hint = f"did you mean {meant!r}?" if meant else f"the roles are {', '.join(ROLES)}"
    return Problem("attribute", f"expected the role of a layer or table, got {name!r}: {hint}")
