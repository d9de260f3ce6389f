"""Gaussian and Beta arms against slow references and worked examples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from small_views import candidate, finished, view_of

from policies import Observation, Outcome, Proposal, Round, View
from policies.bandits.arms import Arms, gaussian_arms
from policies.bandits.beta_arms import beta_arms
from policies.branches import Branches, finished_branches
from policies.roster import FloatArray, roster

ROUNDS = (
    finished(0, ({"a": 1.0}, 0.03), ({"b": 0.5, "c": 0.5}, -0.02), ({"d": 1.0}, 0.01)),
    finished(1, ({"a": 0.25, "c": 0.75}, 0.004), ({"a": 1.0}, 0.022), se=0.004),
    finished(2, ({"b": 0.6, "gone": 0.4}, -0.01), ({"c": 1.0}, -0.03), se=0.004),
)
EXPECTATION = np.array([0.5, -1.0, 0.2, 1.1, -0.8, 0.0])


def history(*rounds: Round, names: str = "abcdef") -> View:
    return replace(view_of(*map(candidate, names)), history=rounds)


def branches(*rounds: Round, names: str = "abcdef") -> Branches:
    view = history(*rounds, names=names)
    return finished_branches(view, roster(view))


def with_everyone(arms: Arms) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Prior mean and covariance of the effects, and the gains' mean and covariance, in units."""
    features, seen = arms.features, arms.seen
    mean = features @ arms.weight_means
    covariance = features @ np.diag(arms.weight_sds**2) @ features.T
    covariance += arms.own**2 * np.eye(len(features))
    shares = np.zeros((len(seen.gains), len(features)))
    shares[:, seen.tested] = seen.shares
    noise = np.zeros((len(seen.gains), len(seen.gains)))
    for one in range(len(noise)):
        for other in range(len(noise)):
            if seen.rounds[one] == seen.rounds[other]:
                noise[one, other] = 0.5 * arms.noise[one] * arms.noise[other]
        noise[one, one] = arms.noise[one] ** 2 + arms.own**2 * seen.lost[one]
    reach = covariance @ shares.T
    return mean, covariance, reach, shares @ covariance @ shares.T + noise


def reference(arms: Arms) -> tuple[FloatArray, FloatArray]:
    """Mean and covariance of all effects, nats, with every matrix written out."""
    mean, covariance, reach, gains = with_everyone(arms)
    shares = np.zeros((len(arms.seen.gains), len(mean)))
    shares[:, arms.seen.tested] = arms.seen.shares
    surprise = arms.seen.gains / arms.unit - shares @ mean
    moved = mean + reach @ np.linalg.solve(gains, surprise)
    left = covariance - reach @ np.linalg.solve(gains, reach.T)
    return moved * arms.unit, left * arms.unit**2


def test_the_posterior_equals_the_one_with_every_matrix_written_out() -> None:
    arms = gaussian_arms(branches(*ROUNDS), EXPECTATION)
    mean, deviation = arms.effects()
    expected, covariance = reference(arms)
    np.testing.assert_allclose(mean, expected, rtol=1e-9)
    np.testing.assert_allclose(deviation, np.sqrt(np.diag(covariance)), rtol=1e-9)


def test_draws_have_the_mean_and_covariance_of_the_posterior() -> None:
    arms = gaussian_arms(branches(*ROUNDS), EXPECTATION)
    rng = np.random.default_rng(0)
    drawn = np.array([arms.draw(rng) for _ in range(8000)])
    expected, covariance = reference(arms)
    size = np.sqrt(np.diag(covariance))
    # Five standard errors of a mean; a correlation from 8,000 draws has one of 0.011.
    np.testing.assert_allclose((drawn.mean(axis=0) - expected) / size, 0.0, atol=0.056)
    correlations = np.cov(drawn.T) / np.outer(size, size)
    np.testing.assert_allclose(correlations, covariance / np.outer(size, size), atol=0.08)


