"""Geometry of layers: reference systems, repair, multiparts and the antimeridian."""
