"""From all tasks to a few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.bandits.arm_proposals import to_test
from policies.bandits.arms import Arms, gaussian_arms
from policies.bandits.turns import in_turn
from policies.best_tested import best_tested
from policies.branches import finished_branches
from policies.options import require_at_least
from policies.picking import distinct, size_of_set
from policies.roster import IntArray, Roster, best_first, roster, target_scores
from policies.shares import as_mixture, brief, proportional_shares
from policies.standardised import standardised
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class ScaleThenFocus:
    """Trains on all candidates first and narrows to the best few as rounds pass.

    In rounds: the number of tasks falls by a constant factor from all in the first round to k in
    the last. Sizes between k and `critical_mass` are left out, since an unselected handful is worse
    than either. The first branch trains on all tasks still in, by capped size; the others share
    them out at random, so that gains tell which to keep. Alignment is what is expected of a task at
    first, and counts the less the more its branches have told. Frozen is the tested mixture with
    the best lower bound: whether scale or focus won is measured. With `View.exactly` sets of that
    many are tested in turn among the tasks still in.

    Source: Padmakumar et al. 2022, arXiv:2204.11117 (many tasks are better on average, few related
    ones where the target is known); Aghajanyan et al. 2021 (Muppet), arXiv:2101.11038 (below some
    15 tasks pre-finetuning can hurt); shared-out tests: sequential halving, Karnin et al. 2013.
    """

    k: int = 5
    """Tasks in the last round; at least 1."""
    critical_mass: int = 15
    """Tasks below which a broad mixture is not worth training; at least 1."""
    cap: int = 10_000
    """Examples of one task that count at most; at least 1."""
    caution: float = 1.0
    """Standard errors by which a measured gain is lowered before it is kept; 0 or more."""

    def __post_init__(self) -> None:
        for name in ("k", "critical_mass", "cap"):
            require_at_least(name, getattr(self, name), 1)
        require_at_least("caution", self.caution, 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"alignment"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The tasks still in together, then parts of them; or the best mixture that was tested."""
        who = roster(view)
        if view.rounds_left == 0:
            return (best_tested(view, who, self.caution),)
        seen = finished_branches(view, who)
        alignment = target_scores(view, who.candidates, "alignment")
        belief = gaussian_arms(seen, standardised(alignment))
        size = stage_size(view, self.k, self.critical_mass)
        order = best_first(belief.effects()[0], who)
        if view.exactly is not None:
            return _sets_in_turn(view, who, order[: max(size, view.exactly)], belief, rng)
        staying = order[:size]
        parts = [staying, *_shared_out(staying, view.max_proposals - 1, rng)]
        stage = f"round {view.round + 1} of {view.round + view.rounds_left}"
        proposals = [self._proposal(who, part, f"{stage}, {size} tasks still in") for part in parts]
        return distinct(proposals, view.max_proposals)

    def _proposal(self, who: Roster, part: IntArray, stage: str) -> Proposal:
        shares = proportional_shares(who.num_examples[part], cap=self.cap)
        mixture = as_mixture([who.names[at] for at in part], shares)
        return Proposal(mixture=mixture, reason=f"{stage}: {brief(mixture)}")


def stage_size(view: View, k: int, critical_mass: int) -> int:
    """Tasks that are still in: all in the first round, k in the last, and never a handful more.

    Args:
        view: Whose round, rounds left and number of candidates count.
        k: In the last round.
        critical_mass: Below it, and after the first round, only k are worth training.
    """
    everyone = len(view.candidates)
    if view.round == 0 or everyone <= k:
        return everyone
    passed = view.round / (view.round + view.rounds_left - 1)
    size = round(everyone ** (1 - passed) * k**passed)
    return size if size >= critical_mass else k


def _shared_out(staying: IntArray, parts: int, rng: np.random.Generator) -> list[IntArray]:
    """At most `parts` random parts, as equal as may be, that cover the tasks; one is a half."""
    mixed = rng.permutation(staying)
    if parts == 1:
        return [np.sort(mixed[: -(-len(mixed) // 2)])]
    return [np.sort(part) for part in np.array_split(mixed, max(parts, 1)) if len(part)][:parts]


def _sets_in_turn(
    view: View, who: Roster, staying: IntArray, belief: Arms, rng: np.random.Generator
) -> tuple[Proposal, ...]:
    counts = belief.seen.counts(len(who.names))[staying]
    turns = in_turn(counts, size_of_set(view, 1), view.max_proposals, rng)
    sets = [staying[places] for places in turns]
    return to_test(who, sets, belief, belief.seen, f"next of {len(staying)} still in")
