"""What-if scenarios: features added or removed, and candidates ranked."""
