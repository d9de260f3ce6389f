"""How a decoder reads examples: start PREFIX text, newline, pair, newline, answer, end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from engine.model.answers import Answers, check_examples
from engine.model.batch import Encoded, Row
from engine.model.reading_key import reading_key, tokenizer_key
from engine.model.tokens import Ids, fit, special_id, tokenise
from tasks import Example


class DecoderReader:
    """Examples to rows of token ids, one row for each possible answer."""

    def __init__(self, tokenizer: Any, answers: tuple[Answers, ...], max_length: int) -> None:
        self.tokenizer, self.answers, self.max_length = tokenizer, answers, max_length
        start, end = special_id(tokenizer, "bos"), special_id(tokenizer, "eos")
        self.start: Ids = () if start is None else (start,)
        self.end: Ids = () if end is None else (end,)
        self.prefix_at = len(self.start)
        """Position of the task's prefix in every row."""
        self.pad = special_id(tokenizer, "pad", "eos", "unk") or 0
        self.newline = tokenise(tokenizer, ["\n"], max_length=max_length)["\n"]
        if not self.end and any(one.kind == "text" for one in answers):
            raise ValueError(
                "model: its tokenizer has no end-of-sequence token, so that a written answer could "
                "not end. Give it one (eos_token), or leave out the tasks of kind 'text'."
            )

    @cached_property
    def tokenizer_key(self) -> str | None:
        return tokenizer_key(self.tokenizer, max_length=self.max_length)

    def key(self, task: int) -> str | None:
        specials = (self.start, self.pad, self.end)
        return reading_key(self.tokenizer_key, "decoder", specials, self.answers[task])

    def read(self, task: int, examples: Sequence[Example], first: int) -> list[Encoded]:
        check_examples(self.answers[task], examples, first=first)
        labels = self.answers[task].labels
        texts = [part for one in examples for part in (*_texts(one), *one.options, one.answer)]
        tokens = tokenise(self.tokenizer, [*texts, *labels], max_length=self.max_length)
        return [self._encoded(task, example, tokens) for example in examples]

    def prompts(self, task: int, examples: Sequence[Example]) -> list[Encoded]:
        texts = [part for one in examples for part in _texts(one)]
        tokens = tokenise(self.tokenizer, texts, max_length=self.max_length)
        longest = self.answers[task].longest
        prompts = [
            self._prompt([tokens[part] for part in _texts(one)], longest) for one in examples
        ]
        return [Encoded(task, (_row(ids, answer_start=len(ids)),), 1.0) for ids in prompts]

    def _encoded(self, task: int, example: Example, tokens: Mapping[str, Ids]) -> Encoded:
        answers = self.answers[task]
        texts = [tokens[part] for part in _texts(example)]
        written = example.options if answers.kind == "options" else answers.labels
        rows = [self._row(texts, tokens[answer]) for answer in written]
        if answers.kind == "score":
            rows = [self._row(texts, None)]
        if answers.kind == "text":
            rows = [self._written(texts, tokens[example.answer], answers.longest)]
        return Encoded(task=task, rows=tuple(rows), gold=float(example.label))

    def _row(self, texts: list[Ids], answer: Ids | None) -> Row:
        parts = texts if answer is None else [*texts, answer]
        fixed = len(self.start) + 1 + len(texts) * len(self.newline)
        fixed += len(self.end) if answer is not None else 0
        cut = fit(parts, self.max_length - fixed)
        ids = self._lines(cut[: len(texts)])
        answer_start = len(ids)
        if answer is not None:
            ids += [*cut[-1], *self.end]
        return _row(ids, answer_start=answer_start)

    def _written(self, texts: list[Ids], answer: Ids, longest: int) -> Row:
        """Texts and answer; an answer that had to be cut does not end, so as not to teach it."""
        prompt = self._prompt(texts, longest)
        kept = answer[: self.max_length - len(prompt) - len(self.end)]
        end = self.end if len(kept) == len(answer) else ()
        return _row([*prompt, *kept, *end], answer_start=len(prompt))

    def _prompt(self, texts: list[Ids], longest: int) -> list[int]:
        """Texts cut so that `longest` tokens of an answer, or half of what there is, have room.

        The cut is the same whatever the answer is, or a text's length would tell of it.
        """
        fixed = len(self.start) + 1 + len(texts) * len(self.newline) + len(self.end)
        room = self.max_length - fixed
        return self._lines(fit(texts, room - max(1, min(longest, room // 2))))

    def _lines(self, texts: Sequence[Ids]) -> list[int]:
        ids = [*self.start, self.pad]
        for text in texts:
            ids += [*text, *self.newline]
        return ids


def _texts(example: Example) -> list[str]:
    return [example.text, example.pair] if example.pair else [example.text]


def _row(ids: list[int], *, answer_start: int) -> Row:
    return Row(np.array(ids, dtype=np.int32), num_first=len(ids), answer_start=answer_start)
