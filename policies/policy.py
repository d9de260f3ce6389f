"""The one contract between a campaign and whatever decides its mixtures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from policies.view import Proposal, View


class Policy(Protocol):
    """Chooses the mixtures of the next round.

    A policy is a frozen dataclass whose fields are its options (the campaign file's `policy:`
    section sets them) and which keeps nothing between calls. It becomes available through the
    entry-point group `sextant.policies`, or as `module:Class` in the campaign file, and must
    pass `policies.testing.POLICY_CHECKS`.
    """

    @property
    def needs(self) -> frozenset[str]:
        """Signals it reads, of those in `policies.signals`; no others are computed."""
        ...

    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        """Answer from the arguments alone.

        All that a policy has learned must follow from `view.history`: a campaign resumes by
        replaying its ledger, and a policy never has state to save.

        Args:
            view: What is known; never changed by the policy.
            rng: The only permitted source of randomness, seeded by (campaign seed, round).

        Returns:
            One to `view.max_proposals` proposals, mixtures distinct. With `view.rounds_left` 0
            nothing is tested any more: the first proposal becomes the campaign's mixture, and the
            empty one says that no candidate has earned its place beside the target.
        """
        ...
