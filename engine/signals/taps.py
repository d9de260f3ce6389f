"""Taps: what flows into and out of the large weights, in place of the weights' own gradients.

The gradient of a weight is the sum, over all tokens, of the product of two vectors that a backward
pass holds anyway: what came into the layer, and the gradient of what left it. Inner products and
sizes of gradients follow from these two at a fraction of the cost of the gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol

from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

# Shape suffixes: N tokens, I rows of a weight, J columns of a weight, C projected columns.

LEAST_SIDE = 64
"""A weight with fewer rows or columns is not tapped: its own gradient costs as little."""

Role = Literal["linear", "embedding", "both"]
"""What a weight does. A decoder's output layer often has the same one as its word embedding."""


@dataclass(frozen=True, slots=True)
class Tapped:
    """A weight that is tapped."""

    parameter: nn.Parameter
    """(I, J)."""
    role: Role


class Listener(Protocol):
    """Makes something of each token's part in a weight's gradient."""

    def rows(self, weight: str, values_NI: Tensor) -> Tensor:
        """(N, C) the side that runs along the weight's rows, projected."""
        ...

    def columns(self, weight: str, values_NJ: Tensor) -> Tensor:
        """(N, C) the side that runs along the weight's columns, projected."""
        ...

    def take(self, weight: str, rows_NC: Tensor, columns_NC: Tensor) -> None:
        """Take in what one layer adds: the gradient is rows^T columns, before projection."""
        ...

    def take_embedded(self, weight: str, ids_N: Tensor, grad_NJ: Tensor) -> None:
        """The same of an embedding layer, where `grad_NJ` is added to the rows `ids_N`."""
        ...


def tapped(model: nn.Module, shared: Mapping[str, nn.Parameter]) -> dict[str, Tapped]:
    """The shared weights that can be tapped: large matrices of linear and embedding layers.

    A weight that is also used in any other way, as a whole layer or within one, is left out. One
    whose layer is passed by (`functional.linear(x, layer.weight)`) can't be told from here; no
    network that transformers offers for our two kinds of model does that.
    """
    users: dict[int, list[nn.Module]] = {}
    for layer in model.modules():
        for parameter in layer.parameters(recurse=False):
            users.setdefault(id(parameter), []).append(layer)
    return {
        name: Tapped(weight, _role(users[id(weight)]))
        for name, weight in shared.items()
        if weight.ndim == 2
        and min(weight.shape) >= LEAST_SIDE
        and all(map(_can_be_tapped, users[id(weight)]))
    }


@contextmanager
def listening(
    model: nn.Module,
    taps: Mapping[str, Tapped],
    others: Mapping[str, nn.Parameter],
    *,
    listener: Listener,
) -> Iterator[list[Tensor]]:
    """Within it every forward pass is tapped; of parameters only `others` can have gradients.

    Yields:
        Tensors at which gradients have to arrive: to be among the inputs of `torch.autograd.grad`,
        and to be cleared after each pass.
    """
    names = {id(one.parameter): name for name, one in taps.items()}
    leaves: list[Tensor] = []
    hooks = [
        layer.register_forward_hook(_Tap(names[id(layer.weight)], listener, leaves))
        for layer in model.modules()
        if isinstance(layer, _LAYERS) and id(layer.weight) in names
    ]
    # Gradients of heads and prefixes are not asked for: where only they need one, a layer's output
    # would seem to need it too, yet none would ever arrive there.
    asked = {id(parameter) for parameter in others.values()}
    frozen = [p for p in model.parameters() if p.requires_grad and id(p) not in asked]
    try:
        for parameter in frozen:
            parameter.requires_grad_(False)
        yield leaves
    finally:
        for hook in hooks:
            hook.remove()
        for parameter in frozen:
            parameter.requires_grad_(True)


_LAYERS = (nn.Linear, Conv1D, nn.Embedding)


def _can_be_tapped(layer: nn.Module) -> bool:
    if isinstance(layer, nn.Embedding) and (layer.max_norm or layer.scale_grad_by_freq):
        return False
    # Subclasses may do more than their base, as embeddings that are scaled.
    return type(layer) in _LAYERS


def _role(users: list[nn.Module]) -> Role:
    embeds = {isinstance(layer, nn.Embedding) for layer in users}
    if len(embeds) == 2:
        return "both"
    return "embedding" if True in embeds else "linear"


class _Tap:
    """A forward hook that waits for the gradient of what its layer gave."""

    def __init__(self, weight: str, listener: Listener, leaves: list[Tensor]) -> None:
        self._weight, self._listener, self._leaves = weight, listener, leaves

    def __call__(self, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        if not output.requires_grad:  # nothing before it is trained: gradients have to end here
            output = output.detach().requires_grad_()
            self._leaves.append(output)
        given = inputs[0].detach()
        if isinstance(layer, nn.Embedding):
            _on_gradient(output, partial(self._embedding, layer.padding_idx, given.flatten()))
            return output
        # Projected now and not later: what is kept until the gradient comes is small. A Conv1D
        # holds its weight transposed: what comes in runs along the rows.
        if isinstance(layer, Conv1D):
            into_NC = self._listener.rows(self._weight, _flat(given))
            _on_gradient(output, partial(self._transposed, into_NC))
        else:
            into_NC = self._listener.columns(self._weight, _flat(given))
            _on_gradient(output, partial(self._linear, into_NC))
        return output

    def _linear(self, columns_NC: Tensor, grad: Tensor) -> None:
        rows_NC = self._listener.rows(self._weight, _flat(grad))
        self._listener.take(self._weight, rows_NC, columns_NC)

    def _transposed(self, rows_NC: Tensor, grad: Tensor) -> None:
        columns_NC = self._listener.columns(self._weight, _flat(grad))
        self._listener.take(self._weight, rows_NC, columns_NC)

    def _embedding(self, padding: int | None, ids_N: Tensor, grad: Tensor) -> None:
        grad_NJ = _flat(grad)
        if padding is not None:  # its row gets no gradient, whatever arrives there
            grad_NJ = grad_NJ * (ids_N != padding)[:, None]
        self._listener.take_embedded(self._weight, ids_N, grad_NJ)


def _on_gradient(output: Tensor, heard: Callable[[Tensor], None]) -> None:
    output.register_hook(heard)  # type: ignore[no-untyped-call]


def _flat(values: Tensor) -> Tensor:
    """Tokens of all rows one after the other, float32 also under autocast."""
    return values.reshape(-1, values.shape[-1]).float()
