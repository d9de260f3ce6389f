"""How an encoder reads examples: [CLS] PREFIX text [SEP], then pair and option, each with [SEP]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from engine.model.answers import Answers, check_examples
from engine.model.batch import Encoded, Row
from engine.model.reading_key import reading_key, tokenizer_key
from engine.model.tokens import Ids, fit, special_id, tokenise
from tasks import Example


class EncoderReader:
    """Examples to rows of token ids."""

    prefix_at = 1
    """Position of the task's prefix in every row."""

    def __init__(self, tokenizer: Any, answers: tuple[Answers, ...], max_length: int) -> None:
        self.tokenizer, self.answers, self.max_length = tokenizer, answers, max_length
        self.pad = special_id(tokenizer, "pad", "eos", "unk") or 0
        self.start = special_id(tokenizer, "cls", "bos", "sep", "eos") or 0
        self.end = special_id(tokenizer, "sep", "eos", "cls", "bos") or 0
        # Without a mask token the unknown one hides as well; the network learns what it stands for.
        self.mask = special_id(tokenizer, "mask", "unk", "pad") or 0
        self.specials = torch.tensor(sorted({self.pad, self.start, self.end}))

    @cached_property
    def tokenizer_key(self) -> str | None:
        return tokenizer_key(self.tokenizer, max_length=self.max_length)

    def key(self, task: int) -> str | None:
        specials = (self.start, self.pad, self.end)
        return reading_key(self.tokenizer_key, "encoder", specials, self.answers[task])

    def read(self, task: int, examples: Sequence[Example], first: int) -> list[Encoded]:
        check_examples(self.answers[task], examples, first=first)
        texts = (part for one in examples for part in (one.text, one.pair, *one.options))
        tokens = tokenise(self.tokenizer, texts, max_length=self.max_length)
        return [self._encoded(task, example, tokens) for example in examples]

    def _encoded(self, task: int, example: Example, tokens: Mapping[str, Ids]) -> Encoded:
        parts = [tokens[example.text]] + [tokens[example.pair]] * bool(example.pair)
        if self.answers[task].kind == "options":
            rows = tuple(self._row([*parts, tokens[option]]) for option in example.options)
        else:
            rows = (self._row(parts),)
        return Encoded(task=task, rows=rows, gold=float(example.label))

    def _row(self, parts: list[Ids]) -> Row:
        first, *others = fit(parts, self.max_length - 2 - len(parts))
        ids = [self.start, self.pad, *first, self.end]
        num_first = len(ids)
        for part in others:
            ids += [*part, self.end]
        return Row(np.array(ids, dtype=np.int32), num_first=num_first, answer_start=len(ids))
