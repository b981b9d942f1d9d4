"""From a point of the unit cube to a score: which coordinate is which factor, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from standort.scoring.aggregation.formulas import VECTORISED
from standort.scoring.weights.effective_weights import basis_criteria
from standort.uncertainty.reweighting import reweighted
from standort.uncertainty.reweighting import score_columns as score_one
from standort.uncertainty.score_draws import CheapDraws, score_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from standort.scoring import Profile
    from standort.scoring.profile.criteria import ClusterCriterion, Criterion
    from standort.uncertainty.input_spreads import Spreads
    from standort.uncertainty.layer_draws import DrawnLayer
    from standort.uncertainty.sensitivity_analysis.realisations import Asked, Worlds

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Progress = Callable[[str, int, int], None]

__all__ = ["Factors", "Model"]

#: what is left out at each end of a distribution: some have no end
_TAIL = 0.01
#: numbers of an array of values held at once
_HELD = 500_000


@dataclass(frozen=True)
class Factors:
    """The coordinates of the cube.

    Parameters
    ----------
    names
        Name of each coordinate.
    groups
        Factor that each belongs to.
    told
        Every factor that is varied, and how.
    left
        What could have been a factor and is not, and why.
    """

    names: list[str]
    groups: list[str]
    told: dict[str, str]
    left: dict[str, str]

    @classmethod
    def of(
        cls,
        asked: Asked,
        worlds: Worlds,
        layers: Sequence[DrawnLayer],
        spreads: Spreads,
        *,
        target: str,
        weights: str,
    ) -> Factors:
        """List what varies, in a fixed order."""
        factors = cls([], [], {}, {})
        basis = basis_criteria(list(worlds.metrics), profile=asked.profile)
        factors._add_weights(asked, basis, spreads, weights)
        valued = _valued(list(worlds.metrics), asked.profile, target)
        for criterion in valued:
            name = f"breakpoints of {criterion.id}"
            if spreads.breakpoints > 0.0:
                factors._add(name, f"lognormal, {spreads.breakpoints:.0%}, one factor on all")
            else:
                factors.left[name] = "their spread is 0"
        factors._add_layers(worlds, layers, [c.id for c in valued])
        for criterion in valued:
            if np.isnan(worlds.metrics[criterion.id]).any():
                factors._add(f"unknown {criterion.id}", "even over [0, 1] where it is unknown")
        if target == "margin":
            low, high = spreads.threshold
            factors._add("threshold", f"even over [{low:g}, {high:g}]")
        return factors

    def column(self, points: Floats, name: str) -> Floats | None:
        """Give a coordinate within the part of its distribution that is drawn from."""
        if name not in self.names:
            return None
        return _TAIL + (1.0 - 2.0 * _TAIL) * points[:, self.names.index(name)]

    def world(self, points: Floats, layer: str, worlds: int) -> NDArray[np.intp]:
        """Give the number of the world of a layer; 0 if it has one only."""
        name = f"layer {layer}"
        if name not in self.names:
            return np.zeros(len(points), dtype=np.intp)
        at = points[:, self.names.index(name)]
        return np.minimum((at * worlds).astype(np.intp), worlds - 1)

    def _add(self, name: str, how: str, *, group: str | None = None) -> None:
        self.names.append(name)
        self.groups.append(group or name)
        self.told[group or name] = how

    def _add_layers(self, worlds: Worlds, layers: Sequence[DrawnLayer], basis: list[str]) -> None:
        used = {name for criterion in basis for name in worlds.layers[criterion]}
        if worlds.shares is not None and len(worlds.shares) > 1:
            used.add("emitters")
        for layer in layers:
            if layer.name in used:
                self._add(f"layer {layer.name}", "; ".join(layer.factors))
            elif layer.name != "sites":
                self.left[f"layer {layer.name}"] = "no criterion of the score is measured on it"

    def _add_weights(
        self,
        asked: Asked,
        basis: Sequence[Criterion | ClusterCriterion],
        spreads: Spreads,
        mode: str,
    ) -> None:
        there = {c.component for c in basis}
        names = [c.id for c in asked.profile.components if c.id in there]
        names = names if len(names) > 1 else []
        for component in [c.id for c in asked.profile.components if c.id in there]:
            members = [c.id for c in basis if c.component == component]
            names += members if len(members) > 1 else []
        if not names or spreads.concentration == np.inf:
            self.left["weights"] = "their spread is 0" if names else "there is one criterion only"
            return
        close = spreads.concentration
        how = "any alike" if close is None else f"Dirichlet, concentration {close:g}"
        for name in names:
            group = "weights" if mode == "group" else None
            self._add(f"weight of {name}", f"{how}, by gamma variates", group=group)


@dataclass(frozen=True, eq=False)
class Model:
    """Scores what is asked about at points of the cube."""

    asked: Asked
    worlds: Worlds
    factors: Factors
    n_worlds: int
    target: str
    spreads: Spreads

    def run(self, points: Floats, progress: Progress | None = None) -> Floats:
        """Give the target at each point, block by block."""
        step = max(1, _HELD // max(len(self.asked.frame), 1))
        found = []
        for start in range(0, len(points), step):
            found.append(self._targets(points[start : start + step], self.worlds))
            if progress is not None:
                progress("scoring", min(start + step, len(points)), len(points))
        return np.concatenate(found)

    def recorded(self, worlds: Worlds) -> float:
        """Give the target of the recorded inputs; what is unknown counts as one half."""
        nothing = Factors([], [], {}, {})
        model = Model(self.asked, worlds, nothing, 1, self.target, self.spreads)
        return float(model._targets(np.empty((1, 0)), worlds)[0])

    def _targets(self, points: Floats, worlds: Worlds) -> Floats:
        values = self._values(points, worlds)
        if self.asked.groups is not None:
            values = self._place_values(points, values, worlds)
        scores = self._scores(points, values)
        if self.asked.at is not None and self.target == "rank":
            own = scores[:, [self.asked.at]]
            # whom a gate excludes is no rival; without a score the site itself would have no rank
            if any(c.gate is not None for c in self.asked.profile.criteria):
                scores[self._excluded(points, values, worlds)] = np.nan
            return np.asarray(1.0 + np.count_nonzero(scores > own, axis=1))
        if self.target != "margin":
            return scores[:, 0]
        low, high = self.spreads.threshold
        drawn = self.factors.column(points, "threshold")
        return scores[:, 0] - (0.5 * (low + high) if drawn is None else low + (high - low) * drawn)

    def _excluded(self, points: Floats, values: dict[str, Floats], worlds: Worlds) -> Flags:
        """Tell which sites fail a gate at each point; what is unknown fails one only if drawn."""
        excluded = np.zeros((len(points), len(self.asked.frame)), dtype=bool)
        for criterion in self.asked.profile.criteria:
            if criterion.gate is None or criterion.id not in values:
                continue
            fails = values[criterion.id] < criterion.gate
            if f"unknown {criterion.id}" not in self.factors.names:
                fails &= ~np.isnan(self._metric(points, criterion.id, worlds))
            excluded |= fails
        return excluded

    def _metric(self, points: Floats, name: str, worlds: Worlds) -> Floats:
        """Give the metric of the worlds that each point stands for."""
        at = tuple(self.factors.world(points, n, self.n_worlds) for n in worlds.layers[name])
        return worlds.metrics[name][at] if at else worlds.metrics[name][np.newaxis]

    def _values(self, points: Floats, worlds: Worlds) -> dict[str, Floats]:
        """Value the metrics of the worlds by drawn value functions."""
        from scipy.special import ndtri

        values = {}
        for criterion in _valued(list(worlds.metrics), self.asked.profile, self.target):
            name = criterion.id
            metric = self._metric(points, name, worlds)
            chance = self.factors.column(points, f"breakpoints of {name}")
            if chance is not None:
                metric = metric / np.exp(self.spreads.breakpoints * ndtri(chance))[:, np.newaxis]
            value = np.broadcast_to(criterion.value(metric), (len(points), metric.shape[1])).copy()
            unknown = np.isnan(value)
            if unknown.any():
                filled = self.factors.column(points, f"unknown {name}")
                half = np.full(len(points), 0.5) if filled is None else filled
                value[unknown] = np.broadcast_to(half[:, np.newaxis], value.shape)[unknown]
            values[name] = value
        return values

    def _place_values(
        self, points: Floats, values: dict[str, Floats], worlds: Worlds
    ) -> dict[str, Floats]:
        """Average over the members of the place, in their order."""
        assert worlds.shares is not None
        world = self.factors.world(points, "emitters", self.n_worlds)
        shares = worlds.shares[np.minimum(world, len(worlds.shares) - 1)]
        own = {c.id for c in self.asked.own}
        means = {}
        for name, value in values.items():
            if name in own:
                means[name] = value
                continue
            parts = (shares[:, i] * value[:, i] for i in range(value.shape[1]))
            mean = np.clip(reduce(np.add, parts), 0.0, 1.0)
            means[name] = mean[:, np.newaxis]
        return means

    def _weights(
        self, points: Floats, names: Sequence[str], weights: Sequence[float]
    ) -> list[Floats]:
        """Turn gamma variates into shares of weights; those that do not vary stay."""
        from scipy.special import gammaincinv

        columns = (self.factors.column(points, f"weight of {name}") for name in names)
        drawn = [column for column in columns if column is not None]
        if len(drawn) < len(names):
            return [np.full(len(points), weight) for weight in weights]
        close, total = self.spreads.concentration, sum(weights)
        alphas = [1.0 if close is None else close * weight / total for weight in weights]
        sizes = [
            np.asarray(gammaincinv(a, chance), dtype=np.float64)
            for a, chance in zip(alphas, drawn, strict=True)
        ]
        whole = reduce(np.add, sizes)
        return [size / whole for size in sizes]

    def _scores(self, points: Floats, values: dict[str, Floats]) -> Floats:
        profile = self.asked.profile
        basis = basis_criteria(list(values), profile=profile)
        used = {c.component for c in basis}
        there = [c for c in profile.components if c.id in used]
        across = self._weights(points, [c.id for c in there], [c.weight for c in there])
        components = dict(zip([c.id for c in there], across, strict=True))
        criteria: dict[str, Floats] = {}
        for component in there:
            members = [c for c in basis if c.component == component.id]
            names = [c.id for c in members]
            inside = self._weights(points, names, [c.weight for c in members])
            criteria |= dict(zip(names, inside, strict=True))
        cheap = CheapDraws(components, criteria, {})
        if profile.aggregation in VECTORISED:
            return score_columns(values, cheap, np.arange(len(points)), profile=profile)
        home = {c.id: c.component for c in basis}
        sums = {k: reduce(np.add, [criteria[n] for n in home if home[n] == k]) for k in components}
        shares = {n: components[home[n]] * criteria[n] / sums[home[n]] for n in home}
        rows = []
        for i in range(len(points)):
            one = {name: np.ascontiguousarray(value[i]) for name, value in values.items()}
            chosen = reweighted(profile, {name: float(share[i]) for name, share in shares.items()})
            rows.append(score_one(one, profile=chosen))
        return np.stack(rows)


def _valued(
    measured: Sequence[str], profile: Profile, target: str
) -> list[Criterion | ClusterCriterion]:
    """List the criteria whose value counts: those of the score, for a rank also those of gates."""
    basis = {c.id for c in basis_criteria(measured, profile=profile)}
    gated = {c.id for c in profile.criteria if c.gate is not None and target == "rank"}
    return [c for c in profile.criteria if c.id in measured and c.id in basis | gated]
