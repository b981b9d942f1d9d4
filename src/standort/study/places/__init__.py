"""Places of a study: clusters, initiatives, unclustered sites; types and contributions."""
