"""Facts about places that place-based screening asks for."""
