from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from exact_signals import exact_gradient
from lora import with_lora
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model
from torch import Tensor, nn

from engine.signals import taps as taps_module
from engine.signals.gradients import read_through
from engine.signals.taps import listening, tapped


class Whole:
    """Projects nothing, so that what it adds up is the gradient itself."""

    def __init__(self) -> None:
        self.gradient: dict[str, Tensor] = {}

    def rows(self, weight: str, values_NI: Tensor) -> Tensor:
        return values_NI

    def columns(self, weight: str, values_NJ: Tensor) -> Tensor:
        return values_NJ

    def take(self, weight: str, rows_NC: Tensor, columns_NC: Tensor) -> None:
        assert rows_NC.dtype == columns_NC.dtype == torch.float32
        self._add(weight, rows_NC.T @ columns_NC)

    def take_embedded(self, weight: str, ids_N: Tensor, grad_NJ: Tensor) -> None:
        size = int(ids_N.max()) + 1 if weight not in SIZES else SIZES[weight]
        self._add(weight, grad_NJ.new_zeros(size, grad_NJ.shape[1]).index_add(0, ids_N, grad_NJ))

    def _add(self, weight: str, part: Tensor) -> None:
        self.gradient[weight] = self.gradient.get(weight, torch.zeros_like(part)) + part


SIZES: dict[str, int] = {}
"""Rows of the embeddings under test."""


@pytest.fixture(autouse=True)
def _tiny_weights_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taps_module, "LEAST_SIDE", 2)


