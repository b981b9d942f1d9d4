"""How well the values of criteria tell sites apart: values at an end, and criteria alike.

No score depends on it. A criterion whose value is 0 or 1 nearly everywhere does not rank sites, and
what two criteria have in common counts twice.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from standort.arguments import between, checked

#: Fewest sites that say anything about a criterion.
FEWEST_SITES = 10
#: Rank correlation beyond which criteria are said to move together.
ALIKE = 0.8


@checked()
def end_shares(values: pd.DataFrame) -> pd.DataFrame:
    """Return the share of sites at which the value of each criterion is at an end of its scale.

    Parameters
    ----------
    values
        Partial values of sites in [0, 1], one column per criterion; NaN where unknown.

    Returns
    -------
    Index ``criterion``: ``n_sites`` with a known value, and of these the shares ``at_0`` and
    ``at_1``, NaN if no value is known.

    Examples
    --------
    >>> end_shares(pd.DataFrame({"port_distance": [0.0, 0.2, 1.0, 1.0, None]}))
                   n_sites  at_0  at_1
    criterion
    port_distance        4  0.25   0.5
    """
    known = values.notna().sum()
    with np.errstate(invalid="ignore"):
        columns = {
            "n_sites": known,
            "at_0": values.eq(0.0).sum() / known,
            "at_1": values.eq(1.0).sum() / known,
        }
    return pd.DataFrame(columns).rename_axis("criterion")


@checked(above=between(0, 1))
def rank_correlations(values: pd.DataFrame, *, above: float = ALIKE) -> pd.DataFrame:
    """Return the pairs of criteria whose values move together from site to site.

    Parameters
    ----------
    values
        Partial values of sites, one column per criterion; NaN where unknown.
    above
        Smallest correlation, in either direction, of the pairs returned.

    Returns
    -------
    One row per pair with a correlation beyond `above`, the strongest first: ``first``, ``second``,
    ``spearman`` (rank correlation, -1 to 1) and ``n_sites``, those of which both values are known.
    Pairs of fewer than 10 sites, and criteria with a single value, have no correlation.

    References
    ----------
    Spearman, C. (1904), The proof and measurement of association between two things, American
    Journal of Psychology 15, 72-101.

    Examples
    --------
    >>> near = pd.Series(range(12)) / 12
    >>> values = pd.DataFrame({"port": near, "coast": near**2, "grid": near.iloc[::-1].to_numpy()})
    >>> rank_correlations(values[["port", "coast"]])
      first second  spearman  n_sites
    0  port  coast       1.0       12
    """
    matrix = values.corr(method="spearman", min_periods=FEWEST_SITES).to_numpy()
    known = values.notna().to_numpy(dtype=np.int64)
    one, other = np.triu_indices(len(values.columns), k=1)
    table = pd.DataFrame(
        {
            "first": values.columns[one],
            "second": values.columns[other],
            "spearman": matrix[one, other],
            "n_sites": (known.T @ known)[one, other],
        }
    )
    strength = table["spearman"].abs()
    strongest = strength[strength > above].sort_values(ascending=False, kind="stable")
    return table.loc[strongest.index].reset_index(drop=True)
