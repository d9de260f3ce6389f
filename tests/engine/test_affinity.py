from __future__ import annotations

import numpy as np
import pytest

from engine.signals.affinity import affinity, affinity_towards, reliability

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_is_pearsons_correlation_at_any_scale(scale: float, dtype: type) -> None:
    moved = (RNG.normal(size=(6, 40)) + 0.5) * scale
    matrix = affinity(moved.astype(dtype))
    np.testing.assert_allclose(matrix, np.corrcoef(moved), atol=1e-5)
    assert matrix.dtype == np.float64
    assert (matrix == matrix.T).all()
    assert (np.diag(matrix) == 1).all()


def test_a_task_that_hardly_moved_is_no_evidence() -> None:
    moved = RNG.normal(size=(4, 40))
    moved[1] = moved[0] * 1e-3  # the same direction, a thousandth of the way
    moved[2] = 0.0
    matrix = affinity(moved)
    assert not matrix[1:3].any() and not matrix[:, 1:3].any()
    assert matrix[0, 3] == pytest.approx(np.corrcoef(moved[0], moved[3])[0, 1])
    assert affinity(moved, least=0.0)[0, 1] == pytest.approx(1.0)


def test_a_vector_without_a_shape_is_no_evidence() -> None:
    moved = np.stack([np.full(3, 0.1), RNG.normal(size=3)])
    assert affinity(moved).tolist() == [[0, 0], [0, 1]]
    assert not affinity(np.zeros((3, 5))).any()
    assert affinity(np.zeros((0, 5))).shape == (0, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_raises(bad: float) -> None:
    with pytest.raises(ValueError, match="finite vectors"):
        affinity([[1.0, bad], [0.0, 1.0]])
    with pytest.raises(ValueError, match=r"got \(2,\)"):
        affinity([1.0, 2.0])


def test_reliability_tells_a_lasting_likeness_from_noise() -> None:
    """66 pairs of unrelated halves correlate by 0 +- 0.12: beyond 0.5 with odds of 1 in 10^4."""
    families = np.repeat(RNG.normal(size=(4, 64)), 3, axis=0)

    def half() -> np.ndarray:
        return families + RNG.normal(size=(12, 64)) * 0.5

    first, second = half(), half()
    assert reliability(first, first + second) > 0.5
    noise, more = RNG.normal(size=(2, 12, 64))
    assert abs(reliability(noise, noise + more)) < 0.5


def test_reliability_of_the_second_half_is_not_lent_by_the_first() -> None:
    noise, more = RNG.normal(size=(2, 12, 64))
    # The final vectors hold the first half, so their affinities agree with it by construction.
    pairs = np.triu_indices(12, k=1)
    lent = np.corrcoef(affinity(noise)[pairs], affinity(noise * 3 + more)[pairs])[0, 1]
    assert lent > 0.8
    assert abs(reliability(noise * 3, noise * 3 + more)) < 0.5


def test_reliability_is_zero_where_there_is_nothing_to_compare() -> None:
    for num_tasks in (0, 1, 2):
        moved = RNG.normal(size=(num_tasks, 8))
        assert reliability(moved, moved * 2) == 0.0
    assert reliability(np.zeros((4, 8)), np.zeros((4, 8))) == 0.0
    with pytest.raises(ValueError, match="differ in shape"):
        reliability(np.zeros((4, 8)), np.zeros((3, 8)))


def test_affinity_towards_some_is_their_columns_of_the_whole() -> None:
    prefixes = RNG.normal(size=(4, 6, 40)).astype(np.float32).cumsum(axis=0)
    found = affinity_towards(prefixes, [4, 1])
    whole = affinity(prefixes[-1])
    np.testing.assert_allclose(found.scores_KS, whole[:, [4, 1]], atol=1e-12)
    assert found.scores_KS.shape == found.ses_KS.shape == (6, 2)


def test_its_error_is_the_jackknifes_over_the_parts_of_training() -> None:
    prefixes = RNG.normal(size=(3, 5, 40)).cumsum(axis=0)
    parts = [prefixes[0], prefixes[1] - prefixes[0], prefixes[2] - prefixes[1]]
    without = [affinity(prefixes[-1] - part)[:, [2]] for part in parts]
    mean = sum(without) / 3
    expected = np.sqrt(2 / 3 * sum((one - mean) ** 2 for one in without))
    found = affinity_towards(prefixes, [2]).ses_KS
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert found[2] == pytest.approx(0, abs=1e-9)
    assert np.delete(found, 2).min() > 0.01


def test_its_error_is_about_how_far_affinities_vary_between_trainings() -> None:
    """300 trainings of 4 parts that shrink as the rate falls; a ratio is off by some 5 percent."""
    share = np.array([0.41, 0.31, 0.2, 0.08])[:, None, None]
    towards, mixed = RNG.normal(size=(2, 64)), RNG.normal(size=(8, 64)) / 8**0.5
    scores, ses = [], []
    for _ in range(300):
        noise = RNG.normal(size=(4, 2, 8)) @ mixed
        found = affinity_towards(np.cumsum(share * towards + np.sqrt(share) * noise, axis=0), [1])
        scores.append(found.scores_KS[0, 0])
        ses.append(found.ses_KS[0, 0])
    assert 1.0 < np.sqrt(np.mean(np.square(ses))) / np.std(scores) < 1.7


def test_a_task_that_hardly_moved_has_neither_affinity_nor_error() -> None:
    prefixes = RNG.normal(size=(4, 4, 40)).cumsum(axis=0)
    prefixes[:, 1] = prefixes[:, 0] * 1e-3
    found = affinity_towards(prefixes, [0, 1])
    for numbers in (found.scores_KS, found.ses_KS):
        assert np.isnan(numbers[1]).all()
        assert np.isnan(numbers[:, 1]).all()
        assert np.isfinite(np.delete(numbers[:, 0], 1)).all()


def test_what_moved_in_one_part_only_has_an_affinity_of_unknown_error() -> None:
    prefixes = RNG.normal(size=(4, 4, 40)).cumsum(axis=0)
    prefixes[:2, 3], prefixes[3, 3] = 0.0, prefixes[2, 3]
    found = affinity_towards(prefixes, [0])
    assert np.isfinite(found.scores_KS).all()
    assert np.isnan(found.ses_KS[:, 0]).tolist() == [False, False, False, True]
    alone = affinity_towards(prefixes[-1:], [0])
    np.testing.assert_array_equal(alone.scores_KS, found.scores_KS)
    assert np.isnan(alone.ses_KS).all()


@pytest.mark.parametrize("shape", [(4, 40), (0, 4, 40)])
def test_prefixes_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"shape \(C, K, d\)"):
        affinity_towards(np.ones(shape), [0])
    with pytest.raises(ValueError, match="finite vectors"):
        affinity_towards(np.full((2, 3, 4), np.nan), [0])