@pytest.mark.parametrize("seed", range(6))
def test_the_sizes_are_the_most_probable_of_those_that_are_tried(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = 0.01 * rng.standard_normal(len(branches(*ROUNDS).gains))
    seen = replace(branches(*ROUNDS), gains=branches(*ROUNDS).gains * rng.normal() + noise)
    arms = gaussian_arms(seen, EXPECTATION)
    spread = np.sqrt(np.mean((seen.shares**2).sum(axis=1) + seen.lost))
    odds = {}
    for own in (0.1, 0.25, 0.5, 0.9, 1.5):
        for extra in (0.05, 0.2, 0.6):
            tried = replace(
                arms,
                own=own / spread,
                weight_means=np.array([0.0, 0.6 * own / spread]),
                weight_sds=np.array([arms.weight_sds[0], 0.4 * own / spread]),
                noise=np.hypot(seen.ses / arms.unit, extra),
            )
            mean, _, _, covariance = with_everyone(tried)
            shares = np.zeros((len(seen.gains), len(mean)))
            shares[:, seen.tested] = seen.shares
            density = multivariate_normal(shares @ mean, covariance).logpdf(seen.gains / arms.unit)
            far = np.log(own / 0.7) ** 2 + np.log(extra / 0.2) ** 2
            odds[own, extra] = density - far / 2
    own, extra = max(odds, key=lambda sizes: odds[sizes])
    assert arms.own == pytest.approx(own / spread)
    np.testing.assert_allclose(arms.noise, np.hypot(seen.ses / arms.unit, extra))


def test_one_test_of_one_task_by_hand() -> None:
    """The level has variance 1, the own part and the noise have the sizes that were chosen."""
    arms = gaussian_arms(branches(finished(0, ({"a": 1.0}, 0.02), se=0.0)), np.zeros(6))
    assert arms.unit == pytest.approx(0.02)
    before = 1 + arms.own**2
    trust = before / (before + float(arms.noise[0]) ** 2)
    mean, deviation = arms.effects()
    assert mean[0] == pytest.approx(0.02 * trust)
    assert deviation[0] == pytest.approx(0.02 * np.sqrt(before * (1 - trust)))
    # Of the others only the level is told.
    assert mean[1] == pytest.approx(0.02 / (before + float(arms.noise[0]) ** 2))


def test_repeats_that_disagree_are_trusted_less_than_repeats_that_agree() -> None:
    def effect_of_a(*scatter: float) -> float:
        rounds = [
            finished(at, ({"a": 1.0}, 0.03 + off), ({"b": 1.0}, -0.03 - off), se=0.001)
            for at, off in enumerate(scatter)
        ]
        mean, deviation = gaussian_arms(branches(*rounds), np.zeros(6)).effects()
        return float(mean[0] / deviation[0])

    assert effect_of_a(0.001, -0.001, 0.0) > 3 * effect_of_a(0.06, -0.06, 0.0)


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30, 1e200])
def test_gains_of_any_scale_give_the_same_belief(scale: float) -> None:
    seen = branches(*ROUNDS)
    scaled = replace(seen, gains=seen.gains * scale, ses=seen.ses * scale)
    ours, theirs = gaussian_arms(seen, EXPECTATION), gaussian_arms(scaled, EXPECTATION)
    for one, other in zip(ours.effects(), theirs.effects(), strict=True):
        np.testing.assert_allclose(other / scale, one, rtol=1e-6)


def test_without_branches_the_order_is_that_of_the_expectation() -> None:
    mean, deviation = gaussian_arms(branches(), EXPECTATION).effects()
    assert list(np.argsort(mean)) == list(np.argsort(EXPECTATION))
    assert (deviation > 0).all()


def test_an_expectation_that_misleads_is_turned_round() -> None:
    """Where what was expected to help hurts, of two untested tasks the other one is preferred."""
    results = tuple(
        ({name: 1.0}, -0.03 * expected)
        for name, expected in zip(
            "abcdefgh", [1.5, 1.0, 0.5, 0.2, -0.2, -0.5, -1.0, -1.5], strict=True
        )
    )
    rounds = [finished(at, *results, se=0.002) for at in range(2)]
    expectation = np.array([1.5, 1.0, 0.5, 0.2, -0.2, -0.5, -1.0, -1.5, 1.2, -1.2])
    mean, _ = gaussian_arms(branches(*rounds, names="abcdefghij"), expectation).effects()
    assert mean[8] < 0 < mean[9]


def test_a_task_that_all_good_mixtures_share_gets_the_credit() -> None:
    rounds = [
        finished(0, ({"a": 0.5, "b": 0.5}, 0.03), ({"a": 0.5, "c": 0.5}, 0.03), se=0.002),
        finished(1, ({"b": 0.5, "c": 0.5}, 0.0), ({"d": 0.5, "e": 0.5}, 0.0), se=0.002),
    ]
    mean, _ = gaussian_arms(branches(*rounds), np.zeros(6)).effects()
    assert mean[0] > 0.02
    assert abs(mean[1]) < 0.015 and abs(mean[3]) < 0.015


