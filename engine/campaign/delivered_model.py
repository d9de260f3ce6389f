"""The model that a campaign leaves behind: a save_pretrained folder that answers from raw text."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken
from torch import Tensor

from engine.gains.evaluation import predict
from engine.model.answers import Answers
from engine.model.base_network import BaseModel, load_base, quiet
from engine.model.build_model import build_for
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.model.writing import write
from tasks import Example, nearest

ABOUT: Final = "sextant.json"
"""Names the tasks: kind, labels, temperature, and how the answer is read off the network."""

HEADS: Final = "sextant_heads.safetensors"
"""Heads and prefix vectors of the tasks named in `ABOUT`, in that order."""

_FORMAT = 2
"""1 knew no written answers; what it wrote is read all the same."""


def save_delivered(
    model: EncoderModel | DecoderModel,
    base: BaseModel,
    folder: Path,
    *,
    temperatures: Mapping[str, float],
) -> None:
    """Write what is needed to answer some tasks: network, tokenizer, heads, prefixes.

    An encoder's prefix vectors also become tokens `[task: NAME]` of the tokenizer, with rows in the
    embedding table, so that transformers alone can read the same encodings. A decoder's don't: new
    words would take probability from its answers.

    Args:
        model: At the state to deliver; not changed.
        base: What `model` was built on; its tokenizer is not changed.
        folder: Absent, empty, or an earlier delivery, which is replaced once the new one is whole.
        temperatures: Task to deliver -> the temperature or residual scale it was calibrated with.

    Raises:
        ValueError: If a task is none of the model's, or `folder` holds something else.
    """
    tasks = [_number(name, [one.task for one in model.answers]) for name in temperatures]
    _refuse_strangers(folder)
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    prefixes_KD = model.prefix_table.vectors_KD.detach()[tasks]
    tensors = {f"heads.{name}": tensor for name, tensor in model.heads.of_tasks(tasks).items()}
    tensors["prefix_table.vectors_KD"] = prefixes_KD
    save_file({name: t.cpu().contiguous() for name, t in tensors.items()}, unfinished / HEADS)
    about = _about([model.answers[task] for task in tasks], model, temperatures)
    (unfinished / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    network, tokenizer = copy.deepcopy(model.network).cpu(), copy.deepcopy(base.tokenizer)
    if isinstance(model, EncoderModel):
        _add_tokens(network, tokenizer, list(temperatures), prefixes_KD.cpu())
    with quiet():
        network.save_pretrained(unfinished)
        tokenizer.save_pretrained(unfinished)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """An answer to one example."""

    answer: str | float
    """Label, option, score, or what the model writes."""
    beliefs: tuple[float, ...]
    """Calibrated probability of each label or option; empty for scores and texts."""


@dataclass(frozen=True, slots=True)
class DeliveredModel:
    """A delivered model in memory."""

    model: EncoderModel | DecoderModel
    temperatures: Mapping[str, float]
    """Task -> temperature or residual scale; the tasks that it can answer."""

    def predict(self, task: str, examples: Sequence[Example]) -> list[Prediction]:
        """Answer examples of a task; their own labels are not looked at.

        Raises:
            ValueError: If the model has no such task.
        """
        number = _number(task, list(self.temperatures))
        answers = self.model.answers[number]
        if answers.kind == "text":
            assert isinstance(self.model, DecoderModel), "an encoder is built for no such task"
            written = write(self.model, number, examples)
            return [Prediction(answer=text, beliefs=()) for text in written]
        asked = [Example(one.text, 0, one.pair, one.options) for one in examples]
        outputs_NC = predict(self.model, self.model.encode(number, asked))
        outputs = [torch.from_numpy(row[row > -torch.inf]) for row in outputs_NC]
        if answers.kind == "score":
            return [Prediction(answer=float(row[0]), beliefs=()) for row in outputs]
        choices = [answers.labels or one.options for one in examples]
        temperature = self.temperatures[task]
        return [_chosen(row / temperature, of) for row, of in zip(outputs, choices, strict=True)]


def load_delivered(folder: Path | str) -> DeliveredModel:
    """Load what `save_delivered` wrote; nothing else than the folder is needed.

    Raises:
        ValueError: If the folder is none of ours, or newer than this version can read.
    """
    folder = Path(folder)
    about = _read_about(folder)
    base = load_base(str(folder))
    answers = [_answers(entry) for entry in about["tasks"]]
    model = build_for(base, answers, max_length=about["max_length"], seed=(0,))
    tensors = load_file(folder / HEADS)
    named = dict(model.named_parameters())
    with torch.no_grad():
        for name, tensor in tensors.items():
            named[name].copy_(tensor)
    temperatures = {entry["task"]: entry["temperature"] for entry in about["tasks"]}
    return DeliveredModel(model.eval(), temperatures)


def task_token(task: str) -> str:
    """The token that stands for a task's prefix in a delivered encoder's tokenizer."""
    return f"[task: {task}]"


def _add_tokens(network: Any, tokenizer: Any, tasks: Sequence[str], prefixes_KD: Tensor) -> None:
    # Special, so that the same characters inside a text stay text (`split_special_tokens`).
    tokens = [AddedToken(task_token(task), special=True, normalized=False) for task in tasks]
    tokenizer.add_tokens(tokens, special_tokens=True)
    rows = network.get_input_embeddings().weight.shape[0]
    network.resize_token_embeddings(max(rows, len(tokenizer)), mean_resizing=False)
    with torch.no_grad():
        for task, prefix_D in zip(tasks, prefixes_KD, strict=True):
            row = tokenizer.convert_tokens_to_ids(task_token(task))
            network.get_input_embeddings().weight[row] = prefix_D


def _about(
    answers: Sequence[Answers],
    model: EncoderModel | DecoderModel,
    temperatures: Mapping[str, float],
) -> dict[str, Any]:
    encodes = isinstance(model, EncoderModel)
    return {
        "format": _FORMAT,
        "network": "encoder" if encodes else "decoder",
        "pooling": "mean over all tokens" if encodes else "mean log-likelihood of answer tokens",
        "max_length": model.max_length,
        "tasks": [asdict(one) | {"temperature": temperatures[one.task]} for one in answers],
    }


def _read_about(folder: Path) -> dict[str, Any]:
    path = folder / ABOUT
    if not path.is_file():
        raise ValueError(f"{folder} is no delivered model: it holds no {ABOUT}.")
    about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if about["format"] > _FORMAT:
        raise ValueError(
            f"{path} has format {about['format']}; this version reads up to {_FORMAT}. Upgrade."
        )
    return about


def _answers(entry: Mapping[str, Any]) -> Answers:
    fields = {name: value for name, value in entry.items() if name != "temperature"}
    return Answers(**{**fields, "labels": tuple(fields["labels"])})


def _refuse_strangers(folder: Path) -> None:
    if folder.exists() and not (folder / ABOUT).is_file() and any(folder.iterdir()):
        raise ValueError(f"{folder} exists and is no delivered model; remove it or name another.")


def _number(task: str, known: Sequence[str]) -> int:
    if task not in known:
        raise ValueError(f"The model has no task {task!r}. {nearest(task, known)}".rstrip())
    return known.index(task)


def _chosen(logits_C: Tensor, choices: Sequence[str]) -> Prediction:
    beliefs = tuple(logits_C.softmax(0).tolist())
    return Prediction(answer=choices[beliefs.index(max(beliefs))], beliefs=beliefs)
