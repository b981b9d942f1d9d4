"""Choice of eps and min_samples, and the sensitivity of clusters to them."""
