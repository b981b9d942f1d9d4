"""`standort sensitivity` prints, writes and plots indices and effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from cli.runs import run, write_study

from standort.layers import read_study
from standort.uncertainty import factorial, sensitivity

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("method", "number"), [("sobol", 16), ("morris", 4)])
def test_the_files_hold_the_results_of_the_function(
    tmp_path: Path, method: str, number: int
) -> None:
    study = write_study(tmp_path / "study.gpkg")
    out, plot = tmp_path / "s.csv", tmp_path / "s.svg"
    done = run(
        *("sensitivity", study, "--site", "b", "--method", method, "--samples", number),
        *("--target", "rank", "--seed", 3, "--realisations", 4, "--out", out),
        *("--plot", plot),
    )
    assert done.exit_code == 0, done.output
    assert "Rank of b" in done.output
    assert plot.read_text().startswith("<?xml")
    assert "Not varied" in done.output
    assert "no layer 'heat_demand'" in " ".join(done.output.split())
    analysis = sensitivity(
        read_study(study),
        site="b",
        method="sobol" if method == "sobol" else "morris",
        target="rank",
        seed=3,
        samples=number,
        trajectories=number,
        realisations=4,
    )
    written = pd.read_csv(out, index_col="factor")
    pd.testing.assert_frame_equal(written, analysis.indices)
    factors = pd.read_csv(tmp_path / "s_factors.csv")
    assert factors["factor"].tolist() == analysis.factors["factor"].tolist()


def test_factorial_writes_runs_effects_sites_and_factors(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study.gpkg")
    done = run("sensitivity", study, "--method", "factorial", "--out", tmp_path / "f.csv")
    assert done.exit_code == 0, done.output
    assert "combinations of method choices for 6 sites" in " ".join(done.output.split())
    choices = factorial(read_study(study))
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "f.csv"), choices.runs)
    for name in ("effects", "sites", "factors"):
        assert (tmp_path / f"f_{name}.csv").is_file()


def test_options_without_effect_on_a_factorial_are_refused(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study.gpkg")
    done = run("sensitivity", study, "--method", "factorial", "--site", "b", "--samples", 64)
    assert done.exit_code == 2
    assert "--site, --samples: no effect with --method factorial" in " ".join(done.output.split())


def test_wrong_options_are_refused(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study.gpkg")
    done = run("sensitivity", study, "--samples", 100)
    assert done.exit_code == 2
    assert "a power of 2" in done.output
    done = run("sensitivity", study, "--out", tmp_path / "x.txt")
    assert done.exit_code == 2
    assert not (tmp_path / "x.txt").exists()
