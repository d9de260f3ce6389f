"""One posed example: text in, text out. Tokens are the engine's affair."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """What a model reads and what it should answer."""

    text: str
    label: int | float
    """Index into the task's labels or into `options`; a finite number for kind "score"; 1 for kind
    "text": that the answer is written, and nothing else."""
    pair: str = ""
    """A second text, e.g. the hypothesis; empty when the task has one text."""
    options: tuple[str, ...] = ()
    """The answers to choose from, for kind "options"; empty otherwise."""
    answer: str = ""
    """What is to be written, for kind "text"; empty otherwise."""
