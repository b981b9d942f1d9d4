"""Rasters: opening, checking, reading by window and describing them."""
