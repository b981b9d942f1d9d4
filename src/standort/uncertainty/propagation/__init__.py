"""Monte Carlo propagation of input uncertainty to scores, ranks and types."""
