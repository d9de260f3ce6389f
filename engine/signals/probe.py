"""Measuring: probes of tasks in, signals out. The exact, slow form behind the interface.

The interface is `probe_indices` and `measure`. A faster way (one activation-only pass over mixed
batches, low-rank target directions, sketched norms) takes the same arguments, answers with the same
`Signals`, and is compared with this one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.signals.alignment import alignment_and_descent
from engine.signals.gradients import flat, mean_gradient
from engine.signals.sketch import WIDTH, sketch
from engine.signals.stable_number import number_of
from engine.training.jobs import Seed

SIGNALS = frozenset({"alignment", "similarity"})
"""Signals that need a pass through the model."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signals:
    """What was measured, in the order of the probes: the parts of a `MeasureResult`."""

    alignment: Mapping[str, NDArray[np.float64]]
    """target -> (n,) cosines; empty unless asked for."""
    descent: Mapping[str, NDArray[np.float64]]
    """target -> (n,) inner products; empty unless asked for."""
    sketches: NDArray[np.float32]
    """(n, k); k = 0 unless similarity was asked for."""


def probe_indices(num_examples: int, size: int, *, task: str, seed: Seed) -> NDArray[np.int64]:
    """Which examples of a task's split make its probe.

    Args:
        num_examples: Size of the split: train for a candidate, selection for a target.
        size: Examples wanted; all are taken where there are no more.
        task: Its name, which enters the draw, so that no task's probe depends on another's.
        seed: Of the measuring job.

    Returns:
        Sorted, distinct.
    """
    rng = np.random.default_rng([*seed, number_of(task)])
    chosen = rng.choice(num_examples, size=min(size, num_examples), replace=False)
    return np.sort(chosen).astype(np.int64)


def measure(
    model: TaskModel,
    probes: Mapping[str, Sequence[Encoded]],
    target_probes: Mapping[str, Sequence[Encoded]],
    *,
    signals: Collection[str],
    seed: Seed,
) -> Signals:
    """Take the signals of some tasks at the model's present parameters.

    A task's numbers depend on the model, its own probe, the targets' probes and the seed, and on no
    other task: however tasks are shared out, the parts laid together are bitwise the same.

    Args:
        model: Unchanged.
        probes: candidate -> at least one example of its train split.
        target_probes: target -> at least one example of its selection split; read for alignment.
        signals: Any of `SIGNALS`.
        seed: Of the sketches; equal wherever they are to be compared.

    Raises:
        ValueError: If a signal is unknown or a probe is empty.
        DivergedError: If a gradient is not finite.
    """
    unknown = sorted(set(signals) - SIGNALS)
    if unknown:
        raise ValueError(f"No signal {unknown[0]!r} to measure; there are {sorted(SIGNALS)}.")
    aligned = list(target_probes) if "alignment" in signals else []
    directions = {name: flat(mean_gradient(model, target_probes[name])) for name in aligned}
    width = WIDTH if "similarity" in signals else 0
    cosines = np.zeros((len(aligned), len(probes)))
    products = np.zeros((len(aligned), len(probes)))
    sketches = np.zeros((len(probes), width), dtype=np.float32)
    # A task at a time, so that no more than its gradient and the targets' are in memory.
    for row, probe in enumerate(probes.values() if signals else ()):
        gradient = mean_gradient(model, probe)
        vector_1P = flat(gradient)[None]
        for line, direction_P in enumerate(directions.values()):
            both = alignment_and_descent(vector_1P, direction_P)
            cosines[line, row], products[line, row] = both[0][0], both[1][0]
        if width:
            sketches[row] = sketch(gradient, seed=seed, width=width)
    return Signals(
        alignment=dict(zip(aligned, cosines, strict=True)),
        descent=dict(zip(aligned, products, strict=True)),
        sketches=sketches,
    )
