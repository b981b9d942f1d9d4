"""Classes of scores, colours, and QGIS styles (QML) for sites, clusters, hulls and places.

The colours are the five-class YlGnBu scheme of ColorBrewer (Brewer and Harrower), which is safe for
colour blindness and ordered in greyscale: dark is a high score. Classes are fixed, not fitted to
the data, so that maps of two studies are comparable.
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from standort.arguments import ANY_NUMBER, checked
from standort.results.cell_values import as_float

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas.api.typing import NAType

NO_SCORE_COLOUR = "#9e9e9e"
_OUTLINE = "#3a3a3a"
HULL_COLOUR = "#7b3294"
#: Colours of the types, and of a place without one.
TYPE_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "forerunner": "#1b7837",
        "dispersed_cluster": "#2166ac",
        "classic_cluster": "#b35806",
        "dispersed_sites": "#6a3d9a",
    }
)
NO_TYPE_COLOUR = "#6b6b6b"
#: The properties of a layer that a style sets.
_CATEGORIES = "Symbology|Labeling"
#: QGIS reads older styles, not newer ones: this is the oldest version tested.
_QGIS_VERSION = "3.22.0"


class ScoreClass(NamedTuple):
    """A class of scores that includes its lower end and excludes its upper end."""

    low: float
    high: float
    colour: str

    @property
    def label(self) -> str:
        """The label in a legend."""
        return f"{self.low:.1f} to {self.high:.1f}"


SCORE_CLASSES = (
    ScoreClass(0.0, 0.2, "#ffffcc"),
    ScoreClass(0.2, 0.4, "#a1dab4"),
    ScoreClass(0.4, 0.6, "#41b6c4"),
    ScoreClass(0.6, 0.8, "#2c7fb8"),
    ScoreClass(0.8, 1.0, "#253494"),
)


@checked(score=ANY_NUMBER)
def score_colour(score: float | NAType | None) -> str:
    """Return the colour of a score.

    Parameters
    ----------
    score
        A number in [0, 1]; NaN, None or NA if there is no score.

    Returns
    -------
    The colour as ``#rrggbb``; grey without a score.

    Examples
    --------
    >>> score_colour(0.2), score_colour(1.0), score_colour(float("nan"))
    ('#a1dab4', '#253494', '#9e9e9e')
    """
    number = as_float(score)
    if math.isnan(number):
        return NO_SCORE_COLOUR
    below = [scores.colour for scores in SCORE_CLASSES if scores.low <= number]
    return below[-1] if below else SCORE_CLASSES[0].colour


def site_style() -> str:
    """Return the style of sites: coloured by the class of their score, grey without one.

    Returns
    -------
    QML.
    """
    root = _document()
    # rules, because graduated symbols leave out sites without a score
    renderer = SubElement(
        root, "renderer-v2", type="RuleRenderer", symbollevels="1", enableorderby="0"
    )
    rules = SubElement(renderer, "rules", key="scores")
    symbols = SubElement(renderer, "symbols")
    classes = [('"score" IS NULL', "no score", NO_SCORE_COLOUR)]
    for low, high, colour in SCORE_CLASSES:
        last = high == SCORE_CLASSES[-1].high
        upper = f'"score" {"<=" if last else "<"} {high}'
        label = ScoreClass(low, high, colour).label
        classes.append((f'"score" >= {low} AND {upper}', label, colour))
    for number, (filter_, label, colour) in enumerate(classes):
        rule = {"key": f"score-{number}", "symbol": str(number), "filter": filter_, "label": label}
        SubElement(rules, "rule", rule)
        _add_marker(symbols, str(number), colour=colour, size=2.6, level=number)
    return _write(root)


def cluster_style() -> str:
    """Return the style of clusters: circles whose area grows with emissions, with names.

    Returns
    -------
    QML.
    """
    root = _document()
    renderer = _single_symbol(root)
    symbols = SubElement(renderer, "symbols")
    layer = _add_marker(symbols, "0", colour="#ffffff00", size=6, outline=(HULL_COLOUR, 0.6))
    # area proportional to emissions: diameter 4 mm at 1 Mt/yr, 13 mm at 10 Mt/yr, at least 2 mm
    size = 'max(2, min(20, 4 * sqrt(coalesce("co2_mt_per_yr", 0))))'
    _add_property(layer, "size", size)
    _add_labels(root)
    return _write(root)


def hull_style() -> str:
    """Return the style of cluster hulls: transparent.

    Returns
    -------
    QML.
    """
    root = _document()
    symbols = SubElement(_single_symbol(root), "symbols")
    symbol = SubElement(symbols, "symbol", type="fill", name="0", alpha="1", clip_to_extent="1")
    layer = SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0"})
    options = {
        "color": _rgba(HULL_COLOUR, alpha=40),
        "outline_color": _rgba(HULL_COLOUR),
        "outline_style": "solid",
        "outline_width": "0.4",
        "outline_width_unit": "MM",
        "style": "solid",
    }
    _add_options(layer, options)
    return _write(root)


def place_style() -> str:
    """Return the style of places: coloured by type, grey if ambiguous or unknown, with names.

    Returns
    -------
    QML.
    """
    root = _document()
    renderer = SubElement(
        root, "renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0"
    )
    rules = SubElement(renderer, "rules", key="types")
    symbols = SubElement(renderer, "symbols")
    classes = [
        (f"\"type\" = '{name}'", name.replace("_", " "), colour)
        for name, colour in TYPE_COLOURS.items()
    ]
    classes.append(("ELSE", "ambiguous, or linkage unknown", NO_TYPE_COLOUR))
    for number, (filter_, label, colour) in enumerate(classes):
        rule = {"key": f"type-{number}", "symbol": str(number), "filter": filter_, "label": label}
        SubElement(rules, "rule", rule)
        _add_marker(symbols, str(number), colour=colour, size=4.0)
    _add_labels(root, field="place")
    return _write(root)


def with_aliases(style: str, aliases: Mapping[str, str]) -> str:
    """Add aliases of columns to a style: QGIS before 3.28 reads them only from there.

    Parameters
    ----------
    style
        QML.
    aliases
        Aliases by column.

    Returns
    -------
    QML.
    """
    entries = Element("aliases")
    for column, alias in aliases.items():
        SubElement(entries, "alias", field=column, name=alias)
    indent(entries, level=1)
    fields = style.replace(_CATEGORIES, f"{_CATEGORIES}|Fields", 1)
    return fields.replace("</qgis>", f"  {tostring(entries, encoding='unicode')}</qgis>", 1)


def _document() -> Element:
    return Element("qgis", version=_QGIS_VERSION, styleCategories=_CATEGORIES, labelsEnabled="0")


def _single_symbol(root: Element) -> Element:
    return SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0")


def _add_marker(
    symbols: Element,
    name: str,
    *,
    colour: str,
    size: float,
    outline: tuple[str, float] = (_OUTLINE, 0.2),
    level: int = 0,
) -> Element:
    symbol = SubElement(symbols, "symbol", type="marker", name=name, alpha="1", clip_to_extent="1")
    attributes = {"class": "SimpleMarker", "enabled": "1", "locked": "0", "pass": str(level)}
    layer = SubElement(symbol, "layer", attributes)
    options = {
        "name": "circle",
        "color": _rgba(colour),
        "outline_color": _rgba(outline[0]),
        "outline_style": "solid",
        "outline_width": str(outline[1]),
        "outline_width_unit": "MM",
        "size": str(size),
        "size_unit": "MM",
    }
    _add_options(layer, options)
    return layer


def _add_options(layer: Element, options: dict[str, str]) -> None:
    table = SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        SubElement(table, "Option", type="QString", name=name, value=value)


def _add_property(layer: Element, name: str, expression: str) -> None:
    """Set a property of a symbol by an expression over the columns."""
    defined = SubElement(SubElement(layer, "data_defined_properties"), "Option", type="Map")
    SubElement(defined, "Option", type="QString", name="name", value="")
    properties = SubElement(defined, "Option", type="Map", name="properties")
    entry = SubElement(properties, "Option", type="Map", name=name)
    SubElement(entry, "Option", type="bool", name="active", value="true")
    SubElement(entry, "Option", type="QString", name="expression", value=expression)
    SubElement(entry, "Option", type="int", name="type", value="3")
    SubElement(defined, "Option", type="QString", name="type", value="collection")


def _add_labels(root: Element, *, field: str = "name") -> None:
    root.set("labelsEnabled", "1")
    settings = SubElement(SubElement(root, "labeling", type="simple"), "settings")
    text = {
        "fieldName": field,
        "isExpression": "0",
        "fontFamily": "Sans",
        "fontSize": "9",
        "fontSizeUnit": "Point",
        "textColor": _rgba(_OUTLINE),
        "textOpacity": "1",
    }
    style = SubElement(settings, "text-style", text)
    buffer = {"bufferDraw": "1", "bufferSize": "0.8", "bufferSizeUnits": "MM"}
    SubElement(style, "text-buffer", {**buffer, "bufferColor": _rgba("#ffffff")})
    around = {"placement": "6", "offsetType": "1", "dist": "1", "distUnits": "MM", "priority": "5"}
    SubElement(settings, "placement", around)
    SubElement(settings, "rendering", drawLabels="1", obstacle="1", scaleVisibility="0")


def _rgba(colour: str, *, alpha: int = 255) -> str:
    """Format ``#rrggbb`` or ``#rrggbbaa`` as QGIS does."""
    channels = [int(colour[i : i + 2], 16) for i in range(1, len(colour), 2)]
    return ",".join(str(channel) for channel in [*channels, alpha][:4])


def _write(root: Element) -> str:
    indent(root)
    document_type = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return document_type + tostring(root, encoding="unicode") + "\n"


#: Styles of the layers of a result, by the name of the layer.
STYLES: Mapping[str, str] = MappingProxyType(
    {"sites": site_style(), "clusters": cluster_style(), "cluster_hulls": hull_style()}
)
