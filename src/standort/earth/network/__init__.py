"""Networks of lines, and shortest paths along them."""
