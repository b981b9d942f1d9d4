"""Facts that the screening of place-based approaches needs."""
