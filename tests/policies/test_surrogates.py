"""Models of gain(mixture) against references, worked examples and made-up truths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from policies.branches import noise_correlation
from policies.mixture_models.surrogates import gaussian_process as gp
from policies.mixture_models.surrogates import log_linear_law as law
from policies.mixture_models.surrogates.boosted_trees import fit_boosted_trees
from policies.mixture_models.surrogates.evidence import Evidence
from policies.mixture_models.surrogates.gaussian_process import (
    GaussianProcess,
    expected_improvement,
    fit_gaussian_process,
)
from policies.mixture_models.surrogates.linear_effects import linear_effects
from policies.mixture_models.surrogates.log_linear_law import LogLinearLaw, fit_log_linear_law
from policies.roster import FloatArray


def drawn(count: int, size: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).dirichlet(np.full(size, 0.6), count)


def seen(shares: FloatArray, gains: FloatArray, noise: float = 0.0) -> Evidence:
    """Evidence in standard units; every branch a round of its own."""
    level, unit = float(gains.mean()), float(gains.std())
    return Evidence(
        shares=shares,
        gains=(gains - level) / unit,
        noise=np.full(len(gains), noise / unit),
        rounds=np.arange(len(gains)),
        level=level,
        unit=unit,
    )


def curved(shares: FloatArray) -> FloatArray:
    """Best between the first two tasks; the third is harmful."""
    return np.asarray(np.sqrt(shares[:, 0] * shares[:, 1]) + 0.3 * shares[:, 0] - shares[:, 2])


def test_the_process_predicts_what_scikit_learns_predicts() -> None:
    shares, tested = drawn(12, 4), drawn(5, 4, seed=1)
    gains = curved(shares)
    lengths, signal, nugget = np.array([0.3, 0.5, 0.8, 1.2]), 1.3, 0.2
    ours = GaussianProcess(
        roots=np.sqrt(shares),
        lengths=lengths,
        signal=signal,
        nugget=nugget,
        noise=np.diag(np.full(12, 0.1**2)),
        gains=gains,
    )
    theirs = GaussianProcessRegressor(
        kernel=ConstantKernel(signal**2, "fixed") * Matern(lengths, "fixed", nu=2.5),
        alpha=0.1**2 + nugget**2 + 1e-8,
    ).fit(np.sqrt(shares), gains)
    mean, deviation = ours.predict(tested)
    expected, spread = theirs.predict(np.sqrt(tested), return_std=True)
    assert mean == pytest.approx(expected)
    assert deviation == pytest.approx(spread)


def test_the_slope_of_the_fit_is_that_of_its_loss() -> None:
    shares = drawn(10, 3)
    roots = np.sqrt(shares)
    apart = (roots[:, None] - roots[None]) ** 2
    noise = 0.1**2 * noise_correlation(np.arange(10) // 3)
    logs = np.array([0.2, -1.5, -0.4, 0.3, 0.1])
    gains = curved(shares)
    _, slope = gp._loss(logs, apart, noise, gains)
    assert slope == pytest.approx(
        approx_fprime(logs, lambda at: gp._loss(at, apart, noise, gains)[0]), abs=1e-4
    )


def test_the_process_finds_which_tasks_matter() -> None:
    shares = drawn(40, 5)
    process = fit_gaussian_process(seen(shares, curved(shares)))
    assert process.lengths[:3].max() < process.lengths[3:].min()
    tested = drawn(200, 5, seed=1)
    assert np.corrcoef(process.predict(tested)[0], curved(tested))[0, 1] > 0.95


def test_the_process_knows_how_far_it_errs() -> None:
    shares, tested = drawn(25, 4), drawn(400, 4, seed=1)
    evidence = seen(shares, curved(shares))
    mean, deviation = fit_gaussian_process(evidence).predict(tested)
    truth = (curved(tested) - evidence.level) / evidence.unit
    # About 5 % lie outside two deviations when the model is right.
    assert (np.abs(mean - truth) > 2 * deviation).mean() < 0.15
    # Bars as wide as the gains' own scatter would say nothing.
    assert np.median(deviation) < 0.6


def test_noisy_branches_pull_less_than_precise_ones() -> None:
    shares = np.array([[1.0, 0.0], [0.0, 1.0]])
    for noise, least, most in ((0.01, 0.8, 1.0), (3.0, 0.0, 0.3)):
        evidence = seen(shares, np.array([1.0, -1.0]), noise=noise)
        mean, _ = fit_gaussian_process(evidence).predict(shares)
        assert least < mean[0] < most


def test_gains_of_one_round_share_their_controls_noise() -> None:
    two = replace(seen(drawn(3, 2), np.array([0.1, 0.2, 0.3])), rounds=np.array([0, 0, 1]))
    ses = np.array([0.2, 0.4, 0.1])
    noise = fit_gaussian_process(replace(two, noise=ses)).noise
    assert noise == pytest.approx(np.array([[0.04, 0.04, 0], [0.04, 0.16, 0], [0, 0, 0.01]]))


def test_believing_a_test_leaves_the_mean_and_narrows_the_bar() -> None:
    shares = drawn(8, 3)
    process = fit_gaussian_process(seen(shares, curved(shares), noise=0.02))
    new = np.array([0.2, 0.2, 0.6])
    before, after = process.predict(new[None]), process.believing(new).predict(new[None])
    assert after[0] == pytest.approx(before[0], abs=1e-6)
    assert after[1] < 0.6 * before[1]
    tested = drawn(50, 3, seed=4)
    assert process.believing(new).predict(tested)[0] == pytest.approx(process.predict(tested)[0])


def test_expected_improvement_is_the_mean_excess_of_draws() -> None:
    mean, deviation, best = np.array([0.0, 0.5, -1.0]), np.array([1.0, 0.2, 2.0]), 0.3
    draws = mean + deviation * np.random.default_rng(0).standard_normal((400_000, 3))
    excess = np.maximum(draws - best, 0.0).mean(axis=0)
    assert expected_improvement(mean, deviation, best) == pytest.approx(excess, abs=0.005)


def test_a_true_log_linear_law_is_recovered() -> None:
    truth = LogLinearLaw(floor=-2.0, slopes=np.array([-1.5, 0.3, 0.8, 0.0]))
    shares, tested = drawn(40, 4), drawn(100, 4, seed=1)
    evidence = seen(shares, truth.gain(shares))
    found = fit_log_linear_law(evidence)
    predicted = evidence.level + evidence.unit * found.gain(tested)
    assert predicted == pytest.approx(truth.gain(tested), abs=0.1 * evidence.unit)
    assert np.argsort(found.slopes).tolist() == np.argsort(truth.slopes).tolist()


def test_the_slope_of_the_laws_fit_is_that_of_its_loss() -> None:
    shares = drawn(10, 3)
    problem = law._Problem.of(seen(shares, shares[:, 0] - shares[:, 1], noise=0.05))
    for values in ([0.3, -0.5, 0.2, 0.8], [-1.0, 0.4, 0.1, -0.3]):
        _, slope = problem.loss(np.array(values))
        expected = approx_fprime(np.array(values), lambda at: problem.loss(at)[0])
        assert slope == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_one_wild_branch_does_not_bend_the_law() -> None:
    truth = LogLinearLaw(floor=-2.0, slopes=np.array([-1.5, 0.3, 0.8, 0.0]))
    shares, tested = drawn(40, 4), drawn(100, 4, seed=1)
    gains = truth.gain(shares)
    gains[7] -= 8 * gains.std()
    found = fit_log_linear_law(seen(shares, gains))
    assert np.corrcoef(found.gain(tested), truth.gain(tested))[0, 1] > 0.97


def test_the_law_copes_with_fewer_branches_than_tasks() -> None:
    shares = drawn(6, 12)
    found = fit_log_linear_law(seen(shares, shares[:, 0] - shares[:, 1], noise=0.02))
    assert np.isfinite(found.slopes).all()
    assert found.slopes[0] < found.slopes[1]


def test_noise_draws_the_laws_slopes_together() -> None:
    shares = drawn(10, 4)
    gains = shares[:, 0] - shares[:, 1]
    spread = [
        float(np.ptp(fit_log_linear_law(seen(shares, gains, noise=noise)).gain(np.eye(4))))
        for noise in (0.0, 0.5)
    ]
    assert spread[1] < 0.7 * spread[0]


def test_trees_rank_mixtures_and_repeat_themselves_for_the_same_generator() -> None:
    shares, tested = drawn(40, 5), drawn(200, 5, seed=1)
    evidence = seen(shares, curved(shares))
    predict = fit_boosted_trees(evidence, np.random.default_rng(3))
    again = fit_boosted_trees(evidence, np.random.default_rng(3))
    assert np.corrcoef(predict(tested), curved(tested))[0, 1] > 0.7
    assert np.std(predict(tested)) > 0.5 * np.std(curved(tested)) / evidence.unit
    assert predict(tested).tolist() == again(tested).tolist()


def test_trees_know_of_a_single_branch_that_every_mixture_gains_as_much() -> None:
    single = Evidence(
        shares=np.array([[0.25, 0.75]]),
        gains=np.zeros(1),
        noise=np.ones(1),
        rounds=np.zeros(1, dtype=np.intp),
        level=0.02,
        unit=0.02,
    )
    predict = fit_boosted_trees(single, np.random.default_rng(0))
    assert predict(drawn(10, 2)) == pytest.approx(np.zeros(10))


def test_linear_effects_are_least_squares_when_there_is_much_evidence() -> None:
    rng = np.random.default_rng(0)
    members = (rng.random((300, 5)) < 0.5).astype(np.float64)
    truth = np.array([0.5, -0.4, 0.0, 0.2, 0.1])
    gains = members @ truth + 0.1 * rng.standard_normal(300)
    effects, errors = linear_effects(members, gains, np.full(300, 0.1), ridge=1e-6)
    reference, *_ = np.linalg.lstsq(members, gains, rcond=None)
    assert effects == pytest.approx(reference, abs=1e-6)
    assert errors == pytest.approx(
        np.sqrt(0.01 * np.diag(np.linalg.inv(members.T @ members))), rel=0.1
    )
    assert (np.abs(effects - truth) < 4 * errors).all()


@pytest.mark.parametrize("factor", [1e-30, 1.0, 1e30])
def test_a_task_in_one_branch_counts_half_and_an_untested_one_nothing(factor: float) -> None:
    effects, errors = linear_effects(
        np.array([[1.0, 0.0]]), np.array([0.2 * factor]), np.array([0.0]), ridge=1.0
    )
    # (1 + 1)^-1 * 0.2: one imaginary branch without effect stands beside the real one.
    assert effects == pytest.approx([0.1 * factor, 0.0])
    # What is off, 0.1, is the only idea of noise there is.
    assert errors == pytest.approx(np.array([0.1 * np.sqrt(0.5), 0.1]) * factor)


def test_errors_are_never_smaller_than_measuring_allows() -> None:
    members, gains = np.eye(2), np.array([0.1, -0.1])
    _, errors = linear_effects(members, gains, np.array([0.3, 0.5]), ridge=1e-6)
    # Fitted without a rest: what is left is the mean variance of measuring, 0.17.
    assert errors == pytest.approx(np.sqrt([0.17, 0.17]), rel=1e-4)
