"""Which task of a campaign is what a stored task was: the very same one, or one with such texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evidence.identity import identity_of, unscreened
from engine.evidence.records import StoredTask
from engine.evidence.text_embedding import text_embedding
from tasks import Task

NEAR = 0.8
"""Cosine of text embeddings from which a task counts as another's counterpart. Of 79 English tasks
76 reach it between two halves of 800 examples, and 11 of their 3,081 pairs do, most of them made
from the same texts."""
OTHER_FAMILY = 0.5
"""Factor on likeness where a person put the two into different families."""
_STEADY = 3
"""Tasks of no direction that count in what all tasks have in common, or of two tasks alone each
would be the other's opposite."""

# Shape suffixes: N tasks of the campaign, R stored ones, T both, d places of an embedding.


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The task of a campaign that stands for a stored one."""

    name: str
    likeness: float
    """1 for the very same task, else in (0, 1]."""


def counterparts(
    stored: Mapping[str, StoredTask], present: Mapping[str, Task]
) -> dict[str, Counterpart]:
    """Stored task -> its counterpart; one that has none is absent.

    The same identity first; else, of those of the same kind with as many labels, the one with the
    most similar texts, when these are similar enough.

    Args:
        stored: By identity.
        present: By name: candidates and targets.
    """
    same = {identity_of(task): name for name, task in reversed(list(present.items()))}
    found = {one: Counterpart(same[one], 1.0) for one in stored if one in same}
    rest = [task for one, task in stored.items() if one not in same]
    return found | (_by_text(rest, present) if rest else {})


def _by_text(rest: Sequence[StoredTask], present: Mapping[str, Task]) -> dict[str, Counterpart]:
    names = list(present)
    embedded = [text_embedding(unscreened(task.train)) for task in present.values()]
    embedded += [task.embedding_d for task in rest]
    unit = _apart(np.stack(embedded).astype(np.float64))
    own_Nd, rest_Rd = unit[: len(names)], unit[len(names) :]
    kinds_N = np.array([f"{task.kind} {len(task.labels)}" for task in present.values()])
    families_N = np.array([task.family for task in present.values()])
    found: dict[str, Counterpart] = {}
    for task, row_d in zip(rest, rest_Rd, strict=True):
        cosines_N = np.minimum(own_Nd @ row_d, 1.0)
        near_N = (cosines_N >= NEAR) & (kinds_N == f"{task.task_kind} {task.num_labels}")
        trust_N = np.where(families_N == task.family, 1.0, OTHER_FAMILY)
        likeness_N = np.where(near_N, cosines_N * trust_N, 0.0)
        best = int(np.argmax(likeness_N))
        if likeness_N[best] > 0:
            found[task.task] = Counterpart(names[best], float(likeness_N[best]))
    return found


def _apart(rows_Td: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows at length 1 without what all have in common; zeros where there is no text."""
    own_Td = rows_Td - rows_Td.sum(axis=0) / (len(rows_Td) + _STEADY)
    lengths = np.linalg.norm(own_Td, axis=1, keepdims=True)
    told = rows_Td.any(axis=1, keepdims=True) & (lengths > 0)
    return np.asarray(np.where(told, own_Td / np.where(told, lengths, 1.0), 0.0))
