from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.signals import sketch as sketch_module
from engine.signals.similarity import similarity
from engine.signals.sketch import WIDTH, draw_places
from engine.signals.sketch import sketch as sketch_at
from engine.signals.stable_number import number_of
from engine.training.jobs import Seed


def _gradients(n: int = 6) -> list[dict[str, Tensor]]:
    """Gradients with a common part, so that cosines lie between 0.2 and 0.8."""
    generator = torch.Generator().manual_seed(0)
    common = torch.randn(60, 300, generator=generator)
    return [
        {
            "layer.weight": torch.randn(60, 300, generator=generator) + common * (0.5 + i / 4),
            "bias": torch.randn(300, generator=generator),
        }
        for i in range(n)
    ]


def sketch(gradient: dict[str, Tensor], *, seed: Seed, width: int = WIDTH) -> np.ndarray:
    sizes = {name: values.numel() for name, values in gradient.items()}
    return sketch_at(gradient, draw_places(sizes, seed=seed, width=width))


def _flat(gradient: dict[str, Tensor]) -> np.ndarray:
    return torch.cat([value.flatten() for value in gradient.values()]).double().numpy()


def test_cosines_of_sketches_are_near_the_exact_ones() -> None:
    """A cosine from 4,096 places errs by about 0.016; by 5 times that in 15 pairs: 1 in 10^5."""
    gradients = _gradients()
    exact = np.corrcoef([_flat(gradient) for gradient in gradients])
    sketched = similarity(np.stack([sketch(gradient, seed=(0,)) for gradient in gradients]))
    np.testing.assert_allclose(sketched, exact, atol=0.08)
    wide = [sketch(gradient, seed=(0,), width=32768) for gradient in gradients]
    np.testing.assert_allclose(similarity(np.stack(wide)), exact, atol=0.03)


def test_a_sketch_equals_a_slow_one() -> None:
    gradient = {"w": torch.arange(1.0, 8.0)}
    rng = np.random.default_rng([3, 1, number_of("w")])
    draw = rng.integers(2 * 4, size=7, dtype=np.uint16)
    slow = np.zeros(4)
    for value, place in zip(range(1, 8), draw, strict=True):
        slow[place % 4] += value if place < 4 else -value
    assert sketch(gradient, seed=(3, 1), width=4).tolist() == slow.tolist()


def test_sketches_add_up_and_know_no_order_of_parameters() -> None:
    first, second = _gradients(2)
    both = {name: first[name] + second[name] for name in reversed(first)}
    added = sketch(first, seed=(1,)) + sketch(second, seed=(1,))
    np.testing.assert_allclose(sketch(both, seed=(1,)), added, rtol=1e-4, atol=1e-4)
    assert sketch(first, seed=(1,)).dtype == np.float32
    assert sketch(first, seed=(1,)).shape == (WIDTH,)


def test_blocks_do_not_change_a_sketch(monkeypatch: pytest.MonkeyPatch) -> None:
    gradient = {"w": torch.randn(1000, generator=torch.Generator().manual_seed(1))}
    whole = sketch(gradient, seed=(1,))
    monkeypatch.setattr(sketch_module, "_BLOCK", 64)
    np.testing.assert_allclose(sketch(gradient, seed=(1,)), whole, atol=1e-6)


def test_seeds_and_names_place_values_differently() -> None:
    values = torch.ones(1000)
    base = sketch({"a": values}, seed=(1,))
    assert (sketch({"a": values}, seed=(2,)) != base).any()
    assert (sketch({"b": values}, seed=(1,)) != base).any()


def test_every_process_makes_the_same_sketch() -> None:
    """Recorded: a change here makes the sketches of earlier runs useless beside new ones."""
    values = sketch({"w": torch.arange(9.0)}, seed=(5, 0), width=8)
    assert values.tolist() == [-4.0, -2.0, 0.0, 0.0, -4.0, -8.0, -7.0, 5.0]


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_similarity_is_symmetric_with_ones_and_blind_to_scale(scale: float) -> None:
    rows = np.random.default_rng(0).normal(size=(7, 33))
    factors = np.array([scale, 1, 1, scale, 1, 1, 1])[:, None]
    matrix = similarity((rows * factors).astype(np.float32))
    slow = [[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a in rows] for b in rows]
    np.testing.assert_allclose(matrix, slow, atol=1e-6)
    assert matrix.dtype == np.float64
    assert (matrix == matrix.T).all()
    assert (np.diag(matrix) == 1).all() and (np.abs(matrix) <= 1).all()


def test_a_zero_sketch_is_no_evidence() -> None:
    rows = np.array([[1, 0], [0, 0], [1, 0]], dtype=np.float32)
    assert similarity(rows).tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 1]]
    assert similarity(np.zeros((0, 8), dtype=np.float32)).shape == (0, 0)


def test_what_is_not_finite_or_out_of_range_raises() -> None:
    for bad in (torch.nan, torch.inf):
        with pytest.raises(ValueError, match="not finite"):
            sketch({"w": torch.tensor([1.0, bad])}, seed=(0,))
    with pytest.raises(ValueError, match="not finite"):
        similarity(np.array([[np.nan]], dtype=np.float32))
    with pytest.raises(ValueError, match=r"got \(3,\)"):
        similarity(np.ones(3, dtype=np.float32))
    with pytest.raises(ValueError, match="32768 places, got 0"):
        sketch({"w": torch.ones(1)}, seed=(0,), width=0)
