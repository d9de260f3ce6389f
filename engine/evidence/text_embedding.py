"""A task's texts as one direction, without any model: which runs of three bytes they hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks import Chosen, Example

WIDTH = 256
EXAMPLES = 400
"""Of a split, evenly spaced: with fewer, two draws of one task are less alike."""
_LONGEST = 1000
"""Letters of an example that count, so that a few long ones do not outweigh the others."""


def text_embedding(examples: Sequence[Example]) -> NDArray[np.float32]:
    """(256,) hashed counts of trigrams of UTF-8, upper case folded, at length 1; zeros without any.

    It tells vocabulary and style, in whatever script, and needs no model, so that evidence outlives
    models. Compare embeddings only once what all tasks have in common is taken away.

    Source: feature hashing with signs, Weinberger et al. 2009, arXiv:0902.2206.
    """
    chosen = np.linspace(0, len(examples) - 1, min(len(examples), EXAMPLES)).astype(np.int64)
    texts = (_text_of(example) for example in Chosen(examples, chosen))
    text = "\n".join(text for text in texts if text)
    data = np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8).astype(np.uint32)
    mixed = _mixed(data[:-2] * np.uint32(1 << 16) + data[1:-1] * np.uint32(1 << 8) + data[2:])
    signs = np.where(mixed & np.uint32(1 << 8), -1.0, 1.0)
    counts = np.bincount(mixed // np.uint32(2**32 // WIDTH), weights=signs, minlength=WIDTH)
    length = np.linalg.norm(counts)
    unit: NDArray[np.float32] = (counts / length if length else counts).astype(np.float32)
    return unit


def _text_of(example: Example) -> str:
    parts = (example.text, example.pair, *example.options)
    return "\n".join(part for part in parts if part)[:_LONGEST].casefold()


def _mixed(numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Every bit of a number spread over all 32: two rounds of multiply and shift."""
    mixed = numbers * np.uint32(2654435761)
    mixed ^= mixed >> np.uint32(15)
    return mixed * np.uint32(2246822519)
