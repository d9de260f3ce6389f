"""What is trained on at which step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from engine.model.batch import Encoded, Row
from engine.training.data_stream import branch_steps, draw, draw_tasks, warm_up_batches
from engine.training.jobs import BranchJob, Schedule, WarmUpJob

SCHEDULE = Schedule(steps=20, target_batch=8, candidate_batch=8, learning_rate=1e-3)
CONTROL = BranchJob(
    key="r00-control",
    attempt=1,
    start="",
    mixture={},
    schedule=SCHEDULE,
    seed=(0, 4, 0),
    deadline_s=60,
)


def examples(task: int, count: int, *, length: int = 6) -> list[Encoded]:
    """`count` distinct examples of one task, of `length` to twice as many tokens."""
    rng = np.random.default_rng(task)
    sizes = rng.integers(length, 2 * length, size=count)
    rows = [
        Row(np.full(size, number), num_first=size, answer_start=size)
        for number, size in enumerate(sizes.tolist())
    ]
    return [Encoded(task=task, rows=(row,), gold=0.0) for row in rows]


TARGETS = {"target": examples(0, 50)}
CANDIDATES = {"short": examples(1, 30), "long": examples(2, 300, length=40), "rare": examples(3, 9)}
MIXTURE = {"short": 0.5, "long": 0.3, "rare": 0.2}


def of_target(job: BranchJob) -> list[Sequence[Encoded]]:
    return [step.target for step in branch_steps(TARGETS, CANDIDATES, job)]


@pytest.mark.parametrize(
    "change",
    [
        {"mixture": {"long": 1.0}},
        {"mixture": MIXTURE, "key": "r00-p1", "attempt": 3},
        {"mixture": MIXTURE, "shuffled": frozenset({"long"}), "start": "a" * 64},
    ],
)
def test_control_and_branch_see_the_same_target_examples_at_the_same_steps(change: dict) -> None:  # type: ignore[type-arg]
    assert of_target(CONTROL) == of_target(replace(CONTROL, **change))


def test_another_round_sees_the_target_in_another_order() -> None:
    assert of_target(CONTROL) != of_target(replace(CONTROL, seed=(0, 4, 1)))


def test_batches_are_full_and_the_control_gets_no_candidates() -> None:
    assert all(
        len(step.target) == 8 and not step.candidates
        for step in branch_steps(TARGETS, CANDIDATES, CONTROL)
    )
    steps = list(branch_steps(TARGETS, CANDIDATES, replace(CONTROL, mixture=MIXTURE)))
    assert len(steps) == 20
    assert all(len(step.target) == len(step.candidates) == 8 for step in steps)


def test_shares_are_kept_whatever_the_lengths() -> None:
    job = replace(CONTROL, mixture=MIXTURE, schedule=replace(SCHEDULE, steps=100))
    drawn = Counter(
        one.task for step in branch_steps(TARGETS, CANDIDATES, job) for one in step.candidates
    )
    for task, share in enumerate(MIXTURE.values(), start=1):
        assert abs(drawn[task] - 800 * share) <= 2


def test_shares_are_kept_at_every_moment() -> None:
    shares = np.array([0.6, 0.25, 0.1, 0.05])
    drawn = np.array(list(islice(draw_tasks(shares, np.random.default_rng(0)), 400)))
    counts = np.stack([np.cumsum(drawn == task) for task in range(4)], axis=1)
    expected = np.arange(1, 401)[:, None] * shares
    assert np.abs(counts - expected).max() <= 3


def test_among_many_tiny_shares_all_tasks_are_served_equally_likely() -> None:
    # 1,000 tasks, 100 draws, 30 seeds: each third of the tasks gets 1,000 of 3,000, sd about 26.
    first_third = 0
    for seed in range(30):
        drawn = islice(draw_tasks(np.full(1000, 1e-3), np.random.default_rng(seed)), 100)
        first_third += sum(task < 333 for task in drawn)
    assert abs(first_third - 999) < 130


def test_each_example_comes_once_before_any_comes_again() -> None:
    drawn = list(islice(draw(TARGETS, {"target": 1.0}, (0,)), 100))
    texts = [
        sorted(one.rows[0].ids.tolist() for one in ones) for ones in (drawn[:50], TARGETS["target"])
    ]
    assert texts[0] == texts[1]
    assert set(map(id, drawn[50:])) == set(map(id, drawn[:50]))
    assert drawn[:50] != drawn[50:]


def test_a_task_gives_the_same_examples_in_any_mixture() -> None:
    alone = list(islice(draw(CANDIDATES, {"long": 1.0}, (0,)), 30))
    mixed = [one for one in islice(draw(CANDIDATES, MIXTURE, (0,)), 200) if one.task == 2]
    assert mixed[:30] == alone


def test_length_grouping_saves_most_of_the_padding() -> None:
    job = replace(CONTROL, mixture=MIXTURE, schedule=replace(SCHEDULE, steps=80))
    lengths = [
        [len(one.rows[0].ids) for one in step.candidates]
        for step in branch_steps(TARGETS, CANDIDATES, job)
    ]
    padded = sum(max(batch) * len(batch) for batch in lengths)
    assert sum(map(sum, lengths)) > 0.8 * padded


def test_several_targets_are_drawn_equally_often() -> None:
    targets = {"one": examples(0, 50), "two": examples(5, 500)}
    drawn = Counter(one.task for step in branch_steps(targets, {}, CONTROL) for one in step.target)
    assert abs(drawn[0] - drawn[5]) <= 2


def test_a_task_without_examples_is_named() -> None:
    with pytest.raises(ValueError, match="'rare'"):
        list(branch_steps(TARGETS, {**CANDIDATES, "rare": []}, replace(CONTROL, mixture=MIXTURE)))


def test_a_warm_up_has_all_its_batches() -> None:
    job = WarmUpJob(
        key="warm-up",
        attempt=1,
        mixture=MIXTURE,
        steps=13,
        batch=5,
        learning_rate=1e-3,
        prefix_learning_rate=1e-2,
        masking=0.25,
        masked_weight=0.1,
        seed=(0, 2, 0),
        deadline_s=60,
    )
    batches = list(warm_up_batches(CANDIDATES, job))
    assert [len(batch) for batch in batches] == [5] * 13
    assert batches == list(warm_up_batches(CANDIDATES, replace(job, attempt=2)))
