"""Compare the sample tables with public registers, row by row.

``python sample_layers/compare_registers.py REGISTERS`` reads the register folders below
REGISTERS and reports every position more than 5 km and every magnitude more than a factor
of 2 away from the register record that a row names in ``register_key``. A difference is
explained when the row's ``note`` names the register and says "position" or "magnitude".
The exit code is 1 when a difference is left unexplained.

``register_key`` holds one entry per register, ``register:key`` joined by ";". Several records
of one register that make up one row are joined by "+": their quantities are added.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE: Final = Path(__file__).resolve().parent
MAX_DISTANCE_KM: Final = 5.0
MAX_FACTOR: Final = 2.0
QUANTITY: Final = {
    "emitters": "co2_t_per_yr",
    "co2_storage": "capacity_mt",
    "renewables": "capacity_mw",
    "ports": None,
    "salt_caverns": None,
}
CAVERNS: Final = "h2_salt_caverns/h2_salt_caverns_GWh_per_sqkm.geojson"
SPREADSHEET: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True)
class Register:
    """A public register: the name that notes use for it, and how to read it."""

    name: str
    read: Callable[[Path], pd.DataFrame]


@dataclass(frozen=True)
class Difference:
    """One disagreement between a row and a register."""

    layer: str
    row: str
    register: str
    what: str
    size: str
    explained: bool

    def __str__(self) -> str:
        """Say the disagreement in one line."""
        state = "explained" if self.explained else "UNEXPLAINED"
        return f"{self.layer} {self.row}: {self.register} {self.what} {self.size} ({state})"


def read_eutl(root: Path) -> pd.DataFrame:
    """Read the EU Transaction Log: verified emissions [t] by year, geocoded addresses."""
    folder = root / "eutl_installations"
    installations = pd.read_csv(folder / "installations.csv", dtype=str)
    emissions = pd.read_csv(folder / "verified_emissions.csv", dtype=str)
    places = pd.read_csv(folder / "installation_coordinates.csv", index_col="installation_id")
    years = [column for column in emissions.columns if str(column).isdigit()]
    table = installations[["account_id", "country", "installation_id"]].merge(emissions)
    table.index = pd.Index(table["country"] + "_" + table["installation_id"])
    numbers = table[years].apply(pd.to_numeric, errors="coerce")
    records = pd.DataFrame(numbers).add_prefix("quantity_")
    places = places.rename(columns={"longitude": "lon", "latitude": "lat"})
    return records.join(places[~places.index.duplicated()])


def read_hotmaps(root: Path) -> pd.DataFrame:
    """Read the Hotmaps industrial database: emissions of 2014 [t], from the ETS or E-PRTR."""
    table = pd.read_csv(root / "hotmaps_industrial_sites/Industrial_Database.csv", sep=";")
    point = table["geom"].str.extract(r"POINT\(([-\d.]+) ([-\d.]+)\)").astype(float)
    return pd.DataFrame(
        {
            "lon": point[0].to_numpy(),
            "lat": point[1].to_numpy(),
            "quantity": table["Emissions_ETS_2014"]
            .fillna(table["Emissions_EPRTR_2014"])
            .to_numpy(),
        },
        index=table["SiteID"].astype(str),
    )


def read_sfi(root: Path) -> pd.DataFrame:
    """Read the steel and cement plants of the Spatial Finance Initiative: positions only."""
    books = sorted((root / "sfi_steel_cement").glob("*.xlsx"))
    table = pd.concat([_read_sheet(book) for book in books]).set_index("uid")
    table = table[~table.index.duplicated()]
    return table[["longitude", "latitude"]].astype(float).set_axis(["lon", "lat"], axis=1)


def read_ports(root: Path) -> pd.DataFrame:
    """Read the World Bank's ports: positions only, its tonnages being partial."""
    text = (root / "ports_worldbank/attributed_ports.json").read_text("iso-8859-1")
    features = json.loads(text)["features"]
    table = pd.DataFrame(
        [feature["geometry"]["coordinates"][:2] for feature in features],
        columns=["lon", "lat"],
        index=[feature["properties"]["LOCODE"] for feature in features],
    )
    return table[~table.index.duplicated()]


def read_powerplants(root: Path) -> pd.DataFrame:
    """Read powerplantmatching: capacity [MW]."""
    table = pd.read_csv(root / "powerplants_europe/powerplants.csv", low_memory=False)
    table.index = table["id"].astype(str)
    return table[["lon", "lat", "Capacity"]].rename(columns={"Capacity": "quantity"})


