"""The direction of a task's texts: which trigrams of bytes, model or none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_evidence import topic_task

from engine.evidence.text_embedding import WIDTH, text_embedding
from tasks import Example


def _texts(*texts: str) -> list[Example]:
    return [Example(text=text, label=0) for text in texts]


def _by_hand(text: str) -> list[float]:
    """The same, one trigram after the other, in Python's whole numbers."""
    counts = [0] * WIDTH
    data = text.encode()
    for first, second, third in zip(data, data[1:], data[2:], strict=False):
        mixed = ((first << 16) + (second << 8) + third) * 2654435761 % 2**32
        mixed = (mixed ^ (mixed >> 15)) * 2246822519 % 2**32
        counts[mixed >> 24] += -1 if (mixed >> 8) % 2 else 1
    return [count / math.hypot(*counts) for count in counts]


def test_it_is_what_counting_by_hand_gives() -> None:
    examples = [
        Example(text="Größe und ÜBERMUT", label=0, pair="日本語のテキスト"),
        Example(text="pick", label=1, options=("one", "zwei")),
    ]
    text = "grösse und übermut\n日本語のテキスト\npick\none\nzwei"
    np.testing.assert_allclose(text_embedding(examples), _by_hand(text), atol=1e-7)


def test_it_has_length_one() -> None:
    embedding_d = text_embedding(topic_task("birds").train)
    assert embedding_d.shape == (WIDTH,)
    assert embedding_d.dtype == np.float32
    assert np.linalg.norm(embedding_d) == pytest.approx(1)


@pytest.mark.parametrize("texts", [(), ("",), ("a",), ("ab",)], ids=["none", "empty", "1", "2"])
def test_without_a_trigram_it_is_zero(texts: tuple[str, ...]) -> None:
    assert not text_embedding(_texts(*texts)).any()


def test_two_draws_of_a_topic_are_nearer_than_two_topics() -> None:
    one, two = (text_embedding(topic_task("birds", draw=draw).train) for draw in (0, 1))
    other = text_embedding(topic_task("courts").train)
    assert one @ two > 0.95
    assert one @ other < 0.8


def test_an_example_counts_with_its_first_thousand_letters() -> None:
    long = "abc" * 333 + "z"
    assert np.array_equal(text_embedding(_texts(long)), text_embedding(_texts(long + "q" * 5000)))


def test_of_a_large_split_examples_from_all_over_are_read() -> None:
    texts = [f"first half {n}" for n in range(1000)] + [f"zweite Seite {n}" for n in range(1000)]
    chosen = np.linspace(0, 1999, 400).astype(int)  # another number would not fit what is stored
    of_all = text_embedding(_texts(*texts))
    assert np.array_equal(of_all, text_embedding(_texts(*(texts[at] for at in chosen))))
    assert of_all @ text_embedding(_texts(*texts[:1000])) < 0.95


def test_half_a_surrogate_pair_is_no_error() -> None:
    assert text_embedding(_texts("broken \ud83d text")).any()
