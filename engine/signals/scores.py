"""From recorded signals to what a policy sees: scores per candidate, and sketches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.campaign.roster import Roster
from engine.ledger.records import Completed
from engine.ledger.result_store import Arrays, read_measures
from engine.signals.affinity import affinity
from engine.signals.similarity import unit_rows

Scores = Mapping[str, Mapping[str, Mapping[str, float]]]
"""candidate -> signal -> target -> score."""


def affinity_scores(roster: Roster, prefixes_Kd: NDArray[np.float32]) -> Scores:
    """Prefix affinity of every candidate with every target, at the end of the warm-up."""
    matrix_KK = affinity(prefixes_Kd)
    row = {name: index for index, name in enumerate(roster.names)}
    return {
        candidate.name: {
            "affinity": {
                target.name: float(matrix_KK[row[candidate.name], row[target.name]])
                for target in roster.targets
            }
        }
        for candidate in roster.candidates
    }


def measured_scores(jobs: Sequence[tuple[Sequence[str], Arrays]]) -> Scores:
    """Scores from measuring jobs: (tasks of the job, its arrays), in any split over jobs."""
    return {task: _row(arrays, index) for tasks, arrays in jobs for index, task in enumerate(tasks)}


def _row(arrays: Arrays, index: int) -> dict[str, dict[str, float]]:
    scores: dict[str, dict[str, float]] = {}
    for key, values in arrays.items():
        signal, _, target = key.partition("/")
        if target:
            scores.setdefault(signal, {})[target] = float(values[index])
    return scores


def measured_sketches(
    roster: Roster, jobs: Sequence[tuple[Sequence[str], Arrays]]
) -> NDArray[np.float32]:
    """(N, k) candidates' sketched gradients at length 1, in the roster's order."""
    rows = {
        task: arrays["sketches"][index]
        for tasks, arrays in jobs
        for index, task in enumerate(tasks)
    }
    return unit_rows(np.stack([rows[candidate.name] for candidate in roster.candidates]))


def together(*parts: Scores) -> Scores:
    """Signals of several sources side by side."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        name: {signal: dict(by) for part in parts for signal, by in part.get(name, {}).items()}
        for name in names
    }


def load_measures(
    jobs: Sequence[tuple[Sequence[str], Completed]], folder: Path
) -> list[tuple[Sequence[str], Arrays]]:
    """The arrays of completed measuring jobs."""
    return [(tasks, read_measures(completed, folder)) for tasks, completed in jobs]
