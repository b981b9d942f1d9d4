"""Random draws of unknown emissions, from the known emissions of the same sector.

An emitter of unknown emissions is drawn as any other of its sector would be: from a lognormal
distribution fitted to the known emissions of the sector, or of all sectors where few are known. The
fit itself is drawn too (multiple imputation after Rubin 1987), because a mean and a spread from a
dozen plants are uncertain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.random_numbers import normal, uniform
from standort.units import convert

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Flags, Floats, Ints, Keys
    from standort.uncertainty.input_spreads import Spreads

EMISSIONS = "co2_t_per_yr"
#: fewest known emissions of a sector for a fit of its own, and of all sectors for any fit
FEWEST_OF_SECTOR, FEWEST = 8, 3
#: logarithm of the largest emissions that are drawn [t/yr], a fortieth of those of the world
_MOST = np.log(1e9)
#: least uniform number that a spread is drawn with
_LEAST = 1e-6


@dataclass(frozen=True)
class LognormalFit:
    """A lognormal distribution fitted to known emissions, with the share of emitters of none.

    Parameters
    ----------
    mean, deviation
        Mean and standard deviation of the logarithms of the emissions above 0 [t/yr].
    n
        Number of emissions above 0.
    none
        Share of the known emissions that are 0.
    """

    mean: float
    deviation: float
    n: int
    none: float

    @classmethod
    def of(cls, known: Floats) -> LognormalFit | None:
        """Fit known emissions [t/yr]; None if too few are above 0.

        Examples
        --------
        >>> LognormalFit.of(np.array([1e5, 1e5, 1e5, 0.0]))
        LognormalFit(mean=11.5129..., deviation=0.0, n=3, none=0.25)
        """
        above = np.log(np.sort(known[known > 0.0]))  # in an order of its own, for equal bits
        if len(above) < FEWEST:
            return None
        none = float(np.mean(known == 0.0))
        return cls(float(above.mean()), float(above.std(ddof=1)), len(above), none)

    def draw(self, seed: int, replicate: int, name: str, keys: Keys) -> Floats:
        """Draw emissions [t/yr], one for each key; `name` names the fit."""
        from scipy.special import gammaincinv

        free = self.n - 1
        # a uniform number of 0 would be a spread without end
        chance = np.maximum(uniform(seed, "spread of emissions", name, replicate), _LEAST)
        variance = self.deviation**2 * free / (2.0 * gammaincinv(free / 2.0, chance))
        spread = np.sqrt(variance)
        mean = self.mean + spread / np.sqrt(self.n) * normal(seed, "mean", name, replicate)
        drawn = mean + spread * normal(seed, "unknown emissions", replicate, keys)
        some = uniform(seed, "no emissions", replicate, keys) >= self.none
        return np.where(some, np.exp(np.minimum(drawn, _MOST)), 0.0)


@dataclass(frozen=True, eq=False)
class UnknownEmissions:
    """The emitters of unknown emissions, and what each is drawn from.

    Parameters
    ----------
    rows
        Their rows in the layer of emitters.
    fits
        By name of the fit, the fit and the emitters drawn from it, as positions in `rows`.
    stated
        A stated range [t/yr], from which all are drawn instead.
    """

    rows: Ints
    fits: dict[str, tuple[LognormalFit, Ints]]
    stated: tuple[float, float] | None = None

    @classmethod
    def of(cls, emitters: GeoDataFrame, spreads: Spreads) -> UnknownEmissions | None:
        """Find the unknown emissions; None if there are none, or nothing to draw them from."""
        known = emitters[EMISSIONS].to_numpy(dtype=np.float64, na_value=np.nan)
        rows = np.flatnonzero(np.isnan(known))
        if not rows.size:
            return None
        if spreads.unknown_emissions_mt_per_yr is not None:
            low, high = convert(
                np.array(spreads.unknown_emissions_mt_per_yr), "mt_per_yr", "t_per_yr"
            )
            return cls(rows, {}, (float(low), float(high)))
        of_all = LognormalFit.of(known[~np.isnan(known)])
        if of_all is None:
            return None
        return cls(rows, _by_sector(emitters, known, rows, of_all))

    def fill(self, known: Floats, seed: int, replicate: int, keys: Keys) -> Floats:
        """Return the emissions [t/yr] with the unknown ones drawn; `keys` are of all emitters."""
        filled = known.copy()
        if self.stated is not None:
            low, high = np.log(self.stated)
            share = uniform(seed, "unknown emissions", replicate, keys[self.rows])
            filled[self.rows] = np.exp(low + (high - low) * share)
        for name, (fit, positions) in self.fits.items():
            rows = self.rows[positions]
            filled[rows] = fit.draw(seed, replicate, name, keys[rows])
        return filled

    @property
    def how(self) -> str:
        """What they are drawn from, in words."""
        of = f"unknown emissions of {len(self.rows)} emitters"
        if self.stated is not None:
            low, high = convert(np.array(self.stated), "t_per_yr", "mt_per_yr")
            return f"{of}: between {low:g} and {high:g} Mt/yr as stated, log-uniform"
        pooled = len(self.fits[""][1]) if "" in self.fits else 0
        own = len(self.rows) - pooled
        return (
            f"{of}: lognormal, fitted to the known emissions of their sector for {own} and of all "
            f"sectors for {pooled}"
        )


def _by_sector(
    emitters: GeoDataFrame, known: Floats, rows: Ints, of_all: LognormalFit
) -> dict[str, tuple[LognormalFit, Ints]]:
    """Assign each unknown emitter the fit of its sector, or that of all under an empty name."""
    sector = np.full(len(known), None, dtype=object)
    if "sector" in emitters:
        sector = emitters["sector"].to_numpy(dtype=object, na_value=None)
    fits: dict[str, tuple[LognormalFit, Ints]] = {}
    rest = np.ones(len(rows), dtype=bool)
    for name in sorted({str(each) for each in sector[rows] if each is not None}):
        mine: Flags = np.array([each is not None and str(each) == name for each in sector])
        fit = LognormalFit.of(known[mine & ~np.isnan(known)])
        if fit is not None and fit.n >= FEWEST_OF_SECTOR:
            fits[name] = (fit, np.flatnonzero(mine[rows]))
            rest &= ~mine[rows]
    if rest.any():
        fits[""] = (of_all, np.flatnonzero(rest))
    return fits
