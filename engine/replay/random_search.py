"""The comparison for every policy: try what was recorded at random, keep the best that was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from policies import Proposal, View

NAME = "random-search"


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomSearch:
    """Draws from a pool of mixtures, none twice before all were drawn.

    It knows which mixtures are recorded, which no other policy does.
    """

    pool: tuple[Mapping[str, float], ...]

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """Mixtures that were drawn least often; at the end the best by its mean gain."""
        gains = _gains(view)
        if view.rounds_left == 0 and gains:
            ranked = sorted(gains, key=lambda key: -float(np.mean(gains[key])))
            return (Proposal(mixture=_joined(ranked, view.exactly), reason="the best seen"),)
        tries = np.array([len(gains.get(frozenset(one.items()), ())) for one in self.pool])
        order = np.lexsort((rng.random(len(tries)), tries))[: view.max_proposals]
        return tuple(Proposal(mixture=self.pool[at], reason="drawn") for at in order)


def _gains(view: View) -> dict[frozenset[tuple[str, float]], list[float]]:
    found: dict[frozenset[tuple[str, float]], list[float]] = {}
    for closed in view.history:
        for seen in closed.observations:
            if seen.outcome.gain is not None:
                key = frozenset(seen.proposal.mixture.items())
                found.setdefault(key, []).append(seen.outcome.gain)
    return found


def _joined(ranked: list[frozenset[tuple[str, float]]], exactly: int | None) -> dict[str, float]:
    """The best mixture; of so many tasks, those of the best mixtures."""
    if exactly is None:
        return dict(ranked[0])
    tasks = dict.fromkeys(task for mixture in ranked for task, _ in sorted(mixture))
    kept = list(tasks)[:exactly]
    return dict.fromkeys(kept, 1 / len(kept))