class Net(nn.Module):
    """A network of which nothing but its losses is known."""

    linear: Any
    words: Any
    out: Any
    odd: Any
    first: Any
    dead: Any
    frozen: Any
    layer: Any
    prefix: Any

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)

    def heard(self, losses: Callable[[], Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Gradients of the tapped weights, from the taps and from autograd."""
        shared = {name: p for name, p in self.named_parameters() if p.requires_grad}
        taps, whole = tapped(self, shared), Whole()
        SIZES.update({name: len(one.parameter) for name, one in taps.items()})
        expected = torch.autograd.grad(losses().sum(), list(shared.values()), allow_unused=True)
        exact = {n: g for n, g in zip(shared, expected, strict=True) if g is not None and n in taps}
        others = {name: p for name, p in shared.items() if name not in taps}
        with listening(self, taps, others, listener=whole) as leaves:
            torch.autograd.grad(losses().sum(), [*others.values(), *leaves], allow_unused=True)
        return whole.gradient, exact


def _same(heard: tuple[dict[str, Tensor], dict[str, Tensor]]) -> None:
    got, exact = heard
    assert got.keys() == exact.keys() and exact
    for name, values in exact.items():
        torch.testing.assert_close(got[name], values, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", [MOOD, KIN, PICK, TALLY])
@pytest.mark.parametrize("adapted", [False, True])
def test_what_is_heard_adds_up_to_the_gradients(kind: Kind, task: int, adapted: bool) -> None:
    model = with_lora(measured_model(kind)) if adapted else measured_model(kind)
    encoded, shared, whole = examples(model, task, 5), model.shared_parameters(), Whole()
    taps = tapped(model, shared)
    SIZES.update({name: len(one.parameter) for name, one in taps.items()})
    others = {name: p for name, p in shared.items() if name not in taps}
    assert all(min(p.shape) < 2 or p.ndim != 2 for p in others.values())
    with listening(model, taps, others, listener=whole) as leaves:
        passed = read_through(model, encoded, others, among=5, leaves=leaves, batch_size=2)
    assert not leaves  # or every pass would carry those of all passes before
    exact = exact_gradient(model, encoded)
    assert exact.keys() == shared.keys()
    largest = max(values.abs().max().item() for values in exact.values())
    for name, values in exact.items():
        got = passed.gradient[name] if name in others else whole.gradient.get(name, torch.zeros(()))
        torch.testing.assert_close(got.double() + 0 * values, values, rtol=0, atol=1e-5 * largest)


def test_roles_are_told_apart() -> None:
    encoder, decoder = measured_model("encoder"), measured_model("decoder")
    roles = {n: one.role for n, one in tapped(encoder, encoder.shared_parameters()).items()}
    assert roles["network.embeddings.word_embeddings.weight"] == "embedding"
    assert roles["network.encoder.layer.0.attention.self.query.weight"] == "linear"
    roles = {n: one.role for n, one in tapped(decoder, decoder.shared_parameters()).items()}
    assert roles["network.transformer.wte.weight"] == "both"
    assert roles["network.transformer.wpe.weight"] == "embedding"
    assert roles["network.transformer.h.0.attn.c_attn.weight"] == "linear"


def test_small_weights_and_vectors_are_not_tapped(monkeypatch: pytest.MonkeyPatch) -> None:
    net = nn.Sequential(nn.Linear(64, 64), nn.Linear(64, 63), nn.LayerNorm(64))
    monkeypatch.setattr(taps_module, "LEAST_SIDE", 64)
    assert list(tapped(net, dict(net.named_parameters()))) == ["0.weight"]


def test_a_layer_that_is_called_twice_is_heard_twice() -> None:
    net = Net(linear=nn.Linear(3, 3))
    given = torch.randn(4, 3)
    _same(net.heard(lambda: net.linear(net.linear(given).tanh()).square()))


def test_a_padding_token_has_no_gradient_whatever_arrives_there() -> None:
    net = Net(words=nn.Embedding(5, 3, padding_idx=2), out=nn.Linear(3, 2))
    ids = torch.tensor([[1, 2, 2], [4, 1, 2]])
    _same(net.heard(lambda: net.out(net.words(ids)).square()))


def test_a_weight_without_a_part_is_not_heard() -> None:
    net = Net(first=nn.Linear(3, 3), idle=nn.Linear(3, 3), dead=nn.Linear(3, 3))
    given = torch.randn(4, 3)

    def losses() -> Tensor:
        net.dead(given)  # called, but nothing is made of it
        out: Tensor = net.first(given)
        return out.square()

    _same(net.heard(losses))


@pytest.mark.parametrize("trained", [True, False])
def test_what_only_a_parameter_that_is_not_asked_for_needs_is_heard(trained: bool) -> None:
    """As prefixes before, and heads behind, the only layers that are trained."""
    prefix = nn.Parameter(torch.ones(3), requires_grad=trained)
    net = Net(frozen=nn.Linear(3, 3).requires_grad_(False), layer=nn.Linear(3, 2, bias=False))
    net.register_parameter("prefix", prefix)
    shared = {"layer.weight": net.layer.weight}
    taps, whole, given = tapped(net, shared), Whole(), torch.randn(4, 3)
    with listening(net, taps, {}, listener=whole) as leaves:
        loss = net.layer(net.frozen(given + net.prefix)).square().sum()
        torch.autograd.grad(loss, leaves)
    loss = net.layer(net.frozen(given + net.prefix)).square().sum()
    (exact,) = torch.autograd.grad(loss, [net.layer.weight])
    torch.testing.assert_close(whole.gradient["layer.weight"], exact)


class Scaled(nn.Embedding):
    """As some networks have them: more is done than the base class knows of."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) * 7


def test_layers_that_do_more_than_their_kind_are_left_to_autograd() -> None:
    for layer in (
        Scaled(5, 3),
        nn.Embedding(5, 3, max_norm=1.0),
        nn.Embedding(5, 3, scale_grad_by_freq=True),
        nn.Bilinear(3, 3, 3),
    ):
        net = nn.Sequential(layer)
        assert not tapped(net, dict(net.named_parameters()))
    tied = Net(words=nn.Embedding(5, 3), out=nn.Linear(3, 5), odd=Scaled(5, 3))
    tied.out.weight = tied.odd.weight = tied.words.weight
    assert not tapped(tied, dict(tied.named_parameters()))


def test_half_precision_is_heard_in_float32() -> None:
    torch.manual_seed(0)
    net = Net(words=nn.Embedding(9, 8), out=nn.Linear(8, 6))
    ids = torch.tensor([[1, 2, 8], [4, 1, 2]])

    def losses() -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out: Tensor = net.out(net.words(ids))
        assert out.dtype == torch.bfloat16
        return out.float().square()

    got, exact = net.heard(losses)
    for name, values in exact.items():
        torch.testing.assert_close(got[name], values, rtol=0, atol=0.02 * values.abs().max().item())


def test_the_model_is_as_before_also_after_an_error() -> None:
    model = measured_model("encoder")
    shared = model.shared_parameters()
    model.network.pooler.requires_grad_(False) if model.network.pooler else None
    needed = {name: p.requires_grad for name, p in model.named_parameters()}
    taps = tapped(model, shared)
    with (
        pytest.raises(RuntimeError, match="broken"),
        listening(model, taps, {}, listener=Whole()),
    ):
        assert not any(p.requires_grad for p in model.parameters())
        raise RuntimeError("broken")
    assert {name: p.requires_grad for name, p in model.named_parameters()} == needed
    assert not any(layer._forward_hooks for layer in model.modules())


def test_less_is_kept_for_the_way_back_than_in_training() -> None:
    """Weights that are not differentiated need not remember what came into them."""
    model = measured_model("encoder")
    batch = model.collate(examples(model, MOOD, 16))

    def kept(losses: Callable[[], Tensor]) -> int:
        storages: dict[int, int] = {}

        def note(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            alive = losses()
        assert alive.requires_grad
        return sum(storages.values())

    training = kept(lambda: model.losses(batch))
    shared = model.shared_parameters()
    taps = tapped(model, shared)
    others = {name: p for name, p in shared.items() if name not in taps}
    with listening(model, taps, others, listener=Whole()):
        measuring = kept(lambda: model.losses(batch))
    assert measuring < training
