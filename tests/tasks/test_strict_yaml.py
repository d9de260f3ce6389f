"""The strict YAML reader: what it reads, what it refuses, and where it says so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.problems import InputError
from tasks.strict_yaml import YamlDocument, load_all_yaml, load_yaml, parse_yaml


def read(text: str) -> YamlDocument:
    (document,) = parse_yaml(text, file="x.yaml")
    return document


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        parse_yaml(text, file="x.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("5.", 5.0),
        (".5", 0.5),
        ("-3", -3),
        ("+3", 3),
        ("0", 0),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("True", "True"),
        ("no", "no"),
        ("on", "on"),
        ("012", "012"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("12:30:00", "12:30:00"),
        ("2024-01-02", "2024-01-02"),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("'3'", "3"),
        ('"true"', "true"),
        ("[1, a, 2.5]", [1, "a", 2.5]),
        ("{b: {c: 1}}", {"b": {"c": 1}}),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_a_plain_value_is_read_as_people_mean_it(text: str, value: object) -> None:
    read_value = read(f"a: {text}").data["a"]
    assert read_value == value
    assert type(read_value) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "x.yaml:3:1: a: key given twice (first on line 1)."),
        ("a:\n  b: 1\n  b: 2", "x.yaml:3:3: b: key given twice (first on line 2)."),
        ("a: !!python/object:os.system x", "x.yaml:1:4: YAML tags are not allowed"),
        ("a: !!timestamp 1", "x.yaml:1:4: YAML tags are not allowed"),
        ("a: ! x", "x.yaml:1:4: YAML tags are not allowed"),
        ("a: &x 1", "x.yaml:1:4: YAML anchors are not allowed"),
        ("a: &x [1]", "x.yaml:1:4: YAML anchors are not allowed"),
        ("a: *x", "x.yaml:1:4: YAML aliases are not allowed"),
        ("<<: {a: 1}", "x.yaml:1:1: merge keys are not allowed"),
        ("? [a]\n: 1", "x.yaml:1:3: a key must be text"),
        ("'': 1", "x.yaml:1:1: a key must not be empty"),
        ("a: 1e999", "x.yaml:1:4: 1e999 is too large"),
        ("a: " + "9" * 5000, "x.yaml:1:4: a number of 5000 characters"),
        ("- a\n- b", "x.yaml:1:1: expected a mapping"),
        ("text", "x.yaml:1:1: expected a mapping"),
        ("a: [1", "x.yaml:1:6: not YAML"),
        ("a: b: c", "x.yaml:1:5: not YAML: a second ': ' in one line"),
        (
            "d: Is it: yes or no?",
            "x.yaml:1:9: not YAML: a second ': ' in one line, or wrong ind",
        ),
        ("a: 1\n\tb: 2", "x.yaml:2:1: not YAML: a tab; write spaces."),
        ("a: {b: {title}. {body}}", "x.yaml:1:15: not YAML: text after a closing bracket or quote"),
        ("a: {title}. {body}", "x.yaml:1:11: not YAML: text after a closing bracket or quote"),
        ("a: {title} {body}", "x.yaml:1:12: not YAML: text after a closing bracket or quote"),
        ("a: 'it's'", "x.yaml:1:8: not YAML: text after a closing bracket or quote"),
        ("a: @x", "x.yaml:1:4: not YAML: text that starts with '@' must be in quotes."),
        ("b: 1\na: 'x\n", "x.yaml:3:1: not YAML: the quote of line 2 is never closed."),
        ("b: {x: 1", "x.yaml:1:9: not YAML: the bracket of line 1 is never closed."),
        ("b: {x: 1\na: 2", "x.yaml:2:2: not YAML: the bracket of line 1 is not closed, or text"),
        ("b: {x}}", "x.yaml:1:7: not YAML: text after a closing bracket or quote"),
        ("- a\nb: c", "x.yaml:2:1: not YAML: this line is indented otherwise than those before"),
        ("a:\n  b: 1\n c: 2\n", "x.yaml:3:2: not YAML: this line is indented otherwise"),
        ("  a: 1\nb: 2", "x.yaml:2:1: not YAML: this line is indented otherwise"),
        ("a: x\nb\nc: 1", "x.yaml:3:1: not YAML: a line without ': '; expected `key: value`."),
        ('a: "C:\\path"', "x.yaml:1:8: not YAML: a backslash in double quotes; use single"),
        ("a: *x*", "x.yaml:1:6: not YAML: while scanning an alias, expected alphabetic"),
        ("--- &a\n", "x.yaml:1:5: YAML anchors"),
        ("a: 1\nb: \0", "x.yaml:2: control character U+0000"),
        ('a: "\\0"', "x.yaml:1:4: a character that no text may hold"),
        ('a: "\\ud800"', "x.yaml:1:4: a character that no text may hold"),
        ('a: "\\UFFFFFFFF"', "x.yaml:1:1: not YAML"),
        ("%YAML " + "1" * 5000 + ".1\n---\na: 1", "x.yaml:1:1: not YAML"),
        ("", "x.yaml:1:1: the file is empty"),
        ("# only a comment\n", "x.yaml:1:1: the file is empty"),
    ],
)
def test_what_is_not_plain_is_refused_with_its_place(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


def test_nesting_is_bounded_long_before_the_interpreter_is() -> None:
    assert "nested deeper than 32 levels" in refusal("a: " + "[" * 100_000)


def test_every_value_and_key_has_its_place() -> None:
    document = read("a: 1\nb:\n  c: [x, y]\n  d:\n    - e: 2\n")
    assert document.place(()) == (1, 1)
    assert document.place(("a",)) == (1, 4)
    assert document.place(("b", "c", 1)) == (3, 10)
    assert document.place(("b", "d", 0, "e")) == (5, 10)
    assert document.place(("b", "d", 0, "e"), of="key") == (5, 7)


def test_what_is_missing_has_the_place_of_the_key_it_belongs_under() -> None:
    document = read("a: 1\nb:\n  c: 2\n")
    assert document.place(("b", "z")) == (2, 1)
    assert document.place(("z",)) == (1, 1)


def test_a_byte_order_mark_and_windows_line_ends_are_accepted() -> None:
    assert read("\ufeffa: 1\r\nb: 2\r\n").data == {"a": 1, "b": 2}


def test_several_documents_are_read_in_order_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "cards.yaml"
    path.write_text("a: 1\n---\na: 2\n", encoding="utf-8")
    documents = load_all_yaml(path)
    assert [document.data["a"] for document in documents] == [1, 2]
    assert documents[1].place(()) == (3, 1)
    with pytest.raises(InputError, match=r"cards.yaml:3:1: a second document starts here"):
        load_yaml(path)


@pytest.mark.parametrize("text", ["a: 1\n---\n", "---\n---\na: 1\n--- # end\n", "a: 1\n---\n---"])
def test_empty_documents_are_passed_over(text: str) -> None:
    assert read(text).data == {"a": 1}


def test_only_yaml_files_are_offered_for_one_that_is_not_there(tmp_path: Path) -> None:
    for name in ("rows.csv", "gen.py", "card.yaml"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=r"no such file. Known names: card.yaml.$"):
        load_yaml(tmp_path / "nowhere")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(InputError, match=r"latin.yaml:2: not UTF-8 at byte 8 \(0xff\)"):
        load_yaml(tmp_path / "latin.yaml")
    with pytest.raises(InputError, match=r"latn.yaml: no such file. Did you mean 'latin.yaml'?"):
        load_yaml(tmp_path / "latn.yaml")
    with pytest.raises(InputError, match="not a regular file"):
        load_yaml(tmp_path)
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(InputError, match="not a regular file"):
        load_yaml(tmp_path / "pipe.yaml")
    (tmp_path / "large.yaml").write_bytes(b"a: 1\n" * 200_001)
    with pytest.raises(InputError, match="larger than 1,000,000 bytes"):
        load_yaml(tmp_path / "large.yaml")


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@given(
    st.text(
        alphabet=st.sampled_from("ab:-[]{}?!&*|>'\"#%@,\\<~ \n\t01e.x\0\x85\ud800"), max_size=60
    )
)
def test_any_text_gives_plain_values_or_an_input_error(text: str) -> None:
    try:
        documents = parse_yaml(text, file="x.yaml")
    except InputError as error:
        assert all(problem.startswith("x.yaml:") for problem in error.problems)
        return
    plain = (str, int, float, bool, type(None))
    assert all(isinstance(leaf, plain) for document in documents for leaf in leaves(document.data))
