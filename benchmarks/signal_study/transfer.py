"""True pairwise transfer: what each candidate gives each target, over seeds.

For each seed a warm-up on all tasks, from whose checkpoint branches start and signals are taken, as
in a campaign; then for each target the target alone (the control) and one branch for each candidate
beside it, all with the same target examples at the same steps. Every branch that is done is a line
of OUT/branches.jsonl, and a run that was cut short goes on behind it.

    python -m benchmarks.signal_study.transfer --seeds 0 1 2 --out runs/signal_study
    python -m benchmarks.signal_study.compare --out runs/signal_study
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.signal_study import design
from benchmarks.signal_study.branches import Branch, append, read
from benchmarks.signal_study.warm_ups import checkpoints, warmed_up
from engine.storage.checkpoint import sweep
from engine.training.executor import Setting
from engine.training.jobs import BranchJob, BranchResult, EvaluateJob, EvaluateResult, Judgement
from engine.training.workbench import Workbench


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if not design.SUITE.is_dir():
        raise SystemExit(f"{design.SUITE}: not there; the study needs the suite's parquet files.")
    out: Path = options.out.resolve()
    (out / "checkpoints").mkdir(parents=True, exist_ok=True)
    design.write_cards(out / "cards.yaml")
    # All targets of a seed before the next one: a run that is cut short still says something.
    for seed in options.seeds:
        for target in design.TARGETS:
            _train_missing(out, seed=seed, target=target)


def _train_missing(out: Path, *, seed: int, target: str) -> None:
    of = design.campaign(out / "cards.yaml", seed=seed, targets=(target,))
    jobs = design.branch_jobs(of, start=warmed_up(out, seed).checkpoint)
    missing = _missing(out, jobs, seed=seed, target=target)
    if not missing:
        return
    _say(f"seed {seed}, {target}: {len(missing)} branches")
    bench = Workbench(Setting(campaign=of, folder=out))
    for candidate, job in missing.items():
        append(out, _branch(bench, job, target=target, candidate=candidate))
        sweep(out / "checkpoints", keep=checkpoints(out))


def _missing(
    out: Path, jobs: Mapping[str, BranchJob], *, seed: int, target: str
) -> dict[str, BranchJob]:
    done = {one.candidate for one in read(out) if (one.seed, one.target) == (seed, target)}
    return {name: job for name, job in jobs.items() if name not in done}


def _branch(bench: Workbench, job: BranchJob, *, target: str, candidate: str) -> Branch:
    started = time.perf_counter()
    trained = bench.perform(job)
    assert isinstance(trained, BranchResult)
    judged = trained.evaluations[target]
    test = _test(bench, trained, target)
    seconds = time.perf_counter() - started
    _say(f"  {candidate or 'control':24s} test loss {test.losses.mean():.4f}, {seconds:.0f} s")
    return Branch(
        seed=job.seed[0],
        target=target,
        candidate=candidate,
        temperature=judged.temperature,
        test_losses=tuple(test.losses.tolist()),
        selection_losses=tuple(judged.selection.losses.tolist()),
        plain_test_losses=tuple(test.plain_losses.tolist()),
        test_metric=test.metric,
        selection_metric=judged.selection.metric,
        tokens=trained.cost.tokens,
        seconds=seconds,
    )


def _test(bench: Workbench, trained: BranchResult, target: str) -> Judgement:
    job = EvaluateJob(
        key=f"{trained.key}-test",
        attempt=1,
        start=trained.checkpoint.sha256,
        temperatures={target: trained.evaluations[target].temperature},
        deadline_s=3600.0,
    )
    result = bench.perform(job)
    assert isinstance(result, EvaluateResult)
    return result.test[target]


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
