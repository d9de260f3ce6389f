"""The posterior over task effects and mixtures' gains, in closed form.

The model of a mixture w, in units of `scale` (nats):

    gain(w) = w'b + c (1 - w'Gw) / 2 + misfit(w) + noise

b are the effects of single tasks (Gaussian, see `prior`), c >= 0 what diversity adds (a task at
half its share gives more than half its effect, unless the other half teaches the same), G the
overlap of tasks, misfit a Gaussian process on sqrt(w), so that repeating one mixture is less
evidence about its tasks than testing different ones. All unknowns are jointly Gaussian but for the
scale, the noise of training and the misfit's size: these are averaged over a grid by how probable
they make what was measured.

Source: quadratic gain on the simplex, reference form of TaskPGM and GREATS (arXiv:2406.11011);
Hellinger kernel on mixtures; hierarchical weights of signals: Gelman et al., Bayesian Data
Analysis, chapter 15.
Shapes: N candidates, T finished branches, n shortlisted candidates, m mixtures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.branches import Branches
from policies.navigator.conditioned import Conditioned, conditioned, measured
from policies.navigator.hypotheses import USUAL_MISFIT, Noise, hypotheses
from policies.navigator.prior import Prior
from policies.roster import FloatArray, IntArray

_NEGLIGIBLE = 0.02
"""Probability of a hypothesis below which it is left out, beside the most probable one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """Prior and evidence put together; everything in nats."""

    prior: Prior
    seen: Branches
    parts: tuple[Conditioned, ...]
    """Under each hypothesis that is probable enough, the most probable one first."""
    odds: FloatArray
    """(H,) their probabilities, summing to 1."""

    @property
    def scale(self) -> float:
        """Deviation between tasks, nats: the mean over the hypotheses."""
        return float(self.odds @ np.array([part.scale for part in self.parts]))

    @property
    def additive(self) -> bool:
        """Whether single tasks and diversity explain the gains of mixtures."""
        return self.parts[0].under.misfit <= USUAL_MISFIT

    def effects(self) -> tuple[FloatArray, FloatArray]:
        """(N,) means and (N,) standard deviations of the single tasks' effects."""
        on = self.parts[0].on
        scales = np.array([part.scale for part in self.parts])
        solved_TH = np.stack([part.solved for part in self.parts], axis=1)
        means_NH = scales * (on.mean[:, None] + on.reach @ solved_TH)
        mean = means_NH @ self.odds
        # One product for all hypotheses: at 10^5 candidates each of them would cost a tenth of a
        # second.
        weights = self.odds * scales**2
        known_TT = sum(
            weight * part.precision() for weight, part in zip(weights, self.parts, strict=True)
        )
        explained = np.einsum("nt,nt->n", on.reach @ known_TT, on.reach)
        within = np.maximum(weights.sum() * on.variance - explained, 1e-12 * weights.sum())
        return mean, np.sqrt(within + ((means_NH - mean[:, None]) ** 2) @ self.odds)

    def joint(self, chosen: IntArray) -> tuple[FloatArray, FloatArray]:
        """(n + 1,) mean and (n + 1, n + 1) covariance of the chosen effects and, last, of c.

        Under the most probable hypothesis, and in its units: for mixtures worth considering, which
        no scale changes.
        """
        return self.parts[0].joint(chosen)

    def gains(self, shares: FloatArray, chosen: IntArray) -> tuple[FloatArray, FloatArray]:
        """(m,) means and (m, m) covariance of the gains of mixtures (m, n) of the chosen."""
        found = [part.gains(shares, chosen) for part in self.parts]
        mean = sum(odd * one for odd, (one, _) in zip(self.odds, found, strict=True))
        covariance = sum(
            odd * (within + np.outer(one - mean, one - mean))
            for odd, (one, within) in zip(self.odds, found, strict=True)
        )
        return np.asarray(mean), np.asarray(covariance)

    def test_variance(self) -> float:
        """Variance to expect of the noise in the next gain."""
        return float(self.odds @ np.array([part.test_variance for part in self.parts]))


def believe(start: Prior, seen: Branches, noise: Noise, effect: float) -> Belief:
    """Condition on the evidence.

    Args:
        start: What signals and earlier campaigns say.
        seen: The finished branches; none is fine.
        noise: Of measured gains.
        effect: Expected deviation between tasks, nats; earlier campaigns and evidence may move it.
    """
    on = measured(start, seen)
    found = [conditioned(on, one) for one in hypotheses(start.known, seen, noise, effect)]
    logs = np.array([part.log_evidence for part in found])
    odds = np.exp(logs - logs.max())
    order = np.argsort(-odds, kind="stable")
    kept = [at for at in order if odds[at] >= _NEGLIGIBLE]
    return Belief(
        prior=start,
        seen=seen,
        parts=tuple(found[at] for at in kept),
        odds=odds[kept] / odds[kept].sum(),
    )
