"""Texts that no task should hold are found: empty, over-long, cut, in other scripts, damaged."""

from __future__ import annotations

import numpy as np
import pytest
from made_tasks import clean_task, found, only, with_train
from numpy.typing import NDArray

from tasks.example import Example
from tasks.pool import Pool
from tasks.screening import check_pool
from tasks.task import Task


@pytest.mark.parametrize(("text", "is_found"), [("?!", True), ("\U0001f600", True), ("7", False)])
def test_texts_without_a_letter_or_digit_are_found(text: str, is_found: bool) -> None:
    findings = found(with_train(Example(text=text, label=0)))
    assert [one.check for one in findings] == (["empty text"] if is_found else [])
    assert found(with_train(Example(text=text * 9, pair="beside", label=0))) == []


@pytest.mark.parametrize(("length", "is_found"), [(9_998, False), (9_999, True)])
def test_texts_of_more_than_ten_thousand_characters_are_found(length: int, is_found: bool) -> None:
    # A line end stands between text and pair, and another before the first option.
    findings = found(
        with_train(Example(text="a b " * (length // 4), pair="c" * (length % 4 + 1), label=0))
    )
    assert [one.check for one in findings] == (["long text"] if is_found else [])


@pytest.mark.parametrize(("long", "is_found"), [(12, False), (13, True)])
def test_truncation_is_found_where_more_than_a_tenth_is_cut(long: int, is_found: bool) -> None:
    def num_tokens(task: Task) -> NDArray[np.int64]:
        return np.where(np.arange(len(task.train)) < long, 65, 64)

    findings = check_pool(Pool([clean_task("one")]), num_tokens=num_tokens, max_length=64)
    assert [one.check for one in findings] == (["truncated"] if is_found else [])
    if is_found:
        assert "at 64 tokens: 13 of 120 (11%), the longest has 65" in findings[0].message


def test_rows_in_another_script_are_found() -> None:
    findings = found(with_train(Example(text="\u043f\u0440\u0438\u0432\u0435\u0442 you", label=0)))
    finding = only(findings)
    assert finding.check == "script"
    assert "Cyrillic letters, where most are Latin: 1 of 121" in finding.message


def test_a_rows_script_is_that_of_its_letters_not_of_its_signs() -> None:
    mostly_signs = Example(text="12 345 678 \u20ac\u20ac\u20ac \u043f\u0440\u0438", label=0)
    assert only(found(with_train(mostly_signs))).check == "script"


def test_scripts_that_one_language_mixes_are_one() -> None:
    japanese = [
        Example(text=text, label=n % 2)
        for n in range(60)
        for text in (f"\u30ab\u30bf\u30ab\u30ca {n}", f"\u6f22\u5b57\u6f22 {n}")
    ]
    task = clean_task("one", train=japanese, validation=japanese[:0], test=japanese[:0])
    assert {one.check for one in found(task)} == {"small split"}
    target = clean_task("goal")
    findings = found(task, target, targets=["goal"])
    assert "in East Asian letters, those of target 'goal' in Latin" in findings[0].message


def test_ornamental_letters_are_letters_of_their_script() -> None:
    bold = "\U0001d41a\U0001d41b\U0001d41c\U0001d41d"
    assert found(with_train(Example(text=bold, label=0))) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("bad\x08 one", "control characters"),
        ("it\x92s", "control characters"),
        ("bad \ufffd one", "replacement characters"),
        ("caf\u00c3\u00a9", "mojibake"),
        ("it\u00e2\u20ac\u2122s", "mojibake"),
        ("caf\u00e9 \u00c3\u2014 tab\t and line\n", None),
        ("\u00c2ngela, \u00c3lvaro", None),
    ],
)
def test_characters_that_no_text_should_hold_are_found(text: str, what: str | None) -> None:
    findings = found(with_train(Example(text=text, label=0)))
    assert [one.message for one in findings] == (
        [f"Examples of train with {what}: 1 of 121."] if what else []
    )
