"""Does a task whose labels were shuffled measure as worth nothing?

From one warmed-up checkpoint per seed, trains the target alone (the control) and beside it, each
in its own branch: a task that should help, the same one with shuffled labels, one that should harm,
and a decoy. Prints each branch's gain over the control, calibrated and plain, by seed and over all.
The shuffled branch and the decoy must not come out above zero when calibrated. Warm-up, steps and
rates are those of a campaign file, because a gain is a fact about a task *and* a regime.

    python benchmarks/placebo.py examples/pydocs.yaml --seeds 0 1 2 --processes 2
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from engine.campaign.campaign_file import read_campaign
from engine.campaign.roster import roster_of
from engine.campaign.schedule import round_jobs, warm_up_job
from engine.campaign.spec import Campaign
from engine.gains.gain import paired_gain
from engine.ledger.records import MixtureLine
from engine.training.executor import Setting
from engine.training.jobs import BranchJob, BranchResult, Evaluation, WarmUpResult
from engine.training.workbench import Workbench
from tasks import load_pool, screen


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What one run of the script compares; plain data, so that it can go to another process."""

    campaign: Path
    helpful: str
    harmful: str
    decoy: str
    folder: Path

    def read(self, seed: int) -> Campaign:
        """The campaign, on one seed and in one process."""
        return read_campaign(self.campaign, [f"seed={seed}", "executor.name=local"])[0]


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
        campaign=options.campaign,
        helpful=options.helpful,
        harmful=options.harmful,
        decoy=options.decoy,
        folder=Path(options.out or tempfile.mkdtemp(prefix="placebo-")).resolve(),
    )
    campaign = trial.read(options.seeds[0])
    print(f"target {campaign.target}; {campaign.warm_up.steps} steps of warm-up,", end=" ")
    print(f"{campaign.rounds.steps} of branches at {campaign.rounds.learning_rate:g}", flush=True)
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
    campaign = trial.read(seed)
    setting = Setting(campaign=campaign, folder=trial.folder / f"seed-{seed}")
    (setting.folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    bench = Workbench(setting)
    start = _warmed_up(bench, campaign)
    (target,) = campaign.targets
    control, *others = (_branch(bench, target, job) for job in _jobs(trial, campaign, start=start))
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


def _jobs(trial: Trial, campaign: Campaign, *, start: str) -> list[BranchJob]:
    """Control first, then the branches in the order of the table."""
    lines = [
        MixtureLine(mixture={task: 1.0}, reason="")
        for task in (trial.helpful, trial.helpful, trial.harmful, trial.decoy)
    ]
    jobs = round_jobs(campaign, round_number=0, start=start, proposals=tuple(lines))
    placebo = replace(jobs[2], shuffled=frozenset({trial.helpful}))
    return [*jobs[:2], placebo, *jobs[3:5]]


def _branch(bench: Workbench, target: str, job: BranchJob) -> Evaluation:
    result = bench.perform(job)
    assert isinstance(result, BranchResult)
    return result.evaluations[target]


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
    parser.add_argument("campaign", type=Path, help="a campaign file with one target")
    parser.add_argument("--helpful", default="argument_default")
    parser.add_argument("--harmful", default="library_of_argument")
    parser.add_argument("--decoy", default="decoy_argument_default")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--processes", type=int, default=1, help="seeds trained side by side")
    parser.add_argument("--out", default="", help="folder of checkpoints; default: a temporary one")
    return parser.parse_args()


if __name__ == "__main__":
    main()
