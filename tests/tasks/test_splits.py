"""Cutting splits: complete, disjoint, the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.splits import cut_from_train, cut_validation


@pytest.mark.parametrize("num_examples", [20, 21, 501])
def test_the_halves_of_a_validation_split_are_sorted_disjoint_and_complete(
    num_examples: int,
) -> None:
    selection, gate = cut_validation(num_examples, seed=(3, 1))
    assert selection.dtype == gate.dtype == np.int64
    assert len(selection) - len(gate) in (0, 1)
    assert np.array_equal(np.sort(np.concatenate([selection, gate])), np.arange(num_examples))
    assert (np.diff(selection) > 0).all()
    assert (np.diff(gate) > 0).all()


def test_the_cut_follows_from_the_seed_and_is_random() -> None:
    first, again, other = (cut_validation(100, seed=seed)[0] for seed in ((1, 2), (1, 2), (1, 3)))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, np.arange(50))


def test_too_small_a_validation_split_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 20 examples, got 19"):
        cut_validation(19, seed=(0,))


def test_candidates_of_one_question_stay_in_one_half() -> None:
    groups = np.random.default_rng(0).integers(31, size=400) * 5
    selection, gate = cut_validation(400, seed=(3, 1), groups=groups)
    assert not set(groups[selection]) & set(groups[gate])
    assert len(set(groups[selection])) == 16 and len(set(groups[gate])) == 15
    assert np.array_equal(np.sort(np.concatenate([selection, gate])), np.arange(400))
    assert (np.diff(selection) > 0).all() and selection.dtype == np.int64
    with pytest.raises(ValueError, match="at least 20 questions, got 3"):
        cut_validation(400, seed=(3, 1), groups=np.arange(400) % 3)


@pytest.mark.parametrize(
    ("num_examples", "num_splits", "sizes"),
    [
        (10, 2, [6, 2, 2]),
        (10, 1, [8, 2]),
        (10, 0, [10]),
        (3, 0, [3]),
        (9000, 2, [7000, 1000, 1000]),
    ],
)
def test_lacking_splits_take_a_fifth_of_train_each_at_most_a_thousand(
    num_examples: int, num_splits: int, sizes: list[int]
) -> None:
    parts = cut_from_train(num_examples, [None] * num_splits, seed=(7,))
    assert [len(part) for part in parts] == sizes
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(num_examples))
    assert all((np.diff(part) > 0).all() for part in parts)


def test_a_split_is_not_cut_from_a_handful_of_rows() -> None:
    with pytest.raises(ValueError, match="9 train rows are too few"):
        cut_from_train(9, [None], seed=(0,))


def test_a_cut_split_holds_no_more_than_its_cap_and_train_keeps_the_rest() -> None:
    parts = cut_from_train(1000, [5, None], seed=(7,))
    assert [len(part) for part in parts] == [795, 5, 200]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(1000))
