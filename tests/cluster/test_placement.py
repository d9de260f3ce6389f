"""Which job goes first, and which wishes no cluster can fulfil."""

from __future__ import annotations

import pytest

from cluster.placement import check_room, check_shape, examples_of, longest_first, no_room
from engine.campaign.spec import ExecutorChoice
from engine.training.jobs import BranchJob, EvaluateJob, Job, MeasureJob, Schedule, WarmUpJob


def branch(key: str, *, steps: int, mixture: dict[str, float] | None = None) -> BranchJob:
    schedule = Schedule(steps=steps, target_batch=4, candidate_batch=12, learning_rate=1e-3)
    return BranchJob(
        key=key,
        attempt=1,
        start="",
        mixture={"a": 1.0} if mixture is None else mixture,
        schedule=schedule,
        seed=(0,),
        deadline_s=1.0,
    )


def jobs() -> list[Job]:
    return [
        EvaluateJob(key="test", attempt=1, start="", temperatures={}, deadline_s=1.0),
        branch("control", steps=10, mixture={}),
        branch("p1", steps=10),
        branch("p2", steps=10),
        branch("finish", steps=100),
        MeasureJob(
            key="measure",
            attempt=1,
            start="",
            tasks=("a", "b"),
            signals=frozenset(),
            probe=64,
            seed=(0,),
            deadline_s=1.0,
        ),
        WarmUpJob(
            key="warm-up",
            attempt=1,
            mixture={"a": 1.0},
            steps=20,
            batch=10,
            learning_rate=1e-3,
            prefix_learning_rate=1e-2,
            masking=0.25,
            masked_weight=0.1,
            seed=(0,),
            deadline_s=1.0,
        ),
    ]


def test_the_longest_job_goes_first_and_equal_ones_keep_their_order() -> None:
    order = [job.key for job in longest_first(jobs())]
    assert order == ["finish", "warm-up", "p1", "p2", "measure", "control", "test"]


def test_a_branch_without_candidates_counts_its_target_examples_only() -> None:
    assert examples_of(branch("control", steps=10, mixture={})) == 40
    assert examples_of(branch("p1", steps=10)) == 160


@pytest.mark.parametrize("gpus", [0.0, 0.25, 1.0, 3.0])
def test_fractions_and_whole_gpus_are_accepted(gpus: float) -> None:
    check_shape(ExecutorChoice(gpus=gpus))


def test_one_and_a_half_gpus_are_refused() -> None:
    with pytest.raises(ValueError, match=r"executor\.gpus: 1\.5 GPUs .* \(1 or 2\)"):
        check_shape(ExecutorChoice(gpus=1.5))


@pytest.mark.parametrize(
    ("gpus", "num_gpus", "room"),
    [(1.0, 2, 2), (0.5, 2, 4), (0.3, 1, 3), (0.6, 2, 2), (2.0, 5, 2), (0.1, 1, 10)],
)
def test_as_many_workers_fit_as_whole_devices_hold(gpus: float, num_gpus: int, room: int) -> None:
    check_room(ExecutorChoice(workers=room, gpus=gpus), {"GPU": float(num_gpus)})
    with pytest.raises(ValueError, match=rf"{room + 1} workers .* holds {room};"):
        check_room(ExecutorChoice(workers=room + 1, gpus=gpus), {"GPU": float(num_gpus)})


def test_workers_on_the_cpu_always_fit() -> None:
    check_room(ExecutorChoice(workers=50), {"CPU": 1.0})


def test_what_is_missing_is_named() -> None:
    message = no_room(ExecutorChoice(threads=4, gpus=1.0), {"CPU": 2.0}, 300.0)
    assert "a worker of 4 CPU and 1 GPU in 300 s: the cluster has 2 CPU, 0 GPU" in message
