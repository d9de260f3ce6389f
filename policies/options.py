"""Ranges of a policy's options, told in one form."""

from __future__ import annotations

import math


def require_at_least(name: str, value: float, bound: float) -> None:
    """Raise ValueError unless `value` is finite and at least `bound`."""
    if not (math.isfinite(value) and value >= bound):
        raise ValueError(f"{name} must be at least {bound:g} but got {value!r}")


def require_above(name: str, value: float, bound: float) -> None:
    """Raise ValueError unless `value` is finite and above `bound`."""
    if not (math.isfinite(value) and value > bound):
        raise ValueError(f"{name} must be above {bound:g} but got {value!r}")
