"""Unknown emissions are drawn from the known ones of their sector, each by its own key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from study.small_studies import emitters, points, study_of

from standort.errors import OptionError
from standort.scoring import load_profile
from standort.study import score
from standort.uncertainty import Spreads, monte_carlo
from standort.uncertainty.layer_draws import DrawnLayer, drawn_layers

if TYPE_CHECKING:
    from standort.layers import Study

PROFILE = load_profile("net-zero")
MANY = 2_000
NAME = "co2_t_per_yr"


def plants(amount: Any, **columns: Any) -> Any:  # noqa: ANN401
    """Build plants along a line, with a port and a store beside the first."""
    n = len(amount)
    return emitters(np.linspace(4, 6, n), np.full(n, 52.0), amount, **columns)


def layer_of(frame: Any, spreads: Spreads | None = None) -> DrawnLayer:  # noqa: ANN401
    study = study_of({"emitters": frame})
    layers = drawn_layers(study, PROFILE.criteria, spreads or Spreads.none())
    return next(layer for layer in layers if layer.name == "emitters")


def two_sectors(unknown: float = 0.3) -> Any:  # noqa: ANN401
    """Build plants of two sectors a factor of a hundred apart."""
    rng = np.random.default_rng(4)
    sector = np.where(np.arange(MANY) % 2, "steel", "paper")
    amount = rng.lognormal(np.where(sector == "steel", 14.0, 9.4), 0.5)
    amount[rng.random(MANY) < unknown] = np.nan
    return plants(amount, sector=sector)


def test_each_sector_has_its_own_distribution() -> None:
    frame = two_sectors()
    drawn = layer_of(frame).draw(1, 0)
    logs = np.log(drawn[NAME].to_numpy()[frame[NAME].isna()])
    steel = frame["sector"].to_numpy()[frame[NAME].isna()] == "steel"
    for of_sector, mean in ((logs[steel], 14.0), (logs[~steel], 9.4)):
        assert of_sector.mean() == pytest.approx(mean, abs=0.1)
        assert of_sector.std() == pytest.approx(0.5, rel=0.1)


def test_a_sector_of_few_known_plants_is_drawn_from_all() -> None:
    frame = two_sectors()
    rare = frame["sector"].to_numpy(dtype=object, copy=True)
    rare[:10], unknown = "glass", frame[NAME].isna().to_numpy()
    assert 0 < (~unknown[:10]).sum() < 8
    drawn = [layer_of(frame.assign(sector=rare)).draw(1, r)[NAME].to_numpy() for r in range(60)]
    logs = np.log(np.stack(drawn)[:, :10][:, unknown[:10]])
    assert logs.std() == pytest.approx(np.hypot(0.5, 2.3), rel=0.15)
    assert "of their sector" in layer_of(frame).factors[0]


def test_a_draw_depends_on_neither_other_unknown_plants_nor_the_order() -> None:
    frame = two_sectors()
    one = layer_of(frame).draw(5, 3)[NAME]
    other = layer_of(frame.iloc[::-1].reset_index(drop=True)).draw(5, 3)[NAME]
    assert other.reindex(one.index).tolist() == one.tolist()
    unknown = np.flatnonzero(frame[NAME].isna())
    fewer = layer_of(frame.drop(index=unknown[1:])).draw(5, 3)[NAME]
    assert fewer.iloc[unknown[0]] == one.iloc[unknown[0]]


def test_the_share_that_emits_nothing_is_drawn_too() -> None:
    amount = np.where(np.arange(MANY) % 4, 1e5, 0.0)
    amount[: MANY // 2] = np.nan
    drawn = layer_of(plants(amount)).draw(0, 0)[NAME].to_numpy()[: MANY // 2]
    assert np.mean(drawn == 0.0) == pytest.approx(0.25, abs=0.05)


def test_few_known_plants_make_the_fit_itself_uncertain() -> None:
    """A further value lies as far from nine known ones as Student's t says, not as the normal."""
    rng = np.random.default_rng(0)
    inside = []
    for world in range(200):
        known = rng.lognormal(11, 1, 9)
        truth = rng.lognormal(11, 1)
        layer = layer_of(plants([*known, np.nan]))
        drawn = [layer.draw(world, r)[NAME].iloc[-1] for r in range(79)]
        low, high = np.sort(drawn)[[3, -4]]
        inside.append(low <= truth <= high)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.05)


