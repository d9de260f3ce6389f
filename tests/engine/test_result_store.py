"""A result reads back from disk as the worker made it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.ledger.result_store import keep_result, read_evaluations, read_tests
from engine.storage.arrays import load_arrays
from engine.training.jobs import (
    BranchResult,
    CheckpointRef,
    Cost,
    EvaluateResult,
    Evaluation,
    Judgement,
)

COST = Cost(tokens=1, examples=1, seconds=0.5)
BELIEFS = np.random.default_rng(0).dirichlet(np.ones(3), size=5).astype(np.float32)


def judgement(seed: int, *, beliefs: bool) -> Judgement:
    rng = np.random.default_rng(seed)
    return Judgement(
        losses=rng.exponential(size=5),
        plain_losses=rng.exponential(size=5),
        predictions=rng.integers(3, size=5).astype(np.float64),
        metric=rng.uniform(),
        beliefs=BELIEFS if beliefs else None,
    )


def assert_same(one: Judgement, other: Judgement) -> None:
    for name in ("losses", "plain_losses", "predictions", "beliefs"):
        left, right = getattr(one, name), getattr(other, name)
        assert (left is None) == (right is None)
        if left is not None:
            assert (left.tobytes(), left.dtype) == (right.tobytes(), right.dtype)
    assert one.metric == other.metric


@pytest.mark.parametrize("beliefs", [True, False])
def test_judgements_read_back_exactly_with_and_without_beliefs(
    tmp_path: Path, beliefs: bool
) -> None:
    made = Evaluation(
        temperature=1.3,
        selection=judgement(1, beliefs=beliefs),
        gate=judgement(2, beliefs=beliefs),
    )
    branch = BranchResult(
        key="r00-p1",
        attempt=1,
        checkpoint=CheckpointRef(sha256="0" * 64, num_bytes=1),
        evaluations={"a": made, "b": made},
        curve=((0, 0.5),),
        cost=COST,
    )
    completed = keep_result(branch, tmp_path, weights={"a": 0.5, "b": 0.5})
    read = read_evaluations(completed, tmp_path)
    assert list(read) == ["a", "b"]
    for one in read.values():
        assert one.temperature == 1.3
        assert_same(one.selection, made.selection)
        assert_same(one.gate, made.gate)


def test_targets_differ_in_whether_their_beliefs_are_kept(tmp_path: Path) -> None:
    test = {"a": judgement(1, beliefs=True), "b": judgement(2, beliefs=False)}
    result = EvaluateResult(key="proof-test-selected", attempt=1, test=test, cost=COST)
    completed = keep_result(result, tmp_path, weights={"a": 0.5, "b": 0.5})
    read = read_tests(completed, tmp_path)
    for name in test:
        assert_same(read[name], test[name])
    kept = load_arrays(tmp_path, completed.arrays)
    assert [name for name in kept if name.endswith("/beliefs")] == ["a/test/beliefs"]
