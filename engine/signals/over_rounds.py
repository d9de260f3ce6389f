"""Excess and progress: a candidate's loss beside what it was in earlier rounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.signals.readings import Readings, of


def over_rounds(now: Readings, earlier: Sequence[Readings]) -> Readings:
    """Excess and progress of the candidates that are open now.

    Args:
        now: With the round's losses.
        earlier: Of the rounds before, oldest first; losses of the same examples.

    Returns:
        "excess": the loss above the lowest one so far, 0 or more. "progress": its fall since the
        round before; not there in the first round. NaN where a loss is not known.
    """
    excess, progress = {}, {}
    before = [of(one, now.candidates) for one in earlier]
    for target, losses_N in now.scores.get("loss", {}).items():
        lost = [_losses(one, target) for one in before]
        excess[target] = losses_N - np.fmin.reduce([losses_N, *lost])
        if lost:
            progress[target] = lost[-1] - losses_N
    scores = {"excess": excess, "progress": progress}
    return Readings(candidates=now.candidates, scores=scores)


def _losses(readings: Readings, target: str) -> NDArray[np.float64]:
    unknown_N = np.full(len(readings.candidates), np.nan)
    return readings.scores.get("loss", {}).get(target, unknown_N)
