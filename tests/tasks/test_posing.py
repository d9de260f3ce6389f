"""From rows to examples."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.cards import Card, MetricName, Source, SplitNames, Template
from tasks.example import Example
from tasks.posing import label_names, pose
from tasks.sources import Row, Table
from tasks.task import Kind

NONE = Table(rows=(), place=lambda row: f"t.jsonl:{row + 1}")
METRIC: dict[Kind, MetricName] = {
    "labels": "accuracy",
    "options": "accuracy",
    "score": "pearson",
    "text": "exact_match",
}


def card(
    *,
    kind: Kind = "labels",
    labels: Any = ("no", "yes"),
    label: str = "y",
    prefix: str = "",
    **template: Any,
) -> Card:
    return Card(
        name="t",
        family="f",
        kind=kind,
        metric=METRIC[kind],
        source=Source(files=SplitNames(train="t.jsonl")),
        template=Template(**({"text": "s"} | template)),
        label=label,
        labels=labels if kind in ("labels", "options") else (),
        prefix=prefix,
    )


def posed(of: Card, row: Row) -> Example:
    return pose(of, row, label_names(of, NONE))


def refusal(of: Card, row: Row) -> str:
    with pytest.raises(ValueError, match=r"\.") as caught:
        posed(of, row)
    return str(caught.value)


def test_columns_and_words_with_columns_make_the_texts() -> None:
    found = posed(card(pair="{a} is {n} [{a}]"), {"s": "text", "a": "x", "n": 3, "y": 1})
    assert found == Example(text="text", pair="x is 3 [x]", label=1)


def test_words_that_end_in_empty_braces_need_no_column() -> None:
    assert posed(card(text="Which is right?{}"), {"y": 0}).text == "Which is right?"


def test_a_list_of_texts_is_taken_line_by_line() -> None:
    row: Row = {"s": "u", "turns": ["a", "b"], "y": 0}
    assert posed(card(pair="turns"), row).pair == "a\nb"


def test_a_path_leads_into_nested_columns() -> None:
    row: Row = {
        "s": "u",
        "answers": {"text": ["x", "y"], "start": [1, 2]},
        "choices": [{"text": "a", "label": "A"}, {"text": "b", "label": "B"}],
        "turns": ["first", "second", "last"],
        "y": 0,
    }
    assert posed(card(text="answers.text"), row).text == "x\ny"
    assert posed(card(text="answers.text.1"), row).text == "y"
    assert posed(card(text="{turns.0}-{turns.-1}"), row).text == "first-last"
    assert posed(card(text="choices.text"), row).text == "a\nb"
    assert posed(card(text="{answers.start.0}"), row).text == "1"


def test_a_column_whose_own_name_holds_a_dot_wins_over_a_path() -> None:
    row: Row = {"a.b": "whole", "a": {"b": "nested", "c": "other"}, "a-b": "hyphen", "y": 0}
    assert posed(card(text="a.b"), row).text == "whole"
    assert posed(card(text="{a.b} {a.c} {a-b}"), row).text == "whole other hyphen"
    longest: Row = {"a.b": {"c": "of a.b"}, "a": {"b": {"c": "of a"}}, "y": 0}
    assert posed(card(text="a.b.c"), longest).text == "of a.b"


def test_a_pair_may_be_empty_where_a_text_may_not() -> None:
    assert posed(card(pair="before"), {"s": "u", "before": "", "y": 0}).pair == ""


def test_the_prefix_stands_before_the_text_and_saves_no_empty_one() -> None:
    assert posed(card(prefix="Is it so?"), {"s": "u", "y": 0}).text == "Is it so? u"
    assert posed(card(prefix="Claim:\n", pair="s"), {"s": "u", "y": 0}) == Example(
        text="Claim:\nu", pair="u", label=0
    )
    assert "gave an empty text" in refusal(card(prefix="Is it so?"), {"s": "", "y": 0})


def test_braces_in_the_data_are_only_text() -> None:
    row = {"s": "{y} {s.__class__} {0} {", "a": "{s}", "y": 0}
    assert posed(card(text="{s}|{a}"), row).text == "{y} {s.__class__} {0} {|{s}"


def test_a_label_may_lie_in_a_nested_column() -> None:
    row: Row = {"s": "u", "gold": {"label": ["yes", "no"]}}
    assert posed(card(label="gold.label.0"), row).label == 1


def choosing(options: str | tuple[str, ...], labels: Any = ()) -> Card:
    return card(kind="options", labels=labels, options=options)


def test_options_come_from_columns_or_from_one_list() -> None:
    row: Row = {"s": "q", "a": "x", "b": "y", "all": ["u", "v", "w"], "y": 1}
    columns = choosing(("a", "It is {b}."))
    assert posed(columns, row) == Example(text="q", options=("x", "It is y."), label=1)
    listed = choosing("all")
    assert posed(listed, {**row, "y": 2}) == Example(text="q", options=("u", "v", "w"), label=2)
    assert posed(listed, {**row, "y": "w"}).label == 2
    assert posed(listed, {**row, "all": [10, 2.5], "y": 0}).options == ("10", "2.5")


@pytest.mark.parametrize(
    "choices",
    [
        {"text": ["u", "v", "w"], "label": ["A", "B", "C"]},
        [{"text": "u", "label": "A"}, {"text": "v", "label": "B"}, {"text": "w", "label": "C"}],
    ],
)
def test_options_may_lie_in_a_nested_list(choices: object) -> None:
    lettered = choosing("choices.text", ("A", "B", "C"))
    row: Row = {"s": "q", "choices": choices, "y": "C"}
    assert posed(lettered, row) == Example(text="q", options=("u", "v", "w"), label=2)


def test_rows_name_their_options_by_index_by_text_or_as_the_card_says() -> None:
    row: Row = {"s": "q", "all": ["u", "v"]}
    plain = choosing("all")
    assert [posed(plain, {**row, "y": y}).label for y in (1, "1", 1.0, "v", True)] == [1] * 5
    three: Row = {**row, "all": ["u", "v", "w"], "y": True}
    assert refusal(plain, three).startswith("column 'y': true is no answer.")
    counted = choosing("all", {"1": "first", "2": "second"})
    assert [posed(counted, {**row, "y": y}).label for y in (2, "2", 2.0)] == [1] * 3
    lettered = choosing("all", ("A", "B"))
    assert [posed(lettered, {**row, "y": y}).label for y in ("B", 1)] == [1] * 2
    assert refusal(counted, {**row, "y": 0}).startswith("column 'y': 0 is no answer.")
    assert refusal(lettered, {**row, "y": "v"}).startswith("column 'y': text 'v' is no answer.")


@pytest.mark.parametrize("empty", [None, "", " ", float("nan")])
def test_empty_columns_at_the_end_are_no_options(empty: object) -> None:
    four = choosing(("a", "b", "It is {c}.", "d"))
    row: Row = {"s": "q", "a": "w", "b": "x", "c": empty, "d": empty, "y": 1}
    assert posed(four, row).options == ("w", "x")
    assert posed(four, {**row, "c": "y"}).options == ("w", "x", "It is y.")
    assert refusal(four, {**row, "y": 2}) == "column 'y': expected an index from 0 to 1, got 2."
    assert refusal(four, {**row, "b": empty}).startswith(("column 'b'", "template part 'options'"))
    assert refusal(four, {**row, "b": empty, "d": "z"})
    halves = choosing(("a", "b", "{c}, {d}"))
    assert posed(halves, {**row, "c": "y", "d": ""}).options == ("w", "x", "y, ")
    words = choosing(("a", "b", "None of them{}"))
    assert posed(words, row).options == ("w", "x", "None of them")


def test_what_is_to_be_written_comes_from_a_column_a_path_or_words() -> None:
    row: Row = {"s": "q", "answers": {"text": ["Paris", "paris"]}, "n": 3}
    first = posed(card(kind="text", label="answers.text.0"), row)
    assert first == Example(text="q", label=1, answer="Paris")
    assert posed(card(kind="text", label="{n} of {answers.text.1}"), row).answer == "3 of paris"
    assert refusal(card(kind="text", label="a"), {"s": "q", "a": " "}) == (
        "template part 'label' ('a') gave an empty text."
    )


@pytest.mark.parametrize("stored", [2.5, "2.5", -1, 0, "-3e-1", " 4 "])
def test_a_score_is_a_finite_number(stored: object) -> None:
    assert posed(card(kind="score"), {"s": "t", "y": stored}).label == float(str(stored))


@pytest.mark.parametrize("stored", ["1_000", "inf", "nan", "", "1e999", 10**400, None, [1.0], "٣"])
def test_what_is_no_finite_number_is_no_score(stored: object) -> None:
    row: Row = {"s": "t", "y": stored}
    assert refusal(card(kind="score"), row).startswith("column 'y': expected a finite number, got")


LABELS, LISTED, SCORE = card(), choosing("all"), card(kind="score")


@pytest.mark.parametrize(
    ("which", "row", "message"),
    [
        (LABELS, {"S": "t", "y": 0}, "no column 's'. Did you mean 'S'? The row has: S, y."),
        (LABELS, {"s": None, "y": 0}, "column 's': expected text, got nothing."),
        (LABELS, {"s": float("nan"), "y": 0}, "column 's': expected text, got nan."),
        (LABELS, {"s": True, "y": 0}, "column 's': expected text, got true."),
        (LABELS, {"s": {"a": 1}, "y": 0}, "column 's': expected text, got a mapping."),
        (LABELS, {"s": ["a", None], "y": 0}, "column 's'[1]: expected text, got nothing."),
        (LABELS, {"s": " \n", "y": 0}, "template part 'text' ('s') gave an empty text."),
        (
            LABELS,
            {"s": "t", "y": 2},
            "column 'y': 2 is no answer. Known names: no, yes."
            " The numbers 0 to 1 are allowed as well.",
        ),
        (LABELS, {"s": "t", "y": -1}, "column 'y': -1 is no answer."),
        (LABELS, {"s": "t", "y": 0.5}, "column 'y': 0.5 is no answer."),
        (LABELS, {"s": "t", "y": "ye"}, "column 'y': text 'ye' is no answer. Did you mean 'yes'?"),
        (LABELS, {"s": "t", "y": ""}, "column 'y': text '' is no answer."),
        (LABELS, {"s": "t", "y": None}, "column 'y': nothing is no answer."),
        (LABELS, {"s": "t", "y": ["yes"]}, "column 'y': a list of 1 is no answer."),
        (LABELS, {"s": "t"}, "no column 'y'. The row has: s."),
        (
            LISTED,
            {"s": "t", "all": ["a"], "y": 0},
            "column 'all': expected a list of 2 or more texts, got a list of 1.",
        ),
        (
            LISTED,
            {"s": "t", "all": ["a", ""], "y": 0},
            "column 'all'[1]: expected text, got text ''.",
        ),
        (LISTED, {"s": "t", "all": ["a", ["b"]], "y": 0}, "column 'all'[1]: expected text, got a"),
        (
            LISTED,
            {"s": "t", "all": ["a", "b"], "y": 2},
            "column 'y': expected an index from 0 to 1",
        ),
        (LISTED, {"s": "t", "all": ["a", "b"], "y": -1}, "column 'y': expected an index from 0 to"),
        (
            LISTED,
            {"s": "t", "all": ["aaa", "bbb"], "y": "bb"},
            "column 'y': text 'bb' is no answer. Did you mean 'bbb'?",
        ),
        (SCORE, {"s": "t", "y": float("nan")}, "column 'y': expected a finite number, got nan."),
        (SCORE, {"s": "t", "y": "high"}, "column 'y': expected a finite number, got text 'high'."),
        (SCORE, {"s": "t", "y": True}, "column 'y': expected a finite number, got true."),
    ],
)
def test_a_row_that_does_not_fit_names_its_column(which: Card, row: Row, message: str) -> None:
    assert refusal(which, row).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.txt", "column 'a' has no field 'txt'. Did you mean 'text'? It has: text, n."),
        ("a.text.2", "column 'a.text': no item 2 in a list of 2."),
        ("a.text.x", "column 'a.text.0': expected fields, such as 'x', got text 'u'."),
        ("a.n.deep", "column 'a.n': expected fields, such as 'deep', got nothing."),
        ("{a.text.1}", "column 'a.text.1': expected text, got nothing."),
        ("b.c", "no column 'b.c'. The row has: a, y."),
    ],
)
def test_a_path_that_leads_nowhere_says_how_far_it_came(text: str, message: str) -> None:
    row: Row = {"a": {"text": ["u", None], "n": None}, "y": 0}
    assert refusal(card(text=text), row) == message


def test_messages_stay_short_and_on_one_line_whatever_columns_are_called() -> None:
    row = {f"column\n{i}": "x" for i in range(1000)}
    message = refusal(card(text="s" * 5000), row)
    assert len(message) < 500
    assert "\n" not in message
    assert message.endswith(" and 980 more.")


CELLS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, "0", "1", "no", "yes", "a.b", ""])
    | st.floats()
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "0", "text"]), inner, max_size=3)
    ),
    max_leaves=6,
)
COLUMNS = st.sampled_from(["s", "a", "b", "a.b", "y", "all"])
PARTS = st.sampled_from(
    ["s", "a", "b", "a.b", "a.text", "{a}{b.0}", "{a.b}: {s}", "words{}", "{}", "{", "b.-1", "."]
)
ANSWERS = st.sampled_from(["y", "all", "a.0", "b.text", "all.-1", "y."])
KINDS: st.SearchStrategy[Kind] = st.sampled_from(["labels", "options", "score", "text"])


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.data())
def test_any_row_gives_an_example_or_an_error_that_names_a_column(data: st.DataObject) -> None:
    kind = data.draw(KINDS)
    template: dict[str, Any] = {"text": data.draw(PARTS), "pair": data.draw(st.none() | PARTS)}
    if kind == "options":
        template["options"] = data.draw(PARTS | st.tuples(PARTS, PARTS, PARTS))
    of = card(kind=kind, label=data.draw(PARTS if kind == "text" else ANSWERS), **template)
    try:
        found = posed(of, data.draw(st.dictionaries(COLUMNS, CELLS, max_size=6)))
    except ValueError as error:
        assert "column '" in str(error) or "template part '" in str(error)
        assert "\n" not in str(error)
    else:
        assert found.text.strip()
        assert all(option.strip() for option in found.options)
        assert (kind == "options") == (len(found.options) >= 2)
        assert kind != "options" or found.label in range(len(found.options))
        assert (kind == "text") == bool(found.answer)


def test_a_whole_number_beyond_every_float_is_text_as_it_stands() -> None:
    assert posed(card(), {"s": 10**400, "y": 1}).text == "1" + "0" * 400


def test_a_mapping_where_text_is_wanted_is_told_by_its_fields() -> None:
    choices = [{"text": "u", "label": "A"}, {"text": "v", "label": "B"}]
    row: Row = {"s": "q", "q": {"choices": choices}, "y": 0}
    wanted = "It has: text, label; write such as 'q.choices.text'."
    assert refusal(choosing("q.choices"), row) == (
        f"column 'q.choices': expected a list of texts, got mappings. {wanted}"
    )
    assert refusal(card(text="q.choices"), row) == (
        f"column 'q.choices'[0]: expected text, got a mapping. {wanted}"
    )
    assert refusal(card(text="q"), {"q": {"n": 1, "words": "w"}, "y": 0}) == (
        "column 'q': expected text, got a mapping. It has: n, words; write such as 'q.words'."
    )


def test_half_a_brace_is_named_unless_a_column_is_called_so() -> None:
    for half, lost in (("{s", "a '{' without its '}'"), ("s}", "a '}' without its '{'")):
        assert lost in refusal(card(text=half), {"s": "t", "y": 0})
        assert posed(card(text=half), {half: "t", "y": 0}).text == "t"
