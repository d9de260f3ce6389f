"""Every check finds what is planted, where it was planted, and nothing in clean tasks."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_tasks import Placed, clean_task, fillers, found, only, with_train

from tasks.example import Example
from tasks.placebo import shuffle_labels
from tasks.pool import Pool, UnknownTaskError
from tasks.screening import Finding, check_pool
from tasks.screening.checks.labels import imbalance
from tasks.screening.checks.same_texts import LARGELY
from tasks.screening.facts import inspect
from tasks.screening.finding import CHECKS, SEVERITIES
from tasks.task import Task

LONG = "A sentence of more than eight words that only one of the tasks should hold"


def test_nothing_is_found_in_clean_tasks() -> None:
    tasks = [clean_task(name) for name in ("one", "two", "three")]
    assert check_pool(Pool(tasks), ["two"]) == ()


def test_what_a_target_is_judged_on_is_found_with_both_places() -> None:
    judged = Placed("judged.csv", [*fillers(99, "held out"), Example(text=LONG, label=0)])
    train = [Example(text=LONG, pair="beside", label=1), Example(text=LONG.upper(), label=1)]
    finding = only(found(with_train(*train), clean_task("goal", test=judged), targets=["goal"]))
    assert finding == Finding(
        check="contamination",
        task="one",
        severity="removed",
        message="Training examples in the validation or test of target 'goal': 2 of 122 "
        "(1 exact, 1 shared text).",
        places=("t.csv: row 121 = judged.csv: row 100", "t.csv: row 122 = judged.csv: row 100"),
        count=2,
    )


def test_places_come_in_the_order_of_the_rows_and_name_the_first_judged_example() -> None:
    judged = [*fillers(98, "held out"), *[Example(text=LONG, label=0)] * 2]
    train = [Example(text=LONG, label=0), Example(text=f"{LONG} .", label=1)]
    findings = found(with_train(*train), clean_task("goal", validation=judged), targets=["goal"])
    assert findings[0].places == (
        "t.csv: row 121 = validation: example 99",
        "t.csv: row 122 = validation: example 99",
    )


def test_nearly_equal_examples_are_named_first_for_they_need_a_look() -> None:
    judged = [Example(text=LONG, label=0), *fillers(99, "held out")]
    train = [Example(text=text, label=0) for text in (LONG, f"{LONG}s", f"{LONG}es")]
    findings = found(with_train(*train), clean_task("goal", test=judged), targets=["goal"])
    assert findings[0].places == tuple(
        f"t.csv: row {row} = test: example 1" for row in (122, 123, 121)
    )


def test_the_targets_own_train_is_checked_against_what_it_is_judged_on() -> None:
    judged = [*fillers(99, "held out"), Example(text=LONG, label=0)]
    task = replace(with_train(Example(text=LONG, label=0)), validation=judged)
    as_target, as_candidate = found(task, targets=["one"]), found(task)
    assert only(as_target).severity == "removed"
    finding = only(as_candidate)
    assert (finding.check, finding.severity, finding.count) == ("split overlap", "warning", 1)
    assert finding.places == ("t.csv: row 121 = validation: example 100",)


def test_texts_in_validation_and_test_are_found() -> None:
    validation = fillers(100, "both")
    task = clean_task("one", validation=validation, test=[*fillers(98, "x"), *validation[3:5]])
    finding = only(found(task))
    assert (finding.check, finding.count) == ("split overlap", 2)
    assert finding.places == ("test: example 99", "test: example 100")


def test_a_copy_is_found_whatever_its_columns_and_labels_are_called() -> None:
    rows = [Example(text=f"question {n}", pair=f"its answer {n}", label=n % 2) for n in range(120)]
    turned = [Example(text=e.pair, pair=e.text, label=1 - e.label) for e in reversed(rows)]
    copy, original = (
        clean_task(name, train=train, validation=[], test=[])
        for name, train in (("a", turned), ("b", rows))
    )
    finding = only([one for one in found(copy, original) if one.check == "same texts"])
    assert finding.message.startswith("100% of its texts are texts of 'b', 100% the other way")
    assert finding.count == 120


@pytest.mark.parametrize(("shared", "is_found"), [(49, False), (50, True), (100, True)])
def test_tasks_that_share_half_the_texts_of_the_smaller_are_largely_the_same(
    shared: int, is_found: bool
) -> None:
    assert LARGELY == 0.5
    common = fillers(shared, "common")
    small = clean_task("small", train=[*common, *fillers(100 - shared, "small")])
    small = replace(small, validation=[], test=[])
    large = clean_task("large", train=[*common, *fillers(300, "large")])
    findings = [one for one in found(small, large) if one.check == "same texts"]
    assert bool(findings) is is_found
    if findings:
        other_way = shared / (shared + 500)
        assert (
            f"{shared}% of its texts are texts of 'large', {other_way:.0%}"
            in only(findings).message
        )


@pytest.mark.parametrize(("shared", "is_found"), [(9, False), (10, True)])
def test_a_handful_of_texts_makes_no_two_tasks_the_same(shared: int, is_found: bool) -> None:
    small, large = (
        clean_task(name, train=fillers(shared, "common"), validation=[], test=[])
        for name in ("small", "large")
    )
    large = replace(large, test=fillers(200, "large"))
    assert ("same texts" in {one.check for one in found(small, large)}) is is_found


@pytest.mark.parametrize("label", [2, -1, 0.5])
def test_labels_that_cannot_be_are_found(label: float) -> None:
    finding = only(found(with_train(Example(text="what", label=label))))
    assert (finding.check, finding.count) == ("impossible label", 1)
    assert finding.places == ("t.csv: row 121",)
    assert f"the first {label:g}" in finding.message


def test_an_option_that_an_example_does_not_have_is_found() -> None:
    rows = [Example(text=f"q {n}", options=("x", "y"), label=n % 2) for n in range(120)]
    task = replace(clean_task("one"), kind="options", labels=(), validation=[], test=[])
    sizes = {"small split"}
    fine = found(replace(task, train=rows))
    wrong = found(replace(task, train=[*rows, Example(text="q", options=("x", "y"), label=2)]))
    assert {one.check for one in fine} == sizes
    assert {one.check for one in wrong} == sizes | {"impossible label"}


def test_a_score_that_is_no_number_is_found() -> None:
    rows = [Example(text=f"q {n}", label=n / 10) for n in range(120)]
    task = replace(clean_task("one"), kind="score", labels=(), train=rows)
    assert found(task) == []
    assert only(found(replace(task, train=[*rows, Example(text="q", label=math.nan)]))).check == (
        "impossible label"
    )


def test_one_label_in_all_of_train_is_found_and_so_are_labels_that_never_occur() -> None:
    rows = [replace(example, label=1) for example in fillers(120, "one train")]
    findings = found(replace(clean_task("one", train=rows), labels=("a", "b", "c")))
    assert [one.check for one in findings] == ["constant label", "unused label"]
    assert findings[0].message == "All 120 training examples have the label 'b'."
    assert findings[1].message == "No training example has the label 'a', 'c'."


@pytest.mark.parametrize(("largest", "is_found"), [(900, False), (901, True)])
def test_a_class_of_more_than_nine_tenths_is_found(largest: int, is_found: bool) -> None:
    rows = [
        replace(example, label=int(row >= largest))
        for row, example in enumerate(fillers(1000, "one train"))
    ]
    subject = inspect(clean_task("one", train=rows))
    assert [one.check for one in imbalance(subject)] == (["imbalance"] if is_found else [])


@pytest.mark.parametrize(("count", "is_found"), [(4, True), (5, False)])
def test_a_class_of_fewer_than_five_is_found(count: int, is_found: bool) -> None:
    rare = [Example(text=f"rare {n}", label=2) for n in range(count)]
    findings = found(replace(with_train(*rare), labels=("a", "b", "c")))
    assert [one.message for one in findings] == (
        ["Fewer than 5 training examples have the label 'c'."] if is_found else []
    )


def test_conflicts_are_counted_by_example_and_by_text() -> None:
    same = [Example(text="Same text!", label=0), Example(text="same TEXT", label=1)]
    findings = found(with_train(*same, Example(text="same text", label=1)))
    assert [one.check for one in findings] == ["conflicts", "duplicates"]
    assert findings[0].count == 3
    assert "3 of 123 (2.4%), 1 different texts" in findings[0].message
    assert findings[0].places == ("t.csv: row 121", "t.csv: row 122", "t.csv: row 123")


def test_conflicts_stand_in_the_order_of_their_rows_whatever_texts_hash_to() -> None:
    rows = [Example(text=f"some text {n // 2}", label=n % 2) for n in range(80)]
    assert found(with_train(*rows))[0].places == tuple(f"t.csv: row {121 + n}" for n in range(5))


def test_the_same_options_in_another_order_are_no_conflict() -> None:
    first = Example(text="q", options=("yes", "no"), label=0)
    rows = [Example(text=f"q {n}", options=("x", "y"), label=n % 2) for n in range(120)]
    task = replace(clean_task("one", validation=rows, test=[]), kind="options", labels=())
    agreeing = Example(text="q", options=("no", "yes"), label=1)
    other = Example(text="q", options=("no", "yes"), label=0)
    for second, is_conflict in ((agreeing, False), (other, True)):
        findings = found(replace(task, train=[*rows, first, second]))
        assert "duplicates" in {one.check for one in findings}
        assert ("conflicts" in {one.check for one in findings}) is is_conflict


def test_texts_to_write_conflict_where_they_differ_in_more_than_writing() -> None:
    def rows(*answers: str) -> list[Example]:
        planted = [Example(text="q", label=1, answer=answer) for answer in answers]
        return [*(replace(e, label=1, answer=e.text) for e in fillers(120)), *planted]

    task = replace(clean_task("one"), kind="text", labels=())
    assert [one.check for one in found(replace(task, train=rows("yes", "Yes.")))] == ["duplicates"]
    assert found(replace(task, train=rows("yes", "no")))[0].check == "conflicts"


def test_the_same_text_with_another_pair_is_neither_duplicate_nor_conflict() -> None:
    rows = [Example(text="same", pair=f"pair {n}", label=n % 2) for n in range(3)]
    assert found(with_train(*rows)) == []


def test_rows_that_repeat_are_found_in_every_split() -> None:
    task = clean_task("one", test=Placed("t.csv", [*fillers(100, "held out")] * 2))
    finding = only(found(task))
    assert (finding.check, finding.count) == ("duplicates", 100)
    assert finding.places == tuple(f"t.csv: row {row}" for row in range(101, 106))


def test_rows_that_became_no_example_are_found() -> None:
    finding = only(found(replace(clean_task("one"), left_out={"train": 7})))
    assert finding.message == (
        "Rows of train left out: 7, beside 120 used. Which and why: 'bad_rows: stop' in the card."
    )
    assert finding.count == 7


@pytest.mark.parametrize(("size", "is_found"), [(99, True), (100, False)])
def test_splits_of_fewer_than_a_hundred_are_found(size: int, is_found: bool) -> None:
    findings = found(clean_task("one", test=fillers(size, "held out")))
    assert [one.message for one in findings] == (["Examples of test: only 99."] if is_found else [])


def test_tasks_without_a_validation_or_test_do_not_stop_the_checks() -> None:
    task = clean_task("one", validation=[], test=[])
    assert [one.check for one in found(task, targets=["one"])] == ["small split"] * 2


def test_shuffled_labels_are_not_found() -> None:
    task = clean_task("one")
    shuffled = shuffle_labels(task.train, np.random.default_rng(0))
    assert shuffled != task.train
    assert found(replace(task, train=shuffled)) == []


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(UnknownTaskError, match="No task 'goal'"):
        check_pool(Pool([clean_task("one")]), ["goal"])


def test_findings_stand_in_a_fixed_order_what_is_removed_first(tmp_path: Path) -> None:
    judged = [*fillers(99, "held out"), Example(text=LONG, label=0)]
    planted = [Example(text=LONG, label=0)] * 2
    tasks = [
        clean_task("b", train=[*fillers(1200, "b"), *planted]),
        clean_task("a", train=[*fillers(1200, "a"), *planted], test=fillers(9, "few")),
        clean_task("goal", test=judged),
        clean_task("goal2", test=judged, validation=judged),
    ]
    targets = ["goal", "goal2"]
    findings = check_pool(Pool(tasks), targets, folder=tmp_path)
    again = check_pool(Pool(reversed(tasks)), targets, folder=tmp_path)
    assert findings == again
    ranks = [
        (SEVERITIES.index(one.severity), CHECKS.index(one.check), one.task) for one in findings
    ]
    assert ranks == sorted(ranks)
    assert [one.check for one in findings][:4] == ["contamination"] * 4


@given(
    st.lists(
        st.builds(
            Example,
            text=st.text(max_size=40),
            pair=st.text(max_size=10),
            options=st.lists(st.text(max_size=5), max_size=3).map(tuple),
            label=st.one_of(st.integers(-3, 5), st.floats()),
            answer=st.text(max_size=5),
        ),
        max_size=12,
    ),
    st.sampled_from(["labels", "options", "score", "text"]),
)
@settings(max_examples=80, deadline=None)
def test_no_examples_whatever_stop_the_checks(examples: list[Example], kind: str) -> None:
    task = Task(
        name="one",
        family="f",
        kind=kind,  # type: ignore[arg-type]
        metric="accuracy",
        labels=("a", "b"),
        train=examples,
        validation=examples[:2],
        test=examples[1:],
    )
    for finding in check_pool(Pool([task, clean_task("two")]), ["one"]):
        assert finding.count >= (finding.check != "small split")
        assert len(finding.places) <= 5
        assert finding.message.endswith(".")
        assert "\n" not in finding.message
