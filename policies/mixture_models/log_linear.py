"""The log-linear mixing law decides, held near proportional: Olmix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from policies.mixture_models.mixture_space import (
    MixtureSpace,
    Ranking,
    mixture_space,
    signals_for,
)
from policies.mixture_models.surrogates.evidence import evidence
from policies.mixture_models.surrogates.log_linear_law import LogLinearLaw, fit_log_linear_law
from policies.mixture_models.swarm import first_swarm, with_swarm
from policies.options import require_above, require_at_least
from policies.roster import FloatArray, Roster, roster
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class LogLinear:
    """Fits loss = floor + exp(slopes . shares) and trains on the mixture that minimises it.

    Olmix fits the law once, to a swarm of small runs. Here each round tests the law's best mixture
    as it stands and, beside it, further mixtures drawn around proportional; the law is fitted anew
    to all branches. The best mixture pays for its distance from proportional shares, and no task
    is repeated too often, where the campaign tells how much the frozen mixture will be asked for.
    At the end it is kept if the law expects a gain of it, or with `View.exactly`, else no candidate
    is.

    Source: Ye et al. 2024, "Data Mixing Laws", arXiv:2403.16952; convex program and repetition
    constraint as in the code of Olmix (allenai/olmix).
    """

    tasks: int = 16
    """Candidates looked at, the most promising and those tested; at least 1."""
    shortlist_by: Ranking = "alignment"
    """Signal, or size, by which untested candidates come onto the shortlist."""
    pull: float = 0.05
    """Price of the divergence from proportional, in standard deviations of the gains per nat;
    above 0. The reference: 0.05 to 0.1 nats of loss per nat."""
    repetitions: float = 4.0
    """Times that an example of a candidate may be trained on in the frozen mixture; above 0."""

    def __post_init__(self) -> None:
        require_at_least("tasks", self.tasks, 1)
        require_above("pull", self.pull, 0)
        require_above("repetitions", self.repetitions, 0)

    @property
    def needs(self) -> frozenset[str]:
        return signals_for(self.shortlist_by)

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The law's best mixture, then drawn ones; the first alone when no round is left."""
        who = roster(view)
        space = mixture_space(view, who, self.tasks, self.shortlist_by)
        seen = evidence(view, who, space)
        if not len(seen.gains):
            return first_swarm(view, space, rng)
        law = fit_log_linear_law(seen)
        best = space.held(self._best(view, who, space, law)[None])
        gain = seen.nats(float(law.gain(best)[0]))
        told = f"best by the law after {len(seen.gains)} branches"
        return with_swarm(view, space, best[0], gain, told, rng)

    def _best(self, view: View, who: Roster, space: MixtureSpace, law: LogLinearLaw) -> FloatArray:
        # Beyond the shares that are drawn the law would be asked about what nobody has tested.
        caps = space.most()
        if view.draws is not None:
            there = self.repetitions * who.num_examples[space.chosen]
            caps = np.minimum(caps, there / max(view.draws, 1))
        return best_mixture(law.slopes, space.prior, caps, self.pull)


def best_mixture(
    slopes: FloatArray, prior: FloatArray, caps: FloatArray, pull: float
) -> FloatArray:
    """(S,) shares w at most `caps` that minimise exp(slopes . w) + pull * KL(w || prior).

    The program is convex, and its solution is prior * exp(-slopes * exp(level) / pull), capped
    and scaled, for the one level that equals slopes . w; so that a root is all there is to find.

    Args:
        slopes: (S,) of the law.
        prior: (S,) above 0, summing to 1.
        caps: (S,) above 0; where they leave less than 1 in all, they are raised alike.
        pull: Above 0.
    """

    def shares(level: float) -> FloatArray:
        return _capped(np.log(prior) - slopes * (np.exp(level) / pull), caps)

    low, high = float(slopes.min()), float(slopes.max())
    if high - low < 1e-12:
        return shares(low)
    # Sums round: at the ends the difference can be a hair on the wrong side of 0.
    level = brentq(lambda at: slopes @ shares(at) - at, low - 1e-6, high + 1e-6)
    return shares(float(level))


def _capped(logs: FloatArray, caps: FloatArray) -> FloatArray:
    """(S,) proportional to exp(logs) where below `caps`, summing to 1 even if the caps do not."""
    full = np.zeros(len(logs), dtype=bool)
    shares = _softmax(logs)
    while (over := ~full & (shares > caps)).any():
        full |= over
        shares = caps.copy()
        # From the logarithms: beside a task that is full by now the others may have underflowed.
        shares[~full] = (1.0 - caps[full].sum()) * _softmax(logs[~full])
    return np.asarray(shares / shares.sum())


def _softmax(logs: FloatArray) -> FloatArray:
    rates = np.exp(logs - logs.max(initial=-np.inf))
    return np.asarray(rates / rates.sum())
