"""Sequences of examples: what is chosen of them, where it comes from, what it is as a hash."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from tasks.example import Example
from tasks.examples import Chosen, digest_of, place_of
from tasks.posed import posed_examples

EXAMPLES = [Example(f"text {n}", n % 2) for n in range(3000)]
PLACES = [f"data/t.jsonl:{n + 1}" for n in range(3000)]


@pytest.fixture(params=["listed", "posed", "chosen of posed"])
def of(request: pytest.FixtureRequest) -> Sequence[Example]:
    if request.param == "listed":
        return EXAMPLES
    posed = posed_examples(EXAMPLES, PLACES, base=Path("data"))
    return posed if request.param == "posed" else Chosen(posed, np.arange(3000))


def test_what_is_chosen_reads_like_a_list_of_it(of: Sequence[Example]) -> None:
    indices = np.random.default_rng(0).permutation(3000)[:2500]
    chosen, expected = Chosen(of, indices), [EXAMPLES[index] for index in indices]
    assert list(chosen) == expected
    assert len(chosen) == 2500
    assert (chosen[0], chosen[-1]) == (expected[0], expected[-1])
    assert chosen[5:2000:7] == expected[5:2000:7]
    assert chosen[::-1] == expected[::-1]
    assert list(Chosen(chosen, np.array([3, 1]))) == [expected[3], expected[1]]
    with pytest.raises(IndexError):
        _ = chosen[2500]


def test_nothing_chosen_is_empty(of: Sequence[Example]) -> None:
    chosen = Chosen(of, np.array([], dtype=np.int64))
    assert (list(chosen), chosen[:], len(chosen)) == ([], [], 0)


def test_what_is_chosen_keeps_its_place() -> None:
    posed = posed_examples(EXAMPLES, PLACES, base=Path("data"))
    chosen = Chosen(Chosen(posed, np.array([7, 5, 3])), np.array([2, 0]))
    assert [place_of(chosen, index) for index in (0, 1)] == ["data/t.jsonl:4", "data/t.jsonl:8"]
    assert place_of(Chosen(EXAMPLES, np.array([7])), 0) == "example 8"


def test_the_hash_of_what_is_chosen_tells_which_and_of_what_in_which_order() -> None:
    def hashed(of: Sequence[Example], *indices: int) -> str:
        return digest_of(Chosen(of, np.array(indices)))

    posed = posed_examples(EXAMPLES, PLACES, base=Path("data"))
    assert hashed(EXAMPLES, 1, 2) == hashed(posed, 1, 2)
    assert hashed(EXAMPLES, 1, 2) != hashed(EXAMPLES, 2, 1)
    assert hashed(EXAMPLES, 1, 2) != hashed(EXAMPLES[:-1], 1, 2)


def test_the_hash_changes_with_every_field_and_with_the_order() -> None:
    first = Example("a", 1, "b", ("c", "d"), "e")
    others = [
        replace(first, text="x"),
        replace(first, label=0),
        replace(first, label=1.0),
        replace(first, pair="x"),
        replace(first, options=("d", "c")),
        replace(first, answer="x"),
        Example("a", 1, "", ("b", "c", "d"), "e"),
    ]
    digests = {digest_of([example]) for example in (first, *others)}
    digests |= {digest_of(pair) for pair in permutations([first, others[0]])}
    assert len(digests) == 1 + len(others) + 2
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
    assert digest_of([first, first]) != digest_of([first])
    assert digest_of((first,)) == digest_of([first])
