from __future__ import annotations

import numpy as np
import pytest

from engine.signals.affinity import affinity, reliability

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