def read_repd(root: Path) -> pd.DataFrame:
    """Read the UK Renewable Energy Planning Database: capacity [MW], British National Grid."""
    path = next((root / "uk_repd").glob("*.csv"))
    table = pd.read_csv(path, encoding="cp1252", dtype=str).set_index("Ref ID")
    names = ["X-coordinate", "Y-coordinate", "Installed Capacity (MWelec)"]
    x, y, quantity = (table[name].str.replace(",", "").astype(float) for name in names)
    to_degrees = pyproj.Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(x.to_numpy(), y.to_numpy())
    return pd.DataFrame({"lon": lon, "lat": lat, "quantity": quantity})


def read_co2stop(root: Path) -> pd.DataFrame:
    """Read the traps of CO2StoP: estimated capacity [Mt], 0 meaning not given.

    Positions are kept where the projection is named beyond doubt.
    """
    path = root / "co2stop/Hydrocarbon_Traps.csv"
    table = pd.read_csv(path, encoding="cp1252", low_memory=False).set_index("TRAP_ID")
    known = table["Projection_Info"].eq("WGS84 UTM31N")
    to_degrees = pyproj.Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True)
    x, y = (table[axis].where(known).to_numpy() for axis in ("X", "Y"))
    lon, lat = to_degrees.transform(x, y, errcheck=False)
    quantity = table["MEAN_EST_STORE_CAP_GAS"].replace(0, np.nan)
    return pd.DataFrame({"lon": lon, "lat": lat, "quantity": quantity})


REGISTERS: Final = {
    "eutl": Register("EUTL", read_eutl),
    "hotmaps": Register("Hotmaps", read_hotmaps),
    "sfi": Register("SFI", read_sfi),
    "worldbank": Register("World Bank", read_ports),
    "ppm": Register("powerplantmatching", read_powerplants),
    "repd": Register("REPD", read_repd),
    "co2stop": Register("CO2StoP", read_co2stop),
}


def compare(root: Path, tables: Path = HERE) -> tuple[list[Difference], int]:
    """Compare every row of every table that names a register record.

    Parameters
    ----------
    root
        Folder of the registers.
    tables
        Folder of the sample tables.

    Returns
    -------
    The differences beyond the limits, and how many register records were looked at.
    """
    registers: dict[str, pd.DataFrame] = {}
    differences: list[Difference] = []
    looked_at = 0
    for layer in QUANTITY:
        for row in _rows(tables / f"{layer}.csv"):
            for prefix, keys in _keys(row["register_key"]):
                if prefix not in registers:
                    registers[prefix] = REGISTERS[prefix].read(root)
                differences += _compare_row(layer, row, prefix, registers[prefix].reindex(keys))
                looked_at += len(keys)
    caverns, count = _compare_caverns(root / CAVERNS, tables / "salt_caverns.csv")
    return differences + caverns, looked_at + count


