"""Healthy calls of the public functions that have no example of their own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from study.small_studies import all_layers, study_of

import standort
from standort import clusters, earth, layers, linkages, metrics, outputs, scoring, typology
from standort.batch import Job, batch, expand_patterns, score_study
from standort.typology import APPROACHES, Fact, Predicate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from standort.layers import Study
    from standort.study import Result

Call = tuple["Callable[..., object]", dict[str, Any]]


@cache
def result() -> Result:
    """Return the result of a small study with every layer."""
    return standort.score(tiny_study())


def _of_a_result(folder: Path) -> dict[str, Call]:
    own = result()
    tables, site = own.to_compare, own.sites.index[0]
    place, plot = own.places.index[0], own.plot
    facts = {"co2_sources": Fact(3.0)}
    written = own.write(folder / "written.gpkg")
    contributions = own.contributions
    shares = pd.DataFrame({1: [0.2, 0.8], 2: [0.8, 0.2]}, index=own.sites.index[:2])
    comparison, what_if = own_comparison(), what_if_of()
    return {
        "standort.Result.input_layer": (own.input_layer, {"name": "ports"}),
        "standort.Result.explain": (own.explain, {"site_id": site}),
        "standort.Result.compare": (own.compare, {"other": own}),
        "standort.Result.with_thresholds": (own.with_thresholds, {"threshold": 0.5}),
        "standort.Result.write": (own.write, {"path": folder / "result.gpkg"}),
        "standort.WhatIf.to_text": (what_if.to_text, {}),
        "standort.WhatIf.write": (what_if.write, {"path": folder / "what_if.gpkg"}),
        "standort.compare": (standort.compare, {"old": own, "new": own}),
        "standort.outputs.Comparison.to_text": (comparison.to_text, {}),
        "standort.outputs.Comparison.write": (comparison.write, {"path": folder / "compared.csv"}),
        "standort.outputs.compare_results": (
            outputs.compare_results,
            {"before": tables, "after": tables},
        ),
        "standort.outputs.Explanation.to_text": (own.explain(site).to_text, {}),
        "standort.outputs.explain_place": (
            outputs.explain_place,
            {
                "place": own.places.loc[place],
                "contributions": own.place_contributions,
                "members": own.sites,
                "manifest": own.manifest,
            },
        ),
        "standort.outputs.explain_site": (
            outputs.explain_site,
            {
                "site": own.sites.loc[site],
                "contributions": contributions,
                "manifest": own.manifest,
            },
        ),
        "standort.outputs.explore_map": (
            outputs.explore_map,
            {"sites": own.sites, "clusters": own.clusters, "hulls": own.cluster_hulls},
        ),
        "standort.outputs.plot_map": (
            outputs.plot_map,
            {"sites": own.sites, "clusters": own.clusters, "hulls": own.cluster_hulls},
        ),
        "standort.outputs.Plots.map": (plot.map, {}),
        "standort.outputs.Plots.typology": (plot.typology, {}),
        "standort.outputs.Plots.acceptability": (plot.acceptability, {"shares": shares}),
        "standort.outputs.read_place": (
            outputs.read_place,
            {"path": written, "asked": str(place)},
        ),
        "standort.outputs.read_result": (outputs.read_result, {"path": written}),
        "standort.outputs.read_site": (
            outputs.read_site,
            {"path": written, "site_id": str(site)},
        ),
        "standort.results.notes_of": (standort.results.notes_of, {"manifest": own.manifest}),
        "standort.results.Schema.of": (type(own.schema).of, {"manifest": own.manifest}),
        "standort.results.Schema.column": (
            own.schema.column,
            {"table": "sites", "name": "score"},
        ),
        "standort.results.Schema.names": (own.schema.names, {"table": "sites"}),
        "standort.results.Schema.has": (own.schema.has, {"table": "sites", "name": "score"}),
        "standort.results.Schema.own": (
            own.schema.own,
            {"table": "sites", "names": ["score"]},
        ),
        "standort.scoring.defined_profile": (
            scoring.defined_profile,
            {"definition": scoring.profile_definition(own.profile)},
        ),
        "standort.typology.Predicate": (
            Predicate,
            {
                "fact": "co2_sources",
                "comparison": "at least",
                "threshold": 1.0,
                "description": "sources",
                "source": "assumption",
            },
        ),
        "standort.typology.Not.evaluate": (
            typology.Not(APPROACHES["ccus_cluster_opportunity"].rule).evaluate,
            {"facts": facts},
        ),
        "standort.typology.Thresholds": (typology.Thresholds, {}),
        "standort.typology.Fact": (Fact, {}),
        "standort.uncertainty.Spreads": (standort.uncertainty.Spreads, {}),
        "standort.uncertainty.tipping_points": (
            standort.uncertainty.tipping_points,
            {"result": own, "site_id": site},
        ),
        "standort.uncertainty.place_tipping_points": (
            standort.uncertainty.place_tipping_points,
            {"result": own, "place": place},
        ),
    }


@cache
def tiny_study() -> Study:
    """Return a study of few layers, which is scored in no time."""
    every = all_layers(n=16)
    return study_of({name: every[name] for name in ("emitters", "ports")})


@cache
def own_comparison() -> Any:  # noqa: ANN401 - a Comparison
    """Return the comparison of a result with itself."""
    return standort.compare(result(), result())


@cache
def what_if_of() -> Any:  # noqa: ANN401 - a WhatIf
    """Return a scenario without a port."""
    return standort.what_if(tiny_study(), remove={"ports": ["x00"]})


def _of_files(folder: Path) -> dict[str, Call]:
    study = tiny_study()
    source = folder / "study.gpkg"
    for name in ("emitters", "ports"):
        all_layers(n=16)[name].to_file(source, layer=name)
    all_layers(n=16)["emitters"].to_file(folder / "sites.gpkg", layer="sites")
    lines = gpd.GeoDataFrame(
        geometry=shapely.from_wkt(["LINESTRING (0 0, 1 0)", "LINESTRING (1 0, 2 0)"]), crs=4326
    )
    lines.to_file(folder / "lines.gpkg")
    profile = standort.load_profile("net-zero")
    return {
        "standort.Study": (standort.Study, {"layers": {}}),
        "standort.Study.with_raster": (study.with_raster, {"name": "wind", "path": source}),
        "standort.inspect": (standort.inspect, {"path": source}),
        "standort.read_layer": (standort.read_layer, {"path": source, "role": "ports"}),
        "standort.read_study": (standort.read_study, {"path": source}),
        "standort.read_network": (standort.read_network, {"path": folder / "lines.gpkg"}),
        "standort.availability": (standort.availability, {"study": study, "profile": profile}),
        "standort.score_file": (
            standort.score_file,
            {
                "study": standort.read_study(source),
                "sites": folder / "sites.gpkg",
                "out": folder / "many.gpkg",
            },
        ),
        "standort.surface": (
            standort.surface,
            {
                "study": study,
                "out": folder / "surface.tif",
                "cell_km": 50.0,
                "bounds": [3.5, 51.3, 5.0, 52.0],
            },
        ),
        "standort.batch.Job": (
            Job,
            {"study": source, "out": folder / "job.gpkg", "profile": profile},
        ),
        "standort.batch.score_study": (
            score_study,
            {"job": Job(source, folder / "job.gpkg", profile)},
        ),
        "standort.batch.batch": (batch, {"paths": [source], "out_dir": folder / "batch"}),
        "standort.batch.expand_patterns": (expand_patterns, {"patterns": [str(source)]}),
    }


def _of_layers() -> dict[str, Call]:
    plants, ports = all_layers(n=16)["emitters"], all_layers(n=16)["ports"]
    context, sites = layers.as_features(plants), layers.as_sites(plants)
    labels = clusters.dbscan(plants, min_samples=3)
    graph = clusters.NeighbourGraph.of_sites(plants, reach_km=20)
    member = np.arange(4)
    area = metrics.StudyArea(np.array([shapely.box(3, 51, 6, 53)]))
    lon, lat = np.array([4.0, 4.1]), np.array([52.0, 52.1])
    index = earth.FeatureIndex.of_points(lon, lat)
    both = {"sites": plants, "features": ports}
    quantity = {"sites": plants, "features": plants, "column": "co2_t_per_yr"}
    return {
        "standort.clusters.describe_groups": (
            clusters.describe_groups,
            {"context": context, "member": member, "group": np.array([0, 0, 1, 1])},
        ),
        "standort.clusters.outline_groups": (
            clusters.outline_groups,
            {"context": context, "member": member, "group": np.array([0, 0, 1, 1])},
        ),
        "standort.clusters.as_cluster_sites": (
            clusters.as_cluster_sites,
            {"sites": plants, "emitters": plants, "labels": labels},
        ),
        "standort.clusters.NeighbourGraph.check_sites": (graph.check_sites, {"sites": context}),
        "standort.clusters.NeighbourGraph.up_to": (graph.up_to, {"eps_km": 10.0}),
        "standort.clusters.NeighbourGraph.kth_nearest_km": (graph.kth_nearest_km, {"k": 2}),
        "standort.earth.FeatureIndex.of_points": (
            earth.FeatureIndex.of_points,
            {"lon": lon, "lat": lat},
        ),
        "standort.earth.FeatureIndex.nearest": (index.nearest, {"lon": lon, "lat": lat}),
        "standort.earth.FeatureIndex.containing": (index.containing, {"lon": lon, "lat": lat}),
        "standort.earth.FeatureIndex.count_within": (
            index.count_within,
            {"lon": lon, "lat": lat, "radius": 1e4},
        ),
        "standort.layers.Features.quantity": (context.quantity, {"column": "co2_t_per_yr"}),
        "standort.layers.as_features": (layers.as_features, {"features": ports}),
        "standort.layers.as_sites": (layers.as_sites, {"sites": plants}),
        "standort.metrics.measure_hansen": (
            metrics.measure_hansen,
            {**quantity, "decay": metrics.linear(10), "cutoff_km": 10.0},
        ),
        "standort.metrics.Decay": (
            metrics.Decay,
            {"name": "own", "function": np.exp, "half_distance_km": 1.0},
        ),
        "standort.metrics.measure_count": (metrics.measure_count, {**both, "radius_km": 10.0}),
        "standort.metrics.measure_largest": (
            metrics.measure_largest,
            {**quantity, "radius_km": 10.0},
        ),
        "standort.metrics.measure_sum": (metrics.measure_sum, {**quantity, "radius_km": 10.0}),
        "standort.metrics.measure_nearest": (metrics.measure_nearest, both),
        "standort.metrics.measure_neighbours": (metrics.measure_neighbours, both),
        "standort.metrics.StudyArea": (metrics.StudyArea, {"polygons": area.polygons}),
        "standort.metrics.StudyArea.contains": (area.contains, {"lon": lon, "lat": lat}),
        # those of the examples take long
        "standort.clusters.explore_clusters": (
            clusters.explore_clusters,
            {
                "emitters": plants.iloc[:6],
                "eps_km": [10.0],
                "min_samples": [3],
                "chosen_min_samples": 3,
                "position_sd_km": None,
            },
        ),
        "standort.clusters.displaced_clusters": (
            clusters.displaced_clusters,
            {"sites": plants.iloc[:6], "draws": 2},
        ),
        "standort.metrics.nearest_neighbour_index": (
            metrics.nearest_neighbour_index,
            {"sites": plants.iloc[:6], "area": area, "simulations": 9},
        ),
        "standort.uncertainty.monte_carlo": (
            standort.uncertainty.monte_carlo,
            {"study": tiny_study(), "draws": 2, "replicates": 2, "workers": 1},
        ),
        "standort.metrics.as_study_area": (metrics.as_study_area, {"area": area}),
        "standort.metrics.PowerCurve": (metrics.PowerCurve, {}),
        "standort.metrics.Technology": (
            metrics.Technology,
            {"density_mw_per_km2": 10.0, "availability": 0.3, "source": "assumption"},
        ),
        "standort.scoring.owa": (
            scoring.owa,
            {"components": [np.array([0.1]), np.array([0.9])], "weights": [1, 1]},
        ),
        "standort.linkages.projection": (
            linkages.projection,
            {"table": pd.DataFrame({"place": ["a"], "firm": ["x"], "organisation": ["o"]})},
        ),
        "standort.metrics.measure_catchment": (
            metrics.measure_catchment,
            {
                "sites": sites,
                "shared": metrics.share_supply(
                    all_layers(n=16)["co2_storage"],
                    plants,
                    supply="capacity_mt",
                    demand="co2_t_per_yr",
                    catchment_km=10,
                ),
            },
        ),
    }


def healthy_calls(folder: Path) -> dict[str, Call]:
    """Return a call by the name of the function, which writes into a folder."""
    return {**_of_layers(), **_of_files(folder), **_of_a_result(folder)}
