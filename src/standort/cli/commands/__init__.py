"""One module for each command of `standort`."""
