"""The tasks of the target's own family."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.options import require_above, require_at_least
from policies.picking import best, size_of_set
from policies.roster import FloatArray, Roster, roster
from policies.shares import as_mixture, brief, proportional_shares
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class SameFamily:
    """All candidates of the target's family, by size; every candidate where it has none.

    In rounds: the same mixture in every branch and round; gains are not read. Several targets:
    each family gets the weight of its targets. With `View.exactly` the largest of the family,
    filled up with the largest of the rest. Where families are formats of the answer, this is a
    strong baseline that says nothing about content.

    Source: Padmakumar et al. 2022, arXiv:2204.11117: where the target is known, pre-finetuning on
    the related family is competitive with training on everything, which is best on average.
    """

    cap: int = 10_000
    """Examples of one task that count at most; at least 1."""
    temperature: float = 1.0
    """1 follows the sizes; larger is flatter; above 0."""

    def __post_init__(self) -> None:
        require_at_least("cap", self.cap, 1)
        require_above("temperature", self.temperature, 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture of the family, the same in every round."""
        who = roster(view)
        kin = _kinship(view, who)
        if view.exactly is not None:
            mixture = best(kin, who, size_of_set(view, 1))
            reason = f"the {len(mixture)} largest, the target's family first: {brief(mixture)}"
            return (Proposal(mixture=mixture, reason=reason),)
        sizes = proportional_shares(who.num_examples, cap=self.cap, temperature=self.temperature)
        mixture = as_mixture(who.names, _by_family(kin, who, sizes) if kin.any() else sizes)
        families = ", ".join(sorted({target.family for target in view.targets}))
        found = f"all {len(mixture)}" if kin.any() else "none, so all of every family,"
        reason = f"family {families}: {found} of {len(kin)} candidates by size: {brief(mixture)}"
        return (Proposal(mixture=mixture, reason=reason),)


def without_evidence(view: View, lacking: str) -> tuple[Proposal, ...]:
    """What to train where the scores that should decide are not there: the target's family.

    Args:
        view: Asked about.
        lacking: What is not there, for the reason, e.g. "text score".
    """
    (fallback,) = SameFamily().propose(view, np.random.default_rng(0))
    reason = f"no candidate has a {lacking}; {fallback.reason}"
    return (Proposal(mixture=fallback.mixture, reason=reason),)


def _kinship(view: View, who: Roster) -> FloatArray:
    """(N,) weight of the targets of each candidate's family."""
    weights: dict[str, float] = {}
    for target in view.targets:
        weights[target.family] = weights.get(target.family, 0.0) + target.weight
    return np.array([weights.get(candidate.family, 0.0) for candidate in who.candidates])


def _by_family(kin: FloatArray, who: Roster, sizes: FloatArray) -> FloatArray:
    """(N,) shares by size within each family of a target, the families by weight."""
    shares = np.zeros_like(sizes)
    families = np.array([candidate.family for candidate in who.candidates])
    for family in np.unique(families[kin > 0]):
        members = families == family
        shares[members] = kin[members] * sizes[members] / sizes[members].sum()
    return np.asarray(shares / shares.sum())
