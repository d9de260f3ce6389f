"""From rows to examples."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.card import Card, Source, SplitNames, Template
from tasks.example import Example
from tasks.task import Kind
from tasks.template import Row, pose


def card(
    *, kind: Kind = "labels", labels: tuple[str, ...] = ("no", "yes"), **template: Any
) -> Card:
    return Card(
        name="t",
        family="f",
        kind=kind,
        metric="pearson" if kind == "score" else "accuracy",
        source=Source(files=SplitNames(train="t.jsonl")),
        template=Template(**({"text": "s"} | template)),
        label="y",
        labels=labels,
    )


def test_columns_and_words_with_columns_make_the_texts() -> None:
    posed = pose(card(pair="{a} is {n} [{a}]"), {"s": "text", "a": "x", "n": 3, "y": 1})
    assert posed == Example(text="text", pair="x is 3 [x]", label=1)


def test_words_that_end_in_empty_braces_need_no_column() -> None:
    assert pose(card(text="Which is right?{}"), {"y": 0}).text == "Which is right?"


def test_a_list_of_texts_is_taken_line_by_line() -> None:
    row: Row = {"s": "u", "turns": ["a", "b"], "mixed": ["a", 1], "y": 0}
    assert pose(card(pair="turns"), row).pair == "a\nb"
    with pytest.raises(ValueError, match="column 'mixed': expected text, got a list of 2"):
        pose(card(pair="mixed"), row)


def test_a_pair_may_be_empty_where_a_text_may_not() -> None:
    assert pose(card(pair="before"), {"s": "u", "before": "", "y": 0}).pair == ""


def test_braces_in_the_data_are_only_text() -> None:
    row = {"s": "{y} {s.__class__} {0} {", "a": "{s}", "y": 0}
    assert pose(card(text="{s}|{a}"), row).text == "{y} {s.__class__} {0} {|{s}"


@pytest.mark.parametrize(("stored", "index"), [(1, 1), (0, 0), ("yes", 1), ("0", 0), (True, 1)])
def test_labels_may_be_stored_as_index_name_or_truth_value(stored: object, index: int) -> None:
    label = pose(card(), {"s": "text", "y": stored}).label
    assert label == index
    assert type(label) is int


def test_a_label_whose_name_is_a_number_is_found_by_name_first() -> None:
    assert pose(card(labels=("2", "1", "0")), {"s": "text", "y": "2"}).label == 0


def test_options_come_from_columns_or_from_one_list() -> None:
    row: Row = {"s": "q", "a": "x", "b": "y", "all": ["u", "v", "w"], "y": 1}
    columns = card(kind="options", labels=(), options=("a", "It is {b}."))
    assert pose(columns, row) == Example(text="q", options=("x", "It is y."), label=1)
    listed = card(kind="options", labels=(), options="all")
    assert pose(listed, {**row, "y": 2}) == Example(text="q", options=("u", "v", "w"), label=2)
    assert pose(listed, {**row, "y": "w"}).label == 2
    lettered = card(kind="options", labels=("A", "B", "C"), options="all")
    assert pose(lettered, {**row, "y": "B"}).label == 1


@pytest.mark.parametrize("stored", [2.5, "2.5", -1, 0])
def test_a_score_is_a_finite_number(stored: object) -> None:
    assert pose(card(kind="score", labels=()), {"s": "t", "y": stored}).label == float(str(stored))


LABELS, OPTIONS, SCORE = (
    card(),
    card(kind="options", labels=(), options="all"),
    card(kind="score", labels=()),
)


@pytest.mark.parametrize(
    ("which", "row", "message"),
    [
        (LABELS, {"S": "t", "y": 0}, "no column 's'. Did you mean 'S'? The row has: S, y."),
        (LABELS, {"s": None, "y": 0}, "column 's': expected text, got nothing."),
        (LABELS, {"s": " \n", "y": 0}, "template part 'text' ('s') gave an empty text."),
        (LABELS, {"s": "t", "y": 2}, "column 'y': expected an index from 0 to 1, got 2."),
        (LABELS, {"s": "t", "y": -1}, "column 'y': expected an index from 0 to 1, got -1."),
        (LABELS, {"s": "t", "y": "ye"}, "column 'y': text 'ye' is no answer. Did you mean 'yes'?"),
        (LABELS, {"s": "t", "y": None}, "column 'y': nothing is no answer."),
        (LABELS, {"s": "t", "y": 1.0}, "column 'y': 1.0 is no answer."),
        (
            OPTIONS,
            {"s": "t", "all": ["a"], "y": 0},
            "column 'all': expected a list of 2 or more texts, got a list of 1.",
        ),
        (
            OPTIONS,
            {"s": "t", "all": ["a", ""], "y": 0},
            "column 'all'[1]: expected text, got text ''.",
        ),
        (
            OPTIONS,
            {"s": "t", "all": ["a", "b"], "y": 2},
            "column 'y': expected an index from 0 to 1",
        ),
        (SCORE, {"s": "t", "y": float("nan")}, "column 'y': expected a finite number, got nan."),
        (SCORE, {"s": "t", "y": "high"}, "column 'y': expected a finite number, got text 'high'."),
        (SCORE, {"s": "t", "y": True}, "column 'y': expected a finite number, got true."),
    ],
)
def test_a_row_that_does_not_fit_names_its_column(which: Card, row: Row, message: str) -> None:
    with pytest.raises(ValueError, match=r"\.") as caught:
        pose(which, row)
    assert str(caught.value).startswith(message)
