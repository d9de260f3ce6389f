"""What is left out of a campaign is counted and said."""

from __future__ import annotations

from dataclasses import replace

from made_tasks import made_task

from engine.campaign.left_out import left_out_lines
from tasks import Pool, Screened


def test_nothing_is_said_where_nothing_was_left_out() -> None:
    assert list(left_out_lines(Screened(pool=Pool([made_task("a")]), removed={}))) == []


def test_examples_are_counted_by_reason_and_by_task_the_most_first() -> None:
    tasks = [made_task(name) for name in "abcdefg"]
    screened = Screened(
        pool=Pool(tasks),
        removed={name: number + 1 for number, name in enumerate("abcdefg")},
        reasons={"a": {"exact": 1}, "g": {"exact": 1_000, "near": 6}},
    )
    (line,) = left_out_lines(screened)
    assert "28 training examples" in line
    assert "the same: 1,001" in line
    assert "nearly the same: 6" in line
    assert "g (7), f (6), e (5), d (4), c (3) and 2 more tasks" in line


def test_rows_without_text_or_answer_are_counted_over_all_splits() -> None:
    bad = replace(made_task("bad"), left_out={"train": 2, "test": 3})
    (line,) = left_out_lines(Screened(pool=Pool([bad, made_task("good")]), removed={}))
    assert "5 rows" in line
    assert "bad (5)" in line
    assert "good" not in line