def test_a_stated_range_is_drawn_from_instead() -> None:
    spreads = Spreads(unknown_emissions_mt_per_yr=(0.01, 1.0))
    layer = layer_of(plants([np.nan] * MANY + [5e6]), spreads)
    drawn = layer.draw(0, 0)[NAME].to_numpy()[:-1]
    assert np.quantile(drawn, [0, 0.5, 1]) == pytest.approx([1e4, 1e5, 1e6], rel=0.1)
    assert spreads.as_dict()["unknown_emissions_mt_per_yr"] == (0.01, 1.0)
    assert "unknown_emissions_mt_per_yr" not in Spreads().as_dict()
    with pytest.raises(OptionError, match=r"from a low to a high amount above 0, got \(2.0, 1.0\)"):
        Spreads(unknown_emissions_mt_per_yr=(2.0, 1.0))


# ------------------------------------------------------------------ nothing to draw from


def barely_known() -> Study:
    """Six plants near each other of which two are known, and one far from all."""
    amount = [1e6, 2e6, *[np.nan] * 4, 3e5]
    frame = emitters([4.0, 4.01, 4.02, 4.03, 4.04, 4.05, 9.0], [52.0] * 7, amount)
    frame.loc[6, NAME] = 0.0  # known, but not above 0: nothing to fit
    return study_of({"emitters": frame, "ports": points([4.0], [52.0])})


def test_what_depends_on_emissions_that_cannot_be_drawn_has_no_interval() -> None:
    study = barely_known()
    drawn = monte_carlo(study, draws=40, replicates=8)
    assert drawn.sites.loc[["x00", "x05"]].isna().all(axis=None)
    assert drawn.sites.filter(regex="^rank|^p_top").isna().all(axis=None)
    assert all(np.isnan(end[0]).all() for end in drawn.advantage_draws)
    assert any("co2_t_per_yr unknown of 4 emitters" in line for line in drawn.not_drawn)
    stated = Spreads(unknown_emissions_mt_per_yr=(0.1, 1.0))
    again = monte_carlo(study, draws=40, replicates=8, spreads=stated)
    assert (again.sites["score_p05"] < again.sites["score_p95"])["x00"]
    assert not np.isnan(again.advantage_draws).any()
    assert not any(NAME in line for line in again.not_drawn)


def test_a_site_out_of_their_reach_keeps_its_interval() -> None:
    far = emitters([4.0, 4.01, 30.0], [52.0, 52.0, 40.0], [1e6, np.nan, 2e6])
    ports = points([4.0, 30.0], [52.0, 40.1])
    sites = monte_carlo(study_of({"emitters": far, "ports": ports}), draws=40, replicates=8).sites
    scores = sites[["score_p05", "score_p95"]].notna().all(axis=1)
    assert scores.tolist() == [False, False, True]
    assert sites["rank_p05"].isna().all()


# ------------------------------------------------------------------ places


def test_members_shares_follow_the_drawn_emissions() -> None:
    """Of a cluster of one known plant, the unknown ones beside the port take part in the mean."""
    rng = np.random.default_rng(2)
    n = 24
    amount = rng.lognormal(12, 1, n)
    amount[:8] = np.nan
    frame = emitters(4 + np.linspace(0, 0.9, n), np.full(n, 52.0), amount)
    study = study_of({"emitters": frame, "ports": points([4.0], [52.0])})
    recorded = score(study).places["advantage"].iloc[0]
    drawn = monte_carlo(study, draws=40, replicates=40, spreads=Spreads.none()).advantage_draws[0]
    assert drawn.std() > 0.0
    assert drawn.min() < drawn.max()
    assert np.isfinite(recorded)
    bounds = pd.DataFrame(score(study).places)[["advantage_min", "advantage_max"]].iloc[0]
    assert (bounds.iloc[0] <= drawn).all()
    assert (drawn <= bounds.iloc[1]).all()
