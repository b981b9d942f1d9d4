"""The map of the code is true, and the rooms stay easy to find one's way in."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "standort"
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MODULES = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
#: the root shows the rooms themselves and the modules of the ground floor
MOST_ENTRIES, MOST_LINES = 13, 600


def room_of(parts: tuple[str, ...]) -> str | None:
    """Name the room of a module: the first part of its path, without the ending."""
    name = parts[0].removesuffix(".py") if parts else ""
    there = (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()
    return name if name and there else None


def imported(tree: ast.AST) -> set[str]:
    """Name the modules of the package that a module imports, wherever it does."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "standort":
            names |= {f"standort.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.startswith("standort.")}


@pytest.fixture(scope="module")
def imports() -> nx.DiGraph:
    graph = nx.DiGraph()
    for path in MODULES:
        room = room_of(path.relative_to(PACKAGE).parts)
        graph.add_node(room)
        for name in imported(ast.parse(path.read_text(encoding="utf-8"))):
            other = room_of(tuple(name.split(".")[1:]))
            if other is not None and other != room:
                graph.add_edge(room, other)
    return graph


def test_rooms_import_each_other_in_one_direction(imports: nx.DiGraph) -> None:
    assert nx.is_directed_acyclic_graph(imports)


def test_the_picture_shows_the_real_imports(imports: nx.DiGraph) -> None:
    drawn = set(re.findall(r"^    (\w+) --> (\w+)$", MAP, flags=re.MULTILINE))
    assert drawn == set(nx.transitive_reduction(imports).edges)


def test_every_room_has_one_paragraph(imports: nx.DiGraph) -> None:
    described = re.findall(r"^\*\*`(\w+)`\*\* ", MAP, flags=re.MULTILINE)
    assert sorted(described) == sorted(imports.nodes)


def test_every_folder_the_map_names_is_there() -> None:
    named = set(re.findall(r"`(\w+)/`", MAP))
    folders = {path.name for path in PACKAGE.rglob("*") if path.is_dir()}
    assert named - folders == set()


def test_no_two_modules_share_a_name() -> None:
    names = Counter(path.stem for path in MODULES)
    assert [name for name, count in names.items() if count > 1] == []


def test_a_folder_shows_at_most_a_dozen_entries() -> None:
    folders = [path for path in PACKAGE.rglob("*") if path.is_dir() and path.name != "__pycache__"]
    entries = {
        folder.name: len([e for e in folder.iterdir() if not e.name.startswith("__")])
        for folder in folders
    }
    assert {name: count for name, count in entries.items() if count > MOST_ENTRIES} == {}


def test_no_module_is_longer_than_one_idea() -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}
