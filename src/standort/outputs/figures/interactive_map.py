"""Interactive maps with folium, for notebooks and web pages."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

from standort.arguments import checked
from standort.errors import OptionError
from standort.outputs.figures.map_frame import frame_layers
from standort.outputs.geopackage.qgis_styles import (
    HULL_COLOUR,
    NO_SCORE_COLOUR,
    SCORE_CLASSES,
    score_colour,
)
from standort.outputs.wording import format_measure, format_score, humanise
from standort.results.cell_values import as_float, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import folium
    import pandas as pd
    from geopandas import GeoDataFrame

_BASE_MAP = "OpenStreetMap"
#: Fields in the tooltip of a site; a click shows all.
_ON_HOVER = frozenset({"site", "score", "range", "rank", "cluster"})


@checked()
def explore_map(
    sites: GeoDataFrame,
    clusters: GeoDataFrame,
    hulls: GeoDataFrame,
    *,
    components: Sequence[str] = (),
) -> folium.Map:
    """Draw an interactive map: sites by score, clusters by emissions, and hulls as layers.

    Hover for a summary, click for the components. Viewing it needs a network: the browser loads the
    base map and the library Leaflet, and shows only the legend without them. `plot_map` needs none.

    Parameters
    ----------
    sites
        The table of sites of a result.
    clusters
        Its table of clusters.
    hulls
        The hulls of its clusters.
    components
        Columns of the scores of components, shown on a click.

    Returns
    -------
    The map; a notebook shows it, ``.save("map.html")`` writes it.

    Raises
    ------
    OptionError
        If folium is not installed.
    """
    folium_ = _load_folium()
    framed = frame_layers(sites, clusters, hulls)
    drawn: folium.Map = folium_.Map(tiles=_BASE_MAP, prefer_canvas=True, control_scale=True)
    _add_hulls(drawn, framed.hulls, framed.clusters)
    _add_clusters(drawn, framed.clusters, components)
    _add_sites(drawn, framed.sites, components)
    page: Any = drawn.get_root()
    page.html.add_child(folium_.Element(_legend()))
    folium_.LayerControl(collapsed=False).add_to(drawn)
    west, south, east, north = framed.bounds
    drawn.fit_bounds([[south, west], [north, east]])
    return drawn


def _load_folium() -> Any:  # noqa: ANN401 - a module
    try:
        import folium
    except ImportError as error:
        msg = "maps need folium, which is not installed: pip install standort[plot]"
        raise OptionError(msg) from error
    return folium


def _add_sites(drawn: folium.Map, sites: GeoDataFrame, components: Sequence[str]) -> None:
    texts = _describe_sites(sites, components)
    features = [
        _feature(point, {**row, "colour": score_colour(score)})
        for point, row, score in zip(sites.geometry, texts, sites["score"], strict=True)
    ]
    if texts:
        hover = [name for name in texts[0] if name in _ON_HOVER]
        _add_points(drawn, "sites", features, hover=hover, click=list(texts[0]))


def _add_clusters(drawn: folium.Map, clusters: GeoDataFrame, components: Sequence[str]) -> None:
    if clusters.empty:
        return
    texts = _describe_clusters(clusters, components)
    features = []
    for point, row, emissions in zip(
        clusters.geometry, texts, clusters["co2_mt_per_yr"], strict=True
    ):
        mt = as_float(emissions)
        radius = 4.0 if math.isnan(mt) else max(4.0, min(40.0, 6.0 * math.sqrt(mt)))
        features.append(_feature(point, {**row, "colour": "#ffffff", "radius": radius}))
    names = list(texts[0])
    _add_points(drawn, "clusters", features, hover=names[:4], click=names)


def _add_hulls(drawn: folium.Map, hulls: GeoDataFrame, clusters: GeoDataFrame) -> None:
    import folium

    if hulls.empty:
        return
    names = clusters.get("name", {})
    features = [
        _feature(shape, {"cluster": html.escape(as_text(names.get(number)) or f"No. {number}")})
        for number, shape in zip(hulls.index, hulls.geometry, strict=True)
    ]
    style = {"color": HULL_COLOUR, "weight": 1, "fillColor": HULL_COLOUR, "fillOpacity": 0.12}
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        name="cluster hulls",
        style_function=lambda _: style,
        tooltip=folium.GeoJsonTooltip(fields=["cluster"]),
    ).add_to(drawn)


def _add_points(
    drawn: folium.Map,
    name: str,
    features: list[dict[str, Any]],
    *,
    hover: Sequence[str],
    click: Sequence[str],
) -> None:
    import folium

    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        name=name,
        marker=folium.CircleMarker(radius=5, weight=1, fill=True),
        style_function=_site_look if name == "sites" else _cluster_look,
        tooltip=folium.GeoJsonTooltip(fields=list(hover)),
        popup=folium.GeoJsonPopup(fields=list(click), max_width=420),
    ).add_to(drawn)


def _site_look(feature: Mapping[str, Any]) -> dict[str, Any]:
    colour = feature["properties"]["colour"]
    return {"color": "#3a3a3a", "weight": 0.5, "fillColor": colour, "fillOpacity": 0.9}


def _cluster_look(feature: Mapping[str, Any]) -> dict[str, Any]:
    radius = feature["properties"]["radius"]
    return {"color": HULL_COLOUR, "weight": 2, "fillOpacity": 0.0, "radius": radius}


def _feature(shape: Any, properties: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a geometry
    return {"type": "Feature", "geometry": shape.__geo_interface__, "properties": dict(properties)}


def _describe_sites(sites: GeoDataFrame, components: Sequence[str]) -> list[dict[str, str]]:
    """Return the fields of the popup of each site; texts of the data are escaped for HTML."""
    columns: dict[str, list[str]] = {"site": _format_names(sites)}
    columns["id"] = [html.escape(str(site_id)) for site_id in sites.index]
    for name in ("firm", "sector"):
        if name in sites:
            columns[name] = [html.escape(as_text(text) or "-") for text in sites[name]]
    if "co2_t_per_yr" in sites:
        columns["emissions"] = _format_emissions(sites["co2_t_per_yr"], per_mt=1e6)
    columns |= _format_scores(sites, components)
    if "rank" in sites:
        columns["rank"] = [as_text(rank) or "-" for rank in sites["rank"]]
    if "tier" in sites:
        columns["cluster"] = _format_clusters(sites)
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _describe_clusters(clusters: GeoDataFrame, components: Sequence[str]) -> list[dict[str, str]]:
    columns: dict[str, list[str]] = {"cluster": _format_names(clusters)}
    columns["emissions"] = _format_emissions(clusters["co2_mt_per_yr"], per_mt=1.0)
    columns["sites"] = [as_text(count) or "-" for count in clusters["n_sites"]]
    columns |= _format_scores(clusters, components)
    columns["diameter"] = [format_measure(km, "km") for km in clusters["diameter_km"]]
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _format_scores(table: pd.DataFrame, components: Sequence[str]) -> dict[str, list[str]]:
    texts = {"score": [format_score(score) for score in table["score"]]}
    if "score_min" in table:
        bounds = zip(table["score_min"], table["score_max"], strict=True)
        texts["range"] = [f"{format_score(low)} to {format_score(high)}" for low, high in bounds]
    for name in components:
        if name in table:
            texts[humanise(name)] = [format_score(value) for value in table[name]]
    return texts


def _format_names(table: pd.DataFrame) -> list[str]:
    names = table["name"] if "name" in table else [None] * len(table)
    return [
        html.escape(as_text(name) or str(own_id))
        for name, own_id in zip(names, table.index, strict=True)
    ]


def _format_emissions(emissions: pd.Series, *, per_mt: float) -> list[str]:
    return [format_measure(as_float(value) / per_mt, "mt_per_yr") for value in emissions]


def _format_clusters(sites: pd.DataFrame) -> list[str]:
    """Return the number of the cluster of each member, and the tier of each other site."""
    numbers = sites["cluster"] if "cluster" in sites else [None] * len(sites)
    texts = []
    for number, tier in zip(numbers, sites["tier"], strict=True):
        text = as_text(number)
        texts.append(f"No. {text}" if text not in {None, "-1"} else as_text(tier) or "-")
    return texts


def _legend() -> str:
    """Return the legend of the colours as HTML."""
    swatch = "display:inline-block;width:12px;height:12px;border:1px solid #3a3a3a;margin-right:6px"
    rows = [(scores.colour, scores.label) for scores in reversed(SCORE_CLASSES)]
    lines = "".join(
        f'<div><span style="{swatch};background:{colour}"></span>{label}</div>'
        for colour, label in [*rows, (NO_SCORE_COLOUR, "no score")]
    )
    box = (
        "position:absolute;bottom:64px;left:12px;z-index:9999;background:white;padding:8px 10px;"
        "border:1px solid #999;border-radius:4px;font:12px sans-serif"
    )
    return f'<div style="{box}"><b>Score</b>{lines}</div>'
