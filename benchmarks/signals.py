"""What measuring candidates costs, and how near it comes to exact gradients.

Costs stand beside that of a plain forward pass (inference mode) over the same examples: one thread,
CPU time, each way in turn within one process, medians of the repeats. The pool is the suite's where
its data lies beside the repository, else pydocs; each task is one probe.

    python -m benchmarks.signals --examples 16 --tasks 20 --repeats 5
    python -m benchmarks.signals --agreement --examples 16
    python -m benchmarks.signals --memory --examples 32
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from benchmarks.difference import descent_by_difference, mean_losses
from engine.gains.evaluation import batches_by_length
from engine.model.base_network import load_base
from engine.model.batch import Encoded
from engine.model.build_model import build_model
from engine.model.interface import TaskModel
from engine.signals.direction import flat
from engine.signals.gradients import mean_gradient
from engine.signals.probe import Signals, directions_of, measure, measure_along, probe_indices
from engine.signals.similarity import similarity
from engine.signals.sources import IN_THE_PASS
from engine.training.optimizer import Optimizer, Rates
from tasks import Pool, Task, load_pool

REPOSITORY = Path(__file__).parents[1]
SUITE = REPOSITORY.parent / "shared" / "data" / "suite"
TARGETS = ("sst2", "mnli", "trec", "qqp", "stsb", "piqa")
SEED = (0, 1)
BATCH = 16

Probes = Mapping[str, Sequence[Encoded]]


@dataclass(frozen=True, slots=True)
class Bench:
    """A model with a probe of every task."""

    model: TaskModel
    probes: Probes
    targets: Probes


def bench(*, model: str, tasks: int, examples: int, max_length: int) -> Bench:
    """Load all that is measured; heads are random, so that gradients reach the body."""
    torch.set_num_threads(1)
    pool = _pool(tasks)
    built = build_model(load_base(model), pool, max_length=max_length, seed=(0,)).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in built.heads.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    probe = partial(_probe, built, pool, examples)
    targets = [name for name in TARGETS if name in pool] or list(pool)[: len(TARGETS)]
    return Bench(
        model=built,
        probes={name: probe(name, pool[name].train) for name in pool},
        targets={name: probe(name, pool[name].validation) for name in targets},
    )


def ways(on: Bench) -> dict[str, Callable[[], object]]:
    """What is timed, over all probes; directions and base losses are there before."""
    directions = directions_of(on.model, on.targets, seed=SEED)
    one = mean_gradient(on.model, next(iter(on.targets.values())))
    base = mean_losses(on.model, on.probes)
    along = partial(measure_along, on.model, on.probes, directions, seed=SEED)
    return {
        "forward (inference mode)": partial(_forward, on),
        "forward and full backward": lambda: [
            mean_gradient(on.model, p) for p in on.probes.values()
        ],
        "difference along one target": partial(
            descent_by_difference, on.model, on.probes, one, base_losses=base
        ),
        "inner products, cosines": partial(along, sketched=False),
        "inner products, cosines, sketches": partial(along, sketched=True),
        "the targets' directions": partial(directions_of, on.model, on.targets, seed=SEED),
    }


def speed(on: Bench, repeats: int) -> None:
    """Print CPU seconds and ratios to the plain forward pass."""
    timed = ways(on)
    seconds: dict[str, list[float]] = {name: [] for name in timed}
    for repeat in range(repeats + 1):
        for name, way in timed.items():
            taken = _cpu_seconds(way)
            if repeat:  # the first only warms up
                seconds[name].append(taken)
    plain = np.array(seconds["forward (inference mode)"])
    tokens = sum(one.num_tokens for probe in on.probes.values() for one in probe)
    _say(f"{len(on.probes)} tasks, {tokens} tokens, {len(on.targets)} targets, {repeats} repeats")
    for name, each in seconds.items():
        ratios = np.array(each) / plain
        _say(
            f"{name:36} {np.median(each):8.3f} s  {np.median(each) / np.median(plain):5.2f} x"
            f"  (runs {ratios.min():.2f} to {ratios.max():.2f})"
        )


def agreement(on: Bench) -> None:
    """Print how candidates are ranked, beside exact full gradients in float64."""
    directions = directions_of(on.model, on.targets, seed=SEED)
    measured = measure(on.model, on.probes, directions, signals=IN_THE_PASS, seed=SEED)
    exact = _exact(on)
    _say_ranks("inner products", measured.scores["descent"], exact.scores["descent"])
    _say_ranks("cosines", measured.scores["alignment"], exact.scores["alignment"])
    errors = [measured.scores["alignment"][t] - exact.scores["alignment"][t] for t in on.targets]
    _say(f"cosines: rmse {np.sqrt(np.mean(np.square(errors))):.4f}")
    pairs = np.triu_indices(len(on.probes), k=1)
    apart = similarity(measured.sketches)[pairs] - similarity(exact.sketches)[pairs]
    _say(f"candidate by candidate: rmse {np.sqrt(np.mean(apart**2)):.4f} over {len(apart)} pairs")
    base = mean_losses(on.model, on.probes)
    differences = {
        name: np.array(
            list(
                descent_by_difference(
                    on.model, on.probes, mean_gradient(on.model, probe), base_losses=base
                ).values()
            )
        )
        for name, probe in on.targets.items()
    }
    _say_ranks("differences", differences, exact.scores["descent"])


def memory(**what: object) -> None:
    """Print the peak memory of training on all probes and of measuring, each in its own process."""
    context = multiprocessing.get_context("spawn")
    for name in ("training", "the targets' directions", "measuring"):
        with context.Pool(1) as pool:
            base, peak = pool.apply(_peak, (name, what))
        _say(f"{name:24} {base:7.0f} MB before, {peak - base:7.0f} MB more at the peak")


def _peak(name: str, what: dict[str, int | str]) -> tuple[float, float]:
    on = bench(**what)  # type: ignore[arg-type]
    base = _megabytes()
    if name == "training":
        _train(on)
    if name in ("the targets' directions", "measuring"):
        directions = directions_of(on.model, on.targets, seed=SEED)
        if name == "measuring":
            measure_along(on.model, on.probes, directions, sketched=True, seed=SEED)
    return base, _megabytes()


def _train(on: Bench) -> None:
    optimizer = Optimizer(on.model, Rates(body=1e-6, prefixes=1e-6))
    on.model.train()
    for probe in [*on.probes.values(), *on.targets.values()]:
        for chunk in batches_by_length(probe, BATCH):
            losses = on.model.losses(on.model.collate([probe[i] for i in chunk]))
            losses.mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step(1.0)


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _exact(on: Bench) -> Signals:
    """Every gradient in full."""
    towards = [flat(mean_gradient(on.model, probe)).numpy() for probe in on.targets.values()]
    gradients = np.zeros((len(on.probes), len(towards[0])), dtype=np.float32)
    for row, probe in enumerate(on.probes.values()):
        gradients[row] = flat(mean_gradient(on.model, probe)).numpy()
    lengths = [np.linalg.norm(row.astype(np.float64)) for row in [*gradients, *towards]]
    unit = gradients / np.array(lengths[: len(gradients)], dtype=np.float32)[:, None]
    units = {n: v / np.float32(np.linalg.norm(v)) for n, v in zip(on.targets, towards, strict=True)}
    cosines = {name: (unit @ v).astype(np.float64) for name, v in units.items()}
    scales = {
        name: np.array(lengths[: len(gradients)]) * length
        for name, length in zip(on.targets, lengths[len(gradients) :], strict=True)
    }
    # Rows whose cosines are the gradients' own.
    values, vectors = np.linalg.eigh((unit @ unit.T).astype(np.float64))
    rows = (vectors * np.sqrt(np.maximum(values, 0))).astype(np.float32)
    descent = {name: cosines[name] * scales[name] for name in cosines}
    unknown = np.full(len(rows), np.nan)
    return Signals(
        scores={"alignment": cosines, "descent": descent},
        ses={},
        square_n=unknown,
        noise_n=unknown,
        losses_n=unknown,
        loss_ses_n=unknown,
        sketches=rows,
        silent={},
    )


def _say_ranks(
    what: str,
    got: Mapping[str, NDArray[np.float64]],
    exact: Mapping[str, NDArray[np.float64]],
) -> None:
    ranks = {name: float(spearmanr(got[name], exact[name]).statistic) for name in exact}
    each = ", ".join(f"{name} {rank:.4f}" for name, rank in ranks.items())
    mean, worst = np.mean(list(ranks.values())), min(ranks.values())
    _say(f"{what}: mean {mean:.4f}, worst {worst:.4f} ({each})")


def _forward(on: Bench) -> None:
    with torch.inference_mode():
        for probe in on.probes.values():
            for chunk in batches_by_length(probe, BATCH):
                on.model.losses(on.model.collate([probe[i] for i in chunk]))


def _cpu_seconds(way: Callable[[], object]) -> float:
    started = time.process_time()
    way()
    return time.process_time() - started


def _pool(tasks: int) -> Pool:
    if not SUITE.is_dir():
        return Pool(list(load_pool(["pydocs"], base=REPOSITORY).values())[:tasks])
    pool = load_pool([str(REPOSITORY / "examples/suite/cards")], base=REPOSITORY, data=SUITE)
    first: list[Task] = [pool[name] for name in TARGETS]
    return Pool([*first, *(task for name, task in pool.items() if name not in TARGETS)][:tasks])


def _probe(
    model: TaskModel, pool: Pool, size: int, name: str, split: Sequence[object]
) -> Sequence[Encoded]:
    chosen = probe_indices(len(split), size, task=name, seed=SEED)
    return model.encode(list(pool).index(name), [split[int(i)] for i in chosen])  # type: ignore[misc]


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--model", default="minilm")
    for name, default in (("tasks", 79), ("examples", 16), ("max-length", 64), ("repeats", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--agreement", action="store_true")
    parser.add_argument("--memory", action="store_true")
    given = vars(parser.parse_args())
    what = {name: given[name] for name in ("model", "tasks", "examples", "max_length")}
    if given["memory"]:
        memory(**what)
    elif given["agreement"]:
        agreement(bench(**what))
    else:
        speed(bench(**what), given["repeats"])


if __name__ == "__main__":
    main()
