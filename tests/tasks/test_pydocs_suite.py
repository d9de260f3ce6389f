"""The whole suite, as mined from the packages installed here."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tasks import METRICS, Task
from tasks.pydocs import load_suite
from tasks.pydocs.corpus import SPLITS, normalised

LOW_RESOURCE = "argument_type"


@pytest.fixture(scope="module")
def suite() -> dict[str, Task]:
    return {task.name: task for task in load_suite()}


def test_there_are_enough_tasks_families_and_decoys(suite: dict[str, Task]) -> None:
    real = [task for task in suite.values() if not task.decoy]
    decoys = [task for task in suite.values() if task.decoy]
    assert len(real) >= 16 and len(decoys) >= 2
    assert len({task.family for task in real}) >= 5
    assert {task.kind for task in real} == {"labels", "options", "score"}
    assert all(task.name.startswith("decoy_") for task in decoys)
    assert all(task.metric in METRICS for task in suite.values())


def test_the_target_is_small_and_its_splits_are_large_enough_to_measure(
    suite: dict[str, Task],
) -> None:
    target = suite[LOW_RESOURCE]
    others = [task for task in suite.values() if task is not target]
    assert len(target.train) == 300
    assert len(target.validation) >= 1000 and len(target.test) >= 1000
    assert all(1000 <= len(task.train) <= 2000 for task in others)
    assert all(200 <= len(task.test) <= 400 for task in others)


def test_labels_are_in_range_and_every_label_occurs(suite: dict[str, Task]) -> None:
    for task in suite.values():
        examples = [e for split in SPLITS for e in task.split(split)]
        if task.kind == "labels":
            assert {e.label for e in examples} == set(range(len(task.labels))), task.name
        elif task.kind == "options":
            assert all(0 <= e.label < len(e.options) for e in examples), task.name
        else:
            assert np.isfinite([e.label for e in examples]).all(), task.name


def test_no_example_is_in_two_splits_of_its_task(suite: dict[str, Task]) -> None:
    for task in suite.values():
        parts = [{(e.text, e.pair, e.options) for e in task.split(s)} for s in SPLITS]
        assert sum(map(len, parts)) == len(set().union(*parts)), task.name


def test_no_task_trains_on_a_summary_that_another_is_tested_on(suite: dict[str, Task]) -> None:
    posed = ("library_of_summary", "form", "return_kind", "summary_fits_name")
    held_out = {normalised(e.text) for n in posed for e in suite[n].test}
    for name in posed:
        assert not {normalised(e.text) for e in suite[name].train} & held_out


def test_what_the_target_is_tested_on_is_hardly_seen_in_training(suite: dict[str, Task]) -> None:
    target = suite[LOW_RESOURCE]
    held_out = {e.text for e in (*target.validation, *target.test)}
    for task in suite.values():
        # A text as plain as "axis: the axis" is written in many modules.
        assert len(held_out & {e.text for e in task.train}) < 0.02 * len(held_out), task.name


def test_texts_are_short(suite: dict[str, Task]) -> None:
    for task in suite.values():
        words = [len(f"{e.text} {e.pair}".split()) for e in task.train]
        assert np.mean(words) < 20, task.name


def test_decoys_labels_do_not_follow_from_the_text(suite: dict[str, Task]) -> None:
    for decoy in (task for task in suite.values() if task.decoy):
        true = {(e.text, e.pair): e.label for e in suite[decoy.name.removeprefix("decoy_")].train}
        shared = [(e.label, true[e.text, e.pair]) for e in decoy.train if (e.text, e.pair) in true]
        assert len(shared) > 30
        chance = 1 / len(decoy.labels)
        agreement = np.mean([a == b for a, b in shared])
        assert abs(agreement - chance) < 4 * np.sqrt(chance / len(shared)), decoy.name


def test_no_label_is_given_away_by_the_length_of_the_text(suite: dict[str, Task]) -> None:
    matching = [t for t in suite.values() if t.family == "matching" and t.kind == "labels"]
    assert Counter(e.label for t in matching for e in t.train).keys() == {0, 1}
    for task in matching:
        length = np.array([len(e.pair) for e in task.train], dtype=float)
        label = np.array([e.label for e in task.train], dtype=float)
        assert abs(np.corrcoef(length, label)[0, 1]) < 0.2, task.name
