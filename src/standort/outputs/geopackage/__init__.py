"""Results in files: GeoPackage and GeoParquet, written whole or in chunks, and read back."""
