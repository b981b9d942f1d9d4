"""SMAA-2: which ranks sites take over all weights that somebody could hold.

Where nobody can say what the weights are, one asks instead for which weights a site would be
best, and how many sets of weights those are (Lahdelma and Salminen 2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import AlignmentError, OptionError, gather, name_ids
from standort.random_numbers import check_seed, name_keys
from standort.scoring import Profile
from standort.scoring.aggregation.means import range_problems
from standort.uncertainty.acceptability.confidence_factors import confidence_factors
from standort.uncertainty.acceptability.preference_draws import (
    ScoreDraws,
    ValueBounds,
    WeightSource,
)
from standort.uncertainty.acceptability.rank_counts import Counts, block_size
from standort.uncertainty.weight_draws import CONCENTRATION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from standort.study import Result

    Floats = NDArray[np.float64]
    Progress = Callable[[str, int, int], None]

__all__ = [
    "MOST_RANKED",
    "Smaa",
    "check_known",
    "check_numbers",
    "share_error",
    "smaa",
    "value_bounds",
]

#: sites up to which the shares of all ranks and all pairs are kept
MOST_RANKED = 300
#: two-sided 95 % of a normal distribution
_SURE = 1.96


@dataclass(frozen=True, eq=False, repr=False)
class Smaa:
    """What `smaa` gives. Shares are of the draws, in [0, 1]; tables have the index of the sites.

    Parameters
    ----------
    acceptability
        Share of the draws in which a site takes a rank: a column for each, 1 the best. Rows and
        columns add up to 1. Of more than 300 sites there is rank 1 only; see `top`.
    top
        Share in which a site is among the best q: a column for each q (1, a hundredth, a
        twentieth and a tenth of the sites, rounded up).
    expected_rank
        Mean rank; tied sites share their ranks evenly.
    central_weights
        Mean of the weights under which a site is first: what somebody who would choose it thinks.
        NaN for a site that never is.
    central_weights_error
        Half the width of their 95 % interval; NaN for a site that was first once only.
    confidence
        How likely a site is first under its central weights, given that its values are not
        certain; with certain values 1, 0, or a part where it ties. NaN for a site that never is.
    confidence_error
        Half the width of its 95 % interval: of the draws of the values, and of the central
        weights, which are uncertain too. NaN for a site first in fewer than 10 draws, too few to
        tell; 0 if all values are certain and a score is a sum of weight times value.
    pairwise
        Share in which the site of the row is ahead of that of the column; a tie is half a win.
        None for more than 300 sites.
    draws, confidence_draws
        How many there were; 0 of the latter if all values are certain.
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
        """Half the width of the 95 % interval of a share of one half; of no share it is more."""
        return _SURE * 0.5 / float(np.sqrt(self.draws))

    @property
    def acceptability_error(self) -> pd.DataFrame:
        """Half the width of the 95 % interval of each share of `acceptability`."""
        return share_error(self.acceptability, self.draws)

    @property
    def top_error(self) -> pd.DataFrame:
        """Half the width of the 95 % interval of each share of `top`."""
        return share_error(self.top, self.draws)

    def holistic(self, rank_weights: Floats | None = None) -> pd.Series[float]:
        """Sum up the ranks of each site in one number: its holistic acceptability.

        Parameters
        ----------
        rank_weights
            What each rank is worth, falling from the first; centroid weights if not given.

        Returns
        -------
        Series ``holistic`` in the unit of the rank weights; with centroid weights at most 1.

        Raises
        ------
        OptionError
            If there are more than 300 sites, or not one weight for each rank.

        Notes
        -----
        Sum of alpha_r b_r (Lahdelma and Salminen 2001, eq. 12); centroid weights are alpha_r =
        sum of 1 / k from r to n, divided by the same from 1 to n. The number depends on them.
        """
        n = self.acceptability.shape[1]
        if n != len(self.acceptability):
            msg = f"expected at most {MOST_RANKED} sites, got {len(self.acceptability)}; use .top"
            raise OptionError(msg)
        tails = np.cumsum(1.0 / np.arange(n, 0, -1))[::-1]
        alphas = tails / tails[0] if rank_weights is None else np.asarray(rank_weights, dtype=float)
        if alphas.shape != (n,):
            msg = f"expected a weight for each of {n} ranks, got {len(alphas)}; give one for each"
            raise OptionError(msg)
        total = pd.Series(0.0, index=self.acceptability.index, name="holistic")
        for rank, alpha in enumerate(alphas.tolist(), start=1):
            total += alpha * self.acceptability[rank]
        return total


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
    """Ask over all weights which ranks sites take (SMAA-2).

    An acceptability of 0.3 says that 30 % of all sets of weights would put the site first, if any
    is as good as another; it is no probability that the site is best. Many good sites share the
    first rank out among them: look at `top` and at ranks, not at the first alone. Weights drawn
    over the whole simplex favour sites that are extreme in one criterion more than people do.

    Parameters
    ----------
    partial_values
        Values in [0, 1]: a row per site, a column per criterion. NaN is unknown: it is drawn
        evenly from 0 to 1. Or a result of `standort.score`: its partial values are taken.
    draws
        How many; a share is then known within 0.98 / sqrt(draws), .01 at 10,000.
    seed
        Where chance comes from.
    weights
        None: every set of weights alike (uniform simplex). A profile, or weights by criterion:
        drawn round them (`draw_weights`). A table, columns as `partial_values`: the draws
        themselves, of which there are then as many.
    concentration
        How closely drawn weights keep to those given; see `draw_weights`.
    profile
        Whose aggregation turns values into scores: components and floor as for a score. None:
        the sum of weight times value, also for a result; give ``result.profile`` for its scores.
    low, high
        Bounds between which each value is drawn evenly, instead of `partial_values` itself; the
        tables of `score_table`. A value that is known lies between them.
    confidence_draws
        Draws of the values for each confidence, if any value is uncertain.
    progress
        Called with a label, the draws done, and all of them.

    Returns
    -------
    The shares, each with its Monte Carlo error.

    Raises
    ------
    AlignmentError
        If tables differ in rows or columns, or the profile does not know a criterion.
    OptionError
        If a value is no number, or lies outside [0, 1] or its bounds, or a number of draws is out
        of range.
    WeightError
        If weights cannot be drawn.

    Notes
    -----
    Draw 7 of one seed is the same however many are drawn and whichever sites there are. Memory
    does not grow with draws. Ties are fractional: two sites that share first place have half of
    it each.

    References
    ----------
    Lahdelma and Salminen (2001), SMAA-2: Stochastic multicriteria acceptability analysis for group
    decision making, Operations Research 49, 444-454; Tervonen and Lahdelma (2007), European Journal
    of Operational Research 178, 500-513.

    Examples
    --------
    A is ahead of B if w1 > 0.6, which is so for 40 % of all weights; on average w1 is then 0.8:

    >>> values = pd.DataFrame({"c1": [0.8, 0.4], "c2": [0.2, 0.8]}, index=["A", "B"])
    >>> found = smaa(values)
    >>> found.acceptability.round(2)
         1    2
    A  0.4  0.6
    B  0.6  0.4
    >>> found.central_weights.round(2)
        c1   c2
    A  0.8  0.2
    B  0.3  0.7
    >>> found.confidence.tolist(), round(found.error, 4)
    ([1.0, 1.0], 0.0098)

    Of a result, under its profile's aggregation: a plant at a port, and one far from it.

    >>> import geopandas
    >>> import standort
    >>> places = geopandas.points_from_xy([4.0, 5.0], [52, 52], crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": ["near", "far"], "co2_t_per_yr": [1e6, 1e6]}, geometry=places
    ... )
    >>> port = geopandas.GeoDataFrame({"feature_id": ["port"]}, geometry=places[:1])
    >>> result = standort.score(standort.Study.from_layers(emitters=plants, ports=port))
    >>> smaa(result, profile=result.profile, draws=100).acceptability
               1    2
    site_id
    near     1.0  0.0
    far      0.0  1.0
    """
    check_numbers(draws=draws, confidence_draws=confidence_draws)
    check_seed(seed)
    table = _partial_values(partial_values)
    bounds = value_bounds(
        table.rename(columns=str),
        None if low is None else low.rename(columns=str),
        None if high is None else high.rename(columns=str),
    )
    check_known(bounds.criteria, profile=profile, weights=weights)
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


