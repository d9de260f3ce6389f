from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from engine.gains.calibration import calibrated_losses, fit_temperature, plain_losses
from engine.gains.gain import compare, lower_bound, paired_gain, weighted
from engine.training.jobs import Evaluation, Judgement


def _judgement(losses: NDArray[np.float64], metric: float = 0.5) -> Judgement:
    zeros = np.zeros(len(losses))
    return Judgement(losses=losses, plain_losses=losses, predictions=zeros, metric=metric)


def _evaluation(
    selection: NDArray[np.float64], gate: NDArray[np.float64], metric: float = 0.5
) -> Evaluation:
    return Evaluation(
        temperature=1.0, selection=_judgement(selection, metric), gate=_judgement(gate, metric)
    )


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_a_gain_is_the_paired_t_tests(scale: float) -> None:
    rng = np.random.default_rng(0)
    control, branch = rng.exponential(size=(2, 60)) * scale
    gain, se = paired_gain(control, branch)
    test = stats.ttest_rel(control, branch)
    assert gain == pytest.approx(np.mean(control - branch))
    assert gain / se == pytest.approx(test.statistic)
    low = test.confidence_interval(0.9).low
    assert lower_bound(gain, se, confidence=0.95, degrees=59) == pytest.approx(low)


def test_equal_losses_are_no_gain_without_error() -> None:
    losses = np.arange(5.0)
    assert paired_gain(losses, losses) == (0.0, 0.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_not_finite_raises_and_says_whose(bad: float) -> None:
    losses = np.ones(4)
    with pytest.raises(ValueError, match="1 of 4 losses of the branch"):
        paired_gain(losses, np.array([1.0, bad, 1.0, 1.0]))
    with pytest.raises(ValueError, match="1 of 4 losses of the control"):
        paired_gain(np.array([1.0, bad, 1.0, 1.0]), losses)


def test_one_example_or_unlike_shapes_raise() -> None:
    with pytest.raises(ValueError, match="2 or more"):
        paired_gain([1.0], [1.0])
    with pytest.raises(ValueError, match="shapes"):
        paired_gain([1.0, 2.0], [1.0, 2.0, 3.0])


def test_targets_are_weighted_and_their_errors_added_in_squares() -> None:
    gain, se = weighted({"a": (1.0, 0.3), "b": (-1.0, 0.4)}, {"a": 0.75, "b": 0.25})
    assert gain == pytest.approx(0.5)
    assert se == pytest.approx(math.sqrt(0.225**2 + 0.1**2))
    with pytest.raises(ValueError, match="weights of"):
        weighted({"a": (1.0, 0.3)}, {"b": 1.0})


def test_the_normal_bound_is_students_with_many_examples() -> None:
    normal = lower_bound(1.0, 0.5, confidence=0.9)
    assert normal == pytest.approx(1 - 1.2815515655446004 * 0.5)
    assert lower_bound(1.0, 0.5, confidence=0.9, degrees=1e7) == pytest.approx(normal, abs=1e-5)
    assert lower_bound(1.0, 0.5, confidence=0.5) == pytest.approx(1.0)


def test_a_bound_of_nonsense_raises() -> None:
    for gain, se, level in [(np.nan, 1.0, 0.9), (0.0, -1.0, 0.9), (0.0, 1.0, 1.0)]:
        with pytest.raises(ValueError, match="got"):
            lower_bound(gain, se, confidence=level)


def test_a_comparison_reads_both_splits_and_makes_the_ledgers_line() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(4, 30))
    control = {"t": _evaluation(2 + noise[0], 3 + noise[1], metric=0.5)}
    branch = {"t": _evaluation(1.5 + noise[0], 3.25 + noise[1], metric=0.75)}
    line = compare(control, branch, {"t": 1.0}).line(branch="r00-p1", cost=7)
    assert (line.status, line.branch, line.cost) == ("finished", "r00-p1", 7)
    assert line.gain == pytest.approx(0.5)
    assert line.gate_gain == pytest.approx(-0.25)
    assert line.targets["t"]["metric_gain"] == pytest.approx(0.25)
    assert line.targets["t"]["gain"] == line.gain


def test_a_diverged_branch_cannot_be_compared() -> None:
    fine = {"t": _evaluation(np.ones(3), np.ones(3))}
    with pytest.raises(ValueError, match="losses of the branch"):
        compare(fine, {"t": _evaluation(np.ones(3), np.array([1, np.inf, 1]))}, {"t": 1.0})
    with pytest.raises(ValueError, match="metric is not finite"):
        compare(fine, {"t": _evaluation(np.ones(3), np.ones(3), metric=np.nan)}, {"t": 1.0})
    with pytest.raises(ValueError, match="targets are"):
        compare(fine, {}, {"t": 1.0})


def test_a_branch_that_only_became_more_modest_gains_nothing_once_calibrated() -> None:
    """The placebo's property: plain losses reward it, calibrated ones do not."""
    rng = np.random.default_rng(2)
    truth = rng.normal(size=(800, 3)) * 1.5
    beliefs = np.exp(truth) / np.exp(truth).sum(axis=1, keepdims=True)
    gold = np.array([rng.choice(3, p=row) for row in beliefs], dtype=np.float64)
    overconfident = truth * 3
    modest = overconfident * 0.4 + rng.normal(size=truth.shape) * 0.1
    losses = {}
    for name, logits in (("control", overconfident), ("branch", modest)):
        temperature = fit_temperature(logits[400:], gold[400:])
        calibrated = calibrated_losses(
            logits[:400], gold[:400], kind="labels", temperature=temperature
        )
        losses[name] = (plain_losses(logits[:400], gold[:400], kind="labels"), calibrated)
    plain, plain_se = paired_gain(losses["control"][0], losses["branch"][0])
    gain, se = paired_gain(losses["control"][1], losses["branch"][1])
    assert lower_bound(plain, plain_se, confidence=0.999) > 0.1
    assert abs(gain) < 0.01
    assert lower_bound(gain, se, confidence=0.9) <= 0
