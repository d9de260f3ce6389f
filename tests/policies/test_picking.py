"""Sets at equal shares, and what was tested put together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_views import candidate, finished, view_of

from policies import Observation, Outcome, Proposal, Round
from policies.picking import best, distinct, random_sets, size_of_set
from policies.roster import roster
from policies.tested import all_tested

VIEW = view_of(candidate("c"), candidate("a", size=10), candidate("b"), candidate("d"))
WHO = roster(VIEW)


def test_the_best_come_first_and_ties_go_to_the_larger_then_by_name() -> None:
    mixture = best(np.array([1.0, 1.0, 1.0, 2.0]), WHO, 3)
    assert list(mixture.items()) == [("d", 1 / 3), ("b", 1 / 3), ("c", 1 / 3)]


def test_what_is_ruled_out_is_not_taken() -> None:
    assert best(np.array([-np.inf, -5.0, -np.inf, -np.inf]), WHO, 3) == {"b": 1.0}
    assert best(np.full(4, -np.inf), WHO, 3) == {}


def test_a_set_holds_what_the_campaign_asks_for_and_never_more_than_there_is() -> None:
    assert size_of_set(VIEW, 2) == 2
    assert size_of_set(VIEW, 9) == 4
    assert size_of_set(replace(VIEW, exactly=3), 2) == 3
    assert size_of_set(replace(VIEW, exactly=7), 2) == 4


def test_random_sets_are_distinct_until_none_is_left() -> None:
    sets = random_sets(WHO, 2, 6, np.random.default_rng(0))
    assert len({frozenset(one) for one in sets}) == 6
    assert all(list(one.values()) == [0.5, 0.5] for one in sets)
    assert len(random_sets(WHO, 4, 3, np.random.default_rng(0))) == 1


def test_random_sets_take_every_task_equally_often() -> None:
    rng = np.random.default_rng(0)
    drawn = [name for _ in range(1000) for one in random_sets(WHO, 2, 1, rng) for name in one]
    # 500 each, standard deviation 16: five of them fail by chance once in a million.
    assert all(abs(drawn.count(name) - 500) < 80 for name in "abcd")


def test_of_equal_proposals_the_first_is_kept() -> None:
    proposals = [Proposal(mixture={"a": 1.0}, reason=said) for said in ("first", "second")]
    other = Proposal(mixture={"b": 1.0}, reason="third")
    assert distinct([*proposals, other], 2) == (proposals[0], other)
    assert distinct([*proposals, other], 1) == (proposals[0],)


def test_repeats_of_a_mixture_are_put_together() -> None:
    mixed = {"a": 0.5, "b": 0.5}
    history = (
        finished(0, (mixed, 0.02), ({"c": 1.0}, -0.1), se=0.03),
        finished(1, (dict(reversed(mixed.items())), 0.04), se=0.04),
    )
    first, second = all_tested(replace(VIEW, history=history), WHO)
    assert first.mixture == mixed and first.count == 2
    assert first.gain == pytest.approx(0.03)
    assert first.se == pytest.approx(0.025)
    assert first.bound(2.0) == pytest.approx(-0.02)
    assert second.gain == pytest.approx(-0.1)


def test_what_failed_or_cannot_be_trained_any_more_was_not_tested() -> None:
    failed = Observation(
        proposal=Proposal(mixture={"a": 1.0}, reason="a test"),
        outcome=Outcome(status="failed", cost=0),
    )
    gone = finished(1, ({"gone": 0.5, "a": 0.5}, 0.5), ({}, 0.1))
    history = (Round(number=0, observations=(failed,)), gone)
    assert all_tested(replace(VIEW, history=history), WHO) == []
