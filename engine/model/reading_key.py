"""What the tokens of an example depend on besides the example, as a hash."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import tokenizers

from engine.model.answers import Answers
from engine.model.tokens import backend_of

_READING = 1
"""To be raised when an example comes to other rows than before."""


def tokenizer_key(tokenizer: Any, *, max_length: int) -> str | None:
    """Sha256 (hex) of what the ids of a text depend on.

    None for tokenizers that are written in Python: their settings may lie anywhere.
    """
    backend = backend_of(tokenizer, max_length=max_length)
    if backend is None:
        return None
    return _sha256(f"{tokenizers.__version__}\0{backend.to_str()}")


def reading_key(
    tokenizer: str | None, form: str, specials: tuple[object, ...], answers: Answers
) -> str | None:
    """Sha256 (hex) of what the rows of an example depend on; None where the tokenizer has no key.

    Args:
        tokenizer: Its key.
        form: Of the model: rows of encoders and decoders differ.
        specials: Ids that rows are framed with.
        answers: Of the example's task.
    """
    if tokenizer is None:
        return None
    # Only these have no part in it, whatever else answers will be known by one day.
    read = replace(answers, task="", mean=0.0, spread=1.0)
    return _sha256(f"{_READING} {tokenizer} {form} {specials} {read}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
