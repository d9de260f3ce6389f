"""Reading without a network: a tokenizer is enough to know what a model would see of an example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from engine.model.answers import answers_of, check_kinds
from engine.model.base_network import load_tokenizer
from engine.model.batch import Row
from engine.model.decoder_reader import DecoderReader
from engine.model.encoded_split import encoded_split
from engine.model.encoder_reader import EncoderReader
from tasks import Example, Task

_UNCUT = 1_000_000
"""Tokens a sequence that no text reaches."""


@dataclass(frozen=True, slots=True)
class SeenRow:
    """One sequence, whole, and which of its tokens a model gets to see."""

    tokens: tuple[tuple[str, bool], ...]
    """Each token and whether it is kept."""

    @property
    def num_kept(self) -> int:
        return sum(kept for _, kept in self.tokens)


def seen_rows(
    task: Task, examples: Sequence[Example], *, model: str, max_length: int
) -> list[SeenRow]:
    """The sequences of some examples, with what is cut from them marked.

    Args:
        task: Whose examples they are.
        examples: A few; each gives one row, or one for each answer.
        model: As a campaign names it; its weights are not read.
        max_length: Tokens a sequence, as in a campaign.

    Raises:
        ValueError: If the model cannot be had, or cannot answer the task.
    """
    tokenizer, decodes = load_tokenizer(model)
    check_kinds({task.name: task}, is_decoder=decodes)

    def read(length: int) -> list[Row]:
        encoded = _reader(task, tokenizer, decodes, length).read(0, examples, 0)
        return [row for one in encoded for row in one.rows]

    rows = []
    prefix_at = _reader(task, tokenizer, decodes, max_length).prefix_at
    for kept, whole in zip(read(max_length), read(_UNCUT), strict=True):
        tokens = tokenizer.convert_ids_to_tokens(whole.ids.tolist())
        tokens[prefix_at] = f"<{task.name}>"
        rows.append(SeenRow(tuple(zip(tokens, _is_kept(whole, kept), strict=True))))
    return rows


def token_counter(model: str) -> Callable[[Task], NDArray[np.int64]]:
    """Counts a task's tokens before anything is cut: (training examples,), the longest row of each.

    Raises:
        ValueError: As `seen_rows`.
    """
    tokenizer, decodes = load_tokenizer(model)

    def count(task: Task) -> NDArray[np.int64]:
        check_kinds({task.name: task}, is_decoder=decodes)
        split = encoded_split(0, task.train, _reader(task, tokenizer, decodes, _UNCUT).read)
        row_R, first_N = np.diff(split.arrays["row_starts"]), split.arrays["first_rows"][:-1]
        return np.maximum.reduceat(row_R, first_N) if len(first_N) else np.zeros(0, np.int64)

    return count


def _reader(
    task: Task, tokenizer: object, decodes: bool, max_length: int
) -> EncoderReader | DecoderReader:
    answers = answers_of(task, tokenizer, max_length=max_length)
    kind = DecoderReader if decodes else EncoderReader
    return kind(tokenizer, (answers,), max_length)


def _is_kept(whole: Row, cut: Row) -> list[bool]:
    matching = SequenceMatcher(None, whole.ids.tolist(), cut.ids.tolist(), autojunk=False)
    kept = [False] * len(whole.ids)
    for start, _, length in matching.get_matching_blocks():
        kept[start : start + length] = [True] * length
    return kept
