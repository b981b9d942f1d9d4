"""Formats of files: what is stored is what is read, or the cells are named."""
