"""Which examples are trained on, step by step: a pure function of mixture, sizes and seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from engine.model.batch import Encoded
from engine.training.jobs import BranchJob, Seed, WarmUpJob

WINDOW = 8
"""Steps whose examples are drawn together and then grouped by length, to pad less. Tasks are drawn
before, so that those with short texts are not favoured."""

_TARGETS, _CANDIDATES, _ORDER = range(3)
"""What the last number of a seed stands for: each use draws from its own stream."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one update of a branch is made from."""

    target: Sequence[Encoded]
    candidates: Sequence[Encoded] = ()


def branch_steps(
    targets: Mapping[str, Sequence[Encoded]],
    candidates: Mapping[str, Sequence[Encoded]],
    job: BranchJob,
) -> Iterator[Step]:
    """The steps of a branch.

    The target's examples at each step depend on the job's seed, `target_batch` and `steps` alone:
    they are the same in the control and in every branch of a round. Several targets are drawn
    equally often.

    Args:
        targets: Training examples by target.
        candidates: Training examples of the mixture's tasks, at least.
        job: Its mixture, schedule and seed.

    Raises:
        ValueError: If a task of the mixture has no examples.
    """
    plan, seed = job.schedule, job.seed
    equal = {name: 1 / len(targets) for name in targets}
    of_target = draw(targets, equal, (*seed, _TARGETS))
    of_mixture = draw(candidates, job.mixture, (*seed, _CANDIDATES)) if job.mixture else iter(())
    order = np.random.default_rng((*seed, _ORDER))
    for start in range(0, plan.steps, WINDOW):
        num_steps = min(WINDOW, plan.steps - start)
        target = by_length(islice(of_target, num_steps * plan.target_batch), num_steps)
        mixed = by_length(islice(of_mixture, num_steps * plan.candidate_batch), num_steps)
        for number in order.permutation(num_steps):
            yield Step(target[number], mixed[number])


def warm_up_batches(
    tasks: Mapping[str, Sequence[Encoded]], job: WarmUpJob
) -> Iterator[Sequence[Encoded]]:
    """The batches of a warm-up, any task beside any other.

    Raises:
        ValueError: If a task of the mixture has no examples.
    """
    drawn = draw(tasks, job.mixture, (*job.seed, _CANDIDATES))
    order = np.random.default_rng((*job.seed, _ORDER))
    for start in range(0, job.steps, WINDOW):
        num_steps = min(WINDOW, job.steps - start)
        batches = by_length(islice(drawn, num_steps * job.batch), num_steps)
        yield from (batches[number] for number in order.permutation(num_steps))


def draw(
    tasks: Mapping[str, Sequence[Encoded]], mixture: Mapping[str, float], seed: Seed
) -> Iterator[Encoded]:
    """Examples without end: first the task, by the mixture, then that task's next example.

    A task's examples come in an order that depends on the seed and the task alone, each once before
    any comes again.

    Raises:
        ValueError: If a task of the mixture has no examples.
    """
    names = [name for name, share in mixture.items() if share > 0]
    empty = next((name for name in names if not tasks[name]), None)
    if empty is not None:
        raise ValueError(f"Task {empty!r} of the mixture has no training examples.")
    shares = np.array([mixture[name] for name in names], dtype=np.float64)
    cycles = [_cycle(tasks[name], seed) for name in names]
    return (next(cycles[index]) for index in draw_tasks(shares, np.random.default_rng(seed)))


def draw_tasks(shares: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
    """Indices without end, each as often as its share, never off by more than a few.

    Every draw gives all tasks their share as credit, and the one with the most pays 1. Credits
    start at random, so that among many tasks of tiny shares the first are not served first.
    """
    shares = shares / shares.sum()
    credit = rng.random(len(shares))
    while True:
        credit += shares
        index = int(credit.argmax())
        credit[index] -= 1.0
        yield index


def by_length(drawn: Iterator[Encoded], num_batches: int) -> list[Sequence[Encoded]]:
    """Batches of equal size, short examples together; empty ones when nothing was drawn."""
    examples = sorted(drawn, key=_longest_row)
    size = len(examples) // num_batches
    return [examples[number * size : (number + 1) * size] for number in range(num_batches)]


def _cycle(examples: Sequence[Encoded], seed: Seed) -> Iterator[Encoded]:
    """Every example once, in a new order each time, for ever."""
    rng = np.random.default_rng((*seed, examples[0].task))
    while True:
        for index in rng.permutation(len(examples)):
            yield examples[index]


def _longest_row(example: Encoded) -> int:
    return max(len(row.ids) for row in example.rows)
