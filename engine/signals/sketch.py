"""Sketches: gradients made small enough to keep and to send, their cosines nearly kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.signals.stable_number import number_of
from engine.training.jobs import Seed

WIDTH = 4096
"""Places of a sketch: its cosines are off by about 1 / sqrt(WIDTH) = 0.016."""

_BLOCK = 1 << 20
"""Coordinates hashed at a time: a few MB of working memory however large the model."""


def sketch(
    gradient: Mapping[str, Tensor], *, seed: Seed, width: int = WIDTH
) -> NDArray[np.float32]:
    """Add each coordinate, with a random sign, to a random one of `width` places.

    Inner products of sketches of the same seed and width are unbiased estimates of those of the
    gradients. The sketch of a sum is the sum of the sketches: parts made elsewhere can be added.

    Args:
        gradient: Parameter name -> values; places and signs depend on names, not on their order.
        seed: Equal for all gradients to be compared.
        width: From 1 to 32,768.

    Returns:
        (width,).

    Raises:
        ValueError: If `width` is out of range or a value is not finite.

    Source: Charikar, Chen and Farach-Colton 2002, "Finding frequent items in data streams";
    Weinberger et al. 2009, arXiv:0902.2206.
    """
    if not 1 <= width <= 1 << 15:
        raise ValueError(f"A sketch has 1 to {1 << 15} places, got {width}.")
    # Signs as a second set of places: no multiplication, and one draw gives both.
    places = np.zeros(2 * width, dtype=np.float64)
    for name in sorted(gradient):
        rng = np.random.default_rng([*seed, number_of(name)])
        for values in _blocks(gradient[name]):
            draw = rng.integers(2 * width, size=len(values), dtype=np.uint16)
            places += np.bincount(draw, weights=values, minlength=2 * width)
    if not np.isfinite(places).all():
        raise ValueError("A gradient to be sketched is not finite.")
    return (places[:width] - places[width:]).astype(np.float32)


def _blocks(values: Tensor) -> Iterator[NDArray[np.float32]]:
    flat = values.detach().flatten()
    for start in range(0, flat.numel(), _BLOCK):
        yield flat[start : start + _BLOCK].float().cpu().numpy()
