"""What a task is, whatever it is called, and what a model is, wherever it lies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from engine.model.base_model import MINILM, model_source
from tasks import Chosen, Example, Task, digest_of


def identity_of(task: Task) -> str:
    """32 hex digits of a hash of the kind, the labels and the examples of train and validation.

    Neither the name counts, nor what screening took out, which another target would leave in. Nor
    does the test split, of which evidence tells nothing.
    """
    digest = hashlib.sha256(json.dumps([task.kind, *task.labels]).encode())
    for examples in (task.train, task.validation):
        digest.update(digest_of(unscreened(examples)).encode())
    return digest.hexdigest()[:32]


def unscreened(examples: Sequence[Example]) -> Sequence[Example]:
    """A split as it was before examples were taken out of it."""
    while isinstance(examples, Chosen):
        examples = examples.of
    return examples


def model_identity(name: str) -> str:
    """A campaign's `model`: as it stands, or, of a local folder, its name and a hash of its files.

    Raises:
        ValueError: As `model_source`.
    """
    folder = Path(model_source(name))
    if name == MINILM or not folder.is_dir():
        return name
    digest = hashlib.sha256()
    for path in (folder / "config.json", *sorted(folder.glob("*.safetensors"))):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"{folder.name}@{digest.hexdigest()[:12]}"
