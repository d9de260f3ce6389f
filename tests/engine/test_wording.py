from __future__ import annotations

import pytest

from engine.wording import (
    counted,
    gain_text,
    mixture_text,
    printable,
    seconds_text,
    share_text,
    tokens_text,
)


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1 k"),
        (34_120, "34.1 k"),
        (999_499, "999 k"),
        (999_600, "1 M"),
        (1_234_567, "1.23 M"),
        (5_000_000_000, "5 G"),
        (-41_000, "-41 k"),
        (2_500_000_000_000, "2.5 T"),
    ],
)
def test_tokens_have_three_digits_and_a_unit(tokens: int, text: str) -> None:
    assert tokens_text(tokens) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (7380, "2 h 03 min")],
)
def test_seconds_show_their_two_largest_units(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_a_gain_has_as_many_digits_as_its_error_allows() -> None:
    assert gain_text(0.01234, 0.00415) == "+0.0123 \u00b1 0.0042"
    assert gain_text(-1.5, 0.25) == "-1.50 \u00b1 0.25"
    assert gain_text(0.5, 0.0) == "+0.5000 \u00b1 0.0000"
    assert gain_text(None, None) == "no gain"


def test_a_small_share_is_not_shown_as_none() -> None:
    assert share_text(0.5) == "50 %"
    assert share_text(0.004) == "0.4 %"


def test_a_mixture_names_its_largest_shares_and_counts_the_rest() -> None:
    assert mixture_text({}) == "the target alone"
    mixture = {"a": 0.1, "b": 0.4, "c": 0.3, "d": 0.2}
    assert mixture_text(mixture, most=2) == "b 40 %, c 30 %, 2 more"


def test_one_thing_is_not_counted_as_many() -> None:
    assert [counted(n, "task") for n in (0, 1, 1200)] == ["0 tasks", "1 task", "1,200 tasks"]


def test_control_characters_do_not_survive() -> None:
    assert printable("a\x1b[31m\nb\u202e") == "a?[31m b?"
