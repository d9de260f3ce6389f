from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.signals.side import Side, side_of

SIZES = (7, 64, 90)
"""Fewer coordinates than places, a multiple of them, and neither."""


def _side(size: int, *, seed: int = 0) -> Side:
    basis = torch.linalg.qr(torch.randn(size, 3, generator=torch.Generator().manual_seed(1))).Q
    return side_of(basis, places=32, seed=(seed,))


def _values(size: int) -> Tensor:
    return torch.randn(5, size, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("size", SIZES)
def test_it_equals_a_slow_one(size: int) -> None:
    side, values = _side(size), _values(size)
    slow = torch.zeros(5, 32)
    for coordinate in range(size):
        slow[:, coordinate % 32] += side.signs_I[coordinate] * values[:, coordinate]
    projected = side.project(values)
    torch.testing.assert_close(projected[:, :3], values @ side.basis_Ic)
    torch.testing.assert_close(projected[:, 3:], slow)
    assert set(side.signs_I.tolist()) == {-1.0, 1.0}


@pytest.mark.parametrize("size", SIZES)
def test_coordinates_alone_are_projected_as_they_are_among_others(size: int) -> None:
    side, ids = _side(size), torch.tensor([6, 0, 3, 6, size - 1])
    torch.testing.assert_close(side.of_rows(ids), side.project(torch.eye(size)[ids]))


@pytest.mark.parametrize("size", SIZES)
def test_without_the_basis_only_what_lies_outside_of_it_is_added_up(size: int) -> None:
    side, values = _side(size), _values(size)
    outside = values - values @ side.basis_Ic @ side.basis_Ic.T
    got = side.project(values) @ side.without_basis()
    torch.testing.assert_close(got[:, 3:], side.project(outside)[:, 3:], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(got[:, :3], values @ side.basis_Ic)


def test_inner_products_are_right_on_average() -> None:
    first, second = _values(90)[:2].double()
    got = []
    for seed in range(400):
        one, other = _side(90, seed=seed).project(_values(90)[:2])[:, 3:].double()
        got.append((one @ other).item())
    # 400 draws, each off by about |first| |second| / sqrt(32).
    off = (first.norm() * second.norm()).item() / (32 * 400) ** 0.5
    assert np.mean(got) == pytest.approx((first @ second).item(), abs=4 * off)
