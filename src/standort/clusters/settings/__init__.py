"""How much clusters depend on eps and min_samples, and how to choose them."""
