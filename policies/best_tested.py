"""What a schedule keeps when it ends: the mixture that measured best."""

from __future__ import annotations

import numpy as np

from policies.bandits.arm_proposals import to_keep
from policies.bandits.arms import gaussian_arms
from policies.branches import finished_branches
from policies.roster import Roster
from policies.shares import brief
from policies.tested import all_tested
from policies.view import Proposal, View


def best_tested(view: View, who: Roster, caution: float) -> Proposal:
    """The tested mixture with the best lower bound, the target alone where none is above 0.

    With `View.exactly` the best so many tasks, as far as the gains of mixtures tell them apart.

    Args:
        view: What is known.
        who: Its candidates.
        caution: Standard errors by which a gain is lowered.
    """
    if view.exactly is not None:
        seen = finished_branches(view, who)
        belief = gaussian_arms(seen, np.zeros(len(who.names)))
        return to_keep(view, who, belief, seen, k=view.exactly, caution=caution)
    tested = all_tested(view, who)
    leader = max(tested, key=lambda one: one.bound(caution), default=None)
    if leader is None:
        return Proposal(mixture={}, reason="the target alone: no mixture was tested")
    if not leader.bound(caution) > 0:
        reason = f"the target alone: the best of {len(tested)} tested mixtures gained {leader.told}"
        return Proposal(mixture={}, reason=reason)
    mixture = dict(leader.mixture)
    reason = f"best of {len(tested)} tested mixtures, {leader.told}: {brief(mixture)}"
    return Proposal(mixture=mixture, reason=reason)
