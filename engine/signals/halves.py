"""A probe in two halves: how much a task's gradient, and what follows from it, is noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.batch import Encoded
from engine.signals.stable_number import number_of
from engine.training.jobs import Seed

# Shape suffixes: S directions.

_SPLIT = 1
"""Last number of the seed that halves a probe, which sets it apart from the one that draws it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What some examples of a probe add to the mean gradient of all of it."""

    share: float
    """Of the probe's examples; the shares of all parts sum to 1."""
    along_S: NDArray[np.float64]
    """Inner products with the directions at length 1."""
    square: float
    """Of its length."""


@dataclass(frozen=True, slots=True)
class Along:
    """A task's gradient beside some directions of length 1; NaN is no evidence."""

    cosines_S: NDArray[np.float64]
    cosine_ses_S: NDArray[np.float64]
    """Standard errors, of which this task's examples are the cause and not the target's."""
    products_S: NDArray[np.float64]
    product_ses_S: NDArray[np.float64]
    square: float
    """Of the gradient's length."""
    noise: float
    """Part of `square` that is due to chance in which examples were drawn: nearly all of it where
    there is nothing but chance."""


def halves(probe: Sequence[Encoded], *, task: str, seed: Seed) -> list[list[Encoded]]:
    """The probe in two random halves; in one piece where it is a single example."""
    order = np.random.default_rng([*seed, number_of(task), _SPLIT]).permutation(len(probe))
    parts = [np.sort(part) for part in np.array_split(order, 2) if len(part)]
    return [[probe[index] for index in part] for part in parts]


def along(parts: Sequence[Part], square: float) -> Along:
    """Put the parts of a probe together.

    Cosines are with the length as it is. Without the noise in it, as split halves allow, they came
    out further from those of a large probe on MiniLM (probes of 32 examples: root mean square 0.12
    against 0.065) and ranked worse (Spearman 0.52 against 0.62); over their standard error they
    ranked best (0.67).

    Args:
        parts: One, of which nothing can be said but scores, or two independent halves.
        square: Of the whole gradient's length.

    Source: split halves, Efron 1979, "Bootstrap methods", of which two halves are the least case;
    the error of a cosine by the delta method.
    """
    along_S = np.sum([part.along_S for part in parts], axis=0)
    unknown_S = np.full(len(along_S), np.nan)
    if not square > 0:
        return Along(unknown_S, unknown_S, unknown_S, unknown_S, np.nan, np.nan)
    length = square**0.5
    cosines_S = along_S / length
    clipped_S = np.clip(cosines_S, -1.0, 1.0)
    if len(parts) < 2:
        return Along(clipped_S, unknown_S, along_S, unknown_S, square, np.nan)
    one, other = parts
    spread = (one.share * other.share) ** -0.5
    between = (square - one.square - other.square) / 2
    # How far a half is off in the one direction in which the cosine feels it.
    felt_S = (one.along_S - cosines_S * (one.square + between) / length) / length
    off_S = one.along_S * other.share - other.along_S * one.share
    apart = (one.square / one.share**2 + other.square / other.share**2) / spread**2 - 2 * between
    felt_S, off_S = np.abs(felt_S) * spread, np.abs(off_S) * spread
    return Along(clipped_S, felt_S, along_S, off_S, square, max(0.0, apart))
