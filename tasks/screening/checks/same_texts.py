"""Tasks that are largely the same rows, whatever their columns and labels are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from tasks.screening.facts import Inspected
from tasks.screening.finding import Finding

LARGELY = 0.5
"""Share of one task's texts that are texts of another. Random rows of one small source, such as two
samples of the same reviews, come near it; copies and subsets are far above."""
_FEWEST_TEXTS = 10


def same_texts(subjects: Sequence[Inspected]) -> Iterator[Finding]:
    """Pairs of tasks, all splits together; the text of an example is its longest part."""
    common = _common(subjects)
    sizes = common.diagonal()
    for first, second in np.argwhere(np.triu(common >= _FEWEST_TEXTS, k=1)).tolist():
        both = int(common[first, second])
        if both < LARGELY * min(sizes[first], sizes[second]):
            continue
        a, b = (first, second) if sizes[first] <= sizes[second] else (second, first)
        yield Finding(
            check="same texts",
            task=subjects[a].task.name,
            message=f"{both / sizes[a]:.0%} of its texts are texts of '{subjects[b].task.name}', "
            f"{both / sizes[b]:.0%} the other way round: largely the same task.",
            count=both,
        )


def _common(subjects: Sequence[Inspected]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Shape (tasks, tasks): distinct texts that two tasks have in common."""
    texts = [
        np.unique(np.concatenate([facts.texts for facts in subject.splits.values()]))
        for subject in subjects
    ]
    columns = np.unique(np.concatenate(texts), return_inverse=True)[1]
    rows = np.repeat(np.arange(len(texts)), [len(some) for some in texts])
    holds = csr_matrix((np.ones(len(columns), dtype=np.int64), (rows, columns)))
    common: np.ndarray[tuple[int, int], np.dtype[np.int64]] = (holds @ holds.T).toarray()
    return common
