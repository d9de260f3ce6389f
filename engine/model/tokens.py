"""Texts to token ids, and how parts share a sequence that is too short for all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

import tokenizers

Ids = tuple[int, ...]


def tokenise(tokenizer: Any, texts: Iterable[str], *, max_length: int) -> dict[str, Ids]:
    """Token ids of each distinct text, without special tokens, cut to `max_length`.

    Text that looks like a special token, e.g. "[SEP]", is read as the characters it is made of.
    """
    distinct = list(dict.fromkeys(texts))
    if not distinct:
        return {}
    backend = backend_of(tokenizer, max_length=max_length)
    if backend is None:
        found = _slowly(tokenizer, distinct, max_length)
    else:
        # Without the offsets and masks that transformers asks for, in half its time.
        read = backend.encode_batch_fast(distinct, add_special_tokens=False)
        found = (one.ids for one in read)
    return {text: tuple(ids) for text, ids in zip(distinct, found, strict=True)}


def backend_of(tokenizer: Any, *, max_length: int) -> tokenizers.Tokenizer | None:
    """What does the work in a tokenizer of transformers, set up as we read.

    It keeps its settings from call to call. None: this one is written in Python.
    """
    backend: tokenizers.Tokenizer | None = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        backend.no_padding()
        backend.enable_truncation(max_length, direction=tokenizer.truncation_side)
        backend.encode_special_tokens = True
    return backend


def _slowly(tokenizer: Any, texts: list[str], max_length: int) -> Iterable[Sequence[int]]:
    found: Iterable[Sequence[int]] = tokenizer(
        texts,
        add_special_tokens=False,
        truncation=True,
        max_length=max_length,
        return_attention_mask=False,
        return_token_type_ids=False,
        split_special_tokens=True,
        verbose=False,
    )["input_ids"]
    return found


def fit(parts: Sequence[Ids], room: int) -> list[Ids]:
    """Cut the ends of the longest parts until all of them together have at most `room` tokens.

    Parts shorter than the cut length stay whole; up to `len(parts) - 1` tokens of room stay unused.
    """
    lengths = [len(part) for part in parts]
    if sum(lengths) <= room:
        return list(parts)

    def used(level: int) -> int:
        return sum(min(length, level) for length in lengths)

    level = bisect_right(range(max(room, 0) + 1), max(room, 0), key=used) - 1
    return [part[:level] for part in parts]


def special_id(tokenizer: Any, *names: str) -> int | None:
    """Id of the first of these special tokens that the tokenizer has, e.g. "cls", "bos"."""
    found = (getattr(tokenizer, f"{name}_token_id", None) for name in names)
    return next((int(token) for token in found if token is not None), None)
