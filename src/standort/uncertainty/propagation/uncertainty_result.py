"""Result of Monte Carlo: intervals and probabilities with their standard errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from standort.arguments import checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from standort.array_types import Flags, Floats
    from standort.study import Result
    from standort.typology import DrawRange


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty:
    """Intervals of scores and ranks and probabilities of types, from the inputs that were drawn.

    Parameters
    ----------
    sites
        Index of the sites: ``score_p05``, ``score_p50``, ``score_p95``, ``rank_p05``,
        ``rank_p95``, ``p_top10`` (share of draws in the top tenth, named after the share), each
        followed by its Monte Carlo standard error ``<figure>_error``. NaN at sites without a score.
        For a profile with gates also ``p_excluded``, the share of draws in which a gate excludes
        the site; quantiles are those of the other draws. With vetoes also ``p_vetoed``, the share
        of draws in which a veto applies.
    places
        Index of the places: ``kind``, ``advantage_p05``, ``advantage_p50``, ``advantage_p95``,
        ``linkage_p05``, ``linkage_p50``, ``linkage_p95``, ``p_<type>``, ``entropy``, each followed
        by ``<figure>_error``; ``p_<type>_low`` and ``p_<type>_high``; ``type`` and ``type_set``;
        ``p_excluded`` and ``p_vetoed`` as for sites.
    advantage_draws
        Advantage of the places, each of shape (n_places, n_draws): on the known components, and
        with the components without any layer at their lowest and highest values. NaN where a gate
        excludes the place.
    linkage_draws
        Linkage of the places, the same shape; NaN is unknown. Its ends are those of the stated
        shares that searches for links show; see `standort.linkages.linkage_draws`.
    threshold_draws
        Threshold of advantage and of linkage in each draw.
    vetoed_draws
        Whether a veto applies to each place in each draw, shape (n_places, n_draws); None for a
        profile without vetoes.
    settings
        Numbers of draws and replicates, seed and spreads.
    drawn, not_drawn
        Descriptions of the inputs that were drawn, and of those that were not.
    """

    sites: pd.DataFrame
    places: pd.DataFrame
    advantage_draws: DrawRange
    linkage_draws: DrawRange
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
        """The figures of the sites and their errors, as written to result files."""
        kept = [str(c) for c in self.sites if not str(c).startswith("score_p50")]
        ranks = {c: "Int64" for c in kept if c in {"rank_p05", "rank_p95"}}
        return self.sites[kept].astype(ranks)

    @property
    def errors(self) -> dict[str, dict[str, float]]:
        """Median and largest standard error of each figure of sites and places."""
        return {
            str(name).removesuffix("_error"): {
                "median": float(table[name].median()),
                "largest": float(table[name].max()),
            }
            for table in (self.sites, self.places)
            for name in table.columns
            if str(name).endswith("_error") and table[name].notna().any()
        }

    @checked()
    def applied_to(self, result: Result) -> Result:
        """Return a result of the same study and profile with these intervals and types.

        Parameters
        ----------
        result
            Result of `standort.score`.

        Returns
        -------
        A copy with `figures` in the table of sites, places typed by the draws with the error of
        each figure, and the settings under ``monte_carlo`` in the manifest.
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
        """Return the settings of the draws and the errors of their figures, for a manifest."""
        return {
            **self.settings,
            "standard_errors": self.errors,
            "drawn": list(self.drawn),
            "not_drawn": list(self.not_drawn),
        }
