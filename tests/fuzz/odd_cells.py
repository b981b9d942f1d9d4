"""Cells that hold what nobody expects in their column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fuzz.changes import Cell

if TYPE_CHECKING:
    from fuzz.changes import Oddity

INF, NAN = float("inf"), float("nan")

#: what a column of each kind may be found to hold, by layer and column
_CELLS: dict[tuple[str, str], dict[str, Any]] = {
    ("emitters", "co2_t_per_yr"): {
        **{
            t: t
            for t in ("planned", "12 kt", "1,5", "1e6", "nan", "NULL", "", " ", "0x10", "1_000")
        },
        **{f"number {n}": n for n in (NAN, INF, -INF, -1.0, -9999.0, 0.0, 1e300, 5e-324, 2**62)},
        "integer of 65 bits": 2**64,
        "unknown": None,
        "blob": b"\x01\x02",
        "empty blob": b"",
    },
    ("ports", "liquid_bulk"): {
        **{repr(t): t for t in ("yes", "no", "t", "1", "", " ", "unknown")},
        **{f"number {n}": n for n in (2, -1, 0.5, NAN)},
        "blob": b"\x01",
        "unknown": None,
    },
    ("ports", "year_from"): {
        **{repr(t): t for t in ("planned", "2019-05-01", "", "2019?")},
        **{f"number {n}": n for n in (0, 99999, 2019.5, INF, -1)},
    },
    ("sites", "year_to"): {"'open'": "open", "blob": b"\x01", "number inf": INF},
    ("sites", "site_id"): {
        **{
            repr(t): t
            for t in ("", " ", "s0", "s0 ", "S0", "s\u00a00", "nan", "NULL", "s\0x", "s\n2")
        },
        **{repr(t): t for t in ("=1+1", "\x1b[31mred", "\u00e9", "e\u0301", "../s", "<b>s</b>")},
        "10,000 characters": "x" * 10_000,
        "unknown": None,
        "number 7": 7,
        "number 1.5": 1.5,
        "integer of 65 bits": 2**64,
        "blob": b"\x01\x02",
    },
    ("sites", "name"): {
        **{repr(t): t for t in ("", "a\nb", "a\0b", "\x1b]0;mine\x07", "=cmd()")},
        "100,000 characters": "x" * 100_000,
        "number 7": 7,
        "blob": b"\xff\x00",
        "unknown": None,
    },
    ("co2_storage", "capacity_mt"): {
        "text": "large",
        "negative": -1.0,
        "unknown": None,
        "NaN": NAN,
    },
    ("pipelines", "carrier"): {"unknown": None, "empty": "", "number": 7, "blob": b"\xff"},
    ("pipelines", "feature_id"): {"unknown": None, "twice": "l0", "NUL": "l\x002", "empty": ""},
    ("linkages", "kind"): {"unknown": None, "other word": "friendly", "blob": b"\xff"},
    ("linkages", "firm_u"): {"unknown": None, "empty": "", "number": 7},
    ("collection", "unit"): {"unknown": None, "empty": "", "number": 7, "blob": b"\xff"},
    ("collection", "method"): {"unknown": None, "other word": "asked", "blob": b"\xff"},
    ("collection", "firms"): {"unknown": None, "all": "all", "separators": ";; ;", "number": 7},
    ("collection", "detect_lo"): {"percent": 50.0, "text": "half", "NaN": NAN, "below 0": -0.1},
    ("collection", "total"): {"number": 700.0, "text": "95 %", "infinite": INF, "blob": b"\x01"},
    ("firms", "firm"): {"unknown": None, "empty": "", "number": 7},
    ("firms", "owner"): {"unknown": None, "empty": "", "itself": "u2", "number": 7},
    ("firms", "share"): {"percent": 50.0, "text": "50 %", "unknown": None},
}
CELLS: list[Oddity] = [
    *(
        Cell(f"{column} is {name}", layer, column, value)
        for (layer, column), cells in _CELLS.items()
        for name, value in cells.items()
    ),
    *(
        Cell(f"{column} is Latin-1", layer, column, "caf\u00e9".encode("latin-1"), latin=True)
        for layer, column in [
            ("sites", "site_id"),
            ("sites", "name"),
            ("emitters", "name"),
            ("pipelines", "carrier"),
            ("linkages", "firm_u"),
        ]
    ),
]
