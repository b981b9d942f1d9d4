"""Profiles: criteria, value functions, filters and settings, loaded from TOML."""
