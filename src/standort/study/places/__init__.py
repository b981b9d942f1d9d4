"""The places of a study: clusters, initiatives and unclustered sites, their types and contributions."""
