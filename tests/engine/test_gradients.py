from __future__ import annotations

import pytest
import torch
from measured_models import KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model

from engine.signals.gradients import finite, mean_gradient
from engine.training.failures import DivergedError


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", [MOOD, PICK, TALLY])
def test_it_is_the_mean_over_examples_however_they_are_batched(kind: Kind, task: int) -> None:
    model = measured_model(kind)
    encoded = examples(model, task, 9)
    shared = model.shared_parameters()
    slow = {name: torch.zeros_like(parameter) for name, parameter in shared.items()}
    for example in encoded:
        model.zero_grad()
        torch.autograd.backward(model.losses(model.collate([example])).sum())
        for name, parameter in shared.items():
            if parameter.grad is not None:
                slow[name] += parameter.grad / len(encoded)
    for batch_size in (1, 4, 100):
        gradient = mean_gradient(model, encoded, batch_size=batch_size)
        assert gradient.keys() == shared.keys()
        for name, values in slow.items():
            assert gradient[name].dtype == torch.float32
            torch.testing.assert_close(gradient[name], values, rtol=1e-3, atol=1e-5)


def test_dropout_is_off_and_the_model_is_left_as_it_was() -> None:
    model = measured_model("encoder", dropout=0.5)
    encoded = examples(model, MOOD, 9)
    model.train()
    first, second = mean_gradient(model, encoded), mean_gradient(model, encoded)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())
    with torch.no_grad():
        inside = mean_gradient(model, encoded)
    assert all(torch.equal(inside[name], first[name]) for name in first)


def test_a_parameter_without_a_part_has_a_zero_gradient() -> None:
    model = measured_model("encoder")
    model.network.register_parameter("spare", torch.nn.Parameter(torch.ones(3)))
    gradient = mean_gradient(model, examples(model, MOOD, 3))
    assert not gradient["network.spare"].any()
    assert any(values.any() for values in gradient.values())
    assert not any(name.startswith(("heads", "prefix")) for name in gradient)


def test_losses_and_gradients_that_are_not_numbers_raise() -> None:
    model = measured_model("encoder")
    encoded = examples(model, MOOD, 3)
    with pytest.raises(ValueError, match="at least one example"):
        mean_gradient(model, [])
    with pytest.raises(DivergedError, match=r"gradient of network\.[\w.]+ is not finite"):
        finite({"network.a": torch.ones(2), "network.b": torch.tensor([0.0, torch.inf])})
    with torch.no_grad():
        next(iter(model.shared_parameters().values()))[:] = torch.nan
    with pytest.raises(DivergedError, match="loss of a probe is not finite"):
        mean_gradient(model, encoded)
