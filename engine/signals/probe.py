"""Measuring: probes of tasks in, signals out, in one pass forward and back over each probe.

Batches are of one task. Mixed ones would be a little fuller, but the last bits of a task's numbers
would then depend on its neighbours, and so on the number of workers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.signals.direction import Direction, direction, preconditioned
from engine.signals.gradients import mean_gradient
from engine.signals.losses import losses_of, mean_with_se
from engine.signals.readings import Columns
from engine.signals.sources import ALONG_TARGETS, IN_THE_PASS
from engine.signals.stable_number import number_of
from engine.signals.taps import tapped
from engine.signals.task_pass import Found, TaskPass
from engine.training.failures import DivergedError
from engine.training.jobs import Seed


@dataclass(frozen=True, kw_only=True, slots=True)
class Signals:
    """What was measured, in the order of the probes; NaN is no evidence."""

    scores: Columns
    """"alignment" and "descent", as far as they were asked for."""
    ses: Columns
    """Their standard errors; of a probe of one example none is known."""
    square_n: NDArray[np.float64]
    noise_n: NDArray[np.float64]
    """As `Along` has both."""
    losses_n: NDArray[np.float64]
    """Mean losses, nats per example."""
    loss_ses_n: NDArray[np.float64]
    sketches: NDArray[np.float32]
    """(n, k), zeros where nothing is known; k = 0 unless similarity was asked for."""
    silent: Mapping[str, str]
    """task -> which number was not finite, so that nothing is known of it."""


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
    directions: Mapping[str, Direction],
    *,
    signals: Collection[str],
    seed: Seed,
) -> Signals:
    """Take the signals of some tasks at the model's present parameters.

    A task's numbers depend on the model, its own probe, the directions and the seed, and on no
    other task: however tasks are shared out, on a CPU the parts laid together are bitwise the same.
    A task with a number that is not finite is silent and harms no other.

    Args:
        model: An `nn.Module` too; unchanged.
        probes: candidate -> at least one example of its train split.
        directions: target -> what `directions_of` made at the same parameters; read for alignment
            and descent.
        signals: Any of `IN_THE_PASS`. Any of them brings the losses, which alone cost no way back.
        seed: Of the sketches; equal wherever they are to be compared.

    Raises:
        ValueError: If a signal is unknown or a probe is empty.
    """
    unknown = sorted(set(signals) - IN_THE_PASS)
    if unknown:
        raise ValueError(f"No signal {unknown[0]!r} to measure; there are {sorted(IN_THE_PASS)}.")
    _check_probes(probes)
    if not {*ALONG_TARGETS, "similarity"} & set(signals):
        return _losses_alone(model, probes) if signals else _nothing(len(probes))
    aims = directions if ALONG_TARGETS & set(signals) else {}
    found = measure_along(model, probes, aims, sketched="similarity" in signals, seed=seed)
    return replace(found, scores=_only(found.scores, signals), ses=_only(found.ses, signals))


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
        target_probes: target -> at least one example of its selection split.
        seed: Starts the reduction.
        second_moments: Of Adam, by parameter, for the form of `preconditioned`; tasks' own
            gradients stay as they are.

    Raises:
        ValueError: If a probe is empty.
        DivergedError: If a loss or a gradient of a target is not finite.
    """
    assert isinstance(model, nn.Module)
    _check_probes(target_probes)
    taps = tapped(model, model.shared_parameters())
    directions = {}
    for name, probe in target_probes.items():
        number = np.random.SeedSequence([*seed, number_of(name)]).generate_state(1)[0]
        try:
            gradient = mean_gradient(model, probe)
        except DivergedError as error:
            raise DivergedError(f"Target '{name}': {error}") from error
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
    """As `measure`, the directions being there already; sketches if wanted.

    Source: inner products from both sides of a layer: Wang et al. 2024, arXiv:2406.11011, section
    4.2. That a basis of few columns does for all targets, and sketches of what lies outside of it
    for the lengths, are ours.
    """
    over = TaskPass(model, list(directions.values()), sketched=sketched, seed=seed)
    with over.open() as leaves:
        found = {name: over.over(name, probe, leaves) for name, probe in probes.items()}
    beside = [one.along for one in found.values()]
    norms_S = np.array([one.norm or np.nan for one in directions.values()])
    cosine_norms_S = np.where(np.isfinite(norms_S), 1.0, np.nan)
    return Signals(
        scores={
            "alignment": _columns([one.cosines_S for one in beside], directions, cosine_norms_S),
            "descent": _columns([one.products_S for one in beside], directions, norms_S),
        },
        ses={
            "alignment": _columns([one.cosine_ses_S for one in beside], directions, cosine_norms_S),
            "descent": _columns([one.product_ses_S for one in beside], directions, norms_S),
        },
        square_n=np.array([one.square for one in beside], dtype=np.float64),
        noise_n=np.array([one.noise for one in beside], dtype=np.float64),
        losses_n=np.array([one.loss for one in found.values()], dtype=np.float64),
        loss_ses_n=np.array([one.loss_se for one in found.values()], dtype=np.float64),
        sketches=_stacked(list(found.values())),
        silent={name: one.trouble for name, one in found.items() if one.trouble},
    )


def _nothing(count: int) -> Signals:
    unknown_n = np.full(count, np.nan)
    return Signals(
        scores={},
        ses={},
        square_n=unknown_n,
        noise_n=unknown_n,
        losses_n=unknown_n,
        loss_ses_n=unknown_n,
        sketches=np.zeros((count, 0), dtype=np.float32),
        silent={},
    )


def _losses_alone(model: TaskModel, probes: Mapping[str, Sequence[Encoded]]) -> Signals:
    found = [mean_with_se(losses_of(model, probe)) for probe in probes.values()]
    means_n, ses_n = np.array(found, dtype=np.float64).reshape(-1, 2).T
    silent = {
        name: "The loss of its probe is not finite."
        for name, mean in zip(probes, means_n, strict=True)
        if not np.isfinite(mean)
    }
    return replace(_nothing(len(found)), losses_n=means_n, loss_ses_n=ses_n, silent=silent)


def _columns(
    rows: Sequence[NDArray[np.float64]],
    targets: Collection[str],
    lengths_S: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """The rows' numbers by target, times the length that its direction had."""
    table_nS = np.reshape(rows, (len(rows), len(lengths_S))) * lengths_S
    return dict(zip(targets, np.ascontiguousarray(table_nS.T), strict=True))


def _stacked(found: Sequence[Found]) -> NDArray[np.float32]:
    return np.stack([one.sketch for one in found]) if found else np.zeros((0, 0), np.float32)


def _only(columns: Columns, signals: Collection[str]) -> Columns:
    return {signal: by_target for signal, by_target in columns.items() if signal in signals}


def _check_probes(probes: Mapping[str, Sequence[Encoded]]) -> None:
    for name, probe in probes.items():
        if not probe:
            raise ValueError(f"The probe of '{name}' needs at least one example, got none.")
