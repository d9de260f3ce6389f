"""What a method costs a campaign, for a candidate and beside a branch of it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.signal_study import design
from benchmarks.signal_study.methods import BY_ADAM, MEAN_RANK
from engine.signals.sources import FROM_WARM_UP, times_read
from engine.signals.standing import RANKED_BY
from engine.training.jobs import CHECKPOINTS


def share_of_a_branch(method: str) -> float:
    """Examples that are read for it, the target's probe shared out, over those of a branch.

    Every reading counts alike, with a way back or without one, as campaigns charge it. What the
    warm-up leaves behind without looking at anything more is free: 0.
    """
    plan = design.campaign(Path("cards.yaml"), seed=0).rounds
    branch = plan.steps * (plan.target_batch + plan.candidate_batch)
    return _examples(method) / branch


def _examples(method: str) -> float:
    name, _, probe = method.partition(", ")
    signal = name.removesuffix(BY_ADAM)
    if signal in FROM_WARM_UP - {"affinity"}:
        return CHECKPOINTS * design.MAPPED
    if not probe:
        return 0.0
    signals = set(RANKED_BY) if signal == MEAN_RANK else {signal}
    candidates = len(design.TASKS) - 1
    own, of_target = times_read(frozenset(signals), candidates=candidates)
    return int(probe) * (own + of_target / candidates)
