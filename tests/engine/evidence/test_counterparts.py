"""Which present task stands for a stored one: the same data, else such texts, never a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from made_evidence import TOPICS, topic_pool, topic_task

from engine.evidence.counterparts import NEAR, OTHER_FAMILY, Counterpart, counterparts
from engine.evidence.records import StoredTask, stored_task
from engine.evidence.text_embedding import text_embedding
from tasks import Example, Task

PRESENT = topic_pool()


def _stored(*tasks: Task) -> dict[str, StoredTask]:
    lines = [stored_task(task, tokens_per_example=1.0) for task in tasks]
    return {line.task: line for line in lines}


def _found(task: Task, present: Mapping[str, Task] = PRESENT) -> Counterpart | None:
    found = counterparts(_stored(task), present)
    return next(iter(found.values()), None)


@pytest.mark.parametrize("name", TOPICS)
def test_the_same_data_under_another_name_is_the_same_task(name: str) -> None:
    renamed = replace(PRESENT[name], name="other", family="other")
    assert _found(renamed) == Counterpart(name, 1.0)


@pytest.mark.parametrize("name", TOPICS)
def test_other_data_of_the_same_kind_is_nearly_the_same_task(name: str) -> None:
    found = _found(topic_task(name, draw=1, name="other"))
    assert found and found.name == name
    assert 0.9 < found.likeness < 1


def test_a_task_whose_texts_nobody_has_here_has_no_counterpart() -> None:
    without = {name: task for name, task in PRESENT.items() if name != "stars"}
    assert _found(topic_task("stars"), without) is None


def test_a_task_that_shares_half_its_texts_with_another_is_no_counterpart() -> None:
    birds, stars = topic_task("birds", draw=1), topic_task("stars", draw=1)
    mixed = replace(birds, train=[*birds.train[:60], *stars.train[:60]])
    without = {name: task for name, task in PRESENT.items() if name != "stars"}
    assert _found(mixed, without) is None


def test_what_all_tasks_have_in_common_makes_no_counterpart() -> None:
    def wordy(task: Task) -> Task:
        said = "as we have told you time and again in many other words, it so happens " * 2
        return replace(task, train=[replace(it, text=f"{said} {it.text}") for it in task.train])

    present = {name: wordy(task) for name, task in PRESENT.items() if name != "stars"}
    stars = wordy(PRESENT["stars"])
    raw = [text_embedding(stars.train) @ text_embedding(it.train) for it in present.values()]
    assert min(raw) > NEAR
    assert _found(stars, present) is None


def test_a_name_alone_makes_no_counterpart() -> None:
    assert _found(replace(topic_task("stars"), name="birds"), topic_pool("birds", "courts")) is None


def test_texts_of_shuffled_letters_are_no_counterpart() -> None:
    rng = np.random.default_rng(0)

    def shuffled(example: Example) -> Example:
        letters = np.array(list(example.text))
        return replace(example, text="".join(rng.permutation(letters).tolist()))

    birds = PRESENT["birds"]
    assert _found(replace(birds, train=[shuffled(one) for one in birds.train])) is None


@pytest.mark.parametrize(
    "task",
    [
        topic_task("birds", draw=1, labels=("a", "b", "c")),
        topic_task("birds", draw=1, kind="options", labels=()),
    ],
    ids=["labels", "kind"],
)
def test_a_task_posed_otherwise_is_no_counterpart(task: Task) -> None:
    assert _found(task) is None


def test_another_family_halves_likeness_and_gives_way_to_the_same() -> None:
    alike = topic_task("birds", draw=1)
    other = _found(replace(alike, family="prose"))
    same = _found(alike)
    assert other and same
    assert other.likeness == pytest.approx(OTHER_FAMILY * same.likeness)
    twin = topic_task("birds", draw=2, family="prose", name="twin")
    found = _found(replace(alike, family="prose"), {**PRESENT, "twin": twin})
    assert found and found.name == "twin"


def test_two_tasks_with_the_same_data_are_told_as_the_first() -> None:
    twins = {"one": PRESENT["birds"], "two": PRESENT["birds"]}
    assert _found(PRESENT["birds"], twins) == Counterpart("one", 1.0)


def test_two_tasks_alone_are_compared_as_well() -> None:
    near = _found(topic_task("birds", draw=1), topic_pool("birds"))
    assert near and near.likeness > 0.9
    assert _found(topic_task("courts"), topic_pool("birds")) is None


def test_tasks_without_any_text_are_like_nothing() -> None:
    blank = topic_task("birds", train=[Example(text="", label=n % 2) for n in range(9)])
    other = replace(blank, train=blank.train[1:])
    assert _found(blank, {"other": other, "courts": PRESENT["courts"]}) is None


def test_several_stored_tasks_may_have_one_counterpart() -> None:
    stored = _stored(PRESENT["birds"], topic_task("birds", draw=1))
    assert [one.name for one in counterparts(stored, PRESENT).values()] == ["birds", "birds"]


def test_nothing_stored_matches_nothing() -> None:
    assert counterparts({}, PRESENT) == {}
