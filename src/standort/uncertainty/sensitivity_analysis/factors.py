"""Factors of a sensitivity analysis as coordinates of the unit cube, and the model run on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from standort.scoring.aggregation.formulas import VECTORISED
from standort.scoring.weights.effective_weights import basis_criteria
from standort.uncertainty.reweighting import reweighted
from standort.uncertainty.reweighting import score_columns as score_one
from standort.uncertainty.score_draws import ParameterDraws, score_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Progress
    from standort.scoring import Profile
    from standort.scoring.profile.criteria import ClusterCriterion, Criterion
    from standort.uncertainty.input_spreads import Spreads
    from standort.uncertainty.layer_draws import DrawnLayer
    from standort.uncertainty.sensitivity_analysis.realisations import Realisations, Subject


#: share cut off at each end of a distribution, because some are unbounded
_TAIL = 0.01
#: size of an array of values held at once
_HELD = 500_000


@dataclass(frozen=True)
class Factors:
    """Factors, and the coordinates of the unit cube that belong to them.

    Parameters
    ----------
    names
        Name of each coordinate.
    groups
        Factor that each belongs to.
    varied
        Every factor that is varied, and how.
    not_varied
        Inputs that could have been factors but are not, and why.
    """

    names: list[str]
    groups: list[str]
    varied: dict[str, str]
    not_varied: dict[str, str]

    @classmethod
    def of(
        cls,
        subject: Subject,
        realisations: Realisations,
        layers: Sequence[DrawnLayer],
        spreads: Spreads,
        *,
        target: str,
        weights: str,
    ) -> Factors:
        """List the factors, in a fixed order."""
        factors = cls([], [], {}, {})
        basis = basis_criteria(list(realisations.metrics), profile=subject.profile)
        factors._add_weights(subject, basis, spreads, weights)
        valued = _valued(list(realisations.metrics), subject.profile, target)
        for criterion in valued:
            name = f"breakpoints of {criterion.id}"
            if spreads.breakpoints > 0.0:
                factors._add(name, f"lognormal, {spreads.breakpoints:.0%}, one factor for all")
            else:
                factors.not_varied[name] = "their spread is 0"
        factors._add_layers(realisations, layers, [c.id for c in valued])
        for criterion in valued:
            if np.isnan(realisations.metrics[criterion.id]).any():
                factors._add(f"unknown {criterion.id}", "uniform on [0, 1] where it is unknown")
        if target == "margin":
            low, high = spreads.threshold
            factors._add("threshold", f"uniform on [{low:g}, {high:g}]")
        return factors

    def column(self, points: Floats, name: str) -> Floats | None:
        """Return a coordinate, scaled to the part of its distribution that is drawn from."""
        if name not in self.names:
            return None
        return _TAIL + (1.0 - 2.0 * _TAIL) * points[:, self.names.index(name)]

    def realisation(self, points: Floats, layer: str, count: int) -> NDArray[np.intp]:
        """Return the number of a layer's realisation at each point; 0 if it has only one."""
        name = f"layer {layer}"
        if name not in self.names:
            return np.zeros(len(points), dtype=np.intp)
        at = points[:, self.names.index(name)]
        return np.minimum((at * count).astype(np.intp), count - 1)

    def _add(self, name: str, how: str, *, group: str | None = None) -> None:
        self.names.append(name)
        self.groups.append(group or name)
        self.varied[group or name] = how

    def _add_layers(
        self, realisations: Realisations, layers: Sequence[DrawnLayer], basis: list[str]
    ) -> None:
        used = {name for criterion in basis for name in realisations.layers[criterion]}
        if realisations.shares is not None and len(realisations.shares) > 1:
            used.add("emitters")
        for layer in layers:
            if layer.name in used:
                self._add(f"layer {layer.name}", "; ".join(layer.factors))
            elif layer.name != "sites":
                self.not_varied[f"layer {layer.name}"] = "no criterion of the score uses it"

    def _add_weights(
        self,
        subject: Subject,
        basis: Sequence[Criterion | ClusterCriterion],
        spreads: Spreads,
        mode: str,
    ) -> None:
        used = {c.component for c in basis}
        components = [c.id for c in subject.profile.components if c.id in used]
        names = components if len(components) > 1 else []
        for component in components:
            members = [c.id for c in basis if c.component == component]
            names += members if len(members) > 1 else []
        if not names or spreads.concentration == np.inf:
            self.not_varied["weights"] = (
                "their spread is 0" if names else "there is only one criterion"
            )
            return
        close = spreads.concentration
        how = "uniform on the simplex" if close is None else f"Dirichlet, concentration {close:g}"
        for name in names:
            group = "weights" if mode == "group" else None
            self._add(f"weight of {name}", f"{how}, by gamma variates", group=group)


