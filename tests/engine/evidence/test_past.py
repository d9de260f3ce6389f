"""What a policy is told of earlier campaigns, checked by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_evidence import (
    stored_branch,
    stored_campaign,
    topic_pool,
    topic_task,
    write_store,
)

from engine.evidence.frozen import as_arrays, from_arrays
from engine.evidence.identity import identity_of
from engine.evidence.past import OTHER_MODEL, past_branches, past_line
from engine.evidence.records import StoredBranch
from engine.evidence.store import read_evidence
from engine.storage.arrays import load_arrays, save_arrays
from policies import PastBranch
from tasks import Task

BIRDS, COURTS, KITCHEN, STARS, ENGINES = topic_pool().values()
PRESENT = topic_pool("birds", "courts", "kitchen")
"""Birds is the target; stars and engines are elsewhere."""


def _past(folder: Path, **changes: Any) -> tuple[PastBranch, ...]:
    asked: dict[str, Any] = {"targets": ("birds",), "model": "minilm", "same_target": True}
    return past_branches(read_evidence(folder), PRESENT, **(asked | changes))


def _one_branch(folder: Path, branch: StoredBranch, *tasks: Task) -> tuple[PastBranch, ...]:
    write_store(folder, tasks or (BIRDS, COURTS, KITCHEN, STARS, ENGINES), [branch])
    return _past(folder)


def test_a_branch_is_told_in_terms_of_the_present_candidates(tmp_path: Path) -> None:
    mixture = [(COURTS, 0.25), (KITCHEN, 0.5), (ENGINES, 0.25)]
    branch = stored_branch("r00-p1", mixture, [(STARS, 0.125)])
    (told,) = _one_branch(tmp_path, branch)
    assert told.mixture == {"courts": 0.25, "kitchen": 0.5}
    assert (told.gain, told.se, told.likeness) == (0.125, 0.01, 1.0)
    assert told.target.startswith(identity_of(STARS))


def test_a_task_that_is_now_the_target_is_left_out_of_mixtures(tmp_path: Path) -> None:
    branch = stored_branch("r00-p1", [(BIRDS, 0.5), (COURTS, 0.5)], [(STARS, 0.1)])
    (told,) = _one_branch(tmp_path, branch)
    assert told.mixture == {"courts": 0.5}


def test_a_branch_of_which_nothing_matches_is_not_told(tmp_path: Path) -> None:
    assert _one_branch(tmp_path, stored_branch("r00-p1", [(ENGINES, 1.0)], [(STARS, 0.1)])) == ()


def test_likeness_is_that_of_its_tasks_by_share(tmp_path: Path) -> None:
    alike = topic_task("courts", draw=1)
    branch = stored_branch("r00-p1", [(alike, 0.75), (KITCHEN, 0.25)], [(STARS, 0.1)])
    alone = stored_branch("r00-p2", [(alike, 0.75), (ENGINES, 0.25)], [(STARS, 0.1)])
    write_store(tmp_path, [alike, KITCHEN, STARS, ENGINES], [branch, alone])
    both, one = _past(tmp_path)
    assert 0.8 < one.likeness < 1
    assert both.likeness == pytest.approx(0.75 * one.likeness + 0.25)


def test_two_tasks_with_one_counterpart_add_their_shares(tmp_path: Path) -> None:
    alike = topic_task("courts", draw=1)
    branch = stored_branch("r00-p1", [(alike, 0.75), (COURTS, 0.25)], [(STARS, 0.1)])
    (told,) = _one_branch(tmp_path, branch, alike, COURTS, STARS)
    assert told.mixture == {"courts": 1.0}


def test_of_another_model_a_branch_counts_less_and_apart(tmp_path: Path) -> None:
    branch = stored_branch("r00-p1", [(COURTS, 1.0)], [(STARS, 0.1)])
    (same,) = _one_branch(tmp_path / "a", branch)
    write_store(tmp_path / "b", [COURTS, STARS], [branch], opened=stored_campaign(model="other"))
    (other,) = _past(tmp_path / "b")
    assert other.likeness == OTHER_MODEL
    assert other.target != same.target


@pytest.mark.parametrize(
    ("changes", "comparable"),
    [
        ({"campaign": "other", "seed": 9, "time_utc": "2040", "sextant": "9"}, True),
        ({"steps": 41}, False),
        ({"target_batch": 4}, False),
        ({"candidate_batch": 4}, False),
        ({"learning_rate": 1e-4}, False),
        ({"max_length": 128}, False),
    ],
)
def test_gains_are_comparable_where_branches_train_alike(
    tmp_path: Path, changes: dict[str, Any], comparable: bool
) -> None:
    branch = stored_branch("r00-p1", [(COURTS, 1.0)], [(STARS, 0.1)])
    write_store(tmp_path / "a", [COURTS, STARS], [branch])
    write_store(tmp_path / "b", [COURTS, STARS], [branch], opened=stored_campaign(**changes))
    (one,), (other,) = _past(tmp_path / "a"), _past(tmp_path / "b")
    assert (one.target == other.target) is comparable


def test_earlier_branches_for_the_same_target_can_be_left_out(tmp_path: Path) -> None:
    alike = topic_task("birds", draw=1)
    gains = [(BIRDS, 0.1), (alike, 0.2), (STARS, 0.3)]
    _one_branch(
        tmp_path, stored_branch("r00-p1", [(COURTS, 1.0)], gains), COURTS, alike, STARS, BIRDS
    )
    assert [told.gain for told in _past(tmp_path)] == [0.1, 0.2, 0.3]
    assert [told.gain for told in _past(tmp_path, same_target=False)] == [0.3]


def test_a_branch_for_several_targets_is_told_once_for_each(tmp_path: Path) -> None:
    branch = stored_branch("r00-p1", [(COURTS, 1.0)], [(STARS, 0.1), (ENGINES, -0.2)])
    told = _one_branch(tmp_path, branch)
    assert [one.gain for one in told] == [0.1, -0.2]
    assert len({one.target for one in told}) == 2


def test_scores_are_means_by_share_over_the_tasks_that_have_one(tmp_path: Path) -> None:
    stars, courts, engines = map(identity_of, (STARS, COURTS, ENGINES))
    scores = {
        "alignment": {stars: {courts: 0.5, engines: 0.1}},
        "affinity": {stars: {engines: -0.4}},
        "text": {stars: {}},
        "loss": {identity_of(BIRDS): {courts: 9.0}},
    }
    mixture = [(COURTS, 0.75), (ENGINES, 0.125), (KITCHEN, 0.125)]
    branch = stored_branch("r00-p1", mixture, [(STARS, 0.1)], scores=scores)
    (told,) = _one_branch(tmp_path, branch)
    expected = {"alignment": (0.75 * 0.5 + 0.125 * 0.1) / 0.875, "affinity": -0.4}
    assert dict(told.scores) == pytest.approx(expected)


def test_no_name_and_no_time_decides_anything(tmp_path: Path) -> None:
    branches = [
        stored_branch("r00-p1", [(COURTS, 0.5), (KITCHEN, 0.5)], [(STARS, 0.1)]),
        stored_branch("r00-p2", [(topic_task("kitchen", draw=1), 1.0)], [(ENGINES, 0.2)]),
    ]
    tasks = [COURTS, KITCHEN, topic_task("kitchen", draw=1), STARS, ENGINES]
    write_store(tmp_path / "a", tasks, branches)
    renamed = [replace(task, name=f"task-{n}") for n, task in enumerate(tasks)]
    later = [replace(one, time_utc="2040") for one in branches]
    write_store(tmp_path / "b", renamed, later, opened=stored_campaign("x", time_utc="2040"))
    assert _past(tmp_path / "a") == _past(tmp_path / "b")


def test_evidence_whose_tasks_were_exchanged_for_others_tells_nothing(tmp_path: Path) -> None:
    named = [replace(task, name=name) for task, name in ((STARS, "courts"), (ENGINES, "kitchen"))]
    branch = stored_branch("r00-p1", [(named[0], 0.5), (named[1], 0.5)], [(BIRDS, 0.1)])
    assert _one_branch(tmp_path, branch, *named, BIRDS) == ()


def test_it_is_summed_up_in_a_line(tmp_path: Path) -> None:
    branches = [
        stored_branch("r00-p1", [(COURTS, 1.0)], [(STARS, 0.1)]),
        stored_branch("r00-p2", [(COURTS, 0.5), (KITCHEN, 0.5)], [(STARS, 0.1), (ENGINES, 0.1)]),
    ]
    write_store(tmp_path, [COURTS, KITCHEN, STARS, ENGINES], branches)
    other = stored_campaign("x", model="other")
    write_store(tmp_path, [COURTS, STARS], branches[:1], opened=other)
    said = past_line(_past(tmp_path), 7)
    assert said == "evidence: 4 branches of 2 earlier targets match 2 of 7 candidates"
    one = _past(tmp_path)[:1]
    said = past_line(one, 1)
    assert said == "evidence: 1 branch of 1 earlier target match 1 of 1 candidate"


def test_frozen_it_comes_back_bit_by_bit(tmp_path: Path) -> None:
    names = ["birds", "courts", "kitchen"]
    past = (
        PastBranch(target="b on é", mixture={"courts": 1 / 3, "kitchen": 0.1}, gain=0.1, se=0.0),
        PastBranch(
            target="a",
            mixture={"kitchen": 1.0},
            gain=-1e-17,
            se=0.3,
            scores={"text": 2 / 3},
            likeness=0.7,
        ),
        PastBranch(
            target="b on é",
            mixture={"courts": 1.0},
            gain=2.0,
            se=0.1,
            scores={"text": 0.0, "alignment": -0.5},
        ),
    )
    sha256 = save_arrays(as_arrays(past, names), tmp_path, tag="t")
    assert from_arrays(load_arrays(tmp_path, sha256), names) == past


def test_frozen_an_empty_past_comes_back_empty(tmp_path: Path) -> None:
    sha256 = save_arrays(as_arrays((), ["a"]), tmp_path, tag="t")
    arrays = load_arrays(tmp_path, sha256)
    assert from_arrays(arrays, ["a"]) == ()
    assert all(np.size(array) == 0 for array in arrays.values())
