"""A metric: a pure function of what was judged, and what it needs for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tasks.metrics.judged import Judged


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """Higher is better. What leaves a metric undefined gives 0.0 (AUROC: 0.5), never NaN."""

    score: Callable[[Judged], float]
    reads_beliefs: bool = False
    """Whether it needs `Judged.beliefs`."""
    reads_groups: bool = False
    """Whether it needs `Judged.groups`; its independent unit is then the group, not the example."""

    def __call__(self, judged: Judged) -> float:
        """Judge.

        Raises:
            ValueError: If something that it needs is not there.
        """
        if self.reads_beliefs and judged.beliefs is None:
            raise ValueError("This metric needs the model's beliefs.")
        if self.reads_groups and judged.groups is None:
            raise ValueError("This metric needs the groups that examples belong to.")
        return self.score(judged)
