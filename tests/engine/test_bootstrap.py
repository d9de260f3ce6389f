"""Intervals of metrics: what is drawn again, and how wide the interval comes out."""

from __future__ import annotations

import numpy as np
import pytest

from engine.gains.bootstrap import NUM_RESAMPLES, interval, resamples
from tasks import METRICS, Judged

RNG = np.random.default_rng(0)


def ranked(num_groups: int, size: int) -> Judged:
    """Questions of `size` candidates, one of them right, ranked a little better than by chance."""
    n = num_groups * size
    right = np.tile(np.arange(size) == 0, num_groups)
    belief = RNG.uniform(size=n) + 0.3 * right
    return Judged(
        predictions=np.zeros(n),
        references=right.astype(np.float64),
        beliefs=np.stack([1 - belief, belief], axis=1),
        groups=RNG.permutation(num_groups).repeat(size),
    )


def test_examples_are_drawn_with_replacement() -> None:
    drawn = resamples(50, None, np.random.default_rng(3))
    assert len(drawn) == NUM_RESAMPLES
    assert all(len(rows) == 50 and groups is None for rows, groups in drawn)
    counts = np.bincount(np.concatenate([rows for rows, _ in drawn]), minlength=50)
    assert counts.min() > 0.8 * NUM_RESAMPLES
    again = resamples(50, None, np.random.default_rng(3))
    assert all((one[0] == other[0]).all() for one, other in zip(drawn, again, strict=True))


def test_questions_are_drawn_whole_and_one_drawn_twice_is_two() -> None:
    groups = np.array([4, 1, 4, 7, 1, 4])
    drawn = resamples(6, groups, np.random.default_rng(0))
    assert len(drawn) == NUM_RESAMPLES
    sizes = {4: 3, 1: 2, 7: 1}
    for rows, anew in drawn:
        assert anew is not None and set(anew) == {0, 1, 2}
        for number in range(3):
            (members,) = {tuple(rows[anew == number])}
            assert len({groups[row] for row in members}) == 1
            assert len(set(members)) == len(members) == sizes[groups[members[0]]]


def test_the_interval_of_a_share_is_the_binomial_one() -> None:
    right = np.arange(400) < 300
    judged = Judged(predictions=right.astype(np.float64), references=np.ones(400))
    drawn = resamples(400, None, np.random.default_rng(1))
    low, high = interval(METRICS["exact_match"], judged, drawn)
    assert low == pytest.approx(0.75 - 1.96 * np.sqrt(0.75 * 0.25 / 400), abs=0.01)
    assert high == pytest.approx(0.75 + 1.96 * np.sqrt(0.75 * 0.25 / 400), abs=0.01)


def test_the_interval_of_a_mean_over_questions_is_that_of_a_mean() -> None:
    judged = ranked(60, 5)
    metric, groups = METRICS["mean_average_precision"], judged.groups
    assert groups is not None
    each = [metric(judged.rows(np.flatnonzero(groups == group))) for group in range(60)]
    drawn = resamples(300, groups, np.random.default_rng(1))
    low, high = interval(metric, judged, drawn)
    width = 2 * 1.96 * np.std(each) / np.sqrt(60)
    assert high - low == pytest.approx(width, rel=0.15)
    assert (low + high) / 2 == pytest.approx(metric(judged), abs=0.02)


def test_a_resample_of_one_class_leaves_no_hole_in_the_interval() -> None:
    judged = Judged(
        predictions=np.array([0.0, 1, 0]),
        references=np.array([0.0, 1, 0]),
        beliefs=np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]),
        groups=np.arange(3),
    )
    for name in ("auroc", "mean_average_precision"):
        metric = METRICS[name]
        groups = judged.groups if metric.reads_groups else None
        low, high = interval(metric, judged, resamples(3, groups, np.random.default_rng(0)))
        assert 0.0 <= low <= high == 1.0
