"""How long measuring many candidates takes, and how it falls with the number of workers.

Alignment with one target, inner products, losses and sketches of `--candidates` probes of
`--examples` each, on Ray workers of one thread. A probe is a draw from one of the suite's tasks, so
that a task stands for several candidates. Wall time of the jobs alone, workers ready. The answers
must be bitwise the same for every number of workers.

    python benchmarks/measuring_workers.py --candidates 1000 --examples 32 --workers 1 2 4
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from cluster.executor import RayExecutor
from engine.campaign.seeds import Stream, seed_for
from engine.campaign.spec import Campaign, ExecutorChoice
from engine.ledger.result_store import keep_result
from engine.training.executor import Setting
from engine.training.jobs import Failure, MeasureJob, MeasureResult
from tasks import load_pool

REPOSITORY = Path(__file__).parents[1]
SUITE = REPOSITORY.parent / "shared" / "data" / "suite"
CARDS = REPOSITORY / "examples" / "suite" / "cards"
TARGET = "sst2"
A_JOB = 10
"""Candidates of one job, as in a campaign."""


def jobs_for(names: Sequence[str], *, candidates: int, examples: int) -> list[MeasureJob]:
    """Jobs over all candidates; each time round, the tasks' probes are drawn anew."""
    jobs = []
    for start in range(0, candidates, A_JOB):
        chunk = [names[at % len(names)] for at in range(start, min(start + A_JOB, candidates))]
        jobs.append(
            MeasureJob(
                key=f"measure-{start}",
                attempt=1,
                start="",
                tasks=tuple(dict.fromkeys(chunk)),
                signals=frozenset({"alignment", "descent", "loss", "similarity"}),
                probe=examples,
                seed=seed_for(0, Stream.PROBE, start // len(names)),
                deadline_s=3600.0,
            )
        )
    return jobs


def measured(campaign: Campaign, jobs: Sequence[MeasureJob], folder: Path) -> tuple[float, str]:
    """Seconds that the jobs took, and a hash of all answers."""
    (folder / "checkpoints").mkdir()
    executor = RayExecutor(Setting(campaign=campaign, folder=folder))
    with closing(executor):
        ready = [replace(jobs[0], key=f"ready-{n}") for n in range(campaign.executor.workers)]
        _done(executor, ready)
        started = time.perf_counter()
        results = _done(executor, jobs)
        seconds = time.perf_counter() - started
    kept = [keep_result(result, folder, weights={}).arrays for result in results]
    return seconds, hashlib.sha256(" ".join(sorted(kept)).encode()).hexdigest()[:12]


def _done(executor: RayExecutor, jobs: Sequence[MeasureJob]) -> list[MeasureResult]:
    answers = list(executor.run(jobs))
    results = [answer for answer in answers if isinstance(answer, MeasureResult)]
    if len(results) < len(answers):
        raise SystemExit(f"a job failed: {next(a for a in answers if isinstance(a, Failure))}")
    return results


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name, default in (("candidates", 1000), ("examples", 32), ("max-length", 64)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    given = parser.parse_args()
    pool = load_pool([str(CARDS)], base=REPOSITORY, data=SUITE)
    names = [name for name in pool if name != TARGET]
    jobs = jobs_for(names, candidates=given.candidates, examples=given.examples)
    for workers in given.workers:
        campaign = Campaign(
            name="measuring",
            target=TARGET,
            pool=(str(CARDS),),
            data=str(SUITE),
            max_length=given.max_length,
            budget_tokens=1,  # nothing here looks at it
            executor=ExecutorChoice(name="ray", workers=workers, threads=1),
        )
        with tempfile.TemporaryDirectory() as folder:
            seconds, answers = measured(campaign, jobs, Path(folder))
        print(f"{workers} workers: {seconds:7.1f} s, answers {answers}", flush=True)


if __name__ == "__main__":
    main()
