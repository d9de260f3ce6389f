"""From a file to recorded mixtures: with weights in columns, or sets of sources in a list.

Shapes: N tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.replay.mixtures import MixtureTarget, mixture_target
from engine.replay.ranking import FloatArray
from engine.replay.table_file import TableFile
from tasks import InputError, nearest

WEIGHT, LOSS = "w_", "loss_"
SET_COLUMNS = ("target", "sources", "seed", "score")
_FEWEST = 3


def weighted_targets(file: TableFile) -> tuple[MixtureTarget, ...]:
    """Targets of a file with a column `w_<task>` for each task and `loss_<target>` for each target.

    Weights are made to sum to 1; of rows with equal weights the results are seeds of one run.

    Raises:
        InputError: Naming file, column and row.
    """
    tasks = _named(file, WEIGHT)
    weights = np.stack([file.numbers(WEIGHT + task) for task in tasks], axis=1)
    totals = weights.sum(axis=1)
    wrong = np.flatnonzero(~((weights >= 0).all(axis=1) & (totals > 0)))
    if wrong.size:
        place = file.place(f"{WEIGHT}*", int(wrong[0]))
        raise InputError([f"{place}: weights must be 0 or more, and one above 0."])
    shares = weights / totals[:, None]
    return tuple(
        _target(file, target, tasks, shares, -file.numbers(LOSS + target))
        for target in _named(file, LOSS)
    )


def set_targets(file: TableFile) -> tuple[MixtureTarget, ...]:
    """Targets of a file with the columns of `SET_COLUMNS`: sets of sources at equal shares.

    Several scores of a seed are averaged.

    Raises:
        InputError: Naming file, column and row.
    """
    names, sets = file.texts("target"), file.sets("sources")
    seeds, scores = file.numbers("seed"), file.numbers("score")
    runs: dict[str, dict[tuple[frozenset[str], float], list[float]]] = {}
    for name, tasks, seed, score in zip(names, sets, seeds, scores, strict=True):
        if tasks and np.isfinite(score):
            runs.setdefault(name, {}).setdefault((tasks, seed), []).append(score)
    return tuple(_set_target(file, target, found) for target, found in runs.items())


def _set_target(
    file: TableFile, target: str, found: Mapping[tuple[frozenset[str], float], Sequence[float]]
) -> MixtureTarget:
    tasks = sorted({task for members, _ in found for task in members})
    shares = np.array(
        [[(task in members) / len(members) for task in tasks] for members, _ in found]
    )
    results = np.array([np.mean(scores) for scores in found.values()])
    return _target(file, target, tasks, shares, results)


def _target(
    file: TableFile, name: str, tasks: Sequence[str], shares: FloatArray, results: FloatArray
) -> MixtureTarget:
    """From a row a result to a row a mixture, whose results stand side by side."""
    known = np.isfinite(results)
    distinct, runs = np.unique(shares[known], axis=0, return_inverse=True)
    if len(distinct) < _FEWEST:
        said = f"{len(distinct)} mixtures have a result; a replay needs {_FEWEST} or more."
        raise InputError([f"{file.path}: target {name!r}: {said}"])
    found = [results[known][runs.ravel() == run] for run in range(len(distinct))]
    wide = np.full((len(distinct), max(map(len, found))), np.nan)
    for row, values in zip(wide, found, strict=True):
        row[: len(values)] = values
    return mixture_target(name, tasks, distinct, wide)


def _named(file: TableFile, prefix: str) -> list[str]:
    named = [name.removeprefix(prefix) for name in file.columns if name.startswith(prefix)]
    if not named:
        wanted = f"{prefix}<{'task' if prefix == WEIGHT else 'target'}>"
        raise InputError([f"{file.path}: no column {wanted!r}. {nearest(prefix, file.columns)}"])
    return named
