from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from engine.signals.direction import (
    Direction,
    direction,
    flat,
    low_rank,
    preconditioned,
    shared_bases,
)
from engine.signals.taps import Role, Tapped


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _matrix(rows: int, columns: int, rank: int, seed: int = 0) -> Tensor:
    generator = _generator(seed)
    left = torch.randn(rows, rank, generator=generator)
    return left @ torch.randn(rank, columns, generator=generator)


def _reduced(values: Tensor, role: Role) -> Direction:
    taps = {"w": Tapped(nn.Parameter(torch.zeros_like(values)), role)}
    return direction({"w": values, "b": torch.ones(3)}, taps, generator=_generator())


def _rebuilt(reduced: Direction) -> Tensor:
    factors = reduced.factors["w"]
    whole = factors.rows_Ir @ factors.columns_Jr.T
    return whole.index_add(0, factors.ids_U, factors.whole_UJ) * reduced.norm


@pytest.mark.parametrize("shape", [(40, 30), (30, 40), (40, 3)])
def test_a_matrix_of_low_rank_is_kept_whole(shape: tuple[int, int]) -> None:
    matrix = _matrix(*shape, rank=3)
    left, right = low_rank(matrix, rank=5, generator=_generator())
    assert left.shape[1] == right.shape[1] == min(5, *shape)
    torch.testing.assert_close(left @ right.T, matrix, rtol=1e-4, atol=1e-4)


def test_what_is_left_out_is_hardly_more_than_the_best_of_that_rank_leaves_out() -> None:
    matrix = _matrix(80, 60, rank=60) @ torch.diag(0.8 ** torch.arange(60.0))
    sizes = torch.linalg.svdvals(matrix)
    left, right = low_rank(matrix, rank=4, generator=_generator())
    assert (matrix - left @ right.T).norm() < 1.01 * sizes[4:].norm()


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("role", ["linear", "embedding", "both"])
def test_a_direction_is_the_gradient_at_length_one_at_any_scale(role: Role, scale: float) -> None:
    values = _matrix(70, 66, rank=4) * scale
    reduced = _reduced(values, role)
    length = (values.double().square().sum() + 3).sqrt().item()
    assert reduced.norm == pytest.approx(length, rel=1e-6)
    torch.testing.assert_close(_rebuilt(reduced) / scale, values / scale, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(reduced.others_O.double() * length, torch.ones(3).double())


def test_an_embedding_keeps_only_the_rows_that_have_a_gradient() -> None:
    values = torch.zeros(70, 66)
    values[[3, 50]] = torch.randn(2, 66, generator=_generator())
    reduced = _reduced(values, "embedding")
    assert reduced.factors["w"].ids_U.tolist() == [3, 50]
    assert reduced.factors["w"].rows_Ir.shape == (70, 0)
    torch.testing.assert_close(_rebuilt(reduced), values)


def test_a_zero_gradient_stays_zero() -> None:
    taps = {"w": Tapped(nn.Parameter(torch.zeros(70, 66)), "linear")}
    reduced = direction(
        {"w": torch.zeros(70, 66), "b": torch.zeros(3)}, taps, generator=_generator()
    )
    assert reduced.norm == 0
    assert not _rebuilt(reduced).any() and not reduced.others_O.any()


def test_a_basis_for_several_directions_keeps_what_they_have_in_common() -> None:
    common = _matrix(40, 30, rank=3)
    each = [
        _reduced(common + 0.01 * _matrix(40, 30, rank=30, seed=seed), "linear").factors["w"]
        for seed in (1, 2, 3)
    ]
    rows, columns = shared_bases(each, 3)
    assert rows.shape == (40, 3) and columns.shape == (30, 3)
    torch.testing.assert_close(rows.T @ rows, torch.eye(3), rtol=0, atol=1e-5)
    torch.testing.assert_close(columns.T @ columns, torch.eye(3), rtol=0, atol=1e-5)
    kept = rows @ rows.T @ common @ columns @ columns.T
    assert (kept - common).norm() < 0.05 * common.norm()


def test_flat_goes_by_the_names() -> None:
    gradient = {"b": torch.ones(2, 2), "a": torch.zeros(3)}
    assert flat(gradient).tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert flat({}).shape == (0,)


def test_adams_direction_is_the_step_that_adam_takes() -> None:
    """After many equal gradients its first moment is the gradient, its second the square."""
    start = torch.tensor([1.0, -3.0, 0.5, 2.0])
    parameter = nn.Parameter(start.clone())
    adam = torch.optim.Adam([parameter], lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
    first, second = torch.tensor([1.0, 2.0, -1.0, 1e-9]), torch.tensor([3.0, -1.0, 2.0, 1e-9])
    for number in range(400):
        parameter.grad = first.clone() if number < 200 else second.clone()
        before = parameter.detach().clone()
        adam.step()
    moments = adam.state[parameter]["exp_avg_sq"] / (1 - 0.999**400)
    momentum = adam.state[parameter]["exp_avg"] / (1 - 0.9**400)
    direction_of_step = preconditioned({"p": momentum}, {"p": moments})["p"]
    torch.testing.assert_close(
        before - parameter.detach(), 1e-3 * direction_of_step, rtol=1e-3, atol=1e-9
    )


def test_second_moments_from_a_file_may_lie_on_another_device_than_the_model() -> None:
    gradient = {"p": torch.ones(3, device="meta")}
    assert preconditioned(gradient, {"p": torch.ones(3)})["p"].device.type == "meta"
