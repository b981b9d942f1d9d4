"""What Monte Carlo gives: intervals and shares of draws, each with its own error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from standort.study import Result

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

__all__ = ["Uncertainty"]


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty:
    """How sure scores, ranks and types are, as far as was drawn.

    Parameters
    ----------
    sites
        Index of the sites: ``score_p05``, ``score_p50``, ``score_p95``, ``rank_p05``,
        ``rank_p95``, ``p_top10`` (share of draws in the top tenth; named for the share), each
        followed by its Monte Carlo standard error ``<figure>_error``. NaN at sites without a score.
        Of a profile with gates also ``p_excluded``, the share of draws in which one leaves the
        site without a score: its quantiles are those of the other draws. With vetoes also
        ``p_vetoed``, the share of draws in which one holds.
    places
        Index of the places: ``kind``, ``advantage_p05``, ``advantage_p50``, ``advantage_p95``,
        ``linkage_p05``, ``linkage_p95``, ``p_<type>``, ``entropy``, each followed by
        ``<figure>_error``, and ``type``, ``type_set``; ``p_excluded`` and ``p_vetoed`` as of sites.
    advantage_draws
        Advantage of the places, shape (n_places, n_draws); NaN where a gate excludes the place.
    linkage_draws
        Linkage of the places, the same shape; NaN is unknown.
    threshold_draws
        Threshold of advantage and of linkage in each draw.
    vetoed_draws
        Whether a veto holds against each place in each draw, shape (n_places, n_draws); None for a
        profile without vetoes.
    settings
        Draws, replicates, seed and spreads.
    drawn, not_drawn
        What was drawn, and what could not be, in words.
    """

    sites: pd.DataFrame
    places: pd.DataFrame
    advantage_draws: Floats
    linkage_draws: Floats
    threshold_draws: tuple[Floats, Floats]
    settings: Mapping[str, Any]
    drawn: tuple[str, ...]
    not_drawn: tuple[str, ...]
    vetoed_draws: Flags | None = None

    def __repr__(self) -> str:
        return (
            f"<Uncertainty: {self.settings['draws']} draws in {self.settings['replicates']} "
            f"replicates, {len(self.sites)} sites, {len(self.places)} places>"
        )

    @property
    def figures(self) -> pd.DataFrame:
        """The figures of the sites and their errors, as result files carry them."""
        kept = [str(c) for c in self.sites if not str(c).startswith("score_p50")]
        ranks = {c: "Int64" for c in kept if c in {"rank_p05", "rank_p95"}}
        return self.sites[kept].astype(ranks)

    @property
    def errors(self) -> dict[str, dict[str, float]]:
        """By figure of sites and of places, the median and the largest of its standard errors."""
        return {
            str(name).removesuffix("_error"): {
                "median": float(table[name].median()),
                "largest": float(table[name].max()),
            }
            for table in (self.sites, self.places)
            for name in table.columns
            if str(name).endswith("_error") and table[name].notna().any()
        }

    def applied_to(self, result: Result) -> Result:
        """Give a result of the same study and profile with these intervals and types.

        Parameters
        ----------
        result
            What `standort.score` gave.

        Returns
        -------
        A copy: its sites carry `figures` beside score and rank, its places are typed by the draws
        and have the error of each figure beside it, its manifest tells how they were made under
        ``monte_carlo``.
        """
        return result.with_draws(
            self.figures,
            self.describe(),
            places=self.places,
            advantage_draws=self.advantage_draws,
            linkage_draws=self.linkage_draws,
            threshold_draws=self.threshold_draws,
            vetoed_draws=self.vetoed_draws,
        )

    def describe(self) -> dict[str, Any]:
        """Write down how the draws were made and how sure their figures are, for a manifest."""
        return {
            **self.settings,
            "standard_errors": self.errors,
            "drawn": list(self.drawn),
            "not_drawn": list(self.not_drawn),
        }
