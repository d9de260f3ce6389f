"""More of what the model still gets wrong, by loss: online data mixing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.options import require_at_least
from policies.roster import roster, target_scores
from policies.shares import as_mixture, brief
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class OnlineDataMixing:
    """Shares by a softmax over the candidates' own losses, beside an even part that shrinks.

    As in EXP3, shares are (1 - K eps) softmax(K eps' loss) + eps, with eps = min(1 / K,
    sqrt(ln K / (K t))) after t updates and eps' that of the round before: high losses are
    preferred, the less clearly the longer it lasts. The reference updates at every batch and
    divides the loss of the one task that it drew by its share; here the losses of all tasks are
    measured each round, as if drawn at even shares, so that no task's reward depends on its share.
    Its moving average (0.9 a batch) forgets within a round and is left out. Nothing points at a
    target and gains are not read: it seeks coverage, not transfer.

    Source: Albalak et al. 2023 (ODM), arXiv:2312.02406, section 3, algorithm 1.
    """

    updates: int = 100
    """Batches that a round stands for in t; at least 1."""

    def __post_init__(self) -> None:
        require_at_least("updates", self.updates, 1)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"loss"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture of all candidates; also when no round is left."""
        who = roster(view)
        losses = target_scores(view, who.candidates, "loss")
        known = losses != 0
        # No loss is no evidence, and not an easy task: such a task counts as an average one.
        losses = np.where(known, losses, losses[known].mean() if known.any() else 0.0)
        even = self._exploration(len(losses), len(view.history) + 1)
        rate = self._exploration(len(losses), max(len(view.history), 1))
        rewards = np.exp(rate * (losses - losses.max()))
        shares = (1 - even) * rewards / rewards.sum() + even / len(losses)
        mixture = as_mixture(who.names, shares)
        reason = (
            f"losses {losses.min():.2g} to {losses.max():.2g} nats, "
            f"{100 * even:.0f} % spread evenly: {brief(mixture)}"
        )
        return (Proposal(mixture=mixture, reason=reason),)

    def _exploration(self, size: int, rounds: int) -> float:
        """K eps, 0 to 1."""
        return float(min(1.0, np.sqrt(size * np.log(size) / (self.updates * rounds))))
