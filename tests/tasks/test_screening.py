"""Nothing that a target is judged on is trained on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tasks.example import Example
from tasks.pool import Pool, UnknownTaskError
from tasks.screening import screen
from tasks.task import Task

JUDGED = Example(text="The cat\u00a0sat, on 2 mats!", label=0)
FILLER = [Example(text=f"filler {i}", label=0) for i in range(3)]


def task(
    name: str,
    train: Sequence[Example] = (),
    validation: Sequence[Example] = (),
    test: Sequence[Example] = (),
) -> Task:
    return Task(
        name=name,
        family="f",
        kind="labels",
        metric="accuracy",
        labels=("a", "b"),
        train=[*FILLER, *train],
        validation=validation,
        test=test,
    )


@pytest.mark.parametrize(
    ("example", "is_removed"),
    [
        (Example(text="the CAT sat on 2 mats", label=1), True),
        (Example(text="the cat   sat --- on \u00b2 mats", label=1), True),  # NFKC: superscript two
        (Example(text="the cat sat on 3 mats", label=1), False),
        (Example(text="thecat sat on 2 mats", label=1), False),
        (Example(text="the cat sat on 2 mats", pair="really", label=1), False),
    ],
)
@pytest.mark.parametrize("split", ["validation", "test"])
def test_an_example_that_a_target_is_judged_on_is_removed_however_written(
    example: Example, is_removed: bool, split: str
) -> None:
    pool = Pool([task("target", **{split: [JUDGED]}), task("other", train=[example])])
    screened = screen(pool, ["target"])
    assert screened.removed == ({"other": 1} if is_removed else {})
    assert (example in screened.pool["other"].train) is not is_removed


def test_the_targets_own_train_split_is_screened_too() -> None:
    pool = Pool([task("target", train=[JUDGED, JUDGED], test=[JUDGED])])
    screened = screen(pool, ["target"])
    assert screened.removed == {"target": 2}
    assert screened.pool["target"].test == [JUDGED]


def test_what_only_a_candidate_is_judged_on_stays() -> None:
    pool = Pool([task("target", train=[JUDGED]), task("other", test=[JUDGED])])
    screened = screen(pool, ["target"])
    assert screened.removed == {}
    assert screened.pool["target"] is pool["target"]


def test_one_question_asked_of_every_row_is_told_apart_by_its_options() -> None:
    def row(*options: str) -> Example:
        return Example(text="Which is right?", label=0, options=options)

    pool = Pool(
        [
            task("target", test=[row("A.", "B.")]),
            task("other", train=[row("C", "D"), row("b", "a")]),
        ]
    )
    screened = screen(pool, ["target"])
    assert screened.removed == {"other": 1}
    assert row("C", "D") in screened.pool["other"].train


def test_texts_without_letters_or_digits_are_compared_as_they_stand() -> None:
    pool = Pool(
        [
            task("target", test=[Example(text=":-)", label=0)]),
            task("other", train=[Example(text=":-(", label=0), Example(text=" :-)", label=0)]),
        ]
    )
    assert screen(pool, ["target"]).removed == {"other": 1}


def test_a_task_left_with_nothing_to_train_on_is_refused_by_name() -> None:
    pool = Pool([task("target", test=FILLER[:2]), task("other")])
    with pytest.raises(ValueError, match="Task 'other' has 1 of 3 training examples left"):
        screen(pool, ["target"])


def test_an_unknown_target_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        UnknownTaskError, match=r"No task 'targt' in the pool. Did you mean 'target'"
    ):
        screen(Pool([task("target")]), ["targt"])
