"""How far each input may be from what is recorded: the assumptions behind an interval."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from standort.errors import OptionError, gather
from standort.uncertainty.weight_draws import CONCENTRATION

__all__ = ["BUILT", "GEOLOGICAL", "Z90", "Spreads"]

#: layers whose capacities are estimates of geology; others are registered or counted
GEOLOGICAL = frozenset({"co2_storage", "salt_caverns"})

#: words for what is there; anything else in a column ``status`` may never be built
BUILT = frozenset({"operating", "operational", "existing", "in operation", "active", "built"})

#: the 90th percentile of the standard normal
Z90 = 1.2815515655446004


#: largest standard deviation of a logarithm, and of a place [km], that still says anything
_MOST, _FARTHEST = 3.0, 1_000.0


@dataclass(frozen=True)
class Spreads:
    """How far inputs are drawn from what is recorded. All defaults are our assumptions.

    Parameters
    ----------
    concentration
        How closely weights keep to those of the profile, see `draw_weights`; None for any weights
        alike.
    breakpoints
        Standard deviation of the logarithm of the factor on all breakpoints of a value function:
        0.2 is about 20 %. One factor for each function keeps it monotone.
    emissions
        Standard deviation of the logarithm of emissions: 0.1 is about 10 %.
    quantities
        The same of other quantities, such as megawatts and jobs.
    capacity_factor
        Capacities of stores and caverns without ``capacity_low_*`` and ``capacity_high_*`` lie
        within this factor of the recorded one in 80 of 100 draws.
    position_km
        Standard deviation of a point's place eastwards and northwards [km], where it has no
        ``precision_km``; 0 leaves those points where they are, and no others.
    p_build
        Probability that a feature is built whose ``status`` says that it is not there yet; a
        column ``p_build`` goes before.
    threshold
        Range of the threshold of each axis of the typology.
    recorded
        Whether to take places, capacities and what is planned as recorded, whatever columns such as
        ``precision_km``, ``p_build`` and ``capacity_low_mt`` tell of them; `none` sets it.

    Examples
    --------
    Without any spread every draw is the score itself:

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
    recorded: bool = False

    def __post_init__(self) -> None:
        """Refuse what is out of range; all faults together."""
        faults = [
            f"expected {name} of at least 0 and finite, got {getattr(self, name)!r}"
            for name in ("breakpoints", "emissions", "quantities", "position_km")
            if not 0.0 <= getattr(self, name) < np.inf
        ]
        faults += [
            f"expected {name} of at most {_MOST:g}, got {getattr(self, name)!r}: a factor of "
            f"e^{_MOST:g} either way is no spread; 0.2 is about 20 %"
            for name in ("breakpoints", "emissions", "quantities")
            if _MOST < getattr(self, name) < np.inf
        ]
        if _FARTHEST < self.position_km < np.inf:
            faults.append(
                f"expected position_km of at most {_FARTHEST:g}, got {self.position_km!r}: a place "
                "that is off by more is not known"
            )
        if self.concentration is not None and not self.concentration > 0.0:
            faults.append(f"expected a concentration above 0 or None, got {self.concentration!r}")
        if not 1.0 <= self.capacity_factor < np.inf:
            faults.append(f"expected a capacity_factor of at least 1, got {self.capacity_factor!r}")
        if not 0.0 <= self.p_build <= 1.0:
            faults.append(f"expected p_build in [0, 1], got {self.p_build!r}")
        if not 0.0 <= self.threshold[0] <= self.threshold[1] <= 1.0:
            faults.append(f"expected a range of thresholds in [0, 1], got {self.threshold!r}")
        if faults:
            raise OptionError(gather(faults, of="spreads"))

    @classmethod
    def none(cls) -> Spreads:
        """Draw nothing but what is unknown: every draw has the recorded inputs."""
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
        """Give the settings by name, for a manifest; ``recorded`` only where it is set."""
        settings = {field.name: getattr(self, field.name) for field in fields(self)}
        if not self.recorded:
            del settings["recorded"]
        return settings
