"""The examples of docs/sources.md run as printed."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sources.md"


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rapidfuzz", reason="the extra sources is not installed")
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(
        str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert tried > 10
    assert failed == 0


def test_the_page_names_every_reader() -> None:
    from standort import sources

    text = PAGE.read_text(encoding="utf-8")
    readers = [name for name in sources.__all__ if name.startswith("read_") and "alias" not in name]
    assert [name for name in readers if f"`{name}`" not in text] == []
