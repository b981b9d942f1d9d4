"""Results in files: GeoPackage and GeoParquet, written at once or in chunks, and read."""
