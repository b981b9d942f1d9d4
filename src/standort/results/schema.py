"""The schema of a result: what each column of its tables is, what it means, and its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from standort.arguments import checked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

#: What a column is.
#:
#: - id: names the row, or a row of another table
#: - input: an attribute of the input
#: - description: describes the row: counts, sizes, names
#: - score, bound, component, coverage, basis: the score, its bounds from missing data, the scores
#:   of the components, the share of the weight that is known, the criteria used
#: - cluster: membership of a cluster, tier and distances to clusters
#: - metric, partial_value, feature, unknown, overstated, raster_coverage: of one criterion, the
#:   metric, its partial value, the feature that decides it, the number of features within reach of
#:   unknown quantity, the number whose share may be too high, and the known share of a raster
#: - limit: vetoes and gates
#: - linkage, type: the degree of linkage, and the type with its probabilities
#: - draws, error: a figure from Monte Carlo draws, and its standard error
#: - contribution: of the long tables of contributions
#: - screening: of the tables of place-based approaches and solution families
ColumnKind = Literal[
    "id",
    "input",
    "description",
    "score",
    "bound",
    "component",
    "coverage",
    "basis",
    "cluster",
    "metric",
    "partial_value",
    "feature",
    "unknown",
    "overstated",
    "raster_coverage",
    "limit",
    "linkage",
    "type",
    "draws",
    "error",
    "contribution",
    "screening",
]


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of a table of a result.

    Parameters
    ----------
    table
        The table: ``sites``, ``clusters``, ``places``, ...
    name
        The column.
    kind
        What it is, one of `ColumnKind`.
    meaning
        What it means, in a phrase.
    unit
        Unit of measure, one of `standort.units.UNITS`; None for texts, shares and flags.
    criterion, component
        The criterion or component it belongs to, if any.
    """

    table: str
    name: str
    kind: ColumnKind
    meaning: str
    unit: str | None = None
    criterion: str | None = None
    component: str | None = None


_FIELDS = tuple(field.name for field in fields(ResultColumn))


@dataclass(frozen=True)
class Schema:
    """The columns of all tables of a result, in the order of the tables.

    Parameters
    ----------
    columns
        The columns, without geometries.

    Examples
    --------
    >>> schema = Schema((
    ...     ResultColumn("sites", "score", "score", "Locational advantage"),
    ...     ResultColumn("sites", "assets", "component", "Net-zero assets", component="assets"),
    ... ))
    >>> schema.names("sites", "component"), schema.column("sites", "score").meaning
    (['assets'], 'Locational advantage')
    """

    columns: tuple[ResultColumn, ...] = ()

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], ResultColumn]:
        return {(column.table, column.name): column for column in self.columns}

    @checked()
    def column(self, table: str, name: str) -> ResultColumn | None:
        """Return a column; None if the schema does not have it."""
        return self._by_name.get((table, name))

    @checked()
    def names(self, table: str, *kinds: ColumnKind) -> list[str]:
        """Return the names of the columns of a table, those of some kinds only if any are given."""
        return [
            column.name
            for column in self.columns
            if column.table == table and (not kinds or column.kind in kinds)
        ]

    @checked()
    def has(self, table: str, name: str) -> bool:
        """Return whether a column of a table is a result, not an attribute of the input."""
        column = self.column(table, name)
        return column is not None and column.kind != "input"

    @checked()
    def own(self, table: str, names: Iterable[str], *, also: Collection[str] = ()) -> list[str]:
        """Return the names among some that are not attributes of the input, and those in `also`."""
        inputs = set(self.names(table, "input")) - set(also)
        return [name for name in names if name not in inputs]

    def to_frame(self) -> pd.DataFrame:
        """Return the schema as a table: a row per column, in the fields of `ResultColumn`."""
        rows = [asdict(column) for column in self.columns]
        return pd.DataFrame(rows, columns=list(_FIELDS), dtype=object)

    def to_entries(self) -> dict[str, list[dict[str, object]]]:
        """Return the schema as a manifest keeps it: by table, its columns without empty fields."""
        entries: dict[str, list[dict[str, object]]] = {}
        for column in self.columns:
            known = {key: value for key, value in asdict(column).items() if value is not None}
            entries.setdefault(known.pop("table"), []).append(known)
        return entries

    @classmethod
    @checked()
    def of(cls, manifest: Mapping[str, object]) -> Schema:
        """Read the schema that a manifest holds; empty if it holds none."""
        entries = manifest.get("schema")
        if not isinstance(entries, Mapping):
            return cls()
        return cls(tuple(_columns_of(entries)))


def _columns_of(entries: Mapping[str, list[dict[str, Any]]]) -> Iterable[ResultColumn]:
    for table, columns in entries.items():
        for column in columns:
            known = {key: value for key, value in column.items() if key in _FIELDS}
            yield ResultColumn(table=table, **known)
