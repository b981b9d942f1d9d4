"""Face validity: what the method says of the places the paper describes, on the sample layers.

Nothing is tuned: the profile is `net-zero` as it is, the layers are as they are. A check that fails
is a finding. Run it to print the tables of docs/typology.md:

    python tests/acceptance/face_validity.py
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from standort.layers import Study, read_study
from standort.scoring import load_profile
from standort.study import Result, score
from standort.typology import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SAMPLE = Path(__file__).resolve().parents[2] / "sample_layers" / "north_sea.gpkg"
ROTTERDAM, NORTH_WEST = "Port of Rotterdam", "North West Cluster"
BLACK_COUNTRY = "Black Country Industrial Cluster"
AGGREGATIONS = ("geometric", "arithmetic", "minimum")
#: stores of Liverpool Bay, and the salt cavern sites of Cheshire
LIVERPOOL_BAY = ["hamilton", "hamilton-north", "lennox"]
CHESHIRE = ["holford", "stublach", "hill-top-farm", "hole-house", "hynet-northwich"]
#: advantage that changes by less has stayed as it was
NEARLY = 0.05
#: share of the emissions that is sizeable
SIZEABLE = 0.2
#: from here an axis is high
HIGH = 0.5
#: from this far from a port on, a site is inland [km]
INLAND_KM = 50.0
SHUFFLES = 20
DRAWS, SEED = 2000, 0


class Check(NamedTuple):
    """One check: what was expected, whether it holds (None: undecided), and the figure."""

    letter: str
    expected: str
    passed: bool | None
    figure: str


@cache
def study(year: int | None) -> Study:
    """Read the sample as it was in a year."""
    return read_study(SAMPLE, year=year)


@cache
def result(year: int | None) -> Result:
    """Score it."""
    return score(study(year))


def place(name: str, year: int | None = 2022) -> dict[Any, Any]:
    """Give a place of a year."""
    actual: dict[Any, Any] = result(year).places.loc[name].to_dict()
    return actual


def checks() -> list[Check]:
    """Run all checks, in the order of their letters."""
    actual = (_rotterdam, _black_country, _north_west, _front_runners, _counterfactuals)
    others = (_northern_lights, _desert_coast, _type_four, _negative_controls)
    return [check for run in (*actual, *others) for check in run()]


def _rotterdam() -> Iterator[Check]:
    row = place(ROTTERDAM)
    a = {how: float(row[f"advantage_{how}"]) for how in AGGREGATIONS}
    reported = ", ".join(f"{how} {value:.2f}" for how, value in a.items())
    both = min(a["geometric"], a["arithmetic"]) >= 0.5
    yield Check("a1", "Rotterdam: A high, geometric and arithmetic", both, f"A {reported}")
    yield Check("a2", "Rotterdam: L high", _is_high(row), _linkage(row))
    yield Check("a3", "Rotterdam: forerunner", _is_type(row, "forerunner"), _types(row))


def _black_country() -> Iterator[Check]:
    row = place(BLACK_COUNTRY)
    figure = f"A {row['advantage']:.2f}, {_linkage(row)}; {_types(row)}"
    is_type = _is_type(row, "dispersed_cluster")
    yield Check("b1", "Black Country: dispersed cluster", is_type, figure)
    sites = result(2022).sites
    members = result(2022).place_members
    own = sites.loc[members.loc[members["place"] == BLACK_COUNTRY, "site_id"]]
    noise = int((own["role"] == "noise").sum())
    largest = int(own["cluster"].value_counts().max()) if noise < len(own) else 0
    figure = f"{noise} of {len(own)} noise; the largest cluster holds {largest}"
    small = noise > len(own) / 2 or largest <= len(own) / 2
    yield Check("b2", "Black Country: noise or small clusters", small, figure)
    verdict = _verdict(result(2022), BLACK_COUNTRY, "ccus_cluster_deployable")
    yield Check("b3", "Black Country: CCUS not deployable", verdict == "false", verdict)
    families = result(2022).solution_families.set_index(["place", "family"])["verdict"]
    efficiency = str(families[BLACK_COUNTRY, "efficiency"])
    suits = _as_passed(efficiency)
    yield Check("b4", "Black Country: efficiency, heat suit it", suits, efficiency)


def _north_west() -> Iterator[Check]:
    before, after = place(NORTH_WEST, 2016), place(NORTH_WEST, 2022)
    for letter, year, row, kind in (
        ("c1", 2016, before, "classic_cluster"),
        ("c2", 2022, after, "forerunner"),
    ):
        figure = f"A {row['advantage']:.2f}, {_linkage(row)}; {_types(row)}"
        expected = f"North West {year}: {kind.replace('_', ' ')}"
        yield Check(letter, expected, _is_type(row, kind), figure)
    change = float(after["advantage"] - before["advantage"])
    yield Check("c3", "North West: A nearly constant", abs(change) < NEARLY, f"A {change:+.3f}")
    rise = float(after["linkage_recorded"] - before["linkage_recorded"])
    apart = bool(after["linkage_p05"] > before["linkage_p95"]) or None
    figure = f"recorded L {rise:+.2f}; the intervals {'are apart' if apart else 'overlap'}"
    yield Check("c4", "North West: L rises", apart, figure)


def _is_high(row: dict[Any, Any]) -> bool | None:
    """Say whether the bounds of linkage are on one side of the threshold."""
    if row["linkage_lower"] >= HIGH:
        return True
    return False if row["linkage_upper"] < HIGH else None


def _is_type(row: dict[Any, Any], kind: str) -> bool | None:
    """Say whether the data allow this type only, or exclude it."""
    possible = str(row["type_set"]).split(" | ")
    return None if len(possible) > 1 and kind in possible else kind in possible


def _as_passed(verdict: str) -> bool | None:
    return {"true": True, "false": False}.get(verdict)


def _linkage(row: dict[Any, Any]) -> str:
    bounds = f"L {row['linkage_lower']:.2f} to {row['linkage_upper']:.2f}"
    return f"{bounds}, as stated {row['linkage_p05']:.2f} to {row['linkage_p95']:.2f}"


def _types(row: dict[Any, Any]) -> str:
    return str(row["type_set"]).replace(" | ", " or ")


def _front_runners() -> Iterator[Check]:
    """Match each site of Rotterdam and the North West with the inland site most like it."""
    sites, members = result(None).sites, result(None).place_members
    ours = members.loc[members["place"].isin([ROTTERDAM, NORTH_WEST]), "site_id"]
    known = sites[sites["co2_t_per_yr"] > 0]
    front = known.loc[known.index.isin(ours)]
    inland = known[~known.index.isin(ours) & (known["port_distance_km"] > INLAND_KM)]
    pairs = []
    for name, row in front.iterrows():
        alike = inland[inland["sector"] == row["sector"]]
        if len(alike):
            ratio = np.abs(np.log(alike["co2_t_per_yr"] / row["co2_t_per_yr"]))
            pairs.append((name, ratio.idxmin()))
    first, second = (sites.loc[list(side)] for side in zip(*pairs, strict=True))
    for number, criterion in enumerate(
        ("renewable_capacity", "co2_storage_distance", "port_distance"), start=1
    ):
        means = [float(part[f"{criterion}_value"].mean()) for part in (first, second)]
        yield Check(
            f"d{number}",
            f"Front-runners above matched inland sites: {criterion}",
            means[0] > means[1],
            f"{means[0]:.2f} against {means[1]:.2f}, {len(pairs)} pairs",
        )


def _counterfactuals() -> Iterator[Check]:
    before = float(place(NORTH_WEST, None)["advantage"])
    for number, (layer, ids, reported) in enumerate(
        (
            ("co2_storage", LIVERPOOL_BAY, "the Liverpool Bay stores"),
            ("salt_caverns", CHESHIRE, "the Cheshire caverns"),
        ),
        start=1,
    ):
        kept = study(None).layers[layer].drop(index=ids).reset_index()
        after = score(study(None).with_layer(layer, kept)).places.loc[NORTH_WEST, "advantage"]
        change = float(after) - before
        yield Check(f"e{number}", f"Without {reported} A falls", change < 0.0, f"A {change:+.3f}")


def _northern_lights() -> Iterator[Check]:
    """Declare the terminal at Øygarden and whom it serves; the sample has it as a port only."""
    at = study(None).layers["ports"].loc[["oygarden-northern-lights"]].geometry.to_numpy()
    actual = _with_place(
        study(None),
        "Northern Lights",
        at,
        assets={"asset": "receiving terminal", "kind": "CO2 terminal"},
        serves=["Heidelberg Materials (Norcem)", "Yara"],
    )
    hub = _verdict(actual, "Northern Lights", "ccus_hub")
    yield Check("f1", "Northern Lights (declared): CCUS hub", hub == "true", hub)
    cluster = _verdict(actual, "Northern Lights", "net_zero_industrial_cluster")
    yield Check("f2", "Northern Lights (declared): no NZIC", cluster == "false", cluster)


def _desert_coast() -> Iterator[Check]:
    """A stylised point on the coast of Oman: a port, 25 GW of planned power, no industry."""
    place = gpd.points_from_xy([57.7], [19.66], crs=4326)
    layers = {
        "emitters": _terminal("Duqm", place),
        "ports": _feature("port", place, liquid_bulk=True),
        "renewables": _feature(
            "power", gpd.points_from_xy([57.3], [19.4], crs=4326), capacity_mw=25_000.0
        ),
        "initiatives": pd.DataFrame({"initiative": ["Duqm"], "site_id": ["Duqm"]}),
    }
    bare = score(Study.from_layers(**layers))
    oasis = _verdict(bare, "Duqm", "hydrogen_oasis")
    yield Check("g1", "Desert coast, port and renewables: Oasis", _as_passed(oasis), oasis)
    field = _feature(
        "field",
        gpd.points_from_xy([57.4], [19.8], crs=4326),
        capacity_mt=50.0,
        kind="depleted oil field",
    )
    known = score(Study.from_layers(**layers, co2_storage=field))
    oasis = _verdict(known, "Duqm", "hydrogen_oasis")
    yield Check("g2", "The same with a depleted field at 35 km: Oasis", oasis == "true", oasis)
    cluster = _verdict(known, "Duqm", "net_zero_industrial_cluster")
    yield Check("g3", "Desert coast: no NZIC", cluster == "false", cluster)


def _type_four() -> Iterator[Check]:
    places, members = result(2022).places, result(2022).place_members
    fourth = places.index[places["type"] == "dispersed_sites"]
    emissions = study(2022).emitters["co2_t_per_yr"]
    inside = members.loc[members["place"].isin(fourth), "site_id"].unique()
    share = float(emissions.loc[inside].sum() / emissions.sum())
    open_ = int(places["type_set"].str.contains("dispersed_sites").sum()) - len(fourth)
    figure = f"{len(fourth)} places with {share:.0%} of the known emissions, {open_} more may be"
    sizeable = True if share >= SIZEABLE else (None if open_ else False)
    yield Check("h", "Type 4 exists and emits a sizeable share", sizeable, figure)


def _negative_controls() -> Iterator[Check]:
    stores = study(None).layers["co2_storage"]
    west, south, east, north = study(None).emitters.total_bounds
    chance = np.random.default_rng(SEED)
    # what moving stores does is about the advantage: no tie enters it (i3), and ties take long
    bare = study(None)
    for ties in ("linkages", "memberships", "collection"):
        bare = bare.with_layer(ties, bare.tables[ties].iloc[:0])
    changes = []
    for _ in range(SHUFFLES):
        lon, lat = (
            chance.uniform(west, east, len(stores)),
            chance.uniform(south, north, len(stores)),
        )
        moved = stores.set_geometry(gpd.points_from_xy(lon, lat, crs=4326)).reset_index()
        places = score(bare.with_layer("co2_storage", moved)).places
        changes.append(
            [
                float(places.loc[name, "advantage"] - place(name, None)["advantage"])
                for name in (ROTTERDAM, NORTH_WEST)
            ]
        )
    table = np.array(changes)
    for number, name in enumerate((ROTTERDAM, NORTH_WEST)):
        lower, mean = float((table[:, number] < 0.0).mean()), float(table[:, number].mean())
        figure = f"A lower in {lower:.0%} of {SHUFFLES}, by {mean:+.3f} on average"
        yield Check(f"i{number + 1}", f"Stores at random: A of {name} falls", mean < 0.0, figure)
    links = study(None).tables["linkages"]
    shuffled = links.assign(firm_v=chance.permutation(links["firm_v"].to_numpy()))
    shuffled = shuffled[shuffled["firm_u"] != shuffled["firm_v"]]
    after = score(study(None).with_layer("linkages", shuffled)).places["advantage"]
    same = bool(after.equals(result(None).places["advantage"]))
    yield Check("i3", "Edges shuffled: A untouched", same, "equal to the bit" if same else "moved")


def _verdict(scored: Result, name: str, approach: str) -> str:
    return str(scored.screening.set_index(["place", "approach"])["verdict"][name, approach])


def _terminal(name: str, place: gpd.array.GeometryArray) -> gpd.GeoDataFrame:
    """Build a site that emits nothing and is no industry."""
    columns = {"site_id": [name], "name": [name], "firm": [name], "co2_t_per_yr": [0.0]}
    return gpd.GeoDataFrame({**columns, "sector": ["power and storage"]}, geometry=place, crs=4326)


def _feature(name: str, place: gpd.array.GeometryArray, **columns: object) -> gpd.GeoDataFrame:
    values = {column: [value] for column, value in columns.items()}
    return gpd.GeoDataFrame({"feature_id": [name], **values}, geometry=place, crs=4326)


def _with_place(
    base: Study,
    name: str,
    place: gpd.array.GeometryArray,
    *,
    assets: dict[str, str],
    serves: list[str],
) -> Result:
    """Score a study with one more place: a site, an initiative, an asset, and whom it serves."""
    emitters = pd.concat([base.emitters.reset_index(), _terminal(name, place)])
    tables = {
        "initiatives": {"initiative": [name], "site_id": [name]},
        "assets": {"firm": [name], **{column: [value] for column, value in assets.items()}},
        "linkages": {
            "firm_u": [name] * len(serves),
            "firm_v": serves,
            "kind": ["formal"] * len(serves),
            "subtype": ["CO2"] * len(serves),
        },
    }
    changed = base.with_layer("emitters", emitters)
    for table, rows in tables.items():
        changed = changed.with_layer(table, pd.concat([base.tables[table], pd.DataFrame(rows)]))
    return score(changed)


class Landing(NamedTuple):
    """Where a place lands in one year under one aggregation."""

    place: str
    year: int
    aggregation: str
    advantage: str
    linkage: str
    on_record: str
    possible: str
    likely: str


def landings() -> Iterator[Landing]:
    """Say where the three places of the paper land, with P(type), under three aggregations."""
    from standort.uncertainty import monte_carlo

    for year in (2016, 2022):
        for how in AGGREGATIONS:
            profile = load_profile("net-zero").model_copy(update={"aggregation": how})
            drawn = monte_carlo(study(year), profile, draws=DRAWS, seed=SEED)
            places = drawn.applied_to(score(study(year), profile)).places
            for name in (ROTTERDAM, NORTH_WEST, BLACK_COUNTRY):
                row: dict[Any, Any] = places.loc[name].to_dict()
                likely = [
                    f"{kind} {row[f'p_{kind}_low']:.2f} to {row[f'p_{kind}_high']:.2f}"
                    for kind in TYPES
                    if row[f"p_{kind}_high"] > 0.0
                ]
                yield Landing(
                    place=name,
                    year=year,
                    aggregation=how,
                    advantage=f"{row['advantage']:.2f} ({row['advantage_min']:.2f} to "
                    f"{row['advantage_max']:.2f})",
                    linkage=_linkage(row).removeprefix("L "),
                    on_record=str(row["type_on_record"]),
                    possible=_types(row),
                    likely=", ".join(likely),
                )


def table_of_checks(actual: list[Check]) -> list[str]:
    """Write the checks as a table of the documentation."""
    head = ["| | expected | | found |", "|---|---|---|---|"]
    return [*head, *(row_of(check) for check in actual)]


def row_of(check: Check) -> str:
    """Write one check as a row of that table."""
    reported = {True: "passed", False: "**failed**", None: "undecided by the data"}[check.passed]
    return f"| {check.letter} | {check.expected} | {reported} | {check.figure} |".replace("_", " ")


def table_of_landings(actual: Iterable[Landing]) -> list[str]:
    """Write where the places land as a table of the documentation."""
    heads = ("place, year", "aggregation", "A", "L", "on record", "types", "P(type)")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for where in actual:
        cells = (f"{where.place}, {where.year}", *where[2:])
        lines.append(f"| {' | '.join(map(str, cells))} |".replace("_", " "))
    return lines


if __name__ == "__main__":
    lines = [*table_of_landings(landings()), "", *table_of_checks(checks())]
    sys.stdout.write("\n".join(lines) + "\n")
