"""Files that standort writes: recognised, replaced whole or not at all, and opened for reading."""
