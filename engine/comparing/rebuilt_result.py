"""From what is kept of a result back to the result, bit by bit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.ledger.records import Completed
from engine.ledger.result_store import (
    MEASURED_ROWS,
    Arrays,
    read_evaluations,
    read_measures,
    read_tests,
    read_warm_up,
)
from engine.signals.readings import columns_of
from engine.storage.content_store import DamagedFileError, stored_path
from engine.training.jobs import (
    BranchJob,
    BranchResult,
    CheckpointRef,
    Cost,
    EvaluateJob,
    EvaluateResult,
    Job,
    MeasureJob,
    MeasureResult,
    Result,
    WarmUpJob,
    WarmUpResult,
)


def rebuilt(line: Completed, job: Job, *, arrays: Path, checkpoints: Path) -> Result:
    """The answer to `job` that `line` and its arrays keep.

    Args:
        line: Of the same work, done under any key and attempt.
        job: Whose key and attempt the answer bears.
        arrays: Folder of the line's arrays.
        checkpoints: Folder of the line's checkpoints.

    Raises:
        DamagedFileError: Arrays or a checkpoint are missing or damaged.
    """
    match job:
        case WarmUpJob():
            return _warm_up(line, job, arrays, checkpoints)
        case BranchJob():
            return _branch(line, job, arrays, checkpoints)
        case MeasureJob():
            return _measured(line, job, read_measures(line, arrays))
        case EvaluateJob():
            test = read_tests(line, arrays)
            return EvaluateResult(key=job.key, attempt=job.attempt, test=test, cost=_cost(line))


def _warm_up(line: Completed, job: WarmUpJob, folder: Path, checkpoints: Path) -> WarmUpResult:
    arrays = read_warm_up(line, folder)
    moments = _facts(line).get("moments")
    return WarmUpResult(
        key=job.key,
        attempt=job.attempt,
        checkpoint=_reference(line.checkpoint, checkpoints),
        prefixes=arrays["prefixes"],
        data_maps=_below("data_maps", arrays),
        tokens_per_example=arrays["tokens_per_example"],
        moments=_reference(moments, checkpoints) if moments else None,
        cost=_cost(line),
    )


def _branch(line: Completed, job: BranchJob, arrays: Path, checkpoints: Path) -> BranchResult:
    return BranchResult(
        key=job.key,
        attempt=job.attempt,
        checkpoint=_reference(line.checkpoint, checkpoints),
        evaluations=read_evaluations(line, arrays),
        curve=tuple((int(step), float(loss)) for step, loss in _facts(line)["curve"]),
        cost=_cost(line),
    )


def _measured(line: Completed, job: MeasureJob, arrays: Arrays) -> MeasureResult:
    return MeasureResult(
        key=job.key,
        attempt=job.attempt,
        tasks=job.tasks,
        scores=columns_of(arrays, "scores"),
        ses=columns_of(arrays, "ses"),
        target_embeddings=_below("target_embeddings", arrays),
        silent=_facts(line).get("silent", {}),
        cost=_cost(line),
        **{name: arrays[name] for name in MEASURED_ROWS},
    )


def _below(kind: str, arrays: Arrays) -> Arrays:
    """Arrays named `kind/...`, by the rest of their names."""
    begins = f"{kind}/"
    return {key.removeprefix(begins): one for key, one in arrays.items() if key.startswith(begins)}


def _reference(sha256: str, folder: Path) -> CheckpointRef:
    path = stored_path(folder, sha256)
    if not path.is_file():
        raise DamagedFileError(f"{path} is missing.")
    return CheckpointRef(sha256=sha256, num_bytes=path.stat().st_size)


def _facts(line: Completed) -> Mapping[str, Any]:
    return line.facts or {}


def _cost(line: Completed) -> Cost:
    return Cost(tokens=line.tokens, examples=line.examples, seconds=line.seconds)
