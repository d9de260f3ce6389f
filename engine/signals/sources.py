"""Where each signal comes from, and what has to be measured for it in a round."""

from __future__ import annotations

from policies.signals import SIGNALS

IN_THE_PASS = frozenset({"alignment", "descent", "loss", "similarity"})
"""Measured each round, all of them in one pass forward and back over a candidate's probe."""

ALONG_TARGETS = frozenset({"alignment", "descent"})
"""Of these, those for which each target's probe is read too."""

AT_CHECKPOINT = frozenset({"lookahead"})
"""Measured each round, at the checkpoint where its branches start, by functions in `table`."""

ONCE_A_CANDIDATE = frozenset({"lookahead"})
"""Of these, those that read each target's probe once more after each candidate's step."""

BEFORE_TRAINING = frozenset({"text", "centroid"})
"""Measured once, in the first round, with the base model as it was before any training; text by
its function in `table`, centroid from mean embeddings when those of all candidates are there."""

FROM_WARM_UP = frozenset({"affinity", "confidence", "variability", "correctness"})
"""Left behind by the warm-up."""

OVER_ROUNDS = frozenset({"excess", "progress"})
"""Made of the losses of this round and of those before it."""

OF_NO_TARGET = frozenset({"loss", "excess", "progress", "confidence", "variability", "correctness"})
"""Say something of a task by itself: the same score for each target."""

IN_ONE_ROUND = frozenset(SIGNALS) - OVER_ROUNDS
"""Signals that can be told of before any round was closed."""

CHEAP = IN_ONE_ROUND - AT_CHECKPOINT
"""Signals that `sextant measure` takes unless asked otherwise: those that cost a pass or two over
the probes, and data maps, for which the warm-up looks at some examples of each task a few times."""


def to_measure(signals: frozenset[str], *, first: bool) -> frozenset[str]:
    """What measuring jobs have to take.

    Args:
        signals: Those that the policy needs.
        first: Whether it is the first round.
    """
    needed = signals | {"loss"} if signals & OVER_ROUNDS else signals
    return needed & (IN_THE_PASS | AT_CHECKPOINT | (BEFORE_TRAINING if first else frozenset()))


def times_read(signals: frozenset[str], *, candidates: int) -> tuple[int, int]:
    """How often a measuring job reads each candidate's probe, and each target's.

    Args:
        signals: What it takes.
        candidates: How many it has.
    """
    each = len(signals & (AT_CHECKPOINT | BEFORE_TRAINING))
    own = each + bool(signals & IN_THE_PASS)
    of_targets = each + bool(signals & ALONG_TARGETS)
    of_targets += len(signals & ONCE_A_CANDIDATE) * candidates
    return own, of_targets
