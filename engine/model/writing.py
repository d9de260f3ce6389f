"""Answers in a decoder's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from engine.model.batch import Encoded, Row
from engine.model.decoder import DecoderModel
from tasks import Example


def write(
    model: DecoderModel, task: int, examples: Sequence[Example], *, batch_size: int = 32
) -> list[str]:
    """Write an answer to each example, always the likeliest token next.

    Stops at the end token, or after as many tokens as the longest training answer has. All is read
    anew for each token, nothing kept from the one before: answers are short, and what is written
    then agrees with what `TaskModel.logits` says would be.

    Args:
        model: In evaluation mode.
        task: Index of a task of kind "text".
        examples: Their own answers are not looked at.
        batch_size: Examples read together.
    """
    prompts = model.prompts(task, examples)
    longest = model.answers[task].longest
    written: list[list[int]] = []
    with torch.inference_mode():
        for start in range(0, len(prompts), batch_size):
            written += _written(model, prompts[start : start + batch_size], longest)
    return [model.text_of(ids) for ids in written]


def _written(model: DecoderModel, prompts: Sequence[Encoded], longest: int) -> list[list[int]]:
    written: list[list[int]] = [[] for _ in prompts]
    unfinished = list(range(len(prompts)))
    for _ in range(longest):
        so_far = [_continued(prompts[index], written[index]) for index in unfinished]
        following = model.next_tokens(model.collate(so_far))
        going_on = []
        for index, example, token in zip(unfinished, so_far, following, strict=True):
            if token is not None:
                written[index].append(token)
                going_on += [index] * (example.num_tokens + 1 < model.max_length)
        unfinished = going_on
        if not unfinished:
            break
    return written


def _continued(prompt: Encoded, written: Sequence[int]) -> Encoded:
    (row,) = prompt.rows
    ids = np.concatenate([row.ids, np.array(written, dtype=row.ids.dtype)])
    return replace(prompt, rows=(Row(ids, num_first=len(ids), answer_start=len(row.ids)),))
