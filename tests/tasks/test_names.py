"""The end of every message about an unknown name."""

from __future__ import annotations

import pytest

from tasks.names import near_names, nearest


@pytest.mark.parametrize(
    ("name", "known", "fragment"),
    [
        ("boolqq", ["boolq", "sst2"], "Did you mean 'boolq'?"),
        ("BOOLQ", ["boolq", "sst2"], "Did you mean 'boolq'?"),
        ("stance", ["stance_a", "stance_b", "x"], "Nearest names: stance_b, stance_a."),
        ("q", ["a", "b"], "Known names: a, b."),
        ("q", list("abcdefgh"), "Known names: a, b, c, d, e and 3 more."),
        ("q", [], ""),
        ("Dev", ["train", "validation"], "Did you mean 'validation'?"),
        *(
            (word, ["validation"], "Did you mean 'validation'?")
            for word in ("val", "valid", "eval")
        ),
        ("val", ["train", "vals"], "Did you mean 'vals'?"),
        ("val", ["train", "val", "validation"], "Did you mean 'val'?"),
    ],
)
def test_near_names_are_offered_else_known_ones(name: str, known: list[str], fragment: str) -> None:
    assert nearest(name, known) == fragment


def test_where_the_message_lists_the_names_only_near_ones_are_added() -> None:
    assert near_names("boolqq", ["boolq"]) == "Did you mean 'boolq'?"
    assert near_names("q", ["a", "b"]) == ""