def _rows(path: Path) -> list[dict[str, str]]:
    """Read a table as text, row by row, so that nothing is guessed about its types."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return [
        {str(name): str(value) for name, value in row.items()} for row in table.to_dict("records")
    ]


def _keys(text: str) -> Iterator[tuple[str, list[str]]]:
    """Split ``register:key+key;register:key`` into registers and their keys."""
    for entry in filter(None, text.split(";")):
        prefix, _, keys = entry.partition(":")
        if prefix not in REGISTERS:
            message = f"register_key must start with one of {sorted(REGISTERS)}, not {prefix!r}"
            raise ValueError(message)
        yield prefix, keys.split("+")


def _compare_row(
    layer: str, row: dict[str, str], prefix: str, records: pd.DataFrame
) -> list[Difference]:
    """Compare one row with the records it names in one register."""
    name = REGISTERS[prefix].name
    row_id = row.get("site_id", row.get("feature_id", ""))
    absent = records.index[records.isna().all(axis=1)]
    actual = [("key", f"{key} is not in the register") for key in absent]
    actual += _position(row, records) + _magnitude(row, QUANTITY[layer], records)
    return [
        Difference(layer, row_id, name, what, size, name in row["note"] and what in row["note"])
        for what, size in actual
    ]


def _position(row: dict[str, str], records: pd.DataFrame) -> list[tuple[str, str]]:
    """Measure from a row to the farthest of its records that has a position."""
    known = records.dropna(subset=["lon", "lat"])
    if known.empty:
        return []
    lon, lat = (np.full(len(known), float(row[axis])) for axis in ("lon", "lat"))
    geod = pyproj.Geod(ellps="WGS84")
    _, _, distance_m = geod.inv(lon, lat, known["lon"].to_numpy(), known["lat"].to_numpy())
    farthest_km = float(np.max(distance_m)) / 1000
    return [("position", f"{farthest_km:.1f} km away")] if farthest_km > MAX_DISTANCE_KM else []


def _magnitude(
    row: dict[str, str], column: str | None, records: pd.DataFrame
) -> list[tuple[str, str]]:
    """Compare a row's quantity with the sum over its records, in the row's year if dated."""
    dated = f"quantity_{row['year']}"
    name = dated if dated in records else "quantity"
    if column is None or name not in records or row[column] == "":
        return []
    ours, theirs = float(row[column]), float(records[name].sum(skipna=False))
    if not theirs > 0:  # unknown, or not reported in that year
        return []
    factor = max(ours / theirs, theirs / ours)
    return [("magnitude", f"{ours:g} here, {theirs:g} there")] if factor > MAX_FACTOR else []


def _compare_caverns(polygons: Path, table: Path) -> tuple[list[Difference], int]:
    """Measure from each cavern site to the nearest area with storage potential."""
    rows = pd.read_csv(table, keep_default_na=False)
    sites = gpd.GeoSeries.from_xy(rows["lon"], rows["lat"], crs="EPSG:4326").to_crs("EPSG:3035")
    areas = gpd.read_file(polygons).to_crs("EPSG:3035").union_all()
    distance_km = sites.distance(areas) / 1000
    far = rows.assign(distance_km=distance_km)[distance_km > MAX_DISTANCE_KM]
    name, what = "Caglayan", "position"
    actual = [
        Difference(
            "salt_caverns",
            str(row.feature_id),
            name,
            what,
            f"{row.distance_km:.1f} km from the nearest area with potential",
            name in str(row.note) and what in str(row.note),
        )
        for row in far.itertuples()
    ]
    return actual, len(rows)


def _read_sheet(book: Path) -> pd.DataFrame:
    """Read the second sheet of a spreadsheet as text; the first row holds the names."""
    with zipfile.ZipFile(book) as archive:
        shared = _parse(archive.read("xl/sharedStrings.xml"))
        strings = [
            "".join(part.text or "" for part in item.iter(f"{SPREADSHEET}t")) for item in shared
        ]
        sheet = _parse(archive.read("xl/worksheets/sheet2.xml"))
    rows = [_read_row(row, strings) for row in sheet.iter(f"{SPREADSHEET}row")]
    return pd.DataFrame(rows[1:]).rename(columns=rows[0])


def _read_row(row: ET.Element, strings: list[str]) -> dict[str, str]:
    """Read the cells of one spreadsheet row by the letters of their columns."""
    cells: dict[str, str] = {}
    for cell in row:
        value = cell.find(f"{SPREADSHEET}v")
        if value is not None and value.text is not None:
            letters = re.sub(r"\d", "", cell.get("r", ""))
            cells[letters] = strings[int(value.text)] if cell.get("t") == "s" else value.text
    return cells


def _text(item: ET.Element) -> str:
    """Join the parts of one shared string, which differ in their formatting only."""
    return "".join(part.text or "" for part in item.iter(f"{SPREADSHEET}t"))


def _parse(content: bytes) -> ET.Element:
    """Parse one part of a spreadsheet; the register files are trusted input."""
    return ET.parse(io.BytesIO(content)).getroot()  # noqa: S314


def main() -> int:
    """Print the comparison; 1 when a difference is left unexplained."""
    parser = argparse.ArgumentParser(description="Compare the sample tables with public registers.")
    parser.add_argument("registers", type=Path, help="folder that holds the register folders")
    root: Path = parser.parse_args().registers
    if not root.is_dir():
        print(f"Skipped: the registers are compared only where they are, and {root} is no folder.")
        return 0
    differences, looked_at = compare(root)
    unexplained = [difference for difference in differences if not difference.explained]
    print(*differences, sep="\n")
    print(
        f"{looked_at} register records compared: {len(differences)} differ by more than "
        f"{MAX_DISTANCE_KM:g} km or a factor of {MAX_FACTOR:g}, {len(unexplained)} unexplained."
    )
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
