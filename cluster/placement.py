"""Which resources a worker asks for, which job goes first: decisions without Ray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine import BranchJob, EvaluateJob, ExecutorChoice, Job, MeasureJob, WarmUpJob


def longest_first(jobs: Sequence[Job]) -> list[Job]:
    """The order in which jobs are handed out, so that no long one is left for the end.

    Source: Graham 1969, "Bounds on multiprocessing timing anomalies" (the LPT rule).
    """
    return sorted(jobs, key=examples_of, reverse=True)


def examples_of(job: Job) -> int:
    """Training examples that a job asks for at most; 0 for one that only evaluates."""
    match job:
        case WarmUpJob():
            return job.steps * job.batch
        case BranchJob():
            schedule = job.schedule
            candidates = schedule.candidate_batch if job.mixture else 0
            return schedule.steps * (schedule.target_batch + candidates)
        case MeasureJob():
            return job.probe * len(job.tasks)
        case EvaluateJob():
            return 0


def check_shape(choice: ExecutorChoice) -> None:
    """Refuse a share of GPUs that no worker can be given.

    Raises:
        ValueError: More than one GPU, and not a whole number of them.
    """
    if choice.gpus > 1 and not choice.gpus.is_integer():
        raise ValueError(
            f"executor.gpus: {choice.gpus:g} GPUs a worker; above 1 it must be a whole number"
            f" ({int(choice.gpus)} or {int(choice.gpus) + 1}), up to 1 a fraction shares a device."
        )


def check_room(choice: ExecutorChoice, resources: Mapping[str, float]) -> None:
    """Refuse more workers than a cluster that cannot grow has GPUs for.

    Args:
        choice: What the campaign asks for.
        resources: name -> amount in the whole cluster, as Ray counts them.

    Raises:
        ValueError: Some worker would wait for ever.
    """
    num_gpus = int(resources.get("GPU", 0))
    room = _workers_that_fit(choice.gpus, num_gpus)
    if room is not None and room < choice.workers:
        raise ValueError(
            f"executor: {choice.workers} workers of {choice.gpus:g} GPU asked, but this machine has"
            f" {num_gpus} GPU, which holds {room}; lower executor.workers or executor.gpus"
            " (0 runs on the CPU), or give the address of a larger cluster."
        )


def no_room(choice: ExecutorChoice, resources: Mapping[str, float], waited_s: float) -> str:
    """What is missing when no worker finds a place."""
    has = ", ".join(f"{resources.get(name, 0):g} {name}" for name in ("CPU", "GPU"))
    return (
        f"No place for a worker of {_shape(choice)} in {waited_s:.0f} s: the cluster has {has} in"
        " all. Lower executor.threads or executor.gpus, add nodes, or wait until others have"
        " finished; the same command then goes on."
    )


def _workers_that_fit(gpus: float, num_gpus: int) -> int | None:
    """None when workers need no GPU. A fraction never spans two devices."""
    if gpus == 0:
        return None
    if gpus > 1:
        return num_gpus // int(gpus)
    return num_gpus * int(1 / gpus + 1e-9)


def _shape(choice: ExecutorChoice) -> str:
    gpus = f" and {choice.gpus:g} GPU" if choice.gpus else ""
    return f"{choice.threads} CPU{gpus}"
