from .manifest import creation_time, flatten_manifest, package_versions, unflatten_manifest
from .notes import Note, notes_of
from .result_tables import ResultTables
from .schema import ResultColumn, Schema

__all__ = [
    "Note",
    "ResultColumn",
    "ResultTables",
    "Schema",
    "creation_time",
    "flatten_manifest",
    "notes_of",
    "package_versions",
    "unflatten_manifest",
]
