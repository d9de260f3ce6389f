"""Which of a task's examples belong together, where its metric asks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tasks.metrics.judged import groups_of
from tasks.metrics.table import METRICS
from tasks.task import Split, Task


def questions_of(task: Task, split: Split) -> NDArray[np.int64] | None:
    """(n,) as `groups_of`, for a split of a task whose metric reads groups; None for others."""
    return groups_of(task.split(split)) if METRICS[task.metric].reads_groups else None