@dataclass(frozen=True, eq=False)
class Model:
    """Scores of the subject at points of the unit cube."""

    subject: Subject
    realisations: Realisations
    factors: Factors
    n_realisations: int
    target: str
    spreads: Spreads

    def run(self, points: Floats, progress: Progress | None = None) -> Floats:
        """Return the target at each point."""
        step = max(1, _HELD // max(len(self.subject.frame), 1))
        blocks = []
        for start in range(0, len(points), step):
            blocks.append(self._targets(points[start : start + step], self.realisations))
            if progress is not None:
                progress("scoring", min(start + step, len(points)), len(points))
        return np.concatenate(blocks)

    def recorded(self, realisations: Realisations) -> float:
        """Return the target of the recorded inputs; an unknown value counts as one half."""
        no_factors = Factors([], [], {}, {})
        model = Model(self.subject, realisations, no_factors, 1, self.target, self.spreads)
        return float(model._targets(np.empty((1, 0)), realisations)[0])

    def _targets(self, points: Floats, realisations: Realisations) -> Floats:
        values = self._values(points, realisations)
        if self.subject.groups is not None:
            values = self._place_values(points, values, realisations)
        scores = self._scores(points, values)
        if self.subject.at is not None and self.target == "rank":
            own = scores[:, [self.subject.at]]
            # excluded sites are not ranked; gates on the subject itself are not applied
            if any(c.gate is not None for c in self.subject.profile.criteria):
                scores[self._excluded(points, values, realisations)] = np.nan
            return np.asarray(1.0 + np.count_nonzero(scores > own, axis=1))
        if self.target != "margin":
            return scores[:, 0]
        low, high = self.spreads.threshold
        drawn = self.factors.column(points, "threshold")
        return scores[:, 0] - (0.5 * (low + high) if drawn is None else low + (high - low) * drawn)

    def _excluded(
        self, points: Floats, values: dict[str, Floats], realisations: Realisations
    ) -> Flags:
        """Return which sites fail a gate at each point; unknown values fail one only if drawn."""
        excluded = np.zeros((len(points), len(self.subject.frame)), dtype=bool)
        for criterion in self.subject.profile.criteria:
            if criterion.gate is None or criterion.id not in values:
                continue
            fails = values[criterion.id] < criterion.gate
            if f"unknown {criterion.id}" not in self.factors.names:
                fails &= ~np.isnan(self._metric(points, criterion.id, realisations))
            excluded |= fails
        return excluded

    def _metric(self, points: Floats, name: str, realisations: Realisations) -> Floats:
        """Return the metric in the realisations selected by each point."""
        at = tuple(
            self.factors.realisation(points, n, self.n_realisations)
            for n in realisations.layers[name]
        )
        return realisations.metrics[name][at] if at else realisations.metrics[name][np.newaxis]

    def _values(self, points: Floats, realisations: Realisations) -> dict[str, Floats]:
        """Apply the drawn value functions to the metrics of the realisations."""
        from scipy.special import ndtri

        values = {}
        for criterion in _valued(list(realisations.metrics), self.subject.profile, self.target):
            name = criterion.id
            metric = self._metric(points, name, realisations)
            uniform = self.factors.column(points, f"breakpoints of {name}")
            if uniform is not None:
                metric = metric / np.exp(self.spreads.breakpoints * ndtri(uniform))[:, np.newaxis]
            value = np.broadcast_to(criterion.value(metric), (len(points), metric.shape[1])).copy()
            unknown = np.isnan(value)
            if unknown.any():
                filled = self.factors.column(points, f"unknown {name}")
                half = np.full(len(points), 0.5) if filled is None else filled
                value[unknown] = np.broadcast_to(half[:, np.newaxis], value.shape)[unknown]
            values[name] = value
        return values

    def _place_values(
        self, points: Floats, values: dict[str, Floats], realisations: Realisations
    ) -> dict[str, Floats]:
        """Average over the members of the place, in order."""
        assert realisations.shares is not None
        realisation = self.factors.realisation(points, "emitters", self.n_realisations)
        shares = realisations.shares[np.minimum(realisation, len(realisations.shares) - 1)]
        own = {c.id for c in self.subject.own}
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
        """Turn gamma variates into weights; weights that do not vary are returned unchanged."""
        from scipy.special import gammaincinv

        columns = (self.factors.column(points, f"weight of {name}") for name in names)
        drawn = [column for column in columns if column is not None]
        if len(drawn) < len(names):
            return [np.full(len(points), weight) for weight in weights]
        close, total = self.spreads.concentration, sum(weights)
        alphas = [1.0 if close is None else close * weight / total for weight in weights]
        sizes = [
            np.asarray(gammaincinv(a, uniform), dtype=np.float64)
            for a, uniform in zip(alphas, drawn, strict=True)
        ]
        whole = reduce(np.add, sizes)
        return [size / whole for size in sizes]

    def _scores(self, points: Floats, values: dict[str, Floats]) -> Floats:
        profile = self.subject.profile
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
        parameters = ParameterDraws(components, criteria, {})
        if profile.aggregation in VECTORISED:
            return score_columns(values, parameters, np.arange(len(points)), profile=profile)
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
    """List the criteria whose value is needed: those of the score, and of gates for a rank."""
    basis = {c.id for c in basis_criteria(measured, profile=profile)}
    gated = {c.id for c in profile.criteria if c.gate is not None and target == "rank"}
    return [c for c in profile.criteria if c.id in measured and c.id in basis | gated]
