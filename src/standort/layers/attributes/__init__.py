"""Attributes of a layer: columns, their types, ids, and what is implausible."""
