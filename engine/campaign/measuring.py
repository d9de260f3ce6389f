"""Signals only: a campaign up to what a policy would see in its first round."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.campaign.loop import carry_out
from engine.campaign.measured_readings import taken
from engine.campaign.readings import gather
from engine.campaign.roster import Roster
from engine.campaign.run import Run
from engine.campaign.run_folder import RunFolder
from engine.campaign.schedule import WARM_UP, measured_together
from engine.campaign.steps import Choose, Work, next_step
from engine.ledger.ledger import read_ledger
from engine.ledger.records import Record
from engine.ledger.result_store import read_measures, read_warm_up
from engine.ledger.state import State, fold
from engine.signals.affinity import affinity, reliability
from engine.signals.readings import Readings, only
from engine.signals.similarity import MOST_PAIRS
from engine.signals.sources import CHEAP, FROM_WARM_UP, IN_ONE_ROUND
from tasks import InputError


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Measured:
    """What is known of a pool before any mixture was tried."""

    tasks: tuple[str, ...]
    """Rows and columns of `affinity_KK`: every task of the pool, the targets among them."""
    affinity_KK: NDArray[np.float64] | None
    """Correlations in [-1, 1] between prefix vectors; 0 is no evidence. None where they would be
    too many: the columns of `readings` hold those with the targets."""
    affinity_reliability: float
    """Rank correlation of the affinities from the two halves of the warm-up, in [-1, 1]; of very
    many tasks from `MOST_PAIRS` of them, spread evenly over the pool."""
    targets: tuple[str, ...]
    readings: Readings
    """Of all signals that the folder holds, asked for this time or not."""
    missing: tuple[str, ...] = ()
    """Lines for a person: which signals were wanted and are not there, why, and what helps."""


def check_measurable(folder: RunFolder, roster: Roster, signals: Collection[str]) -> None:
    """Refuse signals that a folder went on without; writes nothing.

    Args:
        folder: New, or begun.
        roster: Of its campaign.
        signals: Asked for by name.

    Raises:
        InputError: What measures them is done, and did not take them.
    """
    state = fold(read_ledger(folder.ledger)) if folder.begun else State()
    past, held = _past_measuring(folder, roster, state)
    if gone := (past - held) & set(signals):
        raise InputError(
            [
                f"--signals: the signals in '{folder.path}' are already measured, without"
                f" {', '.join(sorted(gone))} ({', '.join(sorted(held)) or 'none'} there);"
                " give another --out."
            ]
        )


def _past_measuring(
    folder: RunFolder, roster: Roster, state: State
) -> tuple[frozenset[str], frozenset[str]]:
    """Signals for which it is too late to be taken, and those that were."""
    past, held = frozenset[str](), frozenset[str]()
    if warm_up := state.job(WARM_UP).completed:
        maps = {name.removeprefix("data_maps/") for name in read_warm_up(warm_up, folder.arrays)}
        past, held = FROM_WARM_UP, FROM_WARM_UP & {"affinity", *maps}
    stories = (state.job(key) for key, _ in measured_together(roster, 0))
    if first := next((story.completed for story in stories if story.completed), None):
        held |= taken(read_measures(first, folder.arrays))
    began = first is not None or not _may_measure(state)
    return (past | (IN_ONE_ROUND - FROM_WARM_UP) if began else past), held


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
    while isinstance(step := next_step(run.plan(state), state), Work) and _may_measure(state):
        state = carry_out(run, state, step)
    readings = _known(gather(replace(run, signals=IN_ONE_ROUND), state, 0))
    completed = state.job(WARM_UP).completed
    if completed is None or not readings.scores:
        raise ValueError(
            f"{run.folder.path}: no signals to show. The campaign has no candidates, cannot pay a"
            " round, or went on without these signals; measure in a new folder."
        )
    prefixes = read_warm_up(completed, run.folder.arrays)["prefixes"]
    few = prefixes[:, _spread(prefixes.shape[1])]
    return Measured(
        tasks=run.roster.names,
        affinity_KK=affinity(few[-1]) if few.shape == prefixes.shape else None,
        affinity_reliability=reliability(few[len(few) // 2 - 1], few[-1]),
        targets=tuple(target.name for target in run.roster.targets),
        readings=readings,
        missing=_missing(
            frozenset(signals) - _held(readings),
            run,
            unpaid=isinstance(step, Choose) and not state.proposed,
        ),
    )


def _spread(num_tasks: int) -> NDArray[np.intp]:
    """Rows of at most `MOST_PAIRS` tasks."""
    return np.linspace(0, num_tasks - 1, min(num_tasks, MOST_PAIRS)).astype(np.intp)


def _may_measure(state: State) -> bool:
    return not state.proposed and not state.chosen


def _known(readings: Readings) -> Readings:
    """Without the column of losses that every measuring job leaves, where none took them."""
    losses = readings.scores.get("loss", {}).values()
    taken = any(np.isfinite(losses_N).any() for losses_N in losses)
    return readings if taken else only(readings, IN_ONE_ROUND - {"loss"})


def _held(readings: Readings) -> set[str]:
    return {*readings.scores, *(() if readings.sketches is None else ("similarity",))}


def _missing(signals: frozenset[str], run: Run, *, unpaid: bool) -> tuple[str, ...]:
    """Lines for a person; `unpaid` says that the budget was too small to measure anything."""
    to_pay = signals - FROM_WARM_UP if unpaid else frozenset()
    budget = (
        f"budget_tokens {run.campaign.budget_tokens} cannot pay a round and the finish; raise it"
        " and run the same command"
    )
    reasons = (
        (to_pay, budget),
        (signals - to_pay, "this folder went on without; measure with another --out"),
    )
    return tuple(f"not measured: {', '.join(sorted(s))}: {why}" for s, why in reasons if s)
