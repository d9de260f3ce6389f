"""Shuffled labels: same texts, same label counts, nothing left to learn."""

from __future__ import annotations

import numpy as np

from tasks.example import Example
from tasks.placebo import shuffle_labels


def test_labels_move_and_texts_and_counts_stay() -> None:
    examples = [Example(text=str(i), label=int(i % 10 == 0)) for i in range(200)]
    shuffled = shuffle_labels(examples, np.random.default_rng(0))
    assert [example.text for example in shuffled] == [example.text for example in examples]
    assert sum(example.label for example in shuffled) == 20
    assert [example.label for example in shuffled] != [example.label for example in examples]


def test_scores_are_permuted() -> None:
    examples = [Example(text=str(i), label=i / 7) for i in range(50)]
    shuffled = shuffle_labels(examples, np.random.default_rng(0))
    assert sorted(e.label for e in shuffled) == [e.label for e in examples]
    assert [e.label for e in shuffled] != [e.label for e in examples]


def test_an_option_is_drawn_among_the_examples_own() -> None:
    examples = [Example(text="q", label=0, options=("a",) * (2 + i % 3)) for i in range(600)]
    shuffled = shuffle_labels(examples, np.random.default_rng(0))
    assert all(0 <= e.label < len(e.options) for e in shuffled)
    of_four = [e.label for e in shuffled if len(e.options) == 4]
    # 200 draws of 4 options: the odds that one misses 30 are below 1e-3, and the seed is fixed.
    assert min(of_four.count(option) for option in range(4)) > 30


def test_written_answers_move_whole() -> None:
    examples = [Example(text=str(i), label=1, answer=f"answer {i}") for i in range(50)]
    shuffled = shuffle_labels(examples, np.random.default_rng(0))
    assert {e.label for e in shuffled} == {1}
    assert sorted(e.answer for e in shuffled) == sorted(e.answer for e in examples)
    assert [e.answer for e in shuffled] != [e.answer for e in examples]
    assert [e.text for e in shuffled] == [e.text for e in examples]


def test_the_shuffle_follows_from_the_generator() -> None:
    examples = [Example(text=str(i), label=i) for i in range(30)]
    first, again = (shuffle_labels(examples, np.random.default_rng(5)) for _ in range(2))
    assert first == again
