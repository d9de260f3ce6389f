"""How much a single value may hold, so that a quote never closed is not read as one huge text."""

from __future__ import annotations

LONGEST_CELL = 10_000_000
"""Bytes or characters, some 2 million words."""
