from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.signals.direction import direction
from engine.signals.projected import BASIS, SIDES, TARGETS_A_BASIS, Projected, Sums
from engine.signals.taps import Role, Tapped

ROWS, COLUMNS = 90, 70


def _random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _projected(role: Role, targets: list[Tensor], *, seed: int = 0) -> Projected:
    taps = {"w": Tapped(nn.Parameter(torch.zeros(ROWS, COLUMNS)), role)}
    generator = torch.Generator().manual_seed(0)
    directions = [direction({"w": one}, taps, generator=generator) for one in targets]
    return Projected(directions, taps, seed=(seed,))


def _take(projected: Projected, rows: Tensor, columns: Tensor) -> None:
    projected.take("w", projected.rows("w", rows), projected.columns("w", columns))


def _taken(projected: Projected, rows: Tensor, columns: Tensor) -> Sums:
    _take(projected, rows, columns)
    return projected.sums(projected.taken())


def _cosines(sums: Sums, task: Tensor, targets: list[Tensor]) -> tuple[list[float], list[float]]:
    exact = [(task * one).sum().item() / one.norm().item() for one in targets]
    return sums.products_S.tolist(), exact


@pytest.mark.parametrize("count", [1, 3, TARGETS_A_BASIS + 1])
def test_products_with_directions_of_low_rank_are_exact(count: int) -> None:
    targets = [_random(ROWS, 2, seed=i) @ _random(2, COLUMNS, seed=50 + i) for i in range(count)]
    projected = _projected("linear", targets)
    rows, columns = _random(20, ROWS, seed=90), _random(20, COLUMNS, seed=91)
    got, exact = _cosines(_taken(projected, rows, columns), rows.T @ columns, targets)
    np.testing.assert_allclose(got, exact, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("count", "bases"), [(TARGETS_A_BASIS, 1), (TARGETS_A_BASIS + 1, 2)])
def test_a_basis_serves_so_many_targets_and_more_get_another(count: int, bases: int) -> None:
    targets = [_random(ROWS, COLUMNS, seed=i) for i in range(count)]
    projected = _projected("linear", targets)
    width = projected.rows("w", _random(2, ROWS, seed=90)).shape[1]
    assert width == bases * BASIS + SIDES["linear"]


def test_lengths_are_right_on_average_and_exact_within_the_basis() -> None:
    target = _random(ROWS, 4, seed=1) @ _random(4, COLUMNS, seed=2)
    rows, columns = _random(20, ROWS, seed=3), _random(20, COLUMNS, seed=4)
    square = (rows.T @ columns).square().sum().item()
    got = [
        _taken(_projected("linear", [target], seed=seed), rows, columns).square
        for seed in range(60)
    ]
    # 20 tokens: each estimate is off by some 10 %.
    assert np.mean(got) == pytest.approx(square, rel=0.04)
    assert 0.01 < np.std(got) / square < 0.2
    within = _taken(_projected("linear", [target]), _random(4, ROWS, seed=1), target[:4])
    basis = _projected("linear", [target])
    left, _, right = torch.linalg.svd(target, full_matrices=False)
    sums = _taken(basis, left[:, :3].T, right[:3])
    assert sums.square == pytest.approx(3.0, rel=1e-3)
    assert within.square > 0


def test_inner_products_of_sketches_estimate_those_of_gradients() -> None:
    first = _random(20, ROWS, seed=1), _random(20, COLUMNS, seed=2)
    second = _random(20, ROWS, seed=1), _random(20, COLUMNS, seed=2) + _random(20, COLUMNS, seed=3)
    exact = ((first[0].T @ first[1]) * (second[0].T @ second[1])).sum().item()
    got = []
    for seed in range(60):
        projected = _projected("linear", [], seed=seed)
        one, other = _taken(projected, *first), _taken(projected, *second)
        got.append((one.sketches["w"] * other.sketches["w"]).sum().item())
    assert np.mean(got) == pytest.approx(exact, rel=0.06)


def test_sketches_know_nothing_of_directions_and_add_up() -> None:
    """So that they can be compared wherever they were made."""
    rows, columns = _random(20, ROWS, seed=1), _random(20, COLUMNS, seed=2)
    alone = _taken(_projected("linear", []), rows, columns).sketches["w"]
    beside = _taken(_projected("linear", [_random(ROWS, COLUMNS, seed=5)]), rows, columns)
    torch.testing.assert_close(beside.sketches["w"], alone, rtol=1e-4, atol=1e-4)
    halves = _projected("linear", [])
    _take(halves, rows[:7], columns[:7])
    torch.testing.assert_close(
        _taken(halves, rows[7:], columns[7:]).sketches["w"], alone, rtol=1e-4, atol=1e-4
    )
    other = _taken(_projected("linear", [], seed=1), rows, columns).sketches["w"]
    assert not torch.allclose(other, alone)


