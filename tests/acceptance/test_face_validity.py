"""The checks of face validity say what the documentation says of them, passed or failed."""

from __future__ import annotations

from pathlib import Path

from acceptance.face_validity import checks, row_of

DOCS = Path(__file__).resolve().parents[2] / "docs" / "typology.md"


def test_the_documentation_states_every_check_as_it_comes_out() -> None:
    reported = DOCS.read_text(encoding="utf-8").splitlines()
    rows = [row_of(check) for check in checks()]
    assert len(rows) > 20
    assert [row for row in rows if row not in reported] == []
