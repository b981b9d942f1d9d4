"""CONTRIBUTING.md: its steps lead where it says, and what it names exists."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from study.small_studies import all_layers, study_of

from standort import metrics
from standort.metric_table import METRICS
from standort.roles import ROLES, TABLES, criterion_layers
from standort.scoring import load_profile, profile_text
from standort.study import score

if TYPE_CHECKING:
    from standort.scoring import Profile

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
#: the columns of sites that depend on all criteria, besides those of components
SCORES = re.compile(r"score.*|rank|coverage|basis|gates|vetoed")


def new_criterion() -> str:
    """Return the block that the first step of "Add a criterion" adds to the profile."""
    (block,) = re.findall(r"^   ```toml\n(.*?)^   ```", PAGE, re.DOTALL | re.MULTILINE)
    return textwrap.dedent(block)


def with_new_criterion(path: Path, *, before: str) -> Profile:
    """Follow the first two steps with a copy of the profile."""
    text = profile_text("net-zero").replace('version = "1', 'version = "1.1', 1)
    first, second = text.split(f'[[criteria]]\nid = "{before}"')
    block = f'{new_criterion()}\n[[criteria]]\nid = "{before}"'
    path.write_text(first + block + second, encoding="utf-8")
    return load_profile(path)


def test_a_criterion_is_a_block_of_the_profile(tmp_path: Path) -> None:
    """It is measured, valued and reported in its place; what the others measure stays."""
    net_zero = load_profile("net-zero")
    profile = with_new_criterion(tmp_path / "net-zero.toml", before="feedstock_distance")
    ids = [criterion.id for criterion in net_zero.criteria]
    ids.insert(ids.index("feedstock_distance"), "rail_distance")
    assert [criterion.id for criterion in profile.criteria] == ids
    assert (profile.version, profile.content_hash) != (net_zero.version, net_zero.content_hash)
    layers = all_layers()
    routes = layers["freight_routes"].assign(mode=["rail", "road", "rail"])
    study = study_of(layers, freight_routes=routes)
    old, new = score(study), score(study, profile)
    rails = routes[routes["mode"] == "rail"]
    expected = metrics.nearest_distance(layers["emitters"], rails)
    np.testing.assert_array_equal(new.sites["rail_distance_km"], expected)
    value = np.interp(expected, [1, 5, 30], [1, 0.5, 0])
    np.testing.assert_allclose(new.sites["rail_distance_value"], value, rtol=1e-12, atol=1e-15)
    components = [component.id for component in profile.components]
    kept = [c for c in old.sites if c not in components and not SCORES.fullmatch(c)]
    assert {f"{name}_value" for name in ids if name != "rail_distance"} <= set(kept)
    pd.testing.assert_frame_equal(
        pd.DataFrame(new.sites[kept]), pd.DataFrame(old.sites[kept]), check_exact=True
    )
    assert not new.sites["score"].equals(old.sites["score"])
    assert "rail distance" in str(new.explain(new.sites["score"].idxmax()))


def test_files_and_folders_named_exist() -> None:
    named = set(re.findall(r"`((?:src|tests|docs)/[\w/.-]+|[\w-]+\.md)`", PAGE))
    assert len(named) >= 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_targets_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"make (\w+)`|^    make (\w+)", PAGE, re.MULTILINE))
    targets = {first or second for first, second in named}
    assert {"install", "golden"} <= targets
    assert [name for name in sorted(targets) if f"\n{name}:" not in makefile] == []


def test_every_metric_is_exported() -> None:
    assert set(METRICS) <= set(metrics.__all__)


def test_the_readme_lists_every_layer_with_its_columns() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = {row.split("`")[1]: row for row in re.findall(r"^\| `.*$", readme, re.MULTILINE)}
    assert [name for name in criterion_layers() if name not in rows] == []
    for name in criterion_layers():
        role, row = ROLES[name], rows[name]
        shapes = frozenset(shape for shape in ("point", "line", "polygon") if shape in row)
        assert shapes == role.geometry, name
        assert [c.name for c in role.required if f"`{c.name}`" not in row] == [], name


def test_the_page_on_linkages_lists_every_table_with_its_columns() -> None:
    page = (ROOT / "docs" / "linkages.md").read_text(encoding="utf-8")
    section = page.partition("## Tables\n")[2].partition("\n## ")[0]
    tables, _, log = section.partition("\n**`collection`**")
    rows = {row.split("`")[1]: row for row in re.findall(r"^\| `.*$", tables, re.MULTILINE)}
    assert list(rows) == ["linkages", "memberships", "assets", "initiatives", "collection", "firms"]
    for name in TABLES:
        bold = set(re.findall(r"\*\*`(\w+)`\*\*", rows[name]))
        assert bold == {column.name for column in ROLES[name].required}, name
        assert [c.name for c in ROLES[name].columns if f"`{c.name}`" not in rows[name]] == [], name
    explained = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\|([^|]+)\|", log, re.MULTILINE)))
    known = {name for c in ROLES["collection"].columns for name in (c.name, *c.also)}
    assert known - set(explained) == {"year_from", "year_to"}
    for column in ROLES["collection"].columns:
        assert [word for word in column.choices if f"`{word}`" not in log] == [], column.name
