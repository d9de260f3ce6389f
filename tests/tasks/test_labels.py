"""Which label a stored value means."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tasks.cards import Card, MetricName, Source, SplitNames, Template
from tasks.posing import LabelNames, label_names
from tasks.problems import InputError
from tasks.sources import Table
from tasks.strict_yaml import parse_yaml


def card(labels: Any = (), *, metric: MetricName = "accuracy", label: str = "y") -> Card:
    return Card(
        name="t",
        family="f",
        kind="labels",
        metric=metric,
        source=Source(files=SplitNames(train="t.csv")),
        template=Template(text="s"),
        label=label,
        labels=labels,
    )


def train(*values: object, declared: Sequence[str] = ()) -> Table:
    return Table(
        rows=[{"s": "text", "y": value} for value in values],
        place=lambda row: f"t.csv: row {row + 1}",
        declared={"y": tuple(declared)} if declared else {},
    )


def found(names: LabelNames, *stored: object) -> list[str]:
    return ["?" if (index := names.find(value)) is None else names.names[index] for value in stored]


def refusal(of: Card, table: Table) -> str:
    with pytest.raises(InputError) as caught:
        label_names(of, table)
    return str(caught.value)


@pytest.mark.parametrize(
    "stored", [1, 1.0, "1", "1.0", "+1", True, "true", "True", "TRUE", "yes"], ids=repr
)
def test_a_list_is_found_by_index_by_name_and_of_two_by_truth_value(stored: object) -> None:
    assert found(label_names(card(("no", "yes")), train()), stored) == ["yes"]


@pytest.mark.parametrize("stored", [2, -1, 0.5, "Yes", "01", "", None, [1], "1.5", float("nan")])
def test_other_values_of_a_list_mean_no_label(stored: object) -> None:
    assert found(label_names(card(("no", "yes")), train()), stored) == ["?"]


def test_truth_values_are_no_index_into_three_labels() -> None:
    assert found(label_names(card(("a", "b", "c")), train()), True, 1, "c") == ["?", "b", "c"]


def test_a_list_of_numbers_stands_for_the_values_themselves() -> None:
    stars = label_names(card(("1", "2", "3", "4", "5")), train())
    assert found(stars, 1, "5", 3.0, 0) == ["1", "5", "3", "?"]
    assert found(label_names(card(("2", "1", "0")), train()), "2", 2, 0) == ["2", "2", "0"]
    assert found(label_names(card(("true", "false")), train()), True, "False") == ["true", "false"]
    codes = label_names(card(("007", "008")), train())
    assert found(codes, 1, "007", "7") == ["008", "007", "?"]
    mixed = label_names(card(("none", "2", "1")), train())
    assert found(mixed, 0, 1, 2, "none") == ["?", "1", "2", "none"]


def test_a_mapping_leads_from_values_to_names_in_order_of_appearance() -> None:
    stance = label_names(card({"-1": "against", "1": "for", "0": "none"}), train())
    assert stance.names == ("against", "for", "none")
    assert found(stance, -1, "1", 0.0, "-1.0", 2, "for") == [
        "against", "for", "none", "against", "?", "?",
    ]  # fmt: skip
    truth = label_names(card({"True": "yes", "false": "no"}), train())
    assert found(truth, True, False, "true", "FALSE", 1) == ["yes", "no", "yes", "no", "?"]


def test_of_two_ways_to_write_a_value_the_exact_one_is_found_first() -> None:
    versions = label_names(card(("1", "1.0", "True")), train())
    assert found(versions, 1, "1", 1.0, "1.0", "True", "TRUE") == [
        "1", "1", "1", "1.0", "True", "True",
    ]  # fmt: skip


def test_values_that_share_a_name_become_one_label() -> None:
    merged = label_names(card({"entails": "yes", "neutral": "no", "contradicts": "no"}), train())
    assert merged.names == ("yes", "no")
    assert found(merged, "contradicts", "neutral", "entails") == ["no", "no", "yes"]


def test_numbers_that_count_from_1_are_refused_before_each_means_its_neighbour() -> None:
    abc = card(("a", "b", "c"))
    assert refusal(abc, train(1, 2, None, 3)) == (
        "t.csv: row 1: task 't': column 'y' counts from 1 to 3, and indices count from 0. "
        "Say what each number means, such as `labels: {1: a, 2: b, 3: c}`."
    )
    assert refusal(abc, train("1", "3.0"))
    for good in ((1, 2, 3, 0), (1, 2), ("a", 3, 0), (3.5, 1), ("b", None)):
        assert label_names(abc, train(*good)).names == ("a", "b", "c")
    assert label_names(abc, train(1, 2, 3, declared=("x", "y", "z"))).names == ("a", "b", "c")
    assert label_names(card(("1", "2", "3")), train(1, 2, 3)).names == ("1", "2", "3")


def test_options_that_are_counted_from_1_are_refused_too() -> None:
    options = Template(text="s", options=("s", "s2"))
    counted = replace(card(), kind="options", template=options)

    def rows(*answers: object) -> Table:
        rows = [{"s": "2", "s2": "1", "y": answer} for answer in answers]
        return replace(train(), rows=rows)

    assert "counts from 1 to 2" in refusal(counted, rows(1, 2, 1))
    assert "`labels: {1: A, 2: B}`" in refusal(counted, rows(1, 2, 1))
    assert "counts from 1 to 2" in refusal(replace(counted, labels=("A", "B")), rows(1, 2, 1))
    assert label_names(counted, rows("1", "2")).names == ()  # the options' own texts
    assert label_names(counted, rows(0, 1, 2)).names == ()


def test_what_another_column_declares_is_no_label() -> None:
    table = replace(train(*"abab", *"ab"), declared={"topic": ("x", "y")})
    assert label_names(card("inferred"), table).names == ("a", "b")


def test_what_the_data_set_declares_serves_where_the_card_names_nothing() -> None:
    declared = ("entailment", "neutral", "contradiction")
    for labels in ((), "inferred"):
        names = label_names(card(labels), train(declared=declared))
        assert names.names == declared
        assert found(names, 2, "neutral", True) == ["contradiction", "neutral", "?"]
    numbers = label_names(card(), train(declared=("1", "2", "3")))
    assert found(numbers, 0, 2) == ["1", "3"]


def test_a_card_may_order_and_merge_what_the_data_set_declares() -> None:
    table = train(declared=("entailment", "neutral", "contradiction"))
    ordered = label_names(card(("contradiction", "neutral", "entailment")), table)
    assert ordered.names[0] == "contradiction"
    assert found(ordered, 0, 1, 2) == ["entailment", "neutral", "contradiction"]
    merged = card({"entailment": "yes", "neutral": "no", "contradiction": "no"})
    assert found(label_names(merged, table), 0, 1, 2) == ["yes", "no", "no"]
    renamed = label_names(card(("ja", "weder noch", "nein")), table)
    assert found(renamed, 0, 1, 2) == ["ja", "weder noch", "nein"]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["b", "a", "b", "c"], ("a", "b", "c")),
        ([10, 9, -1, 10], ("-1", "9", "10")),
        (["10", "9", "9", "-1"], ("-1", "9", "10")),
        ([1.0, 2, 1, 2.0], ("1", "2")),
        ([True, False, None], ("false", "true")),
        (["b", "", None, float("nan"), "a"], ("a", "b")),
    ],
)
def test_inferred_labels_are_the_values_of_train_in_order(
    values: list[object], names: tuple[str, ...]
) -> None:
    inferred = label_names(card("inferred"), train(*values * 3))
    assert inferred.names == names
    known = [value for value in values if value not in (None, "") and value == value]
    assert "?" not in found(inferred, *known)


def test_rows_without_a_usable_answer_do_not_hinder_inference() -> None:
    table = train("a", ["a"], "b", 0.5, *"abab")
    table = replace(table, rows=[*table.rows, {"s": "no answer"}])
    assert label_names(card("inferred"), table).names == ("a", "b")


def test_inferred_indices_follow_the_sorted_values_and_not_the_numbers() -> None:
    inferred = label_names(card("inferred"), train(*[3, 1, 2] * 3))
    assert [inferred.find(value) for value in (1, 2, 3, 0)] == [0, 1, 2, None]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a"] * 9, "column 'y' holds a (9). Labels are 2 to 1,000 values"),
        ([], "column 'y' holds nothing. Labels are"),
        (["a", "b", "c", "a", "b", "c"], "column 'y' holds a (2), b (2), c (2). Labels are"),
        (list(range(1001)) * 3, "column 'y' holds 0 (3), 1 (3), 2 (3), 3 (3), 4 (3) and 996 more"),
        ([0.5, 1.5] * 9, "column 'y': 0.5 is no label; for numbers use kind 'score'."),
        ([["a"]] * 9, "column 'y': a list of 1 is no label."),
    ],
)
def test_values_that_can_be_no_labels_are_not_inferred(values: list[object], message: str) -> None:
    text = refusal(card("inferred"), train(*values)).replace('"', "")
    assert text.startswith(f"t.csv: row 1: task 't': {message}")


def test_the_limits_of_inference_are_exact() -> None:
    assert len(label_names(card("inferred"), train(*range(1000), *range(1000), 0)).names) == 1000
    assert refusal(card("inferred"), train(*range(1000), *range(1000)))


def test_labels_that_nobody_names_are_listed_ready_to_paste() -> None:
    message = refusal(card(), train("no", "yes", "no"))
    assert message == (
        "t.csv: row 1: task 't': 'labels' is missing; column 'y' holds no (2), yes (1). "
        "Write `labels: [no, yes]`, or `labels: {no: ..., ...}` to give them names."
    )
    assert '`labels: ["1", "2"]`' in refusal(card(), train(1, 2))
    assert '`labels: ["a: b", c]`' in refusal(card(), train("c", "a: b"))
    assert "`labels: inferred`" in refusal(card(), train(*range(21)))
    assert "check 'label'" in refusal(card(), train("a"))


def test_a_column_that_is_not_there_is_named_with_file_and_row() -> None:
    for labels in ((), "inferred"):
        assert refusal(card(labels, label="gold"), train("a", "b")) == (
            "t.csv: row 1: task 't': no column 'gold'. The row has: s, y."
        )


def test_labels_that_are_found_must_suit_the_metric() -> None:
    assert refusal(card("inferred", metric="f1"), train(*"abc" * 3)) == (
        "t.csv: row 1: task 't' of kind 'labels' needs exactly two labels for the metric 'f1', "
        "got ['a', 'b', 'c']."
    )
    stance = card(metric="f1_against_favor_mean")
    assert "needs labels named 'against' and 'favor'" in refusal(
        stance, train(declared=("AGAINST", "FAVOR", "NONE"))
    )
    assert label_names(stance, train(declared=("none", "favor", "against")))


@pytest.mark.parametrize("labels", [("pos", "neg", "mixed"), ("Pos", "Neg"), ("pos", "other")])
def test_declared_names_at_other_indices_are_refused(labels: tuple[str, ...]) -> None:
    table = train(0, 1, declared=("neg", "pos"))
    assert f"'labels' has '{labels[0]}' at another index" in refusal(card(labels), table)


def test_declared_names_may_be_ordered_anew_renamed_or_cut_at_the_end() -> None:
    for declared, labels, zero in (
        (("neg", "pos"), ("pos", "neg"), "neg"),
        (("neg", "pos"), ("bad", "good"), "bad"),
        (("neg", "pos"), ("Neg", "Pos"), "Neg"),
        (("a", "b", "c"), ("a", "b"), "a"),
    ):
        assert found(label_names(card(labels), train(declared=declared)), 0) == [zero]


def test_a_column_sorted_by_its_answers_is_still_seen_to_count_from_one() -> None:
    table = train(*[1] * 1500, *[2] * 1500, *[3] * 1500)
    assert "`labels: {1: x, 2: y, 3: z}`" in refusal(card(("x", "y", "z")), table)


def test_numbers_beside_the_indices_are_refused_before_one_is_read_as_an_index() -> None:
    binary = card(("negative", "positive"))
    message = (
        "t.csv: row 1: task 't': column 'y' holds -1, 1, where 'labels' knows the indices 0 to 1 "
        "and its own names. Say what each value means, such as "
        "`labels: {-1: negative, 1: positive}`."
    )
    for values in ((1, -1, 1), ("-1", "1.0"), (-1.0, None, "", 1)):
        assert refusal(binary, train(*values)) == message
    assert "{-1: ..., 1: ..., 3: ...}" in refusal(binary, train(3, 1, -1))
    assert "{0: a, 1: b, 5: c}" in refusal(card(("a", "b", "c")), train(0, 1, 5))
    assert "holds 1, 2, 9," in refusal(binary, train(1, 2, 9))
    assert "holds 5, 7," in refusal(binary, train(5, 7))
    for good in ((-1, 0, 1), ("negative", -1), (1, 0), (1, 1)):  # -1 may stand for no answer
        assert label_names(binary, train(*good)).names == ("negative", "positive")


def test_values_of_which_none_is_a_label_are_listed_with_the_labels_to_write() -> None:
    binary = card(("negative", "positive"))
    assert "`labels: {neg: negative, pos: positive}`" in refusal(binary, train("pos", "neg", None))
    assert "`labels: {a: ..., b: ..., c: ...}`" in refusal(binary, train(*"cab"))
    assert "and 25 more, where" in refusal(binary, train(*(f"v{n}" for n in range(30))))
    assert label_names(binary, train("pos", "positive"))
    assert label_names(binary, train(True, "no answer"))
    assert 'holds "false", "true", where' in refusal(card(("a", "b", "c")), train(True, False))


def options_of(*answers: object, labels: Any = (), texts: Sequence[str] = "wxyz") -> Any:
    names = tuple(f"o{n}" for n in range(len(texts)))
    of = replace(card(labels), kind="options", template=Template(text="s", options=names))
    options = dict(zip(names, texts, strict=True))
    return of, replace(train(), rows=[{"s": "t", "y": answer, **options} for answer in answers])


def test_letters_for_options_are_to_be_named_in_the_card() -> None:
    assert refusal(*options_of("A", "C", "B")) == (
        "t.csv: row 1: task 't': column 'y' holds letters, such as C; say so: "
        "`labels: [A, B, C, D]`, in the order of the options."
    )
    assert "`labels: [a, b, c, d]`" in refusal(*options_of("a", "d"))
    assert "`labels: [A, B, C, D]`" in refusal(*options_of("A", "D", 0, 3))
    for answers in ((0, 1), ("w", "x"), ("w", "x", "A"), ("Z",)):
        assert label_names(*options_of(*answers)).names == ()
    assert label_names(*options_of("A", "D", texts="ABCD")).names == ()
    assert label_names(*options_of("A", "D", labels=("A", "B", "C", "D"))).names


def test_letters_beside_numbers_from_one_get_a_mapping_that_covers_both() -> None:
    both = "`labels: {A: A, 1: A, B: B, 2: B, C: C, 3: C, D: D, 4: D}`"
    for labels in ((), ("A", "B", "C", "D")):
        of, table = options_of("A", "B", "C", "D", "1", "4", labels=labels)
        message = refusal(of, table)
        assert "counts from 1 to 4" in message
        assert both in message
    mapped = {"A": "A", "1": "A", "B": "B", "2": "B", "C": "C", "3": "C", "D": "D", "4": "D"}
    of, table = options_of("A", "B", "C", "D", "1", "4", labels=mapped)
    names = label_names(of, table)
    assert [names.find(row["y"]) for row in table.rows] == [0, 1, 2, 3, 0, 3]
    assert "{neg: neg, 1: neg, pos: pos, 2: pos}" in refusal(
        card(("neg", "pos")), train(1, 2, "neg")
    )


@pytest.mark.parametrize(
    ("values", "seem", "mapping"),
    [
        (["no", "NO ", "no", "yes"], "'no' and 'NO '", '{"NO ": "no", "no": "no", "yes": "yes"}'),
        (["é", "e\u0301", "é", "b"], r"'\xe9' and 'e\u0301'", None),
    ],
)
def test_names_that_are_written_in_two_ways_are_not_inferred(
    values: list[str], seem: str, mapping: str | None
) -> None:
    for labels in ((), "inferred"):
        message = refusal(card(labels), train(*values * 3))
        assert f"{seem} seem to be one label, written differently." in message
        (document,) = parse_yaml(message.rpartition("`labels: ")[2].rstrip("`."), file="x")
        of = {str(value): str(name) for value, name in document.data.items()}
        names = label_names(card(of), train())
        assert len(names.names) == 2
        assert message.rpartition("`labels: ")[2].replace("é", "").isascii()
        assert "?" not in found(names, *values)
        assert mapping is None or json.loads(mapping) == of
