"""What an optimizer remembers of the sizes of gradients."""

from __future__ import annotations

import torch
from measured_models import measured_model

from engine.training.optimizer import Optimizer, Rates


def test_second_moments_are_adams_running_means_corrected_for_their_start() -> None:
    model = measured_model("encoder")
    optimizer = Optimizer(model, Rates(body=1e-6, prefixes=1e-6))
    shared = model.shared_parameters()
    generator = torch.Generator().manual_seed(0)
    sums = {name: torch.zeros_like(p, requires_grad=False) for name, p in shared.items()}
    weights = 0.0
    for _ in range(3):
        weights = 0.999 * weights + 0.001
        for name, parameter in shared.items():
            # So small that nothing is clipped.
            parameter.grad = 1e-4 * torch.randn(parameter.shape, generator=generator)
            sums[name] = 0.999 * sums[name] + 0.001 * parameter.grad.square()
        optimizer.step(1.0)
    for name, moments in optimizer.second_moments().items():
        torch.testing.assert_close(moments, sums[name] / weights, rtol=1e-4, atol=0)


def test_what_no_step_touched_has_the_mean_of_what_was() -> None:
    model = measured_model("encoder")
    optimizer = Optimizer(model, Rates(body=1e-6, prefixes=1e-6))
    assert all((values == 1).all() for values in optimizer.second_moments().values())
    words = "network.embeddings.word_embeddings.weight"
    parameter = model.shared_parameters()[words]
    parameter.grad = torch.zeros_like(parameter)
    parameter.grad[0], parameter.grad[1] = 1e-3, 3e-3
    optimizer.step(1.0)
    found = optimizer.second_moments()[words]
    torch.testing.assert_close(found[0], torch.full_like(found[0], 1e-6))
    torch.testing.assert_close(found[2:], torch.full_like(found[2:], 5e-6))
