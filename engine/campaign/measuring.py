"""Signals only: a campaign up to what a policy would see in its first round."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.campaign.loop import carry_out
from engine.campaign.readings import gather
from engine.campaign.run import Run
from engine.campaign.schedule import WARM_UP
from engine.campaign.steps import Work, next_step
from engine.ledger.records import Record
from engine.ledger.result_store import read_warm_up
from engine.ledger.state import fold
from engine.signals.affinity import affinity, reliability
from engine.signals.readings import Readings
from engine.signals.sources import AT_CHECKPOINT, OVER_ROUNDS
from policies import SIGNALS

CHEAP = SIGNALS.keys() - AT_CHECKPOINT - OVER_ROUNDS
"""Signals that are taken unless asked otherwise: those that cost a pass or two over the probes."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Measured:
    """What is known of a pool before any mixture was tried."""

    tasks: tuple[str, ...]
    """Rows and columns of `affinity_KK`: every task of the pool, the targets among them."""
    affinity_KK: NDArray[np.float64]
    """Correlations in [-1, 1] between prefix vectors; 0 is no evidence."""
    affinity_reliability: float
    """Rank correlation of the affinities from the two halves of the warm-up, in [-1, 1]."""
    targets: tuple[str, ...]
    readings: Readings


def measure_signals(
    run: Run, records: Sequence[Record], signals: Collection[str] = CHEAP
) -> Measured:
    """Warm up and measure, or go on from the ledger; `sextant run` can go on from here.

    Args:
        run: A campaign that is open.
        records: Of its ledger.
        signals: To be measured, beside those that the policy needs.

    Raises:
        CampaignAbortedError: Work failed in a way that only a person can mend.
    """
    run = replace(run, signals=run.signals | set(signals))
    state = fold(records)
    while isinstance(step := next_step(run.plan(state), state), Work) and not state.proposed:
        state = carry_out(run, state, step)
    readings = gather(run, state, 0)
    completed = state.job(WARM_UP).completed
    if completed is None or not readings.scores:
        raise ValueError(
            f"{run.folder.path}: no signals to show. The campaign has no candidates, cannot pay a"
            " round, or went on without these signals; measure in a new folder."
        )
    prefixes = read_warm_up(completed, run.folder.arrays)["prefixes"]
    return Measured(
        tasks=run.roster.names,
        affinity_KK=affinity(prefixes[-1]),
        affinity_reliability=reliability(prefixes[len(prefixes) // 2 - 1], prefixes[-1]),
        targets=tuple(target.name for target in run.roster.targets),
        readings=readings,
    )
