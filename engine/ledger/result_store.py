"""Results between a worker and the ledger: arrays in a file, a line in the ledger, and back again.

Every decision reads a result back from here, never from memory, so that a campaign that resumes
decides on exactly what one that never stopped decided on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.ledger.records import Completed
from engine.signals.readings import Readings, as_arrays, flat_columns, from_arrays
from engine.storage.arrays import load_arrays, save_arrays
from engine.training.jobs import (
    BranchResult,
    EvaluateResult,
    Evaluation,
    Judgement,
    MeasureResult,
    Result,
    WarmUpResult,
)

Arrays = dict[str, NDArray[Any]]

MEASURED_ROWS = ("losses", "loss_ses", "square", "noise", "sketches", "embeddings")
"""Arrays of a `MeasureResult` with a row for each of its tasks."""


def keep_result(result: Result, folder: Path, *, weights: Mapping[str, float]) -> Completed:
    """Write the result's arrays into `folder` and make the ledger's line for it.

    Args:
        result: What a worker answered.
        folder: The run's folder of arrays.
        weights: target -> weight, for the mean losses that people read in the ledger.
    """
    arrays = _arrays_of(result)
    checkpoint = getattr(result, "checkpoint", None)
    return Completed(
        job=result.key,
        attempt=result.attempt,
        tokens=result.cost.tokens,
        examples=result.cost.examples,
        seconds=round(result.cost.seconds, 3),
        arrays=save_arrays(arrays, folder, tag=result.key) if arrays else "",
        checkpoint=checkpoint.sha256 if checkpoint else "",
        facts=_facts_of(result, weights),
    )


def _arrays_of(result: Result) -> Arrays:
    match result:
        case WarmUpResult():
            return {
                "prefixes": result.prefixes,
                "tokens_per_example": result.tokens_per_example,
                **{f"data_maps/{signal}": one for signal, one in result.data_maps.items()},
            }
        case BranchResult():
            return {
                f"{target}/{split}/{name}": array
                for target, evaluation in result.evaluations.items()
                for split in ("selection", "gate")
                for name, array in _judgement_arrays(getattr(evaluation, split)).items()
            } | {
                f"{target}/temperature": np.float64(evaluation.temperature).reshape(1)
                for target, evaluation in result.evaluations.items()
            }
        case MeasureResult():
            return {
                **flat_columns(result.scores, "scores"),
                **flat_columns(result.ses, "ses"),
                **{name: getattr(result, name) for name in MEASURED_ROWS},
                **{
                    f"target_embeddings/{target}": one
                    for target, one in result.target_embeddings.items()
                },
            }
        case EvaluateResult():
            return {
                f"{target}/test/{name}": array
                for target, judgement in result.test.items()
                for name, array in _judgement_arrays(judgement).items()
            }


def _judgement_arrays(judgement: Judgement) -> Arrays:
    arrays: Arrays = {
        "losses": judgement.losses,
        "plain_losses": judgement.plain_losses,
        "predictions": judgement.predictions,
        "metric": np.float64(judgement.metric).reshape(1),
    }
    return arrays if judgement.beliefs is None else {**arrays, "beliefs": judgement.beliefs}


def _facts_of(result: Result, weights: Mapping[str, float]) -> dict[str, Any] | None:
    if isinstance(result, WarmUpResult) and result.moments:
        return {"moments": result.moments.sha256}
    if isinstance(result, MeasureResult) and result.silent:
        return {"silent": dict(result.silent)}
    if not isinstance(result, BranchResult):
        return None
    by_target = {
        target: {
            "temperature": evaluation.temperature,
            "selection_loss": float(evaluation.selection.losses.mean()),
            "gate_loss": float(evaluation.gate.losses.mean()),
            "selection_metric": evaluation.selection.metric,
            "gate_metric": evaluation.gate.metric,
        }
        for target, evaluation in result.evaluations.items()
    }
    gate_loss = sum(weights[target] * facts["gate_loss"] for target, facts in by_target.items())
    return {
        "gate_loss": gate_loss,
        "targets": by_target,
        "curve": [list(point) for point in result.curve],
    }


def read_warm_up(completed: Completed, folder: Path) -> Arrays:
    """Prefixes (C, K, d), tokens_per_example (K,), data_maps/<signal> (K,); K in pool order."""
    return load_arrays(folder, completed.arrays)


def read_evaluations(completed: Completed, folder: Path) -> dict[str, Evaluation]:
    """A branch's evaluations by target, as the worker made them."""
    arrays = load_arrays(folder, completed.arrays)
    return {
        target: Evaluation(
            temperature=float(arrays[f"{target}/temperature"][0]),
            selection=_judgement(arrays, f"{target}/selection"),
            gate=_judgement(arrays, f"{target}/gate"),
        )
        for target in _targets(arrays)
    }


def read_tests(completed: Completed, folder: Path) -> dict[str, Judgement]:
    """An arm's judgement on the test split, by target."""
    arrays = load_arrays(folder, completed.arrays)
    return {target: _judgement(arrays, f"{target}/test") for target in _targets(arrays)}


def read_measures(completed: Completed, folder: Path) -> Arrays:
    """A `MeasureResult`, its rows in the job's order.

    scores/<signal>/<target> and ses/<signal>/<target> (n,), what `MEASURED_ROWS` names, and
    target_embeddings/<target> (d,).
    """
    return load_arrays(folder, completed.arrays)


def keep_readings(readings: Readings, folder: Path, *, tasks: Collection[str], number: int) -> str:
    """Write what a policy is shown in round `number`; the hash for the round's line.

    Args:
        readings: Of the open candidates.
        folder: The run's folder of arrays.
        tasks: All of the campaign's: the keys of `Opened.tasks`.
        number: Of the round, from 0.
    """
    return save_arrays(as_arrays(readings, tasks), folder, tag=f"r{number:02d}-readings")


def read_readings(sha256: str, folder: Path, *, tasks: Collection[str]) -> Readings:
    """What `keep_readings` wrote, bit by bit."""
    return from_arrays(load_arrays(folder, sha256), tasks)


def _targets(arrays: Arrays) -> list[str]:
    return list(dict.fromkeys(key.split("/")[0] for key in arrays))


def _judgement(arrays: Arrays, prefix: str) -> Judgement:
    return Judgement(
        losses=arrays[f"{prefix}/losses"],
        plain_losses=arrays[f"{prefix}/plain_losses"],
        predictions=arrays[f"{prefix}/predictions"],
        metric=float(arrays[f"{prefix}/metric"][0]),
        beliefs=arrays.get(f"{prefix}/beliefs"),
    )
