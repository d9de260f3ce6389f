"""What the navigator learns from earlier campaigns, and how it chooses sets of a given size."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from policies import (
    Candidate,
    Navigator,
    Observation,
    Outcome,
    PastBranch,
    Proposal,
    Round,
    Target,
    View,
)
from policies.navigator.earlier import lessons, shared_covariance
from policies.navigator.exact import _greedy, tasks_worth_a_test
from policies.roster import roster

NAMES = tuple("abcdefghij")
PRIOR = (np.array([0.0]), np.array([0.3]))


def view_of(past: tuple[PastBranch, ...], scores: NDArray[np.float64] | None = None) -> View:
    """Ten candidates; `scores` (10,) are of the signal "text"."""
    told = np.zeros(10) if scores is None else scores
    return View(
        candidates=tuple(
            Candidate(
                name=name,
                family=f"of {name}",
                num_examples=1000,
                tokens_per_example=10.0,
                scores={"text": {"t": float(score)}} if score else {},
            )
            for name, score in zip(NAMES, told, strict=True)
        ),
        targets=(Target(name="t", family="t", num_examples=100, weight=1.0),),
        rounds_left=3,
        budget_left=1_000_000,
        past=past,
    )


def past_of(
    gains: NDArray[np.float64], scores: NDArray[np.float64] | None = None
) -> tuple[PastBranch, ...]:
    """One branch of one task for each of (10, T) gains."""
    return tuple(
        PastBranch(
            target=f"earlier-{column}",
            mixture={NAMES[row]: 1.0},
            gain=float(gains[row, column]),
            se=0.0,
            scores={} if scores is None else {"text": float(scores[row, column])},
        )
        for row in range(gains.shape[0])
        for column in range(gains.shape[1])
    )


def test_a_task_that_helped_others_is_expected_to_help() -> None:
    rng = np.random.default_rng(0)
    gains = rng.normal(0, 0.01, (10, 8)) + np.where(np.arange(10) == 3, 0.04, 0.0)[:, None]
    found = lessons(past_of(gains), roster(view_of(())), ("text",), PRIOR)
    assert found is not None
    assert np.argmax(found.sources) == 3
    assert found.sources[3] > 1.0
    assert found.sources[3] > 2 * np.abs(np.delete(found.sources, 3)).max()


def test_a_signal_that_told_gains_apart_earlier_is_trusted_and_one_that_did_not_is_not() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(10, 12))
    gains = 0.01 * (0.8 * scores + 0.6 * rng.normal(size=(10, 12)))
    who = roster(view_of(()))
    trusted = lessons(past_of(gains, scores), who, ("text",), PRIOR)
    shuffled = lessons(past_of(gains, rng.permuted(scores, axis=0)), who, ("text",), PRIOR)
    assert trusted is not None and shuffled is not None
    assert trusted.weights[0] > 0.6
    assert abs(shuffled.weights[0]) < 0.25
    assert trusted.weight_sds[0] < 0.3


def test_tasks_that_helped_the_same_targets_share_evidence() -> None:
    """B follows a from target to target, c does its own; a good test of a speaks for b alone."""
    rng = np.random.default_rng(2)
    gains = rng.normal(0, 0.01, (10, 12))
    gains[0] = rng.normal(0, 0.02, 12)
    gains[1] = gains[0] + rng.normal(0, 0.002, 12)
    known = lessons(past_of(gains), roster(view_of(())), ("text",), PRIOR)
    assert known is not None
    (shared,) = shared_covariance(known, np.arange(1), np.arange(1, 10))
    assert shared[0] > 2 * shared[1:].max()
    view = replace(view_of(past_of(gains)), exactly=1)
    tested = replace(view, history=(round_of("a", 0.03),), round=1, rounds_left=0)
    (kept,) = Navigator().propose(replace(tested, exactly=2), np.random.default_rng(0))
    assert set(kept.mixture) == {"a", "b"}


def round_of(name: str, gain: float) -> Round:
    outcome = Outcome(status="finished", cost=1, gain=gain, se=0.002)
    proposal = Proposal(mixture={name: 1.0}, reason="a test")
    return Round(number=0, observations=(Observation(proposal=proposal, outcome=outcome),))


def test_the_more_of_a_pattern_residuals_have_the_less_is_each_task_s_own() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 0.01, (10, 12))
    pattern = 0.05 * np.outer(rng.normal(size=10), rng.normal(size=12))
    own = []
    for gains in (noise, noise + pattern):
        known = lessons(past_of(gains), roster(view_of(())), ("text",), PRIOR)
        assert known is not None
        own.append(known.own_variance)
    assert own[0] > 1.5 * own[1]


def test_the_unit_of_earlier_gains_does_not_matter_to_who_is_trusted() -> None:
    gains = np.random.default_rng(4).normal(0, 0.01, (10, 6))
    who = roster(view_of(()))
    first = lessons(past_of(gains), who, ("text",), PRIOR)
    other = lessons(past_of(gains * np.logspace(-3, 3, 6)), who, ("text",), PRIOR)
    assert first is not None and other is not None
    np.testing.assert_allclose(first.sources, other.sources, atol=1e-9)


@pytest.mark.parametrize("targets", [0, 1, 2])
def test_too_few_earlier_targets_teach_nothing(targets: int) -> None:
    gains = np.random.default_rng(5).normal(0, 0.01, (10, targets))
    assert lessons(past_of(gains), roster(view_of(())), ("text",), PRIOR) is None


def test_a_past_of_constant_or_unknown_tasks_is_survived() -> None:
    stranger = tuple(replace(one, mixture={"gone": 1.0}) for one in past_of(np.ones((10, 4))))
    for past in (past_of(np.ones((10, 4))), stranger):
        assert Navigator().propose(view_of(past), np.random.default_rng(0))


@pytest.mark.parametrize("size", [1, 2, 5, 10, 30])
def test_a_frozen_set_holds_as_many_tasks_as_asked_for_at_equal_shares(size: int) -> None:
    view = replace(view_of(()), exactly=size, rounds_left=0)
    (kept,) = Navigator().propose(view, np.random.default_rng(0))
    assert len(kept.mixture) == min(size, 10)
    assert list(kept.mixture.values()) == pytest.approx([1 / min(size, 10)] * min(size, 10))


@pytest.mark.parametrize("size", [1, 3])
def test_tests_of_a_given_size_hold_as_many_and_differ(size: int) -> None:
    view = replace(view_of(()), exactly=size, kept=3, max_proposals=3)
    answers = Navigator().propose(view, np.random.default_rng(0))
    sets = {frozenset(answer.mixture) for answer in answers}
    assert len(sets) == len(answers) == 3
    assert all(len(one) == size for one in sets)


def test_the_greedy_set_is_the_best_of_all_where_tasks_do_not_overlap() -> None:
    effects = np.random.default_rng(6).normal(size=7)
    (found,) = _greedy(np.append(effects, 0.8)[None], np.eye(7), 3)
    best = max(combinations(range(7), 3), key=lambda chosen: effects[list(chosen)].sum())
    assert tuple(found) == best


def test_of_two_copies_a_set_holds_one() -> None:
    overlap = np.eye(3)
    overlap[0, 1] = overlap[1, 0] = 1.0
    (found,) = _greedy(np.array([[1.0, 0.99, 0.9, 0.8]]), overlap, 2)
    assert tuple(found) == (0, 2)


def test_what_may_change_the_best_two_is_tested() -> None:
    """The first is sure to be kept and the last sure not to be; who is second is open."""
    mean = np.array([1.0, 0.2, 0.15, -3.0])
    covariance = np.diag([0.5, 0.02, 0.3, 0.5])
    assert tasks_worth_a_test(mean, covariance, 0.05, kept=2, count=1) == [2]


def test_the_worth_of_a_test_is_the_simulated_rise_of_the_best_set() -> None:
    """Fifty thousand drawn answers; the order of the tests is that of their simulated worth."""
    rng = np.random.default_rng(7)
    root = rng.normal(size=(6, 6))
    mean, covariance = rng.normal(0, 0.5, 6), root @ root.T / 6
    moves = covariance / np.sqrt(np.diag(covariance) + 0.2)[:, None]
    z = rng.standard_normal(50_000)
    before = np.sort(mean)[-2:].sum()
    rises = [np.sort(mean + z[:, None] * row, axis=1)[:, -2:].sum(axis=1).mean() for row in moves]
    (first,) = tasks_worth_a_test(mean, covariance, 0.2, kept=2, count=1)
    assert rises[first] - before >= 0.9 * (max(rises) - before)


def test_tests_are_distinct_even_where_nothing_can_be_learnt() -> None:
    found = tasks_worth_a_test(np.zeros(4), np.zeros((4, 4)), 0.1, kept=2, count=3)
    assert len(set(found)) == 3
