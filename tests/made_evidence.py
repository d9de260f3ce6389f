"""Tasks with texts of their own, and stores of evidence about them, written down in a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.evidence.identity import identity_of
from engine.evidence.records import (
    Stored,
    StoredBranch,
    StoredCampaign,
    StoredGain,
    stored_task,
)
from engine.evidence.store import append, file_of
from tasks import Example, Task

TOPICS: Mapping[str, Sequence[str]] = {
    "birds": ("heron", "plover", "feather", "nesting", "migrate", "wingspan", "reed"),
    "courts": ("verdict", "plaintiff", "appeal", "statute", "bench", "jury", "custody"),
    "kitchen": ("simmer", "garlic", "whisk", "oven", "pastry", "broth", "zest"),
    "stars": ("quasar", "orbit", "nebula", "parallax", "comet", "lunar", "eclipse"),
    "engines": ("piston", "torque", "gasket", "diesel", "clutch", "exhaust", "valve"),
}
"""Name -> words that its texts are made of, among some that all have."""
_COMMON = ("the", "of", "and", "with", "is", "in")


def topic_task(topic: str, *, draw: int = 0, size: int = 120, **changes: Any) -> Task:
    """A task of two labels about a topic.

    Args:
        topic: A key of `TOPICS`, and the task's name.
        draw: Another one has other examples of the same topic.
        size: Examples of train; validation has 20.
        changes: Fields of the task to set.
    """
    rng = np.random.default_rng((draw, *topic.encode()))
    task = Task(
        name=topic,
        family=topic,
        kind="labels",
        metric="accuracy",
        labels=("no", "yes"),
        train=[_example(topic, rng) for _ in range(size)],
        validation=[_example(topic, rng) for _ in range(20)],
        test=[_example(topic, rng) for _ in range(20)],
    )
    return replace(task, **changes)


def topic_pool(*topics: str, draw: int = 0) -> dict[str, Task]:
    """By name; all topics where none is named."""
    return {name: topic_task(name, draw=draw) for name in topics or TOPICS}


def stored_campaign(campaign: str = "first-0a0a0a0a", **changes: Any) -> StoredCampaign:
    """A campaign's first line."""
    line = StoredCampaign(
        campaign=campaign,
        model="minilm",
        max_length=64,
        seed=3,
        steps=40,
        target_batch=16,
        candidate_batch=8,
        learning_rate=5e-5,
        sextant="0.1.0",
        time_utc="2031-05-06T07:08:09.123+00:00",
    )
    return replace(line, **changes)


def stored_branch(
    key: str,
    mixture: Sequence[tuple[Task, float]],
    gains: Sequence[tuple[Task, float]],
    **changes: Any,
) -> StoredBranch:
    """A branch of round 0, each gain with a standard error of 0.01."""
    branch = StoredBranch(
        branch=key,
        round=0,
        mixture={identity_of(task): share for task, share in mixture},
        cost=500,
        gains={
            identity_of(task): StoredGain(gain=gain, se=0.01, metric_gain=10 * gain)
            for task, gain in gains
        },
        scores={},
        time_utc="2031-05-06T08:00:00.000+00:00",
    )
    return replace(branch, **changes)


def write_store(
    folder: Path,
    tasks: Sequence[Task],
    branches: Sequence[StoredBranch],
    *,
    opened: StoredCampaign | None = None,
) -> Path:
    """One campaign's file in the store `folder`; its path."""
    opened = opened or stored_campaign()
    path = file_of(folder, opened.campaign)
    lines: list[Stored] = [opened]
    lines += [stored_task(task, tokens_per_example=9.5) for task in tasks]
    append(path, [*lines, *branches])
    return path


def _example(topic: str, rng: np.random.Generator) -> Example:
    words = [*rng.choice(TOPICS[topic], size=6), *rng.choice(_COMMON, size=4)]
    return Example(text=" ".join(rng.permutation(words).tolist()), label=int(rng.integers(2)))