def share_error(shares: pd.DataFrame, draws: int) -> pd.DataFrame:
    """Give half the width of the 95 % interval of shares of draws.

    Parameters
    ----------
    shares
        Shares in [0, 1].
    draws
        Of how many draws.

    Returns
    -------
    The same table of half widths; not 0 for a share of 0 or 1.

    Notes
    -----
    Agresti and Coull (1998): with two successes and two failures added.

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
    """Give a table of partial values; of a result those of the criteria its scores stand on."""
    if isinstance(given, pd.DataFrame):
        return given
    if not hasattr(given, "manifest"):
        msg = (
            f"expected a table of partial values or a result, got {type(given).__name__}; give one"
        )
        raise OptionError(msg)
    columns = {name: given.sites[f"{name}_value"].astype(float) for name in given.manifest["basis"]}
    return pd.DataFrame(columns, index=given.sites.index)


def _count(scores: ScoreDraws, ids: pd.Index, progress: Progress | None) -> Counts:
    n, total = len(ids), scores.source.draws
    counts = Counts.empty(n, len(scores.source.criteria), all_ranks=n <= MOST_RANKED)
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


#: a value this little outside its bounds is within: sums of weights round
_SLACK = 1e-9


def value_bounds(
    values: pd.DataFrame, low: pd.DataFrame | None, high: pd.DataFrame | None
) -> ValueBounds:
    """Give the bounds between which each value is drawn; refuse tables that do not fit.

    Parameters
    ----------
    values
        Partial values; NaN is unknown.
    low, high
        Bounds, both or neither.

    Returns
    -------
    The bounds, criterion by criterion.

    Raises
    ------
    AlignmentError
        If tables differ in rows or columns.
    OptionError
        If a value is no number, or lies outside [0, 1] or its bounds.
    """
    given = {name: t for name, t in (("low", low), ("high", high)) if t is not None}
    faults = _shape_faults(values, given)
    _check_numeric({"partial values": values, **given})
    if len(given) == 1:
        faults.append("expected both low and high, or neither, got one; give the other")
    if faults:
        raise AlignmentError(gather(faults, of="partial values"))
    outside = [problem for table in (values, *given.values()) for problem in range_problems(table)]
    least, most = given.get("low", values.fillna(0.0)), given.get("high", values.fillna(1.0))
    if (least > most).to_numpy().any():
        outside.append("expected low at most high, it is more somewhere; exchange them there")
    elif given and not outside:
        beyond = (values < least - _SLACK) | (values > most + _SLACK)
        outside += [
            f"expected {name} between low and high, it is not at "
            f"{name_ids(values.index[beyond[name]].tolist())}; correct one of the three"
            for name in values.columns[beyond.any()]
        ]
    if outside:
        raise OptionError(gather(outside, of="partial values"))
    return ValueBounds.of(least, most)


def _shape_faults(values: pd.DataFrame, bounds: Mapping[str, pd.DataFrame]) -> list[str]:
    faults = []
    if values.empty:
        faults.append("expected at least one site and one criterion, got none; give both")
    if values.index.has_duplicates:
        twice = name_ids(values.index[values.index.duplicated()].unique().tolist())
        faults.append(f"expected each site once, got {twice} more often; make site_id unique")
    for name, table in bounds.items():
        if not table.index.equals(values.index) or list(table.columns) != list(values.columns):
            faults.append(f"{name} has other rows or columns than the values; give the same")
        elif table.isna().to_numpy().any():
            faults.append(f"expected {name} to be known everywhere, got NaN; give 0 or 1 there")
    return faults


def _check_numeric(tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse text and the like, before any arithmetic meets it."""
    faults = [
        f"expected numbers in column {name!r} of {of}, got {table.dtypes.iloc[i]}; convert it"
        for of, table in tables.items()
        for i, name in enumerate(table.columns)
        if not pd.api.types.is_numeric_dtype(table.dtypes.iloc[i])
        and pd.to_numeric(table.iloc[:, i], errors="coerce")
        .isna()
        .ne(table.iloc[:, i].isna())
        .any()
    ]
    if faults:
        raise OptionError(gather(faults, of="smaa"))


def check_known(
    criteria: list[str],
    *,
    profile: Profile | None,
    weights: Profile | Mapping[str, float] | pd.DataFrame | None,
) -> None:
    """Refuse criteria that a profile leaves out of the score, and would still draw weights for.

    Parameters
    ----------
    criteria
        Columns of the partial values.
    profile, weights
        As for `smaa`.

    Raises
    ------
    AlignmentError
        If a profile among them does not know a criterion.
    """
    for given in (profile, weights):
        if isinstance(given, Profile):
            unknown = [name for name in criteria if name not in {c.id for c in given.criteria}]
            if unknown:
                msg = (
                    f"profile {given.id!r} knows no criterion {name_ids(unknown)}; drop the "
                    "column, or give the profile the values were made with"
                )
                raise AlignmentError(msg)


def check_numbers(**numbers: int) -> None:
    """Refuse numbers of draws that are not whole or below 1.

    Parameters
    ----------
    **numbers
        By the name of the option.

    Raises
    ------
    OptionError
        If one is out of range.
    """
    for name, number in numbers.items():
        whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
        if not whole or number < 1:
            msg = f"expected {name} to be a whole number of at least 1, got {number!r}"
            raise OptionError(msg)
