"""Assumed spreads of the inputs: how far each may be from its recorded value."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from standort.arguments import FARTHEST_KM, SHARE, between, checked, positive
from standort.errors import OptionError, gather
from standort.uncertainty.weight_draws import CONCENTRATION

#: layers whose capacities are estimates of geology; others are registered or counted
GEOLOGICAL = frozenset({"co2_storage", "salt_caverns"})

#: values of a column ``status`` that mean "exists"; anything else may never be built
BUILT = frozenset({"operating", "operational", "existing", "in operation", "active", "built"})

#: the 90th percentile of the standard normal
Z90 = 1.2815515655446004

#: largest plausible standard deviation of a logarithm, and of a position [km]
_MOST, _FARTHEST = 3.0, 1_000.0


@checked(
    concentration=positive(or_infinite=True),
    breakpoints=between(0),
    emissions=between(0),
    quantities=between(0),
    capacity_factor=between(1),
    position_km=between(0, FARTHEST_KM, "km"),
    p_build=SHARE,
    threshold=SHARE,
    unknown_emissions_mt_per_yr=positive("Mt/yr"),
)
@dataclass(frozen=True)
class Spreads:
    """Spreads of the inputs about their recorded values. All defaults are our assumptions.

    Parameters
    ----------
    concentration
        How closely weights keep to those of the profile, see `draw_weights`; None for weights
        uniform on the simplex.
    breakpoints
        Standard deviation of the logarithm of the factor applied to all breakpoints of a value
        function: 0.2 is about 20 %. One factor per function keeps it monotone.
    emissions
        Standard deviation of the logarithm of emissions: 0.1 is about 10 %.
    quantities
        The same for other quantities, such as megawatts and jobs.
    capacity_factor
        Capacities of stores and caverns without ``capacity_low_*`` and ``capacity_high_*`` lie
        within this factor of the recorded capacity in 80 of 100 draws.
    position_km
        Standard deviation of a point's position eastwards and northwards [km], where it has no
        ``precision_km``; 0 keeps only those points fixed.
    p_build
        Probability that a planned feature (by its ``status``) is built; a column ``p_build``
        overrides it.
    threshold
        Range of the threshold on each axis of the typology.
    unknown_emissions_mt_per_yr
        Range in which unknown emissions lie [Mt/yr], drawn uniformly in the logarithm. By default
        they are drawn from the known emissions of their sector.
    recorded
        Whether to take positions, capacities and planned features as recorded, ignoring columns
        such as ``precision_km``, ``p_build`` and ``capacity_low_mt``; `none` sets it.

    Examples
    --------
    Without spreads every draw reproduces the score:

    >>> Spreads.none().position_km, Spreads.none().recorded
    (0.0, True)
    """

    concentration: float | None = CONCENTRATION
    breakpoints: float = 0.2
    emissions: float = 0.1
    quantities: float = 0.1
    capacity_factor: float = 2.0
    position_km: float = 0.5
    p_build: float = 0.5
    threshold: tuple[float, float] = (0.45, 0.55)
    unknown_emissions_mt_per_yr: tuple[float, float] | None = None
    recorded: bool = False

    def __post_init__(self) -> None:
        """Raise if a setting is out of range, listing all problems."""
        problems = [
            f"expected {name} of at least 0 and finite, got {getattr(self, name)!r}"
            for name in ("breakpoints", "emissions", "quantities", "position_km")
            if not 0.0 <= getattr(self, name) < np.inf
        ]
        problems += [
            f"expected {name} of at most {_MOST:g}, got {getattr(self, name)!r}: a factor of "
            f"e^{_MOST:g} either way is not a plausible spread; 0.2 is about 20 %"
            for name in ("breakpoints", "emissions", "quantities")
            if _MOST < getattr(self, name) < np.inf
        ]
        if _FARTHEST < self.position_km < np.inf:
            problems.append(
                f"expected position_km of at most {_FARTHEST:g}, got "
                f"{self.position_km!r}: a position that uncertain carries no information"
            )
        if self.concentration is not None and not self.concentration > 0.0:
            problems.append(f"expected a concentration above 0 or None, got {self.concentration!r}")
        if not 1.0 <= self.capacity_factor < np.inf:
            problems.append(
                f"expected a capacity_factor of at least 1, got {self.capacity_factor!r}"
            )
        if not 0.0 <= self.p_build <= 1.0:
            problems.append(f"expected p_build in [0, 1], got {self.p_build!r}")
        if not 0.0 <= self.threshold[0] <= self.threshold[1] <= 1.0:
            problems.append(f"expected a range of thresholds in [0, 1], got {self.threshold!r}")
        stated = self.unknown_emissions_mt_per_yr
        if stated is not None and not 0.0 < stated[0] <= stated[1] < np.inf:
            problems.append(
                f"expected unknown_emissions_mt_per_yr from a low to a high amount above 0, got "
                f"{stated!r}"
            )
        if problems:
            raise OptionError(gather(problems, of="spreads"))

    @classmethod
    def none(cls) -> Spreads:
        """Return spreads of 0: only unknown values are drawn, all other inputs are as recorded."""
        return cls(
            concentration=np.inf,
            breakpoints=0.0,
            emissions=0.0,
            quantities=0.0,
            capacity_factor=1.0,
            position_km=0.0,
            p_build=1.0,
            threshold=(0.5, 0.5),
            recorded=True,
        )

    def as_dict(self) -> dict[str, object]:
        """Return the settings by name, for a manifest; later additions only if they are set."""
        settings = {field.name: getattr(self, field.name) for field in fields(self)}
        added = ("recorded", "unknown_emissions_mt_per_yr")
        return {name: each for name, each in settings.items() if each or name not in added}
