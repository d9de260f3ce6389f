"""Where randomness comes from: one numbered stream per use, so that no use disturbs another."""

from __future__ import annotations

from enum import IntEnum

from engine.training.jobs import Seed


class Stream(IntEnum):
    """Numbers are part of every recorded campaign: add, never renumber."""

    SPLIT = 0
    INITIAL_WEIGHTS = 1
    WARM_UP = 2
    PROPOSE = 3
    BRANCH = 4
    PROBE = 5
    FINISH = 6
    BOOTSTRAP = 7


def seed_for(campaign_seed: int, stream: Stream, round_number: int = 0) -> Seed:
    """Entropy of one use in one round; no part of it is the attempt: repeats see equal data."""
    return (campaign_seed, int(stream), round_number)