def test_an_embedding_is_exact_in_products_and_length() -> None:
    target = torch.zeros(ROWS, COLUMNS)
    target[:40] = _random(40, COLUMNS, seed=1)
    other = _random(ROWS, COLUMNS, seed=2)
    projected = _projected("embedding", [target, other])
    ids = torch.tensor([3, 80, 3, 7]), torch.tensor([7, 60])
    grads = _random(4, COLUMNS, seed=3), _random(2, COLUMNS, seed=4)
    task = torch.zeros(ROWS, COLUMNS)
    for id_N, grad_NJ in zip(ids, grads, strict=True):
        projected.take_embedded("w", id_N, grad_NJ)
        task.index_add_(0, id_N, grad_NJ)
    sums = projected.sums(projected.taken())
    got, exact = _cosines(sums, task, [target, other])
    np.testing.assert_allclose(got, exact, rtol=1e-4)
    assert sums.square == pytest.approx(task.square().sum().item(), rel=1e-5)
    assert projected.sums(projected.taken()).square == 0


def test_a_tied_weight_counts_both_its_parts_together() -> None:
    dense = _random(ROWS, 3, seed=1) @ _random(3, COLUMNS, seed=2)
    target = dense.clone()
    target[:9] += _random(9, COLUMNS, seed=3) * 5
    projected = _projected("both", [target])
    rows, columns = _random(6, ROWS, seed=4), _random(6, COLUMNS, seed=5)
    ids, grad = torch.tensor([1, 4, 60, 1]), _random(4, COLUMNS, seed=6) * 9
    projected.take_embedded("w", ids, grad)
    task = (rows.T @ columns).index_add(0, ids, grad)
    sums = _taken(projected, rows, columns)
    got, exact = _cosines(sums, task, [target])
    # What the head's part has outside of the basis is lost.
    assert got[0] == pytest.approx(exact[0], abs=0.03 * task.norm().item())
    assert sums.square == pytest.approx(task.square().sum().item(), rel=0.2)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_scale_of_a_gradient_does_not_matter(scale: float) -> None:
    target = _random(ROWS, COLUMNS, seed=1)
    rows, columns = _random(20, ROWS, seed=2), _random(20, COLUMNS, seed=3)
    plain = _taken(_projected("linear", [target]), rows, columns)
    scaled = _taken(_projected("linear", [target * scale]), rows * scale, columns)
    np.testing.assert_allclose(scaled.products_S / scale, plain.products_S, rtol=1e-4)
    assert scaled.square / scale / scale == pytest.approx(plain.square, rel=1e-4)


def test_a_weight_without_a_part_has_an_empty_sketch() -> None:
    projected = _projected("linear", [_random(ROWS, COLUMNS, seed=1)])
    sums = projected.sums(projected.taken())
    assert sums.square == 0 and sums.products_S.tolist() == [0.0]
    assert sums.sketches["w"].shape == (SIDES["linear"],) * 2 and not sums.sketches["w"].any()


def test_the_two_sides_of_a_weight_are_drawn_apart() -> None:
    """With the same signs on both, a symmetric gradient would seem several times as long."""
    taps: dict[str, Tapped] = {"w": Tapped(nn.Parameter(torch.zeros(96, 96)), "linear")}
    squares = [
        _taken(Projected([], taps, seed=(seed,)), torch.eye(96), torch.eye(96)).square
        for seed in range(30)
    ]
    assert np.mean(squares) == pytest.approx(96, rel=0.1)


def test_without_directions_too_all_parts_lie_on_the_models_device() -> None:
    weight = nn.Parameter(torch.zeros(ROWS, COLUMNS, device="meta"))
    sides = Projected([], {"w": Tapped(weight, "linear")}, seed=(0,))._sides["w"]
    assert sides.cores_Scc.device.type == "meta"


def test_a_weight_without_a_part_in_the_loss_has_its_sketch_on_the_model_s_device() -> None:
    weight = nn.Parameter(torch.zeros(ROWS, COLUMNS, device="meta"))
    projected = Projected([], {"w": Tapped(weight, "linear")}, seed=(0,))
    assert projected.sums(projected.taken()).sketches["w"].device.type == "meta"
