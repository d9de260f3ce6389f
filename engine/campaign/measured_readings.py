"""From the results of measuring jobs to readings of the candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.campaign.roster import Roster
from engine.signals.centroid import centroid
from engine.signals.readings import Columns, Readings, columns_of, joined, of
from engine.signals.similarity import unit_rows
from engine.signals.steadied import steadied

# Shape suffixes: N open candidates, n tasks of all jobs, k places of a sketch.

Arrays = Mapping[str, NDArray[Any]]
MeasuredJobs = Sequence[tuple[Sequence[str], Arrays]]
"""Of each measuring job its tasks, and its arrays as `read_measures` gives them, all of them with
sketches of the same width."""


def measured_readings(roster: Roster, jobs: MeasuredJobs) -> Readings:
    """What measuring jobs found of the open candidates, in whatever split over jobs."""
    names = tuple(candidate.name for candidate in roster.candidates)
    targets = [target.name for target in roster.targets]
    if not jobs:
        return Readings(candidates=names)
    tasks = tuple(task for together, _ in jobs for task in together)
    sketches_nk = _rows(jobs, "sketches")
    found = Readings(
        candidates=tasks,
        scores=_columns(jobs, "scores"),
        ses=_columns(jobs, "ses"),
        sketches=unit_rows(sketches_nk) if sketches_nk.shape[1] else None,
    )
    losses = Readings(
        candidates=tasks,
        scores={"loss": dict.fromkeys(targets, _rows(jobs, "losses"))},
        ses={"loss": dict.fromkeys(targets, _rows(jobs, "loss_ses"))},
    )
    noise = Readings(
        candidates=tasks,
        scores={name: dict.fromkeys(targets, _rows(jobs, name)) for name in ("noise", "square")},
    )
    open_now = of(joined(found, losses), names)
    steady = Readings(candidates=names, ses=_steady(open_now, of(noise, names).scores))
    return joined(open_now, steady, _centroids(names, tasks, jobs))


def taken(arrays: Arrays) -> frozenset[str]:
    """Which signals a measuring job took, as its arrays show; losses too where they came along."""
    beside = {"similarity": arrays["sketches"].shape[1], "centroid": arrays["embeddings"].shape[1]}
    beside["loss"] = int(np.isfinite(arrays["losses"]).sum())
    return frozenset({*columns_of(arrays, "scores"), *(name for name, n in beside.items() if n)})


def _steady(found: Readings, of_gradients: Columns) -> Columns:
    """Standard errors of alignment and descent, steadied."""
    steady: dict[str, dict[str, NDArray[np.float64]]] = {}
    for signal in sorted({"alignment", "descent"} & set(found.ses)):
        for target, ses_N in found.ses[signal].items():
            noise_N = of_gradients["noise"][target]
            if signal == "alignment":  # a cosine feels only what is across, beside the length
                across_N = 1 - found.scores[signal][target] ** 2
                noise_N = noise_N / of_gradients["square"][target] * across_N
            steady.setdefault(signal, {})[target] = steadied(ses_N, noise_N)
    return steady


def _centroids(names: Sequence[str], tasks: Sequence[str], jobs: MeasuredJobs) -> Readings:
    """Centroid of the open candidates; nothing where no job took embeddings."""
    embeddings_nd = _rows(jobs, "embeddings")
    if not embeddings_nd.shape[1]:
        return Readings(candidates=tuple(names))
    row = {task: number for number, task in enumerate(tasks)}
    _, arrays = jobs[0]
    begins = "target_embeddings/"
    targets = {name.removeprefix(begins): arrays[name] for name in arrays if begins in name}
    open_Nd = embeddings_nd[[row[name] for name in names]]
    return Readings(candidates=tuple(names), scores={"centroid": centroid(open_Nd, targets)})


def _columns(jobs: MeasuredJobs, kind: str) -> Columns:
    parts = [columns_of(arrays, kind) for _, arrays in jobs]
    return {
        signal: {
            target: np.concatenate([part[signal][target] for part in parts]) for target in by_target
        }
        for signal, by_target in parts[0].items()
    }


def _rows(jobs: MeasuredJobs, name: str) -> NDArray[Any]:
    return np.concatenate([arrays[name] for _, arrays in jobs])
