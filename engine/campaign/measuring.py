"""Signals only: a campaign up to what a policy would see in its first round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.campaign.evidence import gather
from engine.campaign.loop import carry_out
from engine.campaign.run import Run
from engine.campaign.schedule import WARM_UP
from engine.campaign.steps import Work, next_step
from engine.ledger.records import Record
from engine.ledger.result_store import read_warm_up
from engine.ledger.state import fold
from engine.signals.affinity import affinity, reliability
from engine.signals.similarity import similarity

EVERY_SIGNAL = frozenset({"affinity", "alignment", "similarity"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Signals:
    """What is known of a pool before any mixture was tried."""

    tasks: tuple[str, ...]
    """Rows and columns of `affinity_KK`: every task of the pool, the targets among them."""
    affinity_KK: NDArray[np.float64]
    """Correlations in [-1, 1] between prefix vectors; 0 is no evidence."""
    affinity_reliability: float
    """Rank correlation of the affinities from the two halves of the warm-up, in [-1, 1]."""
    candidates: tuple[str, ...]
    """Rows of the following two, and columns of `similarity_NN`."""
    targets: tuple[str, ...]
    alignment_NS: NDArray[np.float64]
    """Cosines in [-1, 1] between a candidate's and a target's gradients."""
    similarity_NN: NDArray[np.float64]
    """Cosines in [-1, 1] between candidates' sketched gradients."""


def measure_signals(run: Run, records: Sequence[Record]) -> Signals:
    """Warm up and measure, or go on from the ledger; `sextant run` can go on from here.

    Raises:
        CampaignAbortedError: Work failed in a way that only a person can mend.
    """
    run = replace(run, signals=EVERY_SIGNAL)
    state = fold(records)
    while isinstance(step := next_step(run.plan(state), state), Work) and not state.proposed:
        state = carry_out(run, state, step)
    scores, sketches = gather(run, state, 0)
    completed = state.job(WARM_UP).completed
    if completed is None or sketches is None:
        raise ValueError(
            f"{run.folder.path}: no signals to show. The campaign has no candidates, cannot pay a"
            " round, or went on without these signals; measure in a new folder."
        )
    warm_up = read_warm_up(completed, run.folder.arrays)
    targets = tuple(target.name for target in run.roster.targets)
    return Signals(
        tasks=run.roster.names,
        affinity_KK=affinity(warm_up["prefixes"]),
        affinity_reliability=reliability(warm_up["halfway"], warm_up["prefixes"]),
        candidates=tuple(scores),
        targets=targets,
        alignment_NS=np.array(
            [[by["alignment"][target] for target in targets] for by in scores.values()]
        ),
        similarity_NN=similarity(sketches),
    )
