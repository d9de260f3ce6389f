"""Names as entropy: the same number in every process and on every machine, as `hash` is not."""

from __future__ import annotations

import hashlib


def number_of(name: str) -> int:
    """A number from 0 to 2**64 - 1 for use in a seed."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
