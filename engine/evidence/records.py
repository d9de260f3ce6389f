"""The kinds of line that a file of evidence holds. Names are for people; tasks go by identity."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from engine.evidence.identity import identity_of, unscreened
from engine.evidence.text_embedding import text_embedding
from tasks import Kind, Task

SCHEMA = 1
"""Version of these kinds."""

_FINITE = ConfigDict(allow_inf_nan=False, extra="ignore")


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class StoredCampaign:
    """First line of every file: what the branches of a campaign have in common."""

    kind: Literal["campaign"] = "campaign"
    schema: int = SCHEMA
    campaign: str
    """Its id."""
    model: str
    """As `model_identity`."""
    max_length: int
    seed: int
    steps: int
    """Of a branch, as are the following three."""
    target_batch: int
    candidate_batch: int
    learning_rate: float
    sextant: str
    """Version that wrote this."""
    time_utc: str


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class StoredTask:
    """A task that a later line speaks of, as features."""

    kind: Literal["task"] = "task"
    task: str
    """As `identity_of`."""
    name: str
    family: str
    task_kind: Kind
    num_labels: int
    """0 for other kinds than labels."""
    num_examples: int
    """Training examples, after that campaign's screening."""
    tokens_per_example: float
    embedding: str
    """As `text_embedding`, float16 in base64."""

    @property
    def embedding_d(self) -> NDArray[np.float32]:
        return np.frombuffer(base64.b64decode(self.embedding), dtype="<f2").astype(np.float32)


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class StoredGain:
    """What a branch gave one target, over the control of its round."""

    gain: float
    """Nats per example of the selection split."""
    se: float
    metric_gain: float


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class StoredBranch:
    """A finished branch of a closed round."""

    kind: Literal["branch"] = "branch"
    branch: str
    """Its job's key, unique in the campaign."""
    round: int
    mixture: Mapping[str, float]
    """task -> share."""
    cost: int
    """Training tokens."""
    gains: Mapping[str, StoredGain]
    """By target."""
    scores: Mapping[str, Mapping[str, Mapping[str, float]]]
    """signal -> target -> task of the mixture -> score in that round; one without evidence is
    absent."""
    time_utc: str


Stored = Annotated[StoredCampaign | StoredTask | StoredBranch, Field(discriminator="kind")]


def stored_task(task: Task, *, tokens_per_example: float) -> StoredTask:
    """A task as the store keeps it: no text of it."""
    embedding_d = text_embedding(unscreened(task.train))
    return StoredTask(
        task=identity_of(task),
        name=task.name,
        family=task.family,
        task_kind=task.kind,
        num_labels=len(task.labels),
        num_examples=len(task.train),
        tokens_per_example=tokens_per_example,
        embedding=base64.b64encode(embedding_d.astype("<f2").tobytes()).decode(),
    )
