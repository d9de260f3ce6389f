"""What is known of the candidates when a round begins: gathered, kept, and found again."""

from __future__ import annotations

from collections.abc import Iterator

from engine.campaign import schedule
from engine.campaign.measured_readings import measured_readings
from engine.campaign.roster import Roster
from engine.campaign.run import Run
from engine.campaign.warm_up_readings import warm_up_readings
from engine.ledger.records import Completed
from engine.ledger.result_store import (
    Arrays,
    keep_readings,
    read_measures,
    read_readings,
    read_warm_up,
)
from engine.ledger.state import State
from engine.signals.over_rounds import over_rounds
from engine.signals.readings import Readings, joined, of, only
from engine.signals.sketch import fold, width_for
from engine.signals.sources import BEFORE_TRAINING, OVER_ROUNDS


def gather(run: Run, state: State, number: int) -> Readings:
    """What is known of the open candidates in round `number`, signal by signal as needed."""
    now = _measured(run, state, number)
    parts = [now]
    if warm_up := state.job(schedule.WARM_UP).completed:
        parts.append(_from_warm_up(run, state, warm_up))
    earlier = state.proposed[:number]
    if earlier and run.signals & BEFORE_TRAINING:
        first = of(kept(run, earlier[0].readings), now.candidates)
        parts.append(only(first, BEFORE_TRAINING))
    if not run.signals & OVER_ROUNDS:
        return only(joined(*parts), run.signals)
    # One round's sketches at a time, and none of them stay: those of a large pool fill the memory.
    losses = [only(kept(run, line.readings), {"loss"}) for line in earlier]
    parts.append(over_rounds(now, losses))
    return only(joined(*parts), run.signals | {"loss"})  # for the rounds to come


def _measured(run: Run, state: State, number: int) -> Readings:
    roster = run.plan(state).roster
    width = width_for(len(roster.candidates))
    found = [
        (tasks, _narrowed(read_measures(completed, run.folder.arrays), width))
        for tasks, completed in _measured_then(run.roster, state, number)
    ]
    return measured_readings(roster, found)


def _measured_then(
    roster: Roster, state: State, number: int
) -> Iterator[tuple[tuple[str, ...], Completed]]:
    """Tasks as they were when a job measured them: some may have been withdrawn since."""
    for key, tasks in schedule.measured_together(roster, number):
        story = state.job(key)
        if story.completed:
            yield tuple(task for task in tasks if task not in story.gone), story.completed


def _narrowed(arrays: Arrays, width: int) -> Arrays:
    # Job by job: at full width those of a very large pool have no room in memory.
    sketches = arrays["sketches"]
    return {**arrays, "sketches": fold(sketches, width)} if sketches.shape[1] else arrays


def _from_warm_up(run: Run, state: State, warm_up: Completed) -> Readings:
    arrays = read_warm_up(warm_up, run.folder.arrays)
    return warm_up_readings(run.plan(state).roster, arrays, run.signals)


def keep(run: Run, readings: Readings, number: int) -> str:
    """Write what a policy is to be shown in round `number`; the hash for the round's line."""
    return keep_readings(readings, run.folder.arrays, tasks=run.roster.names, number=number)


def kept(run: Run, sha256: str) -> Readings:
    """What a round is decided with: read back, so that replay decides on the very same."""
    return read_readings(sha256, run.folder.arrays, tasks=run.roster.names)
