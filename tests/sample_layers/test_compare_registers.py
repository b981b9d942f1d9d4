"""The comparison with public registers finds what differs and accepts only explanations."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import pytest

if TYPE_CHECKING:
    from types import ModuleType

SAMPLE: Final = Path(__file__).resolve().parents[2] / "sample_layers"
REGISTERS: Final = SAMPLE.parents[1] / "shared" / "data" / "real"


@pytest.fixture(scope="module")
def comparison() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "sample_compare_registers", SAMPLE / "compare_registers.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def records(*rows: tuple[float, float, float]) -> pd.DataFrame:
    index = [f"k{number}" for number in range(len(rows))]
    return pd.DataFrame(list(rows), columns=["lon", "lat", "quantity"], index=index)


def row(*, mw: str = "100", note: str = "") -> dict[str, str]:
    return {
        "feature_id": "farm",
        "lon": "2.00",
        "lat": "52.00",
        "capacity_mw": mw,
        "year": "2024",
        "note": note,
    }


def test_no_unexplained_difference_is_left(comparison: ModuleType) -> None:
    if not REGISTERS.is_dir():
        pytest.skip("the public registers are not on this machine (../shared/data/real)")
    differences, looked_at = comparison.compare(REGISTERS)
    assert looked_at > 500
    assert [str(difference) for difference in differences if not difference.explained] == []
    # The head-office trap of the emission registers is real and must be seen.
    assert any(
        difference.row == "hammerfest-lng" and difference.what == "position"
        for difference in differences
    )


def test_a_record_within_the_limits_is_no_difference(comparison: ModuleType) -> None:
    # 0.04 degrees of latitude are 4.4 km; 60 + 120 MW are 1.8 times 100 MW.
    near = records((2.0, 52.04, 60.0), (2.0, 52.0, 120.0))
    assert comparison._compare_row("renewables", row(), "ppm", near) == []


def test_distance_and_factor_are_reported_with_their_size(comparison: ModuleType) -> None:
    # 0.1 degrees of latitude at 52 N are 11.1 km.
    actual = comparison._compare_row("renewables", row(), "ppm", records((2.0, 52.1, 201.0)))
    assert [(item.what, item.size, item.explained) for item in actual] == [
        ("position", "11.1 km away", False),
        ("magnitude", "100 here, 201 there", False),
    ]


def test_a_note_explains_only_the_register_and_the_kind_it_names(comparison: ModuleType) -> None:
    noted = row(note="powerplantmatching position is the landfall of the cable")
    actual = comparison._compare_row("renewables", noted, "ppm", records((2.0, 52.1, 201.0)))
    assert [item.explained for item in actual] == [True, False]
    other = comparison._compare_row("renewables", noted, "repd", records((2.0, 52.1, 100.0)))
    assert [item.explained for item in other] == [False]


def test_an_unknown_quantity_is_never_compared(comparison: ModuleType) -> None:
    far = records((2.0, 52.0, 900.0))
    assert comparison._compare_row("renewables", row(mw=""), "ppm", far) == []
    partly = records((2.0, 52.0, 900.0), (2.0, 52.0, float("nan")))
    assert comparison._compare_row("renewables", row(), "ppm", partly) == []


def test_a_key_that_the_register_lacks_is_a_difference(comparison: ModuleType) -> None:
    missing = records((2.0, 52.0, 100.0)).reindex(["k0", "k9"])
    (actual,) = comparison._compare_row("renewables", row(), "ppm", missing)
    assert (actual.what, actual.size) == ("key", "k9 is not in the register")
    assert not actual.explained


def test_emissions_are_compared_in_the_year_of_the_row(comparison: ModuleType) -> None:
    dated = pd.DataFrame(
        {"lon": [2.0], "lat": [52.0], "quantity_2014": [9e6], "quantity_2019": [1e6]}, index=["k0"]
    )
    site = {**row(), "site_id": "works", "co2_t_per_yr": "1100000", "year": "2019"}
    assert comparison._compare_row("emitters", site, "eutl", dated) == []
    site["year"] = "2014"
    (actual,) = comparison._compare_row("emitters", site, "eutl", dated)
    assert (actual.row, actual.what) == ("works", "magnitude")


def test_keys_split_by_register_and_part(comparison: ModuleType) -> None:
    assert list(comparison._keys("eutl:NL_1+NL_2;hotmaps:7")) == [
        ("eutl", ["NL_1", "NL_2"]),
        ("hotmaps", ["7"]),
    ]
    assert list(comparison._keys("")) == []
    with pytest.raises(ValueError, match=r"must start with one of .*'wikipedia'"):
        list(comparison._keys("wikipedia:7"))


def test_ports_are_read_in_their_odd_encoding(comparison: ModuleType, tmp_path: Path) -> None:
    feature = {
        "properties": {"LOCODE": "SEMMA", "Name": "Malmö"},
        "geometry": {"coordinates": [13.0, 55.6]},
    }
    folder = tmp_path / "ports_worldbank"
    folder.mkdir()
    text = json.dumps({"features": [feature]}, ensure_ascii=False)
    (folder / "attributed_ports.json").write_bytes(text.encode("iso-8859-1"))
    table = comparison.read_ports(tmp_path)
    assert table.loc["SEMMA"].to_list() == [13.0, 55.6]


def test_without_registers_the_script_says_so_and_passes(
    comparison: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(sys, "argv", ["compare_registers.py", str(tmp_path / "absent")])
    assert comparison.main() == 0
    assert capsys.readouterr().out.startswith("Skipped: ")
