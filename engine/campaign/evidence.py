"""What is known of the candidates when a round begins: scores and sketches."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from engine.campaign import schedule
from engine.campaign.run import Run
from engine.campaign.steps import incumbent
from engine.ledger.records import Proposed
from engine.ledger.result_store import read_warm_up
from engine.ledger.state import State
from engine.signals.scores import (
    Scores,
    affinity_scores,
    load_measures,
    measured_scores,
    measured_sketches,
    together,
)
from engine.storage.arrays import load_arrays, save_arrays
from engine.training.jobs import MeasureJob

Evidence = tuple[Scores, NDArray[np.float32] | None]
"""Scores, and (N, k) sketches of length 1 where a policy needs similarity."""


def gather(run: Run, state: State, number: int) -> Evidence:
    """Scores and sketches of the open candidates, from what the workers measured."""
    roster = run.plan(state).roster
    parts: list[Scores] = [{candidate.name: {} for candidate in roster.candidates}]
    warm_up = state.job(schedule.WARM_UP).completed
    if "affinity" in run.signals and warm_up:
        parts.append(affinity_scores(roster, read_warm_up(warm_up, run.folder.arrays)["prefixes"]))
    measures = load_measures(
        [
            (job.tasks, completed)
            for job in _measure_jobs(run, state, number)
            if (completed := state.job(job.key).completed)
        ],
        run.folder.arrays,
    )
    parts.append(measured_scores(measures))
    wanted = "similarity" in run.signals and measures
    return together(*parts), measured_sketches(roster, measures) if wanted else None


def _measure_jobs(run: Run, state: State, number: int) -> list[MeasureJob]:
    plan = run.plan(state)
    return schedule.measure_jobs(
        plan.campaign,
        plan.roster,
        round_number=number,
        start=incumbent(state),
        signals=plan.signals,
    )


def keep_sketches(run: Run, sketches: NDArray[np.float32] | None, number: int) -> str:
    """Store them; their name for the ledger, "" for none."""
    if sketches is None:
        return ""
    tag = f"{schedule.round_key(number)}-sketches"
    return save_arrays({"sketches": sketches}, run.folder.arrays, tag=tag)


def load_sketches(run: Run, line: Proposed) -> NDArray[np.float32] | None:
    """The (N, k) rows that a recorded round was decided with."""
    if not line.sketches:
        return None
    rows: NDArray[np.float32] = load_arrays(run.folder.arrays, line.sketches)["sketches"]
    return rows


def without_tasks(evidence: Evidence, gone: Collection[str]) -> Evidence:
    """Evidence as it is once some candidates were withdrawn."""
    scores, sketches = evidence
    kept = [row for row, name in enumerate(scores) if name not in gone]
    left = {name: by for name, by in scores.items() if name not in gone}
    return left, None if sketches is None else sketches[kept]
