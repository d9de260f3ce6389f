"""The mixtures that a mixture model looks at: of a shortlist, drawn around proportional sampling.

Shapes: S shortlisted candidates, m mixtures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from policies.branches import finished_branches
from policies.roster import FloatArray, IntArray, Roster, best_first, target_scores
from policies.shares import as_mixture, proportional_shares
from policies.view import View

Ranking = Literal["alignment", "descent", "lookahead", "affinity", "text", "size"]
"""What the shortlist goes by: a signal of which more is more promising, or size."""

_CAP = 10_000
"""Examples of one task that count at most in proportional sampling."""
_TEMPERATURE = 0.5
"""Power of the sizes around which mixtures are drawn: RegMix's, flatter than proportional."""
_STRENGTHS = np.geomspace(0.1, 5.0, 15)
"""Total concentrations of the Dirichlet: from nearly one task to nearly the centre."""
_MOST = 15.0
"""Multiple of its proportional share that no task may exceed."""
_CRUMB = 0.005
"""Shares below this part of a mixture's largest are dropped: of the hundreds of examples that a
branch takes they would be a handful. RegMix, with billions of tokens, drops shares below 2e-4."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MixtureSpace:
    """Shortlisted candidates, and what a mixture of them must keep to."""

    chosen: IntArray
    """(S,) places in the roster, ascending."""
    names: tuple[str, ...]
    prior: FloatArray
    """(S,) proportional shares, above 0."""
    exactly: int | None
    """Tasks that a mixture must hold, at equal shares; None leaves it free."""

    def most(self) -> FloatArray:
        """(S,) the largest share of each task that is drawn: 15 times its proportional one."""
        return np.minimum(_MOST * self.prior, 1.0)

    def held(self, shares: FloatArray) -> FloatArray:
        """(m, S) the mixtures as the campaign can train them.

        Crumbs go; where the campaign wants exactly k tasks, the k largest stay, at equal shares.
        """
        if self.exactly is None:
            kept = np.where(shares < _CRUMB * shares.max(axis=1, keepdims=True), 0.0, shares)
        else:
            # The prior fills up what has too few tasks, the larger ones first.
            order = np.argsort(-(shares + 1e-9 * self.prior), axis=1, kind="stable")
            kept = np.zeros_like(shares)
            np.put_along_axis(kept, order[:, : self.exactly], 1.0, axis=1)
        return np.asarray(kept / kept.sum(axis=1, keepdims=True))

    def draws(self, count: int, rng: np.random.Generator) -> FloatArray:
        """(count, S) mixtures around proportional; repeats are rare, unless with `exactly`.

        Source: Liu et al. 2024 (RegMix), arXiv:2407.01492, and its code: Dirichlet around the
        sizes to the power 0.5, strengths log-spaced in [0.1, 5], shares at most 15 times the
        proportional ones, crumbs dropped. The code draws again when a share is above its bound,
        which pools of unequal tasks may never end; here what is above is spread by size.
        """
        centre = self.prior**_TEMPERATURE
        alphas = np.outer(np.resize(_STRENGTHS, count), centre / centre.sum())
        drawn = np.minimum(_dirichlet(alphas, rng), self.most())
        return self.held(drawn + np.outer(1 - drawn.sum(axis=1), self.prior))

    def starts(self, count: int, rng: np.random.Generator) -> FloatArray:
        """At most `count` distinct mixtures to begin with: the proportional one, then draws."""
        rows = np.vstack([self.held(self.prior[None]), self.draws(10 * count, rng)])
        return distinct_rows(rows)[:count]

    def near(self, centres: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
        """(count * m, S) mixtures around each of `centres` (m, S)."""
        # The prior keeps a door open for tasks that the centre leaves out.
        around = np.repeat(0.95 * centres + 0.05 * self.prior, count, axis=0)
        strengths = np.resize(np.geomspace(4.0, 64.0, 5), len(around))
        return self.held(_dirichlet(around * strengths[:, None], rng))

    def mixture(self, shares: FloatArray) -> dict[str, float]:
        """One row (S,) by name, largest share first."""
        return as_mixture(self.names, shares)


def mixture_space(view: View, who: Roster, at_most: int, by: Ranking) -> MixtureSpace:
    """Shortlist candidates: those that branches trained on first, then the most promising.

    Args:
        view: What is known.
        who: Its candidates.
        at_most: Size of the shortlist: a model of mixtures needs about as many branches. It is
            larger where the campaign wants mixtures of more tasks, now or when one is frozen.
        by: What makes an untested candidate promising; ties go by size.
    """
    scores = np.zeros(len(who.names)) if by == "size" else target_scores(view, who.candidates, by)
    seen = finished_branches(view, who)
    trained = np.zeros(len(who.names))
    trained[seen.tested] = seen.shares.sum(axis=0)
    promise = np.empty(len(who.names))
    promise[best_first(scores, who)] = -np.arange(len(who.names))
    size = max(at_most, view.exactly or 0, view.kept or 0)
    chosen = np.sort(np.lexsort((-promise, -trained))[:size])
    return MixtureSpace(
        chosen=chosen,
        names=tuple(who.names[at] for at in chosen),
        prior=proportional_shares(who.num_examples[chosen], cap=_CAP),
        exactly=None if view.exactly is None else min(view.exactly, len(chosen)),
    )


def distinct_rows(shares: FloatArray) -> FloatArray:
    """The rows without repeats (to six digits), each where it came first."""
    _, first = np.unique(shares.round(6), axis=0, return_index=True)
    return np.asarray(shares[np.sort(first)])


def signals_for(by: Ranking) -> frozenset[str]:
    """What a policy needs whose shortlist goes by `by`."""
    return frozenset() if by == "size" else frozenset({by})


def _dirichlet(alphas: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(m, S) a draw for each row of concentrations."""
    # From logarithms: gamma variables of a tiny shape underflow to 0 for every task at once.
    boosted = np.log(rng.standard_gamma(alphas + 1.0))
    logs = boosted + np.log1p(-rng.random(alphas.shape)) / alphas
    rates = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(rates / rates.sum(axis=1, keepdims=True))
