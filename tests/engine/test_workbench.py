"""Jobs on a real workbench: a tiny random encoder and toy tasks from files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_campaign import write_small_campaign

from engine.campaign.campaign_file import read_campaign
from engine.model.answers import BadTaskError
from engine.model.batch import Batch
from engine.signals.direction import Direction
from engine.signals.probe import directions_of
from engine.storage.checkpoint import load_checkpoint
from engine.training import workbench
from engine.training.executor import Setting
from engine.training.failures import DivergedError, failure_of
from engine.training.jobs import (
    BranchJob,
    BranchResult,
    EvaluateJob,
    EvaluateResult,
    Failure,
    Job,
    MeasureJob,
    MeasureResult,
    Schedule,
    Seed,
    WarmUpJob,
    WarmUpResult,
)
from engine.training.local import LocalExecutor
from engine.training.workbench import Workbench

SCHEDULE = Schedule(steps=5, target_batch=6, candidate_batch=4, learning_rate=1e-3)
WARM_UP = WarmUpJob(
    key="warm-up",
    attempt=1,
    mixture={"mood": 0.25, "kin": 0.25, "pick": 0.25, "tally": 0.25},
    steps=6,
    batch=8,
    learning_rate=1e-3,
    prefix_learning_rate=1e-2,
    masking=0.25,
    masked_weight=0.1,
    seed=(0, 2, 0),
    deadline_s=60,
)
CONTROL = BranchJob(
    key="r00-control",
    attempt=1,
    start="",
    mixture={},
    schedule=SCHEDULE,
    seed=(0, 4, 0),
    deadline_s=60,
)
BRANCH = replace(CONTROL, key="r00-p1", mixture={"kin": 0.5, "pick": 0.3, "tally": 0.2})
MEASURE = MeasureJob(
    key="r00-measure-1",
    attempt=1,
    start="",
    tasks=("kin", "tally"),
    signals=frozenset({"alignment", "similarity"}),
    probe=8,
    seed=(0, 5, 0),
    deadline_s=60,
)
TEST = EvaluateJob(
    key="proof-test-selected", attempt=1, start="", temperatures={"mood": 1.0}, deadline_s=60
)


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    folder = tmp_path_factory.mktemp("campaign")
    campaign, _ = read_campaign(write_small_campaign(folder))
    (folder / "run" / "checkpoints").mkdir(parents=True)
    return Setting(campaign=campaign, folder=folder / "run")


@pytest.fixture(scope="module")
def bench(setting: Setting) -> Iterator[Workbench]:
    threads = torch.get_num_threads()
    yield Workbench(setting)
    torch.set_num_threads(threads)


def assert_same(left: Any, right: Any) -> None:
    """Bitwise equality of results, seconds aside."""
    if is_dataclass(left):
        for field in fields(left):
            if field.name != "seconds":
                assert_same(getattr(left, field.name), getattr(right, field.name))
    elif isinstance(left, dict):
        assert list(left) == list(right)
        for key in left:
            assert_same(left[key], right[key])
    elif isinstance(left, np.ndarray):
        np.testing.assert_array_equal(left, right)
    else:
        assert left == right


def test_every_kind_of_job_is_done(bench: Workbench, setting: Setting) -> None:
    warm = bench.perform(WARM_UP)
    assert isinstance(warm, WarmUpResult)
    assert warm.prefixes.shape == (4, 4, 32)
    assert warm.tokens_per_example.shape == (4,)
    assert warm.data_maps == {}
    assert np.linalg.norm(warm.prefixes, axis=2).min() > 0
    assert (np.diff(warm.prefixes, axis=0) != 0).any(axis=(1, 2)).all()
    start = warm.checkpoint.sha256
    branch = bench.perform(replace(BRANCH, start=start))
    assert isinstance(branch, BranchResult)
    assert branch.cost.examples == 5 * (6 + 4)
    assert branch.evaluations["mood"].gate.losses.shape == (24,)
    measured = bench.perform(replace(MEASURE, start=start))
    assert isinstance(measured, MeasureResult)
    assert measured.scores["alignment"]["mood"].shape == (2,)
    tested = bench.perform(replace(TEST, start=branch.checkpoint.sha256))
    assert isinstance(tested, EvaluateResult)
    assert tested.test["mood"].losses.shape == (48,)
    assert tested.cost.tokens == 0


@pytest.mark.parametrize("job", [WARM_UP, BRANCH, MEASURE, TEST], ids=lambda job: job.key)
def test_a_job_gives_the_same_result_after_any_other(
    bench: Workbench, setting: Setting, job: Job
) -> None:
    fresh = Workbench(setting).perform(job)
    bench.perform(replace(BRANCH, mixture={"tally": 1.0}, seed=(7, 4, 1)))
    torch.manual_seed(123)
    assert_same(bench.perform(job), fresh)


def test_the_directions_of_a_round_are_made_once_and_serve_no_other(
    bench: Workbench, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Seed] = []

    def counted(*given: Any, seed: Seed, **more: Any) -> dict[str, Direction]:
        made.append(seed)
        return directions_of(*given, seed=seed, **more)

    monkeypatch.setattr(workbench, "directions_of", counted)
    warm = bench.perform(replace(WARM_UP, moments=True))
    assert isinstance(warm, WarmUpResult) and warm.moments
    others = [
        replace(MEASURE, seed=(0, 5, 1)),
        replace(MEASURE, probe=5),
        replace(MEASURE, start=warm.checkpoint.sha256),
        replace(MEASURE, moments=warm.moments.sha256),
    ]
    for job in others:
        bench.perform(MEASURE)
        made.clear()
        found = bench.perform(job)
        bench.perform(replace(job, tasks=("kin",)))
        assert len(made) == 1
        assert_same(Workbench(setting).perform(job), found)


def test_a_job_gives_the_same_result_after_one_that_broke_off(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bench.perform(CONTROL)
    model = bench._model
    whole, calls = model.losses, iter(range(100))

    def short_of_memory(batch: Batch) -> torch.Tensor:
        if next(calls) == 3:  # between the target's part of a step and the candidates'
            raise MemoryError
        return whole(batch)

    with monkeypatch.context() as patch:
        patch.setattr(model, "losses", short_of_memory)
        with pytest.raises(MemoryError):
            bench.perform(BRANCH)
    assert_same(bench.perform(CONTROL), before)
    with pytest.raises(DivergedError):
        bench.perform(replace(BRANCH, schedule=replace(SCHEDULE, learning_rate=float("inf"))))
    assert_same(bench.perform(CONTROL), before)


def test_the_attempt_has_no_part_in_the_result(bench: Workbench) -> None:
    first, second = bench.perform(BRANCH), bench.perform(replace(BRANCH, attempt=2))
    assert_same(replace(second, attempt=1), first)


def test_a_branch_differs_from_its_control_and_from_its_placebo(bench: Workbench) -> None:
    results = [
        bench.perform(job)
        for job in (CONTROL, BRANCH, replace(BRANCH, shuffled=frozenset({"kin"})))
    ]
    checkpoints = {result.checkpoint.sha256 for result in results if hasattr(result, "checkpoint")}
    assert len(checkpoints) == 3


def test_a_branch_goes_on_from_the_checkpoint_it_names(bench: Workbench, setting: Setting) -> None:
    first = bench.perform(CONTROL)
    assert isinstance(first, BranchResult)
    tiny = replace(SCHEDULE, steps=1, learning_rate=1e-9, weight_decay=0.0)
    second = bench.perform(replace(CONTROL, start=first.checkpoint.sha256, schedule=tiny))
    assert isinstance(second, BranchResult)
    folder = setting.folder / "checkpoints"
    one, two = (load_checkpoint(folder, each.checkpoint.sha256) for each in (first, second))
    for name in one:
        torch.testing.assert_close(one[name], two[name], atol=1e-6, rtol=0)


def test_a_missing_checkpoint_is_a_failure_of_its_kind(setting: Setting) -> None:
    (answer,) = LocalExecutor(setting).run([replace(CONTROL, start="0" * 64)])
    assert isinstance(answer, Failure)
    assert answer.kind == "damaged-checkpoint"
    assert (answer.key, answer.attempt) == (CONTROL.key, CONTROL.attempt)


def test_the_local_executor_answers_each_job_once_and_goes_on_after_a_failure(
    setting: Setting,
) -> None:
    executor = LocalExecutor(setting)
    jobs = [replace(CONTROL, start="0" * 64), CONTROL, replace(BRANCH, mixture={"nobody": 1.0})]
    answers = list(executor.run(jobs))
    executor.close()
    executor.close()
    assert [type(answer) for answer in answers] == [Failure, BranchResult, Failure]
    assert "nobody" in answers[2].message  # type: ignore[union-attr]


def test_bfloat16_branches_train(tmp_path: Path) -> None:
    campaign, _ = read_campaign(write_small_campaign(tmp_path, precision="bfloat16"))
    (tmp_path / "checkpoints").mkdir()
    bench = Workbench(Setting(campaign=campaign, folder=tmp_path))
    rough = bench.perform(BRANCH)
    assert isinstance(rough, BranchResult)
    assert np.isfinite(rough.evaluations["mood"].selection.losses).all()
    assert isinstance(bench.perform(WARM_UP), WarmUpResult)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DivergedError("step 3"), "diverged"),
        (MemoryError(), "out-of-memory"),
        (torch.OutOfMemoryError("CUDA"), "out-of-memory"),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried"), "out-of-memory"),
        (RuntimeError("something else"), "error"),
        (ValueError("x" * 5000), "error"),
    ],
)
def test_errors_become_failures(error: Exception, kind: str) -> None:
    failure = failure_of(CONTROL, error)
    assert failure.kind == kind
    assert len(failure.message) <= 2000
    assert type(error).__name__ in failure.message


def test_a_task_that_cannot_be_read_is_named() -> None:
    failure = failure_of(CONTROL, BadTaskError("example 3: its answer is 9", "kin"))
    assert (failure.kind, failure.task) == ("bad-task", "kin")
