"""The few tasks that together span the target's direction, at the lowest price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.by_signal.sparse_fit import Fit, Problem, sparse_fit
from policies.options import require_above, require_at_least
from policies.picking import best, size_of_set
from policies.roster import FloatArray, Roster, roster, target_scores
from policies.shares import as_mixture, brief
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Lasso:
    """The few candidates whose gradients together make up the target's, per token of cost.

    Unlike the top k by alignment it does not take two copies of one task: the second adds nothing.
    In rounds: gradients are measured anew in each, which stands for the paper's refits of the
    representation; gains are not read. Differs from the paper: task vectors are gradients, weights
    are not negative (one cannot train on minus a task), a small ridge divides weight between nearly
    equal tasks, and only tasks that most resamples of the noise choose are kept. Where no
    candidate is aligned the target trains alone. It sees one step, not a curriculum.

    Source: Wang, Chen, Jamieson, Du 2023 (L1-A-MTRL), arXiv:2306.02556: weights nu by a lasso,
    samples in proportion to nu; prices by minimising the sum of nu^2 price / samples at a budget.
    Elastic net: Zou and Hastie 2005. Stability selection: Meinshausen and Bühlmann 2010,
    arXiv:0809.2932.
    """

    penalty: float = 0.4
    """Of the lasso, in units of the one that leaves no task; 0 to below 1, larger keeps fewer."""
    ridge: float = 0.05
    """Added to the squared lengths of the gradients, which are 1; above 0."""
    priced: bool = True
    """Whether longer examples must earn their tokens."""
    resamples: int = 32
    """Fits to alignments with fresh noise, where their standard errors are known; at least 1."""
    stable: float = 0.6
    """Share of the resamples that a task must be chosen in, 0 to 1."""

    def __post_init__(self) -> None:
        require_at_least("penalty", self.penalty, 0)
        require_above("ridge", self.ridge, 0)
        require_at_least("resamples", self.resamples, 1)
        require_at_least("stable", self.stable, 0)
        if self.penalty >= 1:
            raise ValueError(f"penalty must be below 1 but got {self.penalty!r}")
        if self.stable > 1:
            raise ValueError(f"stable must be at most 1 but got {self.stable!r}")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"alignment", "similarity"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture, or the empty one."""
        who = roster(view)
        alignment = target_scores(view, who.candidates, "alignment")
        if view.exactly is None and not alignment.max() > 0:
            reason = "no candidate's gradient is aligned with the target's: the target alone"
            return (Proposal(mixture={}, reason=reason),)
        # The unit of alignment drops out; at order 1 no number leaves its range.
        unit = float(np.abs(alignment).max()) or 1.0
        problem = self._problem(alignment / unit, who)
        fit = sparse_fit(problem, view, who)
        weights = self._stable_weights(problem, fit, _errors(view, who, fit) / unit, rng)
        shares = weights / problem.prices[fit.chosen]
        if view.exactly is not None:
            return (_filled(view, who, problem.alignment, fit, shares),)
        return (_spanning(who, alignment, fit, shares),)

    def _problem(self, alignment: FloatArray, who: Roster) -> Problem:
        tokens = np.array([candidate.tokens_per_example for candidate in who.candidates])
        prices = np.sqrt(tokens / tokens.mean()) if self.priced else np.ones_like(tokens)
        penalty = self.penalty * max(0.0, float((alignment / prices).max()))
        return Problem(alignment=alignment, prices=prices, penalty=penalty, ridge=self.ridge)

    def _stable_weights(
        self, problem: Problem, fit: Fit, errors: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        """(n,) mean weights of those candidates that enough resamples choose."""
        if not errors.any():
            return fit.weights
        # The target's own noise is what makes a lasso jump. It is one direction that tilts all
        # alignments, those of like tasks alike; a row of it has variance 1.
        tilts = rng.standard_normal((self.resamples, fit.rows.shape[1])) @ fit.rows.T
        weights = problem.solve(
            fit.chosen, fit.rows, problem.alignment[fit.chosen] + np.minimum(errors, 10.0) * tilts
        )
        chosen = (weights > 0).mean(axis=0) >= self.stable
        return np.where(chosen, weights.mean(axis=0), 0.0)


def _spanning(who: Roster, alignment: FloatArray, fit: Fit, shares: FloatArray) -> Proposal:
    """The mixture of the chosen tasks."""
    if not shares.any():
        reason = "no candidate is chosen whatever the noise in the gradients: the target alone"
        return Proposal(mixture={}, reason=reason)
    shares = shares / shares.sum()
    mixture = as_mixture([who.names[at] for at in fit.chosen], shares)
    length = float(np.linalg.norm(shares @ fit.rows)) or 1.0
    # Sketches and alignments have errors of their own; together they may pass a cosine's bounds.
    together = min(1.0, float(alignment[fit.chosen] @ shares) / length)
    reason = (
        f"{len(mixture)} of {len(who.names)} span the target's gradient, alignment "
        f"{together:+.2g} together, {alignment.max():+.2g} the best alone: {brief(mixture)}"
    )
    return Proposal(mixture=mixture, reason=reason)


def _filled(
    view: View, who: Roster, alignment: FloatArray, fit: Fit, shares: FloatArray
) -> Proposal:
    """As many tasks as are asked for: those with weight first, and then by alignment, -1 to 1."""
    order = alignment.copy()
    order[fit.chosen] += np.where(shares > 0, 2.0 + shares / (shares.max() or 1.0), 0.0)
    mixture = best(order, who, size_of_set(view, 1))
    reason = f"{int((shares > 0).sum())} span the target's gradient; taken: {brief(mixture)}"
    return Proposal(mixture=mixture, reason=reason)


def _errors(view: View, who: Roster, fit: Fit) -> FloatArray:
    """(n,) standard errors of the alignments in the fit, targets by weight; 0 where not known."""
    variances = np.zeros(len(fit.chosen))
    for target in view.targets:
        errors = [
            who.candidates[at].score_ses.get("alignment", {}).get(target.name, 0.0)
            for at in fit.chosen
        ]
        variances += (target.weight * np.array(errors)) ** 2
    return np.sqrt(variances)
