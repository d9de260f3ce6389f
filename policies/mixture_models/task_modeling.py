"""Random sets of tasks tell each task's marginal value: the linear surrogate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.branches import Branches, finished_branches
from policies.mixture_models.mixture_space import MixtureSpace, Ranking, mixture_space, signals_for
from policies.mixture_models.surrogates.linear_effects import linear_effects
from policies.options import require_at_least
from policies.picking import distinct, size_of_set
from policies.roster import IntArray, Roster, roster
from policies.shares import brief
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class TaskModeling:
    """Tests random sets, fits gains to membership, and keeps tasks whose value passes a threshold.

    The reference trains some 200 random sets, then fits. Here each round tests the set that the
    fit would keep by now and, beside it, random sets of the tasks tested least; least squares
    become a ridge, since a campaign has fewer branches than that. A kept set that is larger or
    smaller than the random ones counts by its shares. The threshold, which the reference tunes, is
    in standard errors of a task's value. With `View.exactly` the best are kept, passed or not.

    Source: Li, Nguyen, Zhang 2023, "Identification of Negative Transfers in Multitask Learning
    Using Surrogate Models", arXiv:2303.14582, sections 3 and 4.
    """

    size: int = 3
    """Tasks in a random set; at least 1."""
    threshold: float = 1.0
    """Standard errors above 0 from which on a task is kept; at least 0."""
    tasks: int = 16
    """Candidates looked at, the most promising and those tested; at least 1."""
    shortlist_by: Ranking = "alignment"
    """Signal, or size, by which untested candidates come onto the shortlist."""

    def __post_init__(self) -> None:
        for name in ("size", "tasks"):
            require_at_least(name, getattr(self, name), 1)
        require_at_least("threshold", self.threshold, 0)

    @property
    def needs(self) -> frozenset[str]:
        return signals_for(self.shortlist_by)

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The set to keep, then random sets; the first alone, or none, when no round is left."""
        who = roster(view)
        space = mixture_space(view, who, self.tasks, self.shortlist_by)
        seen = finished_branches(view, who)
        size = min(size_of_set(view, self.size), len(space.chosen))
        kept = self._kept(view, who, space, size, seen)
        if view.rounds_left == 0:
            return (kept,)
        tested = seen.counts(len(who.names))[space.chosen]
        sets = _random_sets(tested, size, view.max_proposals, rng)
        proposals = [_random(space, places) for places in sets]
        return distinct([kept, *proposals] if kept.mixture else proposals, view.max_proposals)

    def _kept(
        self, view: View, who: Roster, space: MixtureSpace, size: int, seen: Branches
    ) -> Proposal:
        shares = np.zeros((len(seen.gains), len(who.names)))
        shares[:, seen.tested] = seen.shares
        # Times the size: members of a random set read as 1, as in the reference.
        effects, errors = linear_effects(size * shares[:, space.chosen], seen.gains, seen.ses)
        passed = effects > self.threshold * errors
        best = np.lexsort((np.arange(len(effects)), -space.prior, -effects))
        chosen = best[passed[best]] if view.exactly is None else best[:size]
        if not passed.any() and (view.exactly is None or view.rounds_left > 0):
            count = len(seen.gains)
            reason = f"the target alone: after {count} branches no task passes the threshold"
            return Proposal(mixture={}, reason=reason)
        mixture = _equal(space, chosen)
        first = best[0]
        reason = (
            f"{passed.sum()} of {len(effects)} tasks pass the threshold after {len(seen.gains)} "
            f"branches (best {effects[first]:+.2g}±{errors[first]:.2g}): {brief(mixture)}"
        )
        return Proposal(mixture=mixture, reason=reason)


def _random_sets(
    tested: IntArray, size: int, count: int, rng: np.random.Generator
) -> list[IntArray]:
    """Sets of tasks drawn at random among those tested least, each set counting for the next."""
    counts = tested.astype(np.float64)
    sets = []
    for _ in range(count):
        chosen = np.sort(np.argsort(counts + rng.random(len(counts)), kind="stable")[:size])
        counts[chosen] += 1
        sets.append(chosen)
    return sets


def _random(space: MixtureSpace, places: IntArray) -> Proposal:
    mixture = _equal(space, places)
    return Proposal(mixture=mixture, reason=f"a random set of {len(mixture)}: {brief(mixture)}")


def _equal(space: MixtureSpace, places: IntArray) -> dict[str, float]:
    return {space.names[at]: 1.0 / len(places) for at in places}
