"""On real tasks: half of a task's examples find the other half, and hardly ever another task."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.evidence.counterparts import counterparts
from engine.evidence.records import stored_task
from tasks import load_pool

REPOSITORY = Path(__file__).parents[3]
SUITE = REPOSITORY.parent / "shared" / "data" / "suite"


@pytest.mark.slow
@pytest.mark.skipif(not SUITE.is_dir(), reason=f"the suite's data is not there: {SUITE}")
def test_of_two_halves_of_each_task_nearly_all_find_each_other() -> None:
    pool = load_pool(["examples/suite/cards"], base=REPOSITORY, data=SUITE)
    first = {name: replace(task, train=task.train[0::2]) for name, task in pool.items()}
    second = {name: replace(task, train=task.train[1::2]) for name, task in pool.items()}
    lines = [stored_task(task, tokens_per_example=1.0) for task in first.values()]
    stored = {line.task: line for line in lines}
    found = {stored[one].name: it.name for one, it in counterparts(stored, second).items()}
    assert len(found) > 0.9 * len(pool)
    # A decoy has the texts of another task, whose labels its own are a shuffled copy of.
    wrong = {name: it for name, it in found.items() if name != it}
    assert all("decoy" in name + it for name, it in wrong.items())
