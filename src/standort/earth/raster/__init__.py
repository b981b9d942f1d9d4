"""Raster cells within discs and polygons on WGS84, by true area."""
