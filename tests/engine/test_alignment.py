from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.signals.alignment import alignment, alignment_and_descent

GENERATOR = torch.Generator().manual_seed(0)
TASKS_KP = torch.randn(5, 1000, generator=GENERATOR)
TARGET_P = torch.randn(1000, generator=GENERATOR)


def test_it_equals_a_slow_reference_and_stays_in_range() -> None:
    cosines, products = alignment_and_descent(TASKS_KP, TARGET_P)
    tasks, target = TASKS_KP.double().numpy(), TARGET_P.double().numpy()
    dots = tasks @ target
    norms = np.linalg.norm(tasks, axis=1) * np.linalg.norm(target)
    np.testing.assert_allclose(cosines, dots / norms, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(products, dots, rtol=1e-5, atol=1e-4)
    assert cosines.dtype == products.dtype == np.float64
    ends = alignment(torch.stack([TARGET_P, -TARGET_P]), TARGET_P)
    np.testing.assert_allclose(ends, [1, -1], rtol=1e-6)
    assert (np.abs(ends) <= 1).all()


@pytest.mark.parametrize("task_scale", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("target_scale", [1e-30, 1.0, 1e30])
def test_the_scale_of_a_gradient_does_not_matter(task_scale: float, target_scale: float) -> None:
    cosines, products = alignment_and_descent(TASKS_KP * task_scale, TARGET_P * target_scale)
    plain = alignment_and_descent(TASKS_KP, TARGET_P)
    np.testing.assert_allclose(cosines, plain[0], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(products / task_scale / target_scale, plain[1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_any_dtype_is_taken_in_float32(dtype: torch.dtype) -> None:
    cosines = alignment(TASKS_KP.to(dtype), TARGET_P.to(dtype))
    np.testing.assert_allclose(cosines, alignment(TASKS_KP, TARGET_P), atol=5e-3)


def test_a_zero_gradient_is_no_evidence() -> None:
    cosines, products = alignment_and_descent(torch.zeros(2, 1000), TARGET_P)
    assert cosines.tolist() == products.tolist() == [0, 0]
    assert alignment(TASKS_KP, torch.zeros(1000)).tolist() == [0] * 5


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_gradients_that_are_not_finite_raise(bad: float) -> None:
    broken = TASKS_KP.clone()
    broken[4, 999] = bad
    with pytest.raises(ValueError, match="not finite"):
        alignment(broken, TARGET_P)
    with pytest.raises(ValueError, match="not finite"):
        alignment(TASKS_KP, broken[4])


def test_wrong_shapes_raise_with_the_shapes() -> None:
    with pytest.raises(ValueError, match=r"\(1000,\) and \(1000,\)"):
        alignment(TARGET_P, TARGET_P)


@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_a_tasks_number_does_not_depend_on_the_tasks_beside_it(chunk: int) -> None:
    parts = [alignment(TASKS_KP[i : i + chunk], TARGET_P) for i in range(0, 5, chunk)]
    assert np.concatenate(parts).tobytes() == alignment(TASKS_KP, TARGET_P).tobytes()
