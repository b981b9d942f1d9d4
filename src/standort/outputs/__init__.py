"""What goes out: GeoPackage with QGIS styles, manifest, explanations, maps, plots and summaries.

Outputs know tables only, so that they serve a result in memory and one read from a file alike.
"""

from __future__ import annotations

__all__: list[str] = []
