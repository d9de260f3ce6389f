"""Cutting a split in two, the same way every time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_FEWEST_VALIDATION = 20
_FEWEST_TRAIN = 10
_MOST_HELD_OUT = 1000


def cut_validation(
    num_examples: int, *, seed: tuple[int, ...], groups: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut a target's validation split once into its two halves.

    Args:
        num_examples: Size of the validation split, at least 20.
        seed: Entropy; the same seed gives the same halves.
        groups: (num_examples,) as `questions_of` gives them: examples with equal numbers go into
            the same half, of which each then has about half of the groups.

    Returns:
        (selection, gate): sorted indices, disjoint, together all of them; selection has one more
        (example, or group) when the number is odd.

    Raises:
        ValueError: Under 20 examples, or groups, where the halves could not tell a gain from
            chance.
    """
    if groups is not None:
        names, number = np.unique(groups, return_inverse=True)
        chosen, _ = _halves(len(names), "questions", seed)
        in_selection = np.isin(number, chosen)
        return np.flatnonzero(in_selection), np.flatnonzero(~in_selection)
    return _halves(num_examples, "examples", seed)


def cut_from_train(
    num_examples: int, caps: Sequence[int | None], *, seed: tuple[int, ...]
) -> list[NDArray[np.int64]]:
    """Cut the splits that a data set lacks from its train split: a fifth each, at most 1,000.

    Args:
        num_examples: Rows of the train split, at least 10.
        caps: The most rows of each split that is lacking, two at most; None for no cap of its own.
        seed: Entropy; the same seed gives the same cut.

    Returns:
        What remains of train, then the new splits: sorted indices, disjoint, together all.

    Raises:
        ValueError: Under 10 rows when there is something to cut.
    """
    if caps and num_examples < _FEWEST_TRAIN:
        raise ValueError(
            f"{num_examples} train rows are too few to cut a split from; at least {_FEWEST_TRAIN}."
        )
    order = np.random.default_rng(seed).permutation(num_examples).astype(np.int64)
    size = min(_MOST_HELD_OUT, num_examples // 5)
    sizes = [size if cap is None else min(size, cap) for cap in caps]
    held_out = np.split(order, np.cumsum(sizes, dtype=np.int64))
    return [np.sort(part) for part in (held_out[-1], *held_out[:-1])]


def _halves(
    num: int, what: str, seed: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if num < _FEWEST_VALIDATION:
        raise ValueError(
            f"A target's validation split needs at least {_FEWEST_VALIDATION} {what}, "
            f"got {num}. Give it more, or leave it out: it is then cut from train."
        )
    order = np.random.default_rng(seed).permutation(num).astype(np.int64)
    half = (num + 1) // 2
    return np.sort(order[:half]), np.sort(order[half:])