def test_gains_that_are_all_equal_or_all_zero_are_survived() -> None:
    for gain, se in ((0.0, 0.0), (0.02, 0.0), (0.0, 0.01)):
        rounds = [finished(at, ({"a": 1.0}, gain), ({"b": 1.0}, gain), se=se) for at in range(4)]
        arms = gaussian_arms(branches(*rounds), np.zeros(6))
        mean, deviation = arms.effects()
        assert np.isfinite(mean).all() and (deviation > 0).all()
        assert mean[0] == pytest.approx(gain, abs=0.002)
        assert np.isfinite(arms.draw(np.random.default_rng(0))).all()


def test_earned_is_what_was_tested_and_is_credibly_above_zero() -> None:
    results = ({"a": 1.0}, 0.03), ({"b": 1.0}, -0.03), ({"c": 1.0}, 0.001)
    arms = gaussian_arms(branches(finished(0, *results), finished(1, *results)), np.zeros(6))
    assert arms.earned(1.5).tolist() == [True, False, False, False, False, False]
    everyone = gaussian_arms(branches(), np.full(6, 2.0))
    assert not everyone.earned(0.0).any()


def test_beta_arms_count_gains_by_share() -> None:
    """By hand: a gains at share 1 and loses at 1/4, b loses at 3/4; all start at Beta(1, 1)."""
    rounds = (finished(0, ({"a": 1.0}, 0.02)), finished(1, ({"a": 0.25, "b": 0.75}, -0.01)))
    arms = beta_arms(branches(*rounds, names="abc"), np.zeros(3), 0.0)
    np.testing.assert_allclose(arms.helped, [2.0, 1.0, 1.0])
    np.testing.assert_allclose(arms.hurt, [1.25, 1.75, 1.0])
    mean, deviation = arms.effects()
    np.testing.assert_allclose(mean, [2 / 3.25, 1 / 2.75, 0.5])
    np.testing.assert_allclose(deviation[2], np.sqrt(1 / 12))


def test_forgetting_pulls_counts_to_their_start_before_a_round_is_added() -> None:
    """AutoSeM's update with gamma 0.3: 1 -> 2 after a gain, then 0.7 * 2 + 0.3 and a loss."""
    rounds = (finished(0, ({"a": 1.0}, 0.02)), finished(1, ({"a": 1.0}, -0.01)))
    arms = beta_arms(branches(*rounds, names="ab"), np.zeros(2), 0.3)
    np.testing.assert_allclose([arms.helped[0], arms.hurt[0]], [1.7, 2.0])
    again = (*rounds, finished(2, ({"a": 1.0}, 0.02)))
    arms = beta_arms(branches(*again, names="ab"), np.zeros(2), 0.3)
    np.testing.assert_allclose([arms.helped[0], arms.hurt[0]], [2.49, 1.7])


def test_a_round_of_which_no_branch_finished_forgets_nothing() -> None:
    first, second = finished(0, ({"a": 1.0}, 0.1)), finished(1, ({"b": 1.0}, 0.1))
    failed = Outcome(status="failed", cost=1)
    lost = Observation(proposal=Proposal(mixture={"a": 1.0}, reason="a test"), outcome=failed)
    between = (first, Round(number=1, observations=(lost,)), replace(second, number=2))
    arms = beta_arms(branches(*between, names="ab"), np.zeros(2), 0.3)
    assert arms.helped == pytest.approx(
        beta_arms(branches(first, second, names="ab"), np.zeros(2), 0.3).helped
    )


def test_expected_tasks_start_with_a_better_chance_and_keep_two_counts() -> None:
    arms = beta_arms(branches(names="abc"), np.array([1.0, 0.0, -9.0]), 0.0)
    mean, _ = arms.effects()
    assert mean[0] > mean[1] == 0.5 > mean[2] >= 0.05
    np.testing.assert_allclose(arms.helped + arms.hurt, 2.0)


def test_a_chance_has_to_be_credible_and_tested() -> None:
    rounds = [finished(at, ({"a": 1.0}, 0.01), ({"b": 1.0}, -0.01)) for at in range(4)]
    arms = beta_arms(branches(*rounds, names="abc"), np.array([0.0, 0.0, 2.0]), 0.0)
    assert arms.earned(1.5).tolist() == [True, False, False]
    once = beta_arms(branches(rounds[0], names="abc"), np.zeros(3), 0.0)
    assert not once.earned(1.5).any()
    assert once.earned(0.5).tolist() == [True, False, False]
