"""How sure a mean difference is: what goes into an interval, and whether it covers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t, ttest_rel

from engine.comparing.intervals import Estimate, over_examples, over_seeds, over_targets


def test_one_seed_is_a_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 40))
    found = over_examples(one - other)
    expected = ttest_rel(one, other).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert over_seeds((one - other)[None]) == found


def test_noise_of_seeds_and_noise_of_examples_both_widen_it() -> None:
    rng = np.random.default_rng(1)
    examples = rng.normal(size=50)
    alike = np.tile(examples, (4, 1))
    shifted = alike + np.array([[-1.0], [1.0], [-1.0], [1.0]])
    assert over_seeds(alike).variance == pytest.approx(examples.var(ddof=1) / 50)
    assert over_seeds(shifted).variance == pytest.approx(examples.var(ddof=1) / 50 + (4 / 3) / 4)
    assert over_seeds(shifted).mean == pytest.approx(examples.mean())


def test_degrees_of_freedom_are_those_of_whatever_dominates() -> None:
    rng = np.random.default_rng(2)
    of_seeds = np.array([[0.0], [1.0], [2.0]]) + rng.normal(scale=1e-6, size=(3, 100))
    of_examples = np.tile(rng.normal(size=100), (3, 1))
    assert over_seeds(of_seeds).degrees == pytest.approx(2, abs=1e-3)
    assert over_seeds(of_examples).degrees == pytest.approx(99, abs=1e-3)


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Three seeds whose noise is that of the examples, which all seeds share."""
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(600):
        seeds, examples = rng.normal(scale=0.02, size=(3, 1)), rng.normal(scale=0.2, size=100)
        found = over_seeds(seeds + examples + rng.normal(scale=0.1, size=(3, 100)))
        covered += found.low <= 0 <= found.high
    assert 0.93 <= covered / 600 <= 0.99


def test_targets_are_averaged_as_they_are_given() -> None:
    parts = [Estimate(mean=mean, variance=0.04, degrees=10) for mean in (1.0, 2.0, 6.0)]
    found = over_targets(parts)
    assert found.mean == pytest.approx(3)
    assert found.variance == pytest.approx(3 * 0.04 / 9)
    assert found.degrees == pytest.approx(30)
    half = t.ppf(0.975, 30) * np.sqrt(0.04 / 3)
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half))


def test_what_never_differs_has_an_interval_of_no_width() -> None:
    found = over_seeds(np.zeros((3, 10)))
    assert (found.mean, found.low, found.high) == (0, 0, 0)
