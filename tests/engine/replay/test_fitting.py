"""Mixtures are cut and filled to the size that a view asks for."""

from __future__ import annotations

import numpy as np
import pytest

from engine.replay.fitting import cut, fitted

NAMES = ("a", "b", "c", "d", "e")


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_without_a_size_a_mixture_stays_as_it_is() -> None:
    assert fitted({"a": 0.7, "b": 0.3}, NAMES, None, _rng()) == {"a": 0.7, "b": 0.3}
    assert fitted({}, NAMES, None, _rng()) == {}


def test_a_larger_mixture_keeps_its_largest_shares_as_equals() -> None:
    found = fitted({"a": 0.1, "b": 0.5, "c": 0.15, "d": 0.25}, NAMES, 2, _rng())
    assert found == {"b": 0.5, "d": 0.5}


def test_a_smaller_mixture_is_filled_up_with_other_tasks() -> None:
    found = fitted({"c": 1.0}, NAMES, 3, _rng())
    assert next(iter(found)) == "c"
    assert len(found) == 3
    assert set(found) <= set(NAMES)
    assert set(found.values()) == {1 / 3}


def test_what_is_filled_in_is_drawn_and_every_task_can_be() -> None:
    drawn = {task for seed in range(40) for task in fitted({"a": 1.0}, NAMES, 2, _rng(seed))}
    assert drawn == set(NAMES)


def test_of_equal_shares_chance_decides_which_are_kept() -> None:
    """Else the first in the alphabet would win for every policy that has no opinion."""
    mixture = dict.fromkeys(NAMES, 0.2)
    kept = [frozenset(fitted(mixture, NAMES, 2, _rng(seed))) for seed in range(40)]
    assert len(set(kept)) > 5


def test_a_size_beyond_the_candidates_takes_them_all() -> None:
    assert set(fitted({"a": 1.0}, NAMES, 9, _rng())) == set(NAMES)


def test_a_cut_mixture_keeps_the_proportions_of_what_is_left() -> None:
    assert cut({"a": 0.5, "b": 0.2, "c": 0.3}, 2, _rng()) == pytest.approx({"a": 0.625, "c": 0.375})
    assert cut({"a": 0.5, "b": 0.5}, 2, _rng()) == {"a": 0.5, "b": 0.5}
