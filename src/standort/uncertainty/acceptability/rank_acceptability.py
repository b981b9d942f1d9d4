"""Rank acceptability of sites over unknown weights (SMAA-2).

If weights are unknown, SMAA-2 asks which weights would make a site the best, and what share of all
weights those are (Lahdelma and Salminen 2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import ANY_NUMBER, MOST_DRAWS, SEED, checked, positive, whole
from standort.errors import AlignmentError, OptionError, name_ids
from standort.random_numbers import name_keys
from standort.scoring import Profile
from standort.uncertainty.acceptability.confidence_factors import confidence_factors
from standort.uncertainty.acceptability.preference_draws import ScoreDraws, WeightSource
from standort.uncertainty.acceptability.rank_counts import Counts, block_size
from standort.uncertainty.acceptability.value_bounds import checked_bounds
from standort.uncertainty.weight_draws import CONCENTRATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.array_types import Floats, Progress
    from standort.study import Result


#: largest number of sites for which shares of all ranks and pairs are kept
_MOST_RANKED = 300
#: two-sided 95 % of a normal distribution
_SURE = 1.96


@dataclass(frozen=True, eq=False, repr=False)
class Smaa:
    """Result of `smaa`: shares of draws, in [0, 1]; tables have the index of the sites.

    Parameters
    ----------
    acceptability
        Share of draws in which a site has a rank: a column for each rank, 1 is the best. Rows and
        columns sum to 1. With more than 300 sites there is rank 1 only; see `top`.
    top
        Share of draws in which a site is among the best q: a column for each q (1, and 1, 5 and
        10 % of the sites, rounded up).
    expected_rank
        Mean rank; tied sites share their ranks evenly.
    central_weights
        Mean of the weights under which a site is first: the preferences of a person who would
        choose it. NaN for a site that is never first.
    central_weights_error
        Half the width of their 95 % interval; NaN for a site first in a single draw.
    confidence
        Probability that a site is first under its central weights, given uncertain values; with
        certain values 1, 0, or a fraction for ties. NaN for a site that is never first.
    confidence_error
        Half the width of its 95 % interval, from the draws of the values and the error of the
        central weights. NaN for a site first in fewer than 10 draws; 0 if all values are certain
        and the score is a weighted sum.
    pairwise
        Share of draws in which the site of the row is ahead of that of the column; a tie counts
        one half. None for more than 300 sites.
    draws, confidence_draws
        Numbers of draws; the latter is 0 if all values are certain.
    """

    acceptability: pd.DataFrame
    top: pd.DataFrame
    expected_rank: pd.Series[float]
    central_weights: pd.DataFrame
    central_weights_error: pd.DataFrame
    confidence: pd.Series[float]
    confidence_error: pd.Series[float]
    pairwise: pd.DataFrame | None
    draws: int
    confidence_draws: int

    def __repr__(self) -> str:
        first = int((self.top[1] > 0).sum())
        return (
            f"<Smaa of {len(self.top)} sites and {self.draws} draws: {first} are ever first, "
            f"shares +-{self.error:.3f} or better>"
        )

    @property
    def error(self) -> float:
        """Half the width of the 95 % interval of a share of one half, the largest of any share."""
        return _SURE * 0.5 / float(np.sqrt(self.draws))

    @property
    def acceptability_error(self) -> pd.DataFrame:
        """Half the width of the 95 % interval of each share of `acceptability`."""
        return share_error(self.acceptability, self.draws)

    @property
    def top_error(self) -> pd.DataFrame:
        """Half the width of the 95 % interval of each share of `top`."""
        return share_error(self.top, self.draws)

    @checked()
    def holistic(self, rank_weights: Floats | None = None) -> pd.Series[float]:
        """Return the holistic acceptability of each site: its ranks summarised in one number.

        Parameters
        ----------
        rank_weights
            Weight of each rank, decreasing from the first; centroid weights by default.

        Returns
        -------
        Series ``holistic`` in the unit of the rank weights; with centroid weights at most 1.

        Raises
        ------
        OptionError
            If there are more than 300 sites, or the number of weights differs from that of ranks.

        Notes
        -----
        Sum of alpha_r b_r (Lahdelma and Salminen 2001, eq. 12); centroid weights are alpha_r =
        sum of 1 / k from r to n, divided by the same from 1 to n. The number depends on them.
        """
        n = self.acceptability.shape[1]
        if n != len(self.acceptability):
            msg = f"expected at most {_MOST_RANKED} sites, got {len(self.acceptability)}; use .top"
            raise OptionError(msg)
        tails = np.cumsum(1.0 / np.arange(n, 0, -1))[::-1]
        alphas = tails / tails[0] if rank_weights is None else np.asarray(rank_weights, dtype=float)
        if alphas.shape != (n,):
            msg = f"expected a weight for each of {n} ranks, got {len(alphas)}; pass one for each"
            raise OptionError(msg)
        total = pd.Series(0.0, index=self.acceptability.index, name="holistic")
        for rank, alpha in enumerate(alphas.tolist(), start=1):
            total += alpha * self.acceptability[rank]
        return total


@checked(
    draws=whole(1, MOST_DRAWS),
    seed=SEED,
    weights=ANY_NUMBER,
    concentration=positive(),
    confidence_draws=whole(1, MOST_DRAWS),
)
def smaa(  # noqa: PLR0913 - one parameter for each option
    partial_values: pd.DataFrame | Result,
    *,
    draws: int = 10_000,
    seed: int = 0,
    weights: Profile | Mapping[str, float] | pd.DataFrame | None = None,
    concentration: float | None = CONCENTRATION,
    profile: Profile | None = None,
    low: pd.DataFrame | None = None,
    high: pd.DataFrame | None = None,
    confidence_draws: int = 1_000,
    progress: Progress | None = None,
) -> Smaa:
    """Compute rank acceptabilities of sites over unknown weights (SMAA-2).

    An acceptability of 0.3 means that 30 % of all sets of weights put the site first; it is not the
    probability that the site is best. Many good sites divide the first rank among them, so look at
    `top` and other ranks too. Weights drawn over the whole simplex favour sites that are extreme in
    one criterion more than people do.

    Parameters
    ----------
    partial_values
        Values in [0, 1]: a row per site, a column per criterion. NaN is unknown and drawn
        uniformly from [0, 1]. Or a result of `standort.score`, whose partial values are used.
    draws
        Number of draws of weights; shares are accurate to 0.98 / sqrt(draws), .01 at 10,000.
    seed
        Random seed.
    weights
        None: uniform on the simplex. A profile, or weights by criterion: drawn about them
        (`draw_weights`). A table with the columns of `partial_values`: the draws themselves,
        whose number replaces `draws`.
    concentration
        How closely drawn weights keep to those given; see `draw_weights`.
    profile
        Profile whose aggregation is used, with its components and floor. None: a weighted sum,
        also for a result; pass ``result.profile`` for its own scores.
    low, high
        Bounds between which each value is drawn uniformly, as for `score_table`. Known values must
        lie between them.
    confidence_draws
        Number of draws of the values for each confidence, if any value is uncertain.
    progress
        Called with a label, the number of draws done, and the total.

    Returns
    -------
    Shares of draws, with their Monte Carlo errors.

    Raises
    ------
    AlignmentError
        If tables differ in rows or columns, or the profile lacks a criterion.
    OptionError
        If a value is not a number, or lies outside [0, 1] or its bounds, or a number of draws is
        out of range.
    WeightError
        If weights cannot be drawn.

    Notes
    -----
    A draw depends on its number and the seed only, not on other draws or sites. Memory does not
    grow with draws. Ties are fractional: two sites tied for the first rank count half each.

    References
    ----------
    Lahdelma and Salminen (2001), SMAA-2: Stochastic multicriteria acceptability analysis for group
    decision making, Operations Research 49, 444-454; Tervonen and Lahdelma (2007), European Journal
    of Operational Research 178, 500-513.

    Examples
    --------
    A is ahead of B if w1 > 0.6, for 40 % of all weights; the mean of w1 is then 0.8:

    >>> values = pd.DataFrame({"c1": [0.8, 0.4], "c2": [0.2, 0.8]}, index=["A", "B"])
    >>> result = smaa(values)
    >>> result.acceptability.round(2)
         1    2
    A  0.4  0.6
    B  0.6  0.4
    >>> result.central_weights.round(2)
        c1   c2
    A  0.8  0.2
    B  0.3  0.7
    >>> result.confidence.tolist(), round(result.error, 4)
    ([1.0, 1.0], 0.0098)

    For a result, with its profile's aggregation: a plant at a port, and one far from it:

    >>> import geopandas
    >>> import standort
    >>> positions = geopandas.points_from_xy([4.0, 5.0], [52, 52], crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": ["near", "far"], "co2_t_per_yr": [1e6, 1e6]}, geometry=positions
    ... )
    >>> port = geopandas.GeoDataFrame({"feature_id": ["port"]}, geometry=positions[:1])
    >>> result = standort.score(standort.Study.from_layers(emitters=plants, ports=port))
    >>> smaa(result, profile=result.profile, draws=100).acceptability
               1    2
    site_id
    near     1.0  0.0
    far      0.0  1.0
    """
    table = _partial_values(partial_values)
    bounds = checked_bounds(
        table.rename(columns=str),
        None if low is None else low.rename(columns=str),
        None if high is None else high.rename(columns=str),
    )
    _check_criteria(bounds.criteria, profile=profile, weights=weights)
    source = WeightSource.of(
        weights, bounds.criteria, draws=draws, seed=seed, concentration=concentration
    )
    scores = ScoreDraws(bounds.only(source.criteria), source, profile, seed)
    counts = _count(scores, table.index, progress)
    central, central_error = counts.central_weights()
    confidence, half, used = confidence_factors(scores, counts, central, confidence_draws, progress)
    index, criteria = table.index, list(source.criteria)
    ranks = range(1, counts.ranks.shape[1] + 1)
    return Smaa(
        acceptability=pd.DataFrame(counts.ranks / source.draws, index=index, columns=list(ranks)),
        top=pd.DataFrame(counts.tops / source.draws, index=index, columns=list(counts.sizes)),
        expected_rank=pd.Series(
            counts.rank_sum / source.draws, index=index, name="expected_rank", dtype=float
        ),
        central_weights=pd.DataFrame(central, index=index, columns=criteria),
        central_weights_error=pd.DataFrame(_SURE * central_error, index=index, columns=criteria),
        confidence=pd.Series(confidence, index=index, name="confidence", dtype=float),
        confidence_error=pd.Series(half, index=index, name="confidence", dtype=float),
        pairwise=None
        if counts.wins is None
        else pd.DataFrame(counts.wins / source.draws, index=index, columns=index),
        draws=source.draws,
        confidence_draws=used,
    )


@checked(draws=whole(1, MOST_DRAWS))
def share_error(shares: pd.DataFrame, draws: int) -> pd.DataFrame:
    """Return half the width of the 95 % interval of shares of draws.

    Parameters
    ----------
    shares
        Shares in [0, 1].
    draws
        Number of draws.

    Returns
    -------
    A table of half widths; not 0 for a share of 0 or 1.

    Notes
    -----
    Agresti and Coull (1998): two successes and two failures added.

    Examples
    --------
    >>> share_error(pd.DataFrame({"p": [0.5, 0.0]}), 10_000)
              p
    0  0.009798
    1  0.000277
    """
    added = (shares * draws + 2.0) / (draws + 4.0)
    return _SURE * (added * (1.0 - added) / (draws + 4.0)) ** 0.5


def _partial_values(given: pd.DataFrame | Result) -> pd.DataFrame:
    """Return a table of partial values; for a result those of the criteria used by its scores."""
    if isinstance(given, pd.DataFrame):
        return given
    if not hasattr(given, "manifest"):
        msg = (
            f"expected a table of partial values or a result, got {type(given).__name__}; pass one"
        )
        raise OptionError(msg)
    columns = {name: given.sites[f"{name}_value"].astype(float) for name in given.manifest["basis"]}
    return pd.DataFrame(columns, index=given.sites.index)


def _count(scores: ScoreDraws, ids: pd.Index, progress: Progress | None) -> Counts:
    n, total = len(ids), scores.source.draws
    counts = Counts.empty(n, len(scores.source.criteria), all_ranks=n <= _MOST_RANKED)
    step = block_size(n, pairs=counts.wins is not None)
    keys = name_keys(ids)
    for start in range(0, total, step):
        if progress is not None:
            progress("weights drawn", start, total)
        numbers = np.arange(start, min(start + step, total))
        shares = scores.source.draw(numbers)
        counts.add(scores.draw(numbers, shares, keys), shares, numbers)
    if progress is not None:
        progress("", total, total)
    return counts


def _check_criteria(
    criteria: list[str],
    *,
    profile: Profile | None,
    weights: Profile | Mapping[str, float] | pd.DataFrame | None,
) -> None:
    """Raise if a profile lacks a criterion: its score would be left out but a weight drawn."""
    for given in (profile, weights):
        if isinstance(given, Profile):
            unknown = [name for name in criteria if name not in {c.id for c in given.criteria}]
            if unknown:
                msg = (
                    f"profile {given.id!r} has no criterion {name_ids(unknown)}; drop the column, "
                    "or pass the profile that made the values"
                )
                raise AlignmentError(msg)
