"""What measuring costs beside projecting gradients as LESS and TRAK do, on the same model and data.

Theirs: the gradient of each example by itself, all of a task's projected to `--width` dimensions by
TRAK's own `BasicProjector` (the one for machines without a GPU), brought to length 1, averaged, and
held against the targets' (LESS, arXiv:2402.04333, section 3; without Adam, whose cost is small).
Theirs, mean first: one projection a task instead of one an example, which is linear and so gives
inner products of the same quality, though not LESS's normalised ones. Ours: `measure`, the targets'
directions included. CPU time, one thread, one after the other within one process.

    pip install traker==0.3.2
    python -m benchmarks.projection --tasks 4 --examples 16 --width 128
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor

from benchmarks.signals import Bench, bench
from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.signals.direction import flat
from engine.signals.gradients import mean_gradient
from engine.signals.probe import directions_of, measure

SEED = (0, 1)
BLOCK = 8
"""Columns of the projection that are drawn at a time: 8 x 22.7 M numbers are 0.7 GB."""

Ranks = Mapping[str, np.ndarray]
"""Target -> cosines of the tasks."""


def ours(on: Bench) -> Ranks:
    """Cosines and sketches, in one pass forward and back."""
    signals = ("alignment", "similarity")
    directions = directions_of(on.model, on.targets, seed=SEED)
    found = measure(on.model, on.probes, directions, signals=signals, seed=SEED)
    return found.scores["alignment"]


def theirs(on: Bench, projector: Any, features: Callable[..., Tensor]) -> Ranks:
    """Cosines of projected gradients."""
    tasks = torch.stack([features(on.model, probe, projector) for probe in on.probes.values()])
    return {
        name: torch.nn.functional.cosine_similarity(
            tasks, features(on.model, probe, projector)[None]
        ).numpy()
        for name, probe in on.targets.items()
    }


def by_example(model: TaskModel, probe: Sequence[Encoded], projector: Any) -> Tensor:
    """(d,) mean of the examples' projected gradients at length 1."""
    rows = torch.stack([flat(mean_gradient(model, [example])) for example in probe])
    projected = projector.project(rows, model_id=0)
    return torch.nn.functional.normalize(projected, dim=1).mean(dim=0)


def mean_first(model: TaskModel, probe: Sequence[Encoded], projector: Any) -> Tensor:
    """(d,) projected mean gradient."""
    found: Tensor = projector.project(flat(mean_gradient(model, probe))[None], model_id=0)[0]
    return found


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name, default in (("tasks", 4), ("examples", 16), ("max-length", 64), ("width", 128)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    try:
        from trak.projectors import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
            BasicProjector,
            ProjectionType,
        )
    except ImportError:
        raise SystemExit("TRAK is not installed: pip install traker==0.3.2") from None
    on = bench(
        model="minilm", tasks=given.tasks, examples=given.examples, max_length=given.max_length
    )
    size = sum(parameter.numel() for parameter in on.model.shared_parameters().values())
    projector = BasicProjector(
        grad_dim=size,
        proj_dim=given.width,
        seed=0,
        proj_type=ProjectionType.rademacher,
        device=torch.device("cpu"),
        block_size=BLOCK,
    )
    ways: dict[str, Callable[[], Ranks]] = {
        "ours": partial(ours, on),
        "theirs, mean first": partial(theirs, on, projector, mean_first),
        "theirs, by example": partial(theirs, on, projector, by_example),
    }
    exact = {
        target: np.array([_cosine(on.model, probe, wanted) for probe in on.probes.values()])
        for target, wanted in on.targets.items()
    }
    sizes = f"{given.tasks} tasks, {len(on.targets)} targets, {given.examples} examples"
    print(f"{sizes} of each, width {given.width}")
    for name, way in ways.items():
        started = time.process_time()
        ranks = way()
        seconds = time.process_time() - started
        agreement = np.mean([spearmanr(ranks[t], exact[t]).statistic for t in exact])
        print(
            f"{name:20} {seconds:8.1f} s CPU, agreement with exact cosines {agreement:.3f}",
            flush=True,
        )


def _cosine(model: TaskModel, probe: Sequence[Encoded], target: Sequence[Encoded]) -> float:
    ours, theirs = flat(mean_gradient(model, probe)), flat(mean_gradient(model, target))
    return float(torch.nn.functional.cosine_similarity(ours, theirs, dim=0))


if __name__ == "__main__":
    main()
