"""A linear mixing law, estimated by sweeps over the tasks: Aioli."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.branches import Branches, finished_branches
from policies.mixture_models.mixture_space import MixtureSpace, Ranking, mixture_space, signals_for
from policies.mixture_models.surrogates.linear_effects import linear_effects
from policies.options import require_above, require_at_least
from policies.picking import distinct
from policies.roster import FloatArray, IntArray, Roster, roster
from policies.shares import brief
from policies.view import Proposal, View

_RIDGE = 0.1
"""Small beside the information of one sweep, so that a whole sweep is all but solved exactly."""


@dataclass(frozen=True, kw_only=True)
class Aioli:
    """Shares multiplied each round by exp(step * the task's part in lowering the target's loss).

    A sweep trains, for each task, a branch that leans on it; the gains, freed of the smoothing by
    least squares, are the row of the mixing law that belongs to the target. Each round goes on
    with the sweep, the tasks tested least first, beside the mixture as it stands. The reference
    sweeps all tasks within a round, one after the other, where here it takes as many rounds as
    branches demand, and measures against the loss before, not a simultaneous control. At the end
    the mixture is kept if the law expects a gain of it, or with `View.exactly`.

    Source: Chen et al. 2024 (Aioli), arXiv:2411.05735, section 5, algorithms 1 and 2, and its code.
    """

    tasks: int = 8
    """Candidates that share the mixture: each costs a branch a sweep; at least 1."""
    shortlist_by: Ranking = "alignment"
    """Signal, or size, by which untested candidates come onto the shortlist."""
    step: float = 0.5
    """Exponent per round for a task of mean part; above 0. The reference: 0.2, over more rounds,
    and of parts scaled to a sum of 1, with which hardly anything would move among many tasks."""
    lean: float = 0.625
    """Share of its task in a branch of the sweep; above 0, at most 1."""
    memory: float = 0.9
    """Weight of a branch for each round of its age; above 0, at most 1."""

    def __post_init__(self) -> None:
        require_at_least("tasks", self.tasks, 1)
        for name in ("step", "lean", "memory"):
            require_above(name, getattr(self, name), 0)
        for name in ("lean", "memory"):
            if getattr(self, name) > 1:
                raise ValueError(f"{name} must be at most 1 but got {getattr(self, name)!r}")

    @property
    def needs(self) -> frozenset[str]:
        return signals_for(self.shortlist_by)

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The mixture, then the sweep's next branches; the mixture alone when no round is left."""
        who = roster(view)
        space = mixture_space(view, who, self.tasks, self.shortlist_by)
        seen = finished_branches(view, who)
        mixture = self._mixture(view, who, space, seen)
        if view.rounds_left == 0:
            return (mixture,)
        leant = _leant_on(seen, space, len(who.names))
        order = np.argsort(leant + rng.random(len(leant)), kind="stable")
        sweep = [self._branch(space, int(at)) for at in order]
        # With one branch a round the first sweep comes before any mixture.
        unswept = not len(seen.gains) or (view.max_proposals == 1 and leant.min() == 0)
        ordered = sweep if unswept or not mixture.mixture else [mixture, *sweep]
        return distinct(ordered, view.max_proposals)

    def _branch(self, space: MixtureSpace, at: int) -> Proposal:
        size = len(space.prior)
        shares = np.full(size, (1 - self.lean) / max(size - 1, 1))
        shares[at] = self.lean
        mixture = space.mixture(space.held(shares[None])[0])
        return Proposal(mixture=mixture, reason=f"sweep, leaning on {space.names[at]}")

    def _mixture(self, view: View, who: Roster, space: MixtureSpace, seen: Branches) -> Proposal:
        # Where a number of tasks is to be frozen, the target alone is no answer.
        due = view.rounds_left == 0 and view.exactly is not None
        if not len(seen.gains) and not due:
            return Proposal(mixture={}, reason="the target alone: no branch has finished")
        shares = np.zeros((len(seen.gains), len(who.names)))
        shares[:, seen.tested] = seen.shares
        logs, parts = np.zeros(len(space.prior)), np.zeros(len(space.prior))
        # What the rounds before multiplied follows from their evidence: nothing need be kept.
        for number in np.unique(seen.rounds):
            parts = self._parts(shares[:, space.chosen], seen, int(number))
            logs += self.step * _scaled(parts)
        rates = np.exp(logs - logs.max())
        held = space.held((rates / rates.sum())[None])[0]
        gain = float(held @ parts)
        mixture = space.mixture(held)
        reason = f"predicted gain {gain:+.2g} after {len(seen.gains)} branches: {brief(mixture)}"
        if gain <= 0 and not due:
            return Proposal(mixture={}, reason=f"the target alone, for no gain: {reason}")
        return Proposal(mixture=mixture, reason=reason)

    def _parts(self, shares: FloatArray, seen: Branches, number: int) -> FloatArray:
        """(S,) gain of each task at full share, nats, as known after round `number`."""
        known = seen.rounds <= number
        weights = self.memory ** ((number - seen.rounds[known]) / 2)
        parts, _ = linear_effects(
            shares[known] * weights[:, None],
            seen.gains[known] * weights,
            seen.ses[known] * weights,
            ridge=_RIDGE,
        )
        return parts


def _scaled(parts: FloatArray) -> FloatArray:
    """(S,) from 0 up, with mean 1; all 1 where nothing tells the tasks apart."""
    lifted = parts - min(0.0, float(parts.min()))
    mean = float(lifted.mean())
    return lifted / mean if mean > 0 else np.ones_like(parts)


def _leant_on(seen: Branches, space: MixtureSpace, size: int) -> IntArray:
    """(S,) finished branches in which each task had the largest share."""
    counts = np.zeros(size, dtype=np.intp)
    if seen.shares.size:
        np.add.at(counts, seen.tested[seen.shares.argmax(axis=1)], 1)
    return counts[space.chosen]
