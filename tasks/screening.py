"""Keeps what a target is judged on out of what anything is trained on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tasks.example import Example
from tasks.pool import Pool
from tasks.task import Task

_FEWEST = 2
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


@dataclass(frozen=True, kw_only=True)
class Screened:
    """A pool whose train splits are free of the targets' validation and test texts."""

    pool: Pool
    removed: Mapping[str, int]
    """task -> training examples taken out; tasks that lost none are absent."""


def screen(pool: Pool, targets: Sequence[str]) -> Screened:
    """Take out of every train split, the targets' own included, what a target is judged on.

    Two examples are the same when text, pair and options agree after Unicode NFKC and in lower
    case, looking at letters and digits only; options in any order. Near duplicates stay.

    Raises:
        UnknownTaskError: If a target is not in the pool.
        ValueError: Naming every task left with fewer than 2 training examples.
    """
    judged = {
        key
        for target in targets
        for split in (pool[target].validation, pool[target].test)
        for key in map(_key, split)
    }
    kept = {name: _without(task.train, judged) for name, task in pool.items()}
    _refuse_the_empty(pool, kept)
    removed = {name: len(task.train) - len(kept[name]) for name, task in pool.items()}
    return Screened(
        pool=Pool(_trained_on(task, kept[name]) for name, task in pool.items()),
        removed={name: count for name, count in removed.items() if count},
    )


def _trained_on(task: Task, train: Sequence[Example]) -> Task:
    """The task itself when nothing was taken out: its fingerprint may already be known."""
    return task if len(train) == len(task.train) else replace(task, train=train)


def _without(examples: Sequence[Example], judged: set[tuple[str, ...]]) -> list[Example]:
    return [example for example in examples if _key(example) not in judged]


def _refuse_the_empty(pool: Pool, kept: Mapping[str, Sequence[Example]]) -> None:
    short = [
        f"Task '{name}' has {len(train)} of {len(pool[name].train)} training examples left once "
        f"the targets' validation and test texts are taken out; it needs {_FEWEST}. "
        "Give it more, or remove it from the pool."
        for name, train in kept.items()
        if len(train) < _FEWEST
    ]
    if short:
        raise ValueError("\n".join(short))


def _key(example: Example) -> tuple[str, ...]:
    # Options belong to the text: many multiple-choice tasks ask one question of every row.
    return (*_folded([example.text, example.pair]), *sorted(_folded(example.options)))


def _folded(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        plain = unicodedata.normalize("NFKC", text).lower()
        # A text without letters or digits (an emoji, "?!") is compared as it stands.
        yield _NOT_ALPHANUMERIC.sub(" ", plain).strip() or plain.strip()
