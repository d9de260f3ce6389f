"""Proposals from what is believed of single tasks: what is tested next, and what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from policies.branches import Branches, counted
from policies.picking import at_equal_shares, distinct, size_of_set
from policies.roster import FloatArray, IntArray, Roster, best_first
from policies.view import Proposal, View

_TOLD = 3
"""Tasks whose numbers are told; the rest are counted."""


class Belief(Protocol):
    """What is believed of each of N tasks."""

    @property
    def meaning(self) -> str:
        """What the numbers are."""
        ...

    def effects(self) -> tuple[FloatArray, FloatArray]:
        """(N,) means and (N,) standard deviations."""
        ...

    def earned(self, caution: float) -> NDArray[np.bool_]:
        """(N,) tasks that some branch has trained on and that credibly help."""
        ...


def to_test(
    who: Roster, sets: Sequence[IntArray], belief: Belief, seen: Branches, why: str
) -> tuple[Proposal, ...]:
    """A proposal for each set of places, at equal shares; equal sets once.

    Args:
        who: The candidates.
        sets: At least one, none empty.
        belief: Told in the reasons.
        seen: The finished branches.
        why: What the sets have in common, in words.
    """
    told = [f"{why}: {_told(who, places, belief, seen)}" for places in sets]
    proposals = [
        Proposal(mixture=at_equal_shares(who, places), reason=reason)
        for places, reason in zip(sets, told, strict=True)
    ]
    return distinct(proposals, len(proposals))


def to_keep(
    view: View, who: Roster, belief: Belief, seen: Branches, *, k: int, caution: float
) -> Proposal:
    """The mixture to freeze: the best tasks by mean, of those that have earned their place.

    Args:
        view: With `exactly` set the best so many are taken, earned or not.
        who: Its candidates.
        belief: Who is best, and who has earned it.
        seen: The finished branches.
        k: Tasks kept at most.
        caution: Standard deviations by which a task has to be credible.
    """
    order = best_first(belief.effects()[0], who)
    if view.exactly is not None:
        chosen = order[: size_of_set(view, k)]
    else:
        chosen = order[belief.earned(caution)[order]][:k]
    after = counted(len(seen.gains))
    if not len(chosen):
        reason = f"the target alone: after {after} no task credibly helps"
        return Proposal(mixture={}, reason=reason)
    reason = f"best {len(chosen)} of {len(order)} after {after}: "
    return Proposal(
        mixture=at_equal_shares(who, chosen), reason=reason + _told(who, chosen, belief, seen)
    )


def _told(who: Roster, places: Iterable[int] | IntArray, belief: Belief, seen: Branches) -> str:
    """Each task's numbers, e.g. "sst2 (effect 0.0123±0.004 after 2 branches) and 3 more"."""
    mean, deviation = belief.effects()
    counts = seen.counts(len(mean))
    chosen = [int(at) for at in places]
    said = [
        f"{who.names[at]} ({belief.meaning} {mean[at]:.3g}±{deviation[at]:.2g} "
        f"after {counted(int(counts[at]))})"
        for at in chosen[:_TOLD]
    ]
    rest = len(chosen) - len(said)
    return ", ".join(said) + (f" and {rest} more" if rest else "")
