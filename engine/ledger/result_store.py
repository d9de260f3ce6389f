"""Results between a worker and the ledger: arrays in a file, a line in the ledger, and back again.

Every decision reads a result back from here, never from memory, so that a campaign that resumes
decides on exactly what one that never stopped decided on.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.ledger.records import Completed
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
                "halfway": result.halfway,
                "prefixes": result.prefixes,
                "tokens_per_example": result.tokens_per_example,
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
                **{f"alignment/{target}": array for target, array in result.alignment.items()},
                **{f"descent/{target}": array for target, array in result.descent.items()},
                "sketches": result.sketches,
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
    """Halfway (K, d), prefixes (K, d) and tokens_per_example (K,), rows in the pool's order."""
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
    """alignment/<target> and descent/<target> (n,), sketches (n, k); rows in the job's order."""
    return load_arrays(folder, completed.arrays)


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
