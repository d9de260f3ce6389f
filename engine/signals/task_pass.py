"""One task's pass: forward and back over its probe, held against all directions at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.signals.direction import Direction, flat
from engine.signals.gradients import Gradient, finite, read_through
from engine.signals.halves import Along, Part, along, halves
from engine.signals.losses import mean_with_se
from engine.signals.projected import Projected, Taken, together
from engine.signals.sketch import WIDTH, draw_places, sketch
from engine.signals.taps import listening, tapped
from engine.training.failures import DivergedError
from engine.training.jobs import Seed

# Shape suffixes: S directions, O coordinates of all parameters that are not tapped.

_LEAST, _MOST = 4, 8
"""Examples of a half read together. The fewer they are, the less of them is padding, but the less a
device is filled. Within this range a half is read in four parts on a CPU."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one pass tells of a task; NaN is no evidence."""

    along: Along
    loss: float
    """Mean over the probe, nats per example."""
    loss_se: float
    sketch: NDArray[np.float32]
    """(k,) of the gradient; k = 0 unless asked for, zeros where nothing is known."""
    trouble: str = ""
    """Which number was not finite."""


@dataclass(frozen=True, slots=True)
class _Half:
    """What one half of a probe adds to the gradient."""

    part: Part
    taken: Taken
    rest: Gradient
    losses_n: NDArray[np.float64]


class TaskPass:
    """All that is the same for every task; a task's numbers depend on no other task."""

    def __init__(
        self, model: TaskModel, directions: Sequence[Direction], *, sketched: bool, seed: Seed
    ) -> None:
        """Prepare for these directions; seed as for `measure`."""
        assert isinstance(model, nn.Module)
        shared = model.shared_parameters()
        self._module, self._taps = model, tapped(model, shared)
        self._others = {name: p for name, p in shared.items() if name not in self._taps}
        self._projected = Projected(directions, self._taps, seed=seed)
        sizes = self._projected.sketch_sizes
        sizes |= {name: parameter.numel() for name, parameter in self._others.items()}
        self._places = draw_places(sizes, seed=seed) if sketched else None
        self._model, self._directions, self._seed = model, directions, seed
        self._on_cpu = all(parameter.device.type == "cpu" for parameter in shared.values())

    @contextmanager
    def open(self) -> Iterator[list[Tensor]]:
        """Within it the model's layers are listened to; yields what `over` needs."""
        with listening(self._module, self._taps, self._others, listener=self._projected) as leaves:
            yield leaves

    def over(self, task: str, probe: Sequence[Encoded], leaves: list[Tensor]) -> Found:
        """Read the probe of a task, which has at least one example."""
        try:
            return self._found(task, probe, leaves)
        except DivergedError as error:
            self._projected.taken()  # what had come in when it broke off
            unknown = Part(share=1.0, along_S=np.zeros(len(self._directions)), square=0.0)
            empty = np.zeros(WIDTH if self._places else 0, dtype=np.float32)
            return Found(along([unknown], 0.0), np.nan, np.nan, empty, str(error))

    def _found(self, task: str, probe: Sequence[Encoded], leaves: list[Tensor]) -> Found:
        read = [
            self._half(half, len(probe), leaves)
            for half in halves(probe, task=task, seed=self._seed)
        ]
        rest = {
            name: torch.stack([half.rest[name] for half in read]).sum(0) for name in self._others
        }
        sums = self._projected.sums(together([half.taken for half in read]))
        gradient = {**rest, **finite(dict(sums.sketches))}
        square = sums.square + flat(rest).double().square().sum().item()
        loss, loss_se = mean_with_se(np.concatenate([half.losses_n for half in read]))
        return Found(
            along([half.part for half in read], square),
            loss,
            loss_se,
            sketch(gradient, self._places) if self._places else np.zeros(0, dtype=np.float32),
        )

    def _half(self, half: Sequence[Encoded], among: int, leaves: list[Tensor]) -> _Half:
        passed = read_through(
            self._model,
            half,
            self._others,
            among=among,
            leaves=leaves,
            batch_size=self._batch_size(len(half)),
        )
        taken = self._projected.taken()
        sums = self._projected.sums(taken)
        rest_O = flat(passed.gradient).double()
        rest_S = np.array([(one.others_O * rest_O).sum().item() for one in self._directions])
        part = Part(
            share=len(half) / among,
            along_S=sums.products_S + rest_S,
            square=sums.square + rest_O.square().sum().item(),
        )
        return _Half(part, taken, passed.gradient, passed.losses_n)

    def _batch_size(self, examples: int) -> int:
        return min(max(_LEAST, examples // 4), _MOST) if self._on_cpu else _MOST
