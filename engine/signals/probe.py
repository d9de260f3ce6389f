"""Measuring: probes of tasks in, signals out, in one pass forward and back over each probe.

Batches are of one task. Mixed ones would be a little fuller, but the last bits of a task's numbers
would then depend on its neighbours, and so on the number of workers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.signals.direction import Direction, direction, flat, preconditioned
from engine.signals.gradients import finite, mean_gradient
from engine.signals.projected import Projected, Sums
from engine.signals.sketch import WIDTH, draw_places, sketch
from engine.signals.stable_number import number_of
from engine.signals.taps import listening, tapped
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
        model: An `nn.Module` too; unchanged.
        probes: candidate -> at least one example of its train split.
        target_probes: target -> at least one example of its selection split; read for alignment.
        signals: Any of `SIGNALS`.
        seed: Of the sketches; equal wherever they are to be compared.

    Raises:
        ValueError: If a signal is unknown or a probe is empty.
        DivergedError: If a loss or a gradient is not finite.
    """
    unknown = sorted(set(signals) - SIGNALS)
    if unknown:
        raise ValueError(f"No signal {unknown[0]!r} to measure; there are {sorted(SIGNALS)}.")
    aligned = target_probes if "alignment" in signals else {}
    directions = directions_of(model, aligned, seed=seed)
    return measure_along(model, probes, directions, sketched="similarity" in signals, seed=seed)


def directions_of(
    model: TaskModel,
    target_probes: Mapping[str, Sequence[Encoded]],
    *,
    seed: Seed,
    second_moments: Mapping[str, Tensor] | None = None,
) -> dict[str, Direction]:
    """What tasks are held against: the targets' gradients, exact and then reduced.

    Args:
        model: As for `measure`.
        target_probes: As for `measure`.
        seed: As for `measure`.
        second_moments: Of Adam, by parameter, for the form of `preconditioned`; tasks' own
            gradients stay as they are.

    Raises:
        ValueError, DivergedError: As `measure`.
    """
    taps = tapped(_module(model), model.shared_parameters())
    directions = {}
    for name, probe in target_probes.items():
        number = np.random.SeedSequence([*seed, number_of(name)]).generate_state(1)[0]
        gradient = mean_gradient(model, probe)
        if second_moments is not None:
            gradient = preconditioned(gradient, second_moments)
        generator = torch.Generator().manual_seed(int(number))
        directions[name] = direction(gradient, taps, generator=generator)
    return directions


def measure_along(
    model: TaskModel,
    probes: Mapping[str, Sequence[Encoded]],
    directions: Mapping[str, Direction],
    *,
    sketched: bool,
    seed: Seed,
) -> Signals:
    """As `measure`, the directions being there already: alignment with each, sketches if wanted.

    Source: inner products from both sides of a layer: Wang et al. 2024, arXiv:2406.11011, section
    4.2. That a basis of few columns does for all targets, and sketches of what lies outside of it
    for the lengths, are ours.
    """
    shared = model.shared_parameters()
    taps = tapped(_module(model), shared)
    others = {name: parameter for name, parameter in shared.items() if name not in taps}
    projected = Projected(list(directions.values()), taps, seed=seed)
    sizes = {**projected.sketch_sizes, **{name: p.numel() for name, p in others.items()}}
    places = draw_places(sizes, seed=seed) if sketched else None
    shape = len(probes), len(directions)
    cosines, products = np.zeros(shape), np.zeros(shape)
    sketches = np.zeros((len(probes), WIDTH if sketched else 0), dtype=np.float32)
    wanted = probes if directions or sketched else {}
    with listening(_module(model), taps, others, listener=projected) as leaves:
        for row, probe in enumerate(wanted.values()):
            rest = mean_gradient(model, probe, parameters=others, leaves=leaves)
            sums = projected.finish()
            gradient = {**rest, **finite(dict(sums.sketches))}
            cosines[row], products[row] = _along(sums, flat(rest), list(directions.values()))
            if places:
                sketches[row] = sketch(gradient, places)
    return Signals(
        alignment=dict(zip(directions, cosines.T, strict=True)),
        descent=dict(zip(directions, products.T, strict=True)),
        sketches=sketches,
    )


def _along(
    sums: Sums, rest_O: Tensor, directions: Sequence[Direction]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cosines and inner products of one task with all directions."""
    rest_O = rest_O.double()
    rest_S = np.array([(one.others_O * rest_O).sum().item() for one in directions])
    along_S = sums.products_S + rest_S
    length = (sums.square + rest_O.square().sum().item()) ** 0.5
    norms_S = np.array([one.norm for one in directions])
    # Where a length is 0, so are the inner products.
    return np.clip(along_S / (length or 1.0), -1.0, 1.0), along_S * norms_S


def _module(model: TaskModel) -> nn.Module:
    assert isinstance(model, nn.Module)
    return model
