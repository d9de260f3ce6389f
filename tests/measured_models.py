"""Tiny models with the toy tasks encoded: what tests of measuring measure."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import torch
from tiny_models import tiny_decoder, tiny_encoder, tiny_tasks

from engine.model.base_network import load_base
from engine.model.batch import Encoded
from engine.model.build_model import build_model
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from tasks import Task

torch.set_num_threads(1)  # tiny matrices: more threads only wait for one another

Kind = Literal["encoder", "decoder"]
KINDS: tuple[Kind, ...] = ("encoder", "decoder")
TASKS: tuple[Task, ...] = tuple(tiny_tasks(train=60, held_out=40))
MOOD, KIN, PICK, TALLY = range(4)
"""Two of kind labels, one options, one score."""


def measured_model(kind: Kind, *, dropout: float = 0.1) -> EncoderModel | DecoderModel:
    """A fresh model, its heads away from zero, in evaluation mode; equal for equal arguments."""
    base = load_base(str(_folder(kind, dropout)))
    model = build_model(base, {task.name: task for task in TASKS}, max_length=40, seed=(0,))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.startswith("heads"):
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.5)
    model.eval()
    return model


def examples(
    model: EncoderModel | DecoderModel, task: int, n: int, *, skip: int = 0
) -> Sequence[Encoded]:
    """The `n` training examples of a task after the first `skip`."""
    return model.encode(task, TASKS[task].train[skip : skip + n])


@cache
def _folder(kind: Kind, dropout: float) -> Path:
    make: dict[Kind, Callable[..., Path]] = {"encoder": tiny_encoder, "decoder": tiny_decoder}
    return make[kind](Path(_parent().name) / f"{kind}-{dropout}", dropout=dropout)


@cache
def _parent() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="measured-models-")
