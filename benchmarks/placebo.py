"""Does a task whose labels were shuffled measure as worth nothing?

From one warmed-up checkpoint per seed, trains the target alone (the control) and beside it, each
in its own branch: a task that should help, the same one with shuffled labels, one that should harm,
and a decoy. Prints each branch's gain over the control, calibrated and plain, by seed and over all.
The shuffled branch and the decoy must not come out above zero when calibrated.

    python benchmarks/placebo.py --seeds 0 1 2 --processes 2
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from engine.campaign.roster import roster_of
from engine.campaign.schedule import warm_up_job
from engine.campaign.seeds import Stream, seed_for
from engine.campaign.spec import Campaign, ExecutorChoice, WarmUp
from engine.gains.gain import paired_gain
from engine.training.executor import Setting
from engine.training.jobs import BranchJob, BranchResult, Evaluation, Schedule, WarmUpResult
from engine.training.workbench import Workbench
from tasks import load_pool, screen


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What one run of the script compares; plain data, so that it can go to another process."""

    pool: str
    target: str
    helpful: str
    harmful: str
    decoy: str
    model: str
    max_length: int
    precision: Literal["float32", "bfloat16"]
    warm_up: int
    """Steps."""
    steps: int
    learning_rate: float
    threads: int
    folder: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Gain:
    """One branch against the control on the selection split of one seed."""

    calibrated: tuple[float, float]
    """Gain and standard error, nats."""
    plain: tuple[float, float]
    metric: float


def main() -> None:
    """Run the trials and print the tables."""
    options = _options()
    trial = Trial(
        **{name: getattr(options, name) for name in Trial.__annotations__ if name != "folder"},
        folder=Path(options.out or tempfile.mkdtemp(prefix="placebo-")).resolve(),
    )
    print(
        f"target {trial.target}; {trial.warm_up} steps of warm-up, {trial.steps} of branches",
        flush=True,
    )
    results: list[dict[str, Gain]] = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.processes, mp_context=context) as pool:
        for seed, gains in zip(
            options.seeds, pool.map(partial(gains_of, trial), options.seeds), strict=True
        ):
            _print_table(f"seed {seed}", {name: _cells(gain) for name, gain in gains.items()})
            results.append(gains)
    pooled = {name: _pooled([gains[name] for gains in results]) for name in results[0]}
    _print_table(f"{len(results)} seeds together", {n: _cells(gain) for n, gain in pooled.items()})


def gains_of(trial: Trial, seed: int) -> dict[str, Gain]:
    """Train control and branches from one warmed-up checkpoint; gains by a label for people."""
    campaign = Campaign(
        name="placebo",
        target=trial.target,
        pool=(trial.pool,),
        model=trial.model,
        max_length=trial.max_length,
        precision=trial.precision,
        seed=seed,
        budget_tokens=1,
        warm_up=WarmUp(steps=max(1, trial.warm_up)),
        executor=ExecutorChoice(name="local", threads=trial.threads),
    )
    setting = Setting(campaign=campaign, folder=trial.folder / f"seed-{seed}")
    (setting.folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    bench = Workbench(setting)
    start = _warmed_up(bench, campaign) if trial.warm_up else ""
    control, *others = (
        _branch(bench, trial, job) for job in _jobs(trial, start=start, campaign_seed=seed)
    )
    labels = (
        f"{trial.helpful}",
        f"{trial.helpful}, labels shuffled",
        f"{trial.harmful}",
        f"{trial.decoy}",
    )
    return {label: _gain(control, branch) for label, branch in zip(labels, others, strict=True)}


def _warmed_up(bench: Workbench, campaign: Campaign) -> str:
    pool = screen(load_pool(campaign.pool, base=Path.cwd()), tuple(campaign.targets)).pool
    roster = roster_of(campaign, pool)
    result = bench.perform(warm_up_job(campaign, roster, attempt=1))
    assert isinstance(result, WarmUpResult)
    return result.checkpoint.sha256


def _jobs(trial: Trial, *, start: str, campaign_seed: int) -> list[BranchJob]:
    """Control first, then the branches in the order of the table."""
    mixtures: list[tuple[str, str, bool]] = [
        ("control", "", False),
        ("helpful", trial.helpful, False),
        ("shuffled", trial.helpful, True),
        ("harmful", trial.harmful, False),
        ("decoy", trial.decoy, False),
    ]
    return [
        BranchJob(
            key=key,
            attempt=1,
            start=start,
            mixture={task: 1.0} if task else {},
            shuffled=frozenset({task} if shuffled else ()),
            schedule=Schedule(
                steps=trial.steps,
                target_batch=16,
                candidate_batch=16,
                learning_rate=trial.learning_rate,
            ),
            seed=seed_for(campaign_seed, Stream.BRANCH),
            deadline_s=math.inf,
        )
        for key, task, shuffled in mixtures
    ]


def _branch(bench: Workbench, trial: Trial, job: BranchJob) -> Evaluation:
    result = bench.perform(job)
    assert isinstance(result, BranchResult)
    return result.evaluations[trial.target]


def _gain(control: Evaluation, branch: Evaluation) -> Gain:
    before, after = control.selection, branch.selection
    return Gain(
        calibrated=paired_gain(before.losses, after.losses),
        plain=paired_gain(before.plain_losses, after.plain_losses),
        metric=after.metric - before.metric,
    )


def _pooled(gains: Sequence[Gain]) -> Gain:
    """Means over seeds. The error is that of the examples or that between seeds, the larger."""

    def mean(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
        values, errors = np.array(pairs).T
        within = float(np.sqrt(np.square(errors).sum()) / len(errors))
        between = float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0.0
        return float(values.mean()), max(within, between)

    return Gain(
        calibrated=mean([gain.calibrated for gain in gains]),
        plain=mean([gain.plain for gain in gains]),
        metric=float(np.mean([gain.metric for gain in gains])),
    )


def _cells(gain: Gain) -> tuple[str, str, str]:
    calibrated, plain = (
        f"{value:+.4f} ± {error:.4f}" for value, error in (gain.calibrated, gain.plain)
    )
    return calibrated, plain, f"{100 * gain.metric:+.1f}"


def _print_table(title: str, rows: Mapping[str, tuple[str, str, str]]) -> None:
    width = max(map(len, rows))
    print(f"\n{title:{width}}  {'calibrated, nats':>18}  {'plain, nats':>18}  metric, points")
    for name, (calibrated, plain, metric) in rows.items():
        print(f"{name:{width}}  {calibrated:>18}  {plain:>18}  {metric:>14}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pool", default="pydocs", help="a suite or a card file")
    parser.add_argument("--target", default="argument_type")
    parser.add_argument("--helpful", default="argument_annotation")
    parser.add_argument("--harmful", default="library_of_argument")
    parser.add_argument("--decoy", default="decoy_argument_default")
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--max-length", type=int, default=40, help="tokens")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--warm-up", type=int, default=60, help="steps; 0 starts untrained")
    parser.add_argument("--steps", type=int, default=40, help="of each branch")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--processes", type=int, default=1, help="seeds trained side by side")
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--out", default="", help="folder of checkpoints; default: a temporary one")
    return parser.parse_args()


if __name__ == "__main__":
    main()
