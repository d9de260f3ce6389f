"""Sketches: gradients made small enough to keep and to send, their cosines nearly kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.signals.stable_number import number_of
from engine.training.jobs import Seed

WIDTH = 4096
"""Places of a sketch: its cosines are off by about 1 / sqrt(WIDTH) = 0.016."""

_MOST = 10_000 * WIDTH
"""Numbers that the sketches of all candidates together may have: 160 MB."""

_BLOCK = 1 << 20
"""Coordinates added at a time: a few MB of working memory however large the model."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where each coordinate of a gradient goes, and with which sign; 2 bytes a coordinate."""

    width: int
    draws: Mapping[str, NDArray[np.uint16]]
    """Parameter name -> its coordinates' places; those from `width` on stand for a minus."""


def draw_places(sizes: Mapping[str, int], *, seed: Seed, width: int = WIDTH) -> Places:
    """Draw random places and signs.

    Args:
        sizes: Parameter name -> its number of coordinates. What is drawn for one parameter depends
            on its name and on no other.
        seed: Equal for all gradients to be compared.
        width: Places, from 1 to 32,768.

    Raises:
        ValueError: If `width` is out of range.
    """
    if not 1 <= width <= 1 << 15:
        raise ValueError(f"A sketch has 1 to {1 << 15} places, got {width}.")
    draws = {}
    for name, size in sizes.items():
        rng = np.random.default_rng([*seed, number_of(name)])
        draws[name] = rng.integers(2 * width, size=size, dtype=np.uint16)
    return Places(width, draws)


def sketch(gradient: Mapping[str, Tensor], places: Places) -> NDArray[np.float32]:
    """Add each coordinate, with its sign, to its place.

    Inner products of sketches of the same places are unbiased estimates of those of the gradients.
    The sketch of a sum is the sum of the sketches: parts made elsewhere can be added.

    Args:
        gradient: Parameter name -> values; their order does not matter.
        places: Of these names and sizes at least.

    Returns:
        (width,).

    Raises:
        ValueError: If a value is not finite.

    Source: Charikar, Chen and Farach-Colton 2002, "Finding frequent items in data streams";
    Weinberger et al. 2009, arXiv:0902.2206.
    """
    # Signs as a second set of places: no multiplication, and one draw gives both.
    sums = np.zeros(2 * places.width, dtype=np.float64)
    for name in sorted(gradient):
        for start, values in _blocks(gradient[name]):
            draw = places.draws[name][start : start + len(values)]
            sums += np.bincount(draw, weights=values, minlength=len(sums))
    if not np.isfinite(sums).all():
        raise ValueError("A gradient to be sketched is not finite.")
    return (sums[: places.width] - sums[places.width :]).astype(np.float32)


def width_for(num_candidates: int) -> int:
    """Places that are left to each of so many candidates: fewer above 10,000 of them."""
    width = WIDTH
    while width > 1 and num_candidates * width > _MOST:
        width //= 2
    return width


def fold(sketches_Nk: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """(N, width) sketches with fewer places: sums of places are places of a narrower sketch.

    Args:
        sketches_Nk: Of the same places.
        width: Divides k.
    """
    num, k = sketches_Nk.shape
    folded_Nw: NDArray[np.float32] = sketches_Nk.reshape(num, k // width, width).sum(axis=1)
    return folded_Nw


def _blocks(values: Tensor) -> Iterator[tuple[int, NDArray[np.float32]]]:
    flat = values.detach().flatten()
    for start in range(0, flat.numel(), _BLOCK):
        yield start, flat[start : start + _BLOCK].float().cpu().numpy()
